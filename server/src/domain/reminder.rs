//! What rings again: an escalation that nobody claims, a park whose time has come, a claim that stands still.
//!
//! Each is a job that is due at a moment, asked for in the commit that gives rise to it. When the moment comes, these
//! rules say whether it still matters.

use std::time::Duration;

use tierup_common::event::{ReminderReason, What};
use tierup_common::id::UserId;
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::domain::handoff::{Handoff, State};
use crate::domain::session::Session;
use crate::domain::{Decision, Job, Policy, Task, claim};

/// When something that became so at this moment rings, by the settings and by itself; nothing if it never does.
pub fn of(handoff: &Handoff, policy: Policy, now: Timestamp) -> Option<Task> {
    let job =
        |due, warned| Task { job: Job::Ring { handoff_id: handoff.id, since: now, warned }, due: Some(due) };
    match &handoff.state {
        State::Open => policy.remind_after.map(|span| job(now.plus(span), false)),
        State::Claimed(_) => policy.stale_after.map(|span| job(now.plus(patience(span)), false)),
        State::Parked => handoff.wake_at.map(|due| job(due, false)),
        State::Resolved(_) | State::Withdrawn(_) | State::Superseded(_) | State::Resumed => None,
    }
}

/// Rings, if the handoff is still in the state it has been in since then. `warned` says that a claimer was told
/// before that their claim stands still.
pub fn ring(
    handoff: &Handoff,
    session: &Session,
    since: Timestamp,
    warned: bool,
    policy: Policy,
    now: Timestamp,
) -> Decision {
    if handoff.since != since {
        return Decision::unchanged();
    }
    let reminder = |reason| What::HandoffReminder { handoff: handoff.about_unchanged(), reason };
    match &handoff.state {
        State::Open => {
            // The settings may have changed since the job was asked for.
            let Some(span) = policy.remind_after else { return Decision::unchanged() };
            if now < since.plus(span) {
                return Decision::default().task(look_again(handoff, since, false, since.plus(span)));
            }
            let reason = Some(ReminderReason::Unclaimed);
            let announce = Job::Announce { handoff_id: handoff.id, reason };
            Decision::default()
                .tell(reminder(ReminderReason::Unclaimed))
                .job(policy.announces.then_some(announce))
        }
        State::Parked => {
            let owner = handoff.handed_off_by.id;
            Decision::default().tell_only(owner, reminder(ReminderReason::Wake)).job(mail(
                handoff,
                owner,
                ReminderReason::Wake,
                policy,
            ))
        }
        State::Claimed(claim) => {
            let Some(span) = policy.stale_after else { return Decision::unchanged() };
            let active = session.updated_at.max(claim.since);
            let idle = now.since(active);
            if idle >= span && warned {
                let reason =
                    format!("nothing happened for {} hours after it was claimed", span.as_secs() / 3600);
                claim::back_to_queue(handoff, session, Person::server(), reason, now, policy)
            } else if idle >= patience(span) {
                let claimer = claim.by.id;
                Decision::default()
                    .tell_only(claimer, reminder(ReminderReason::StaleClaim))
                    .job(mail(handoff, claimer, ReminderReason::StaleClaim, policy))
                    .task(look_again(handoff, since, true, active.plus(span).max(now.plus(span / 4))))
            } else {
                Decision::default().task(look_again(handoff, since, false, active.plus(patience(span))))
            }
        }
        State::Resolved(_) | State::Withdrawn(_) | State::Superseded(_) | State::Resumed => {
            Decision::unchanged()
        }
    }
}

/// How long a claim may stand still before its claimer is warned: three quarters of the time after which it goes back.
fn patience(stale_after: Duration) -> Duration {
    stale_after / 4 * 3
}

fn look_again(handoff: &Handoff, since: Timestamp, warned: bool, due: Timestamp) -> Task {
    Task { job: Job::Ring { handoff_id: handoff.id, since, warned }, due: Some(due) }
}

fn mail(handoff: &Handoff, to: UserId, reason: ReminderReason, policy: Policy) -> Option<Job> {
    policy.mails.then_some(Job::Mail { handoff_id: handoff.id, to, reason: Some(reason) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Change;
    use crate::domain::handoff::Claim;
    use crate::domain::tests::{at, caller, handoff, session};

    const POLICY: Policy =
        Policy { stale_after: Some(Duration::from_hours(8)), ..crate::domain::tests::POLICY };

    fn claimed_an_age_ago() -> (Handoff, Session) {
        let priya = caller("Priya Nair");
        let session = Session { assignee: priya.person(), ..session(&caller("Sam Ortiz")) };
        let claim = Claim { by: priya.person(), since: at(0) };
        (handoff(&session, State::Claimed(claim)), session)
    }

    #[test]
    fn a_claim_that_stands_still_is_warned_first_and_then_goes_back() {
        let (handoff, session) = claimed_an_age_ago();
        let hours = |hours: i64| at(hours * 3600);

        let warned = ring(&handoff, &session, at(0), false, POLICY, hours(6));
        assert!(matches!(
            &warned.events[0].what,
            What::HandoffReminder { reason: ReminderReason::StaleClaim, .. }
        ));
        assert_eq!(warned.events[0].only, Some(session.assignee.id));
        assert_eq!(warned.jobs[0].due, Some(hours(8)));

        let gone = ring(&handoff, &session, at(0), true, POLICY, hours(8));
        assert!(matches!(&gone.events[0].what, What::HandoffReleased { .. }));
        assert!(
            gone.changes
                .iter()
                .any(|change| matches!(change, Change::UpdateHandoff(h) if h.state == State::Open))
        );
    }

    #[test]
    fn whoever_does_something_keeps_their_claim() {
        let (handoff, session) = claimed_an_age_ago();
        let active = Session { updated_at: at(5 * 3600), ..session };
        let again = ring(&handoff, &active, at(0), true, POLICY, at(8 * 3600));
        assert!(again.events.is_empty() && again.changes.is_empty());
        assert_eq!(again.jobs[0].due, Some(at(11 * 3600)));
    }

    #[test]
    fn an_escalation_rings_as_the_settings_want_it_by_then() {
        let session = session(&caller("Sam Ortiz"));
        let open = handoff(&session, State::Open);
        let after = |span| Policy { remind_after: span, ..POLICY };
        let ring = |policy| ring(&open, &session, at(0), false, policy, at(900));
        assert_eq!(ring(after(None)), Decision::unchanged());
        assert_eq!(ring(after(Some(Duration::from_mins(15)))).events.len(), 1);
        let later = ring(after(Some(Duration::from_hours(1))));
        assert!(later.events.is_empty());
        assert_eq!(later.jobs[0].due, Some(at(3600)));
    }

    #[test]
    fn what_has_changed_since_does_not_ring() {
        let (handoff, session) = claimed_an_age_ago();
        let other = ring(&handoff, &session, at(1), true, POLICY, at(100_000));
        assert_eq!(other, Decision::unchanged());
    }
}
