//! Looks, at the moment it was due, whether a handoff is to ring again; and at the start, whether one waits for no such
//! moment though the settings want it to.

use std::collections::HashSet;
use std::sync::Arc;

use tierup_common::handoff::HandoffStatus;
use tierup_common::id::HandoffId;
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::app::App;
use crate::domain::hand_off::resume_overtaken_park;
use crate::domain::handoff::{Handoff, HandoffState};
use crate::domain::{ScheduledJob, remind, reminder};
use crate::store::{self, AccountScope, JobResult, LeasedJob};

/// Handoffs looked at in one go, so that nobody's change waits for long.
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
    let rung = app.store.commit(account, move |tx| {
        if !tx.finish_job(&leased, &JobResult::Done)? {
            return Ok(());
        }
        let handoff = tx.handoff(id)?;
        let session = tx.session(handoff.session_id)?;
        let park = tx.current_park(&session, &handoff)?;
        let decision = remind::remind(&handoff, &session, since, is_warned, policy, now);
        tx.apply(resume_overtaken_park(decision, park.as_ref(), Person::server(), now), now)
    });
    rung.await
}

/// What stood before the settings wanted it to ring gets its job.
pub(super) async fn schedule_missing(app: App) {
    if let Err(error) = try_schedule_missing(&app).await {
        tracing::error!(%error, "some handoffs that stood before the start will not ring");
    }
}

async fn try_schedule_missing(app: &App) -> store::Result<()> {
    let (began, policy) = (app.clock.now(), app.policy());
    let wanted = [
        (HandoffStatus::Open, policy.remind_after.is_some()),
        (HandoffStatus::Claimed, policy.stale_after.is_some()),
    ];
    for (account, _) in app.store.read_system(|system| system.accounts()).await? {
        let rings = Arc::new(app.store.read(account, |scope| scope.pending_reminders()).await?);
        for (status, _) in wanted.into_iter().filter(|(_, is_wanted)| *is_wanted) {
            let mut after = Some(HandoffId::from_bytes([0; 16]));
            while let Some(last) = after {
                let rings = Arc::clone(&rings);
                let read =
                    move |scope: &AccountScope<'_>| unscheduled_handoffs(scope, &rings, status, last, began);
                let (silent, next) = app.store.read(account, read).await?;
                after = next;
                let tasks: Vec<ScheduledJob> = silent
                    .iter()
                    .filter_map(|handoff| reminder::schedule(handoff, policy, handoff.state_since))
                    .collect();
                if !tasks.is_empty() {
                    let asked = app.store.commit(account, move |tx| {
                        tasks.into_iter().try_for_each(|task| tx.enqueue(task, began))
                    });
                    asked.await?;
                }
            }
        }
    }
    Ok(())
}

/// Handoffs that stood so before a moment and that nothing will look at, of a part of all; and where the next part
/// begins. An escalation that has rung does not ring again; a claim that was warned of is still to be looked at.
fn unscheduled_handoffs(
    scope: &AccountScope<'_>,
    pending_reminders: &HashSet<(HandoffId, Timestamp)>,
    status: HandoffStatus,
    after: HandoffId,
    before: Timestamp,
) -> store::Result<(Vec<Handoff>, Option<HandoffId>)> {
    let part = scope.handoffs_by_status(status, after, BATCH_SIZE)?;
    let next = part.last().map(|last| last.id);
    let mut silent = Vec::new();
    for handoff in part {
        let is_asked_for =
            handoff.state_since >= before || pending_reminders.contains(&(handoff.id, handoff.state_since));
        let is_done = handoff.state == HandoffState::Open && scope.has_reminded(&handoff)?;
        if !is_asked_for && !is_done {
            silent.push(handoff);
        }
    }
    Ok((silent, next))
}
