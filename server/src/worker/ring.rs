//! Looks, at the moment it was due, whether a handoff is to ring again; and at the start, whether one waits for no such
//! moment though the settings want it to.

use std::collections::HashSet;
use std::sync::Arc;

use tierup_common::handoff::HandoffStatus;
use tierup_common::id::HandoffId;
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::app::App;
use crate::domain::handoff::{Handoff, State, overtake};
use crate::domain::{Task, reminder};
use crate::store::{self, Finish, Leased, Scope};

/// Handoffs looked at in one go, so that nobody's change waits for long.
const PART: usize = 200;

pub(super) async fn run(
    app: &App,
    leased: &Leased,
    id: HandoffId,
    since: Timestamp,
    warned: bool,
) -> store::Result<()> {
    let (now, policy) = (app.clock.now(), app.policy());
    let (account, leased) = (leased.account, leased.clone());
    let rung = app.store.commit(account, move |tx| {
        if !tx.finish(&leased, &Finish::Done)? {
            return Ok(());
        }
        let handoff = tx.handoff(id)?;
        let session = tx.session(handoff.session_id)?;
        let park = tx.park(&session, &handoff)?;
        let decision = reminder::ring(&handoff, &session, since, warned, policy, now);
        tx.apply(overtake(decision, park.as_ref(), Person::server(), now), now)
    });
    rung.await
}

/// What stood before the settings wanted it to ring gets its job.
pub(super) async fn catch_up(app: App) {
    if let Err(error) = catch_up_with_all(&app).await {
        tracing::error!(%error, "some handoffs that stood before the start will not ring");
    }
}

async fn catch_up_with_all(app: &App) -> store::Result<()> {
    let (began, policy) = (app.clock.now(), app.policy());
    let wanted = [
        (HandoffStatus::Open, policy.remind_after.is_some()),
        (HandoffStatus::Claimed, policy.stale_after.is_some()),
    ];
    for (account, _) in app.store.read_system(|system| system.accounts()).await? {
        let rings = Arc::new(app.store.read(account, |scope| scope.rings()).await?);
        for (status, _) in wanted.into_iter().filter(|(_, is_wanted)| *is_wanted) {
            let mut after = Some(HandoffId::from_bytes([0; 16]));
            while let Some(last) = after {
                let rings = Arc::clone(&rings);
                let read = move |scope: &Scope<'_>| silent(scope, &rings, status, last, began);
                let (silent, next) = app.store.read(account, read).await?;
                after = next;
                let tasks: Vec<Task> = silent
                    .iter()
                    .filter_map(|handoff| reminder::of(handoff, policy, handoff.since))
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
fn silent(
    scope: &Scope<'_>,
    rings: &HashSet<(HandoffId, Timestamp)>,
    status: HandoffStatus,
    after: HandoffId,
    before: Timestamp,
) -> store::Result<(Vec<Handoff>, Option<HandoffId>)> {
    let part = scope.standing_so(status, after, PART)?;
    let next = part.last().map(|last| last.id);
    let mut silent = Vec::new();
    for handoff in part {
        let is_asked_for = handoff.since >= before || rings.contains(&(handoff.id, handoff.since));
        let is_done = handoff.state == State::Open && scope.has_rung(&handoff)?;
        if !is_asked_for && !is_done {
            silent.push(handoff);
        }
    }
    Ok((silent, next))
}
