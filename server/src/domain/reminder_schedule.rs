//! When a reminder is due: about an escalation that nobody claims, a park with a wake-up time, a stale claim.
//!
//! Each reminder is a job that is added by the commit that makes it necessary. `remind.rs` decides what happens when it
//! is due.

use std::time::Duration;

use tierup_common::time::Timestamp;

use crate::domain::handoff::{Handoff, HandoffState};
use crate::domain::job::{Job, ScheduledJob};
use crate::domain::policy::Policy;

/// The first reminder of a handoff that entered its state now; `None` if there is none.
pub fn schedule(handoff: &Handoff, policy: Policy, now: Timestamp) -> Option<ScheduledJob> {
    let due = match &handoff.state {
        HandoffState::Open => policy.remind_after.map(|span| now.plus(span)),
        HandoffState::Claimed(_) => policy.stale_claim_after.map(|span| now.plus(warn_after(span))),
        HandoffState::Parked => handoff.wake_at,
        HandoffState::Resolved(_)
        | HandoffState::Withdrawn(_)
        | HandoffState::Superseded(_)
        | HandoffState::Resumed => None,
    }?;
    Some(reminder_at(handoff, now, false, due))
}

/// How long a claim may be idle before its claimer is warned: three quarters of the time after which it is released.
pub(super) fn warn_after(stale_after: Duration) -> Duration {
    stale_after / 4 * 3
}

pub(super) fn reminder_at(handoff: &Handoff, since: Timestamp, warned: bool, due: Timestamp) -> ScheduledJob {
    ScheduledJob { job: Job::Reminder { handoff_id: handoff.id, since, warned }, due_at: Some(due) }
}
