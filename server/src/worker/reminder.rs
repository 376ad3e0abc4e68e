//! Sends a due reminder of a handoff, if it still applies; and schedules missing reminders at startup.

use std::collections::HashSet;
use std::sync::Arc;

use tierup_common::handoff::HandoffStatus;
use tierup_common::id::HandoffId;
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::app::App;
use crate::domain::hand_off::resume_superseded_park;
use crate::domain::handoff::{Handoff, HandoffState};
use crate::domain::{ScheduledJob, remind, reminder_schedule};
use crate::store::{self, AccountScope, JobResult, LeasedJob};

/// Handoffs read at a time, so that other reads do not wait long.
const BATCH_SIZE: usize = 200;

pub(super) async fn run(
    app: &App,
    leased: &LeasedJob,
    id: HandoffId,
    since: Timestamp,
    is_warned: bool,
) -> store::Result<()> {
    let (now, policy) = (app.clock.now(), app.policy());
    let (account, leased) = (leased.account, leased.clone());
    let commit = app.store.commit(account, move |tx| {
        if !tx.finish_job(&leased, &JobResult::Done)? {
            return Ok(());
        }
        let handoff = tx.handoff(id)?;
        let session = tx.session(handoff.session_id)?;
        let park = tx.current_park(&session, &handoff)?;
        let decision = remind::remind(&handoff, &session, since, is_warned, policy, now);
        tx.apply(resume_superseded_park(decision, park.as_ref(), Person::server(), now), now)
    });
    commit.await
}

/// Schedules reminders for handoffs that are older than the settings that require them.
pub(super) async fn schedule_missing(app: App) {
    if let Err(error) = try_schedule_missing(&app).await {
        tracing::error!(%error, "cannot schedule reminders for older handoffs");
    }
}

async fn try_schedule_missing(app: &App) -> store::Result<()> {
    let (started, policy) = (app.clock.now(), app.policy());
    let wanted = [
        (HandoffStatus::Open, policy.remind_after.is_some()),
        (HandoffStatus::Claimed, policy.stale_claim_after.is_some()),
    ];
    for (account, _) in app.store.read_system(|system| system.accounts()).await? {
        let pending = Arc::new(app.store.read(account, |scope| scope.pending_reminders()).await?);
        for (status, _) in wanted.into_iter().filter(|(_, is_wanted)| *is_wanted) {
            let mut after = Some(HandoffId::from_bytes([0; 16]));
            while let Some(last) = after {
                let pending = Arc::clone(&pending);
                let read = move |scope: &AccountScope<'_>| {
                    unscheduled_handoffs(scope, &pending, status, last, started)
                };
                let (unscheduled, next) = app.store.read(account, read).await?;
                after = next;
                let jobs: Vec<ScheduledJob> = unscheduled
                    .iter()
                    .filter_map(|handoff| reminder_schedule::schedule(handoff, policy, handoff.state_since))
                    .collect();
                if !jobs.is_empty() {
                    let commit = app.store.commit(account, move |tx| {
                        jobs.into_iter().try_for_each(|job| tx.enqueue(job, started))
                    });
                    commit.await?;
                }
            }
        }
    }
    Ok(())
}

/// A batch of handoffs with this status since before `before` that need a reminder and have none scheduled; and the
/// cursor of the next batch. A claim that was warned about still needs its release; an escalation is reminded of once.
fn unscheduled_handoffs(
    scope: &AccountScope<'_>,
    pending_reminders: &HashSet<(HandoffId, Timestamp)>,
    status: HandoffStatus,
    after: HandoffId,
    before: Timestamp,
) -> store::Result<(Vec<Handoff>, Option<HandoffId>)> {
    let batch = scope.handoffs_by_status(status, after, BATCH_SIZE)?;
    let next = batch.last().map(|last| last.id);
    let mut unscheduled = Vec::new();
    for handoff in batch {
        let is_scheduled =
            handoff.state_since >= before || pending_reminders.contains(&(handoff.id, handoff.state_since));
        let is_done = handoff.state == HandoffState::Open && scope.has_reminded(&handoff)?;
        if !is_scheduled && !is_done {
            unscheduled.push(handoff);
        }
    }
    Ok((unscheduled, next))
}
