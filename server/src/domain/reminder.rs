//! What rings again: an escalation that nobody claims, a park whose time has come, a claim that stands still.
//!
//! Each is a job that is due at a moment, asked for in the commit that gives rise to it. When the moment comes, these
//! rules say whether it still matters.

use std::time::Duration;

use tierup_common::event::{EventBody, ReminderReason};
use tierup_common::id::UserId;
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::domain::handoff::{Handoff, HandoffState};
use crate::domain::session::Session;
use crate::domain::{Decision, Job, Policy, ScheduledJob, claim};

/// When something that became so at this moment rings, by the settings and by itself; nothing if it never does.
pub fn schedule(handoff: &Handoff, policy: Policy, now: Timestamp) -> Option<ScheduledJob> {
    let job = |due, warned| ScheduledJob {
        job: Job::Reminder { handoff_id: handoff.id, since: now, warned },
        due: Some(due),
    };
    match &handoff.state {
        HandoffState::Open => policy.remind_after.map(|span| job(now.plus(span), false)),
        HandoffState::Claimed(_) => policy.stale_after.map(|span| job(now.plus(warn_after(span)), false)),
        HandoffState::Parked => handoff.wake_at.map(|due| job(due, false)),
        HandoffState::Resolved(_)
        | HandoffState::Withdrawn(_)
        | HandoffState::Superseded(_)
        | HandoffState::Resumed => None,
    }
}

/// Rings, if the handoff is still in the state it has been in since then. `warned` says that a claimer was told
/// before that their claim stands still.
pub fn remind(
    handoff: &Handoff,
    session: &Session,
    since: Timestamp,
    warned: bool,
    policy: Policy,
    now: Timestamp,
) -> Decision {
    if handoff.state_since != since {
        return Decision::unchanged();
    }
    let reminder = |reason| EventBody::HandoffReminder { handoff: handoff.summary_unchanged(), reason };
    match &handoff.state {
        HandoffState::Open => {
            // The settings may have changed since the job was asked for.
            let Some(span) = policy.remind_after else { return Decision::unchanged() };
            if now < since.plus(span) {
                return Decision::default().with_scheduled_job(recheck_at(
                    handoff,
                    since,
                    false,
                    since.plus(span),
                ));
            }
            let reason = Some(ReminderReason::Unclaimed);
            let announce = Job::Announce { handoff_id: handoff.id, reason };
            Decision::default()
                .with_event(reminder(ReminderReason::Unclaimed))
                .with_job(policy.announcements_enabled.then_some(announce))
        }
        HandoffState::Parked => {
            let owner = handoff.handed_off_by.id;
            Decision::default().with_event_for(owner, reminder(ReminderReason::Wake)).with_job(mail_job(
                handoff,
                owner,
                ReminderReason::Wake,
                policy,
            ))
        }
        HandoffState::Claimed(claim) => {
            let Some(span) = policy.stale_after else { return Decision::unchanged() };
            let active = session.updated_at.max(claim.since);
            let idle = now.since(active);
            if idle >= span && warned {
                let reason =
                    format!("nothing happened for {} hours after it was claimed", span.as_secs() / 3600);
                claim::return_to_queue(handoff, session, Person::server(), reason, now, policy)
            } else if idle >= warn_after(span) {
                let claimer = claim.by.id;
                Decision::default()
                    .with_event_for(claimer, reminder(ReminderReason::StaleClaim))
                    .with_job(mail_job(handoff, claimer, ReminderReason::StaleClaim, policy))
                    .with_scheduled_job(recheck_at(
                        handoff,
                        since,
                        true,
                        active.plus(span).max(now.plus(span / 4)),
                    ))
            } else {
                Decision::default().with_scheduled_job(recheck_at(
                    handoff,
                    since,
                    false,
                    active.plus(warn_after(span)),
                ))
            }
        }
        HandoffState::Resolved(_)
        | HandoffState::Withdrawn(_)
        | HandoffState::Superseded(_)
        | HandoffState::Resumed => Decision::unchanged(),
    }
}

/// How long a claim may stand still before its claimer is warned: three quarters of the time after which it goes back.
fn warn_after(stale_after: Duration) -> Duration {
    stale_after / 4 * 3
}

fn recheck_at(handoff: &Handoff, since: Timestamp, warned: bool, due: Timestamp) -> ScheduledJob {
    ScheduledJob { job: Job::Reminder { handoff_id: handoff.id, since, warned }, due: Some(due) }
}

fn mail_job(handoff: &Handoff, to: UserId, reason: ReminderReason, policy: Policy) -> Option<Job> {
    policy.mail_enabled.then_some(Job::Mail { handoff_id: handoff.id, to, reason: Some(reason) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Change;
    use crate::domain::handoff::Claim;
    use crate::domain::tests::{at, caller, handoff, session};

    const POLICY: Policy =
        Policy { stale_after: Some(Duration::from_hours(8)), ..crate::domain::tests::POLICY };

    fn long_claimed_handoff() -> (Handoff, Session) {
        let priya = caller("Priya Nair");
        let session = Session { assignee: priya.person(), ..session(&caller("Sam Ortiz")) };
        let claim = Claim { by: priya.person(), since: at(0) };
        (handoff(&session, HandoffState::Claimed(claim)), session)
    }

    #[test]
    fn a_claim_that_stands_still_is_warned_first_and_then_goes_back() {
        let (handoff, session) = long_claimed_handoff();
        let hours = |hours: i64| at(hours * 3600);

        let warned = remind(&handoff, &session, at(0), false, POLICY, hours(6));
        assert!(matches!(
            &warned.events[0].body,
            EventBody::HandoffReminder { reason: ReminderReason::StaleClaim, .. }
        ));
        assert_eq!(warned.events[0].recipient, Some(session.assignee.id));
        assert_eq!(warned.jobs[0].due, Some(hours(8)));

        let gone = remind(&handoff, &session, at(0), true, POLICY, hours(8));
        assert!(matches!(&gone.events[0].body, EventBody::HandoffReleased { .. }));
        assert!(
            gone.changes
                .iter()
                .any(|change| matches!(change, Change::UpdateHandoff(h) if h.state == HandoffState::Open))
        );
    }

    #[test]
    fn whoever_does_something_keeps_their_claim() {
        let (handoff, session) = long_claimed_handoff();
        let active = Session { updated_at: at(5 * 3600), ..session };
        let again = remind(&handoff, &active, at(0), true, POLICY, at(8 * 3600));
        assert!(again.events.is_empty() && again.changes.is_empty());
        assert_eq!(again.jobs[0].due, Some(at(11 * 3600)));
    }

    #[test]
    fn an_escalation_rings_as_the_settings_want_it_by_then() {
        let session = session(&caller("Sam Ortiz"));
        let open = handoff(&session, HandoffState::Open);
        let after = |span| Policy { remind_after: span, ..POLICY };
        let ring = |policy| remind(&open, &session, at(0), false, policy, at(900));
        assert_eq!(ring(after(None)), Decision::unchanged());
        assert_eq!(ring(after(Some(Duration::from_mins(15)))).events.len(), 1);
        let later = ring(after(Some(Duration::from_hours(1))));
        assert!(later.events.is_empty());
        assert_eq!(later.jobs[0].due, Some(at(3600)));
    }

    #[test]
    fn what_has_changed_since_does_not_ring() {
        let (handoff, session) = long_claimed_handoff();
        let other = remind(&handoff, &session, at(1), true, POLICY, at(100_000));
        assert_eq!(other, Decision::unchanged());
    }
}
