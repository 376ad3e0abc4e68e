//! The rule for a reminder that is due: it notifies, or returns a stale claim to the queue. `reminder.rs` schedules.

use std::time::Duration;

use tierup_common::event::{EventBody, ReminderReason};
use tierup_common::id::UserId;
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::domain::claim;
use crate::domain::decision::Decision;
use crate::domain::handoff::{Claim, Handoff, HandoffState};
use crate::domain::job::Job;
use crate::domain::policy::Policy;
use crate::domain::reminder_schedule::{reminder_at, warn_after};
use crate::domain::session::Session;

/// Reminds of a handoff that is still in the state that it entered at `since`. `warned` says whether its claimer was
/// warned that the claim is stale.
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
    // The settings may have changed since the job was added.
    match (&handoff.state, policy.remind_after, policy.stale_claim_after) {
        (HandoffState::Open, Some(span), _) => remind_team(handoff, since.plus(span), policy, now),
        (HandoffState::Parked, ..) => notify(handoff, handoff.handed_off_by.id, ReminderReason::Wake, policy),
        (HandoffState::Claimed(claim), _, Some(span)) => {
            check_claim(handoff, claim, session, warned, span, policy, now)
        }
        (
            HandoffState::Open
            | HandoffState::Claimed(_)
            | HandoffState::Resolved(_)
            | HandoffState::Withdrawn(_)
            | HandoffState::Superseded(_)
            | HandoffState::Resumed,
            ..,
        ) => Decision::unchanged(),
    }
}

/// Reminds the team of an escalation that nobody has claimed.
fn remind_team(handoff: &Handoff, due: Timestamp, policy: Policy, now: Timestamp) -> Decision {
    if now < due {
        return Decision::default().with_scheduled_job(reminder_at(handoff, handoff.state_since, false, due));
    }
    let reason = ReminderReason::Unclaimed;
    let announce = Job::Announce { handoff_id: handoff.id, reason: Some(reason) };
    Decision::default()
        .with_event(reminder_event(handoff, reason))
        .with_job(policy.announcements_enabled.then_some(announce))
}

/// Warns the claimer of a stale claim, and later puts the handoff back in the queue.
fn check_claim(
    handoff: &Handoff,
    claim: &Claim,
    session: &Session,
    warned: bool,
    stale_after: Duration,
    policy: Policy,
    now: Timestamp,
) -> Decision {
    let last_work = session.updated_at.max(claim.since);
    let idle = now.since(last_work);
    let check_at = |warned, due| reminder_at(handoff, handoff.state_since, warned, due);
    if idle >= stale_after && warned {
        let hours = stale_after.as_secs() / 3600;
        let reason = format!("nobody worked on it for {hours} hours after the claim");
        claim::return_to_queue(handoff, session, Person::server(), reason, now, policy)
    } else if idle >= warn_after(stale_after) {
        let due = last_work.plus(stale_after).max(now.plus(stale_after / 4));
        notify(handoff, claim.by.id, ReminderReason::StaleClaim, policy)
            .with_scheduled_job(check_at(true, due))
    } else {
        Decision::default().with_scheduled_job(check_at(false, last_work.plus(warn_after(stale_after))))
    }
}

/// Sends a reminder to one user.
fn notify(handoff: &Handoff, user: UserId, reason: ReminderReason, policy: Policy) -> Decision {
    let mail = Job::Mail { handoff_id: handoff.id, to: user, reason: Some(reason) };
    Decision::default()
        .with_event_for(user, reminder_event(handoff, reason))
        .with_job(policy.mail_enabled.then_some(mail))
}

fn reminder_event(handoff: &Handoff, reason: ReminderReason) -> EventBody {
    EventBody::HandoffReminder { handoff: handoff.summary_unchanged(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::decision::Change;
    use crate::domain::handoff::Claim;
    use crate::domain::tests::{at, caller, handoff, session};

    const POLICY: Policy =
        Policy { stale_claim_after: Some(Duration::from_hours(8)), ..crate::domain::tests::POLICY };

    fn long_claimed_handoff() -> (Handoff, Session) {
        let priya = caller("Priya Nair");
        let session = Session { assignee: priya.person(), ..session(&caller("Sam Ortiz")) };
        let claim = Claim { by: priya.person(), since: at(0) };
        (handoff(&session, HandoffState::Claimed(claim)), session)
    }

    #[test]
    fn a_stale_claim_is_warned_about_first_and_then_goes_back() {
        let (handoff, session) = long_claimed_handoff();
        let hours = |hours: i64| at(hours * 3600);

        let warned = remind(&handoff, &session, at(0), false, POLICY, hours(6));
        assert!(matches!(
            &warned.events[0].body,
            EventBody::HandoffReminder { reason: ReminderReason::StaleClaim, .. }
        ));
        assert_eq!(warned.events[0].recipient, Some(session.assignee.id));
        assert_eq!(warned.jobs[0].due_at, Some(hours(8)));

        let released = remind(&handoff, &session, at(0), true, POLICY, hours(8));
        assert!(matches!(&released.events[0].body, EventBody::HandoffReleased { .. }));
        assert!(
            released
                .changes
                .iter()
                .any(|change| matches!(change, Change::UpdateHandoff(h) if h.state == HandoffState::Open))
        );
    }

    #[test]
    fn work_on_the_session_keeps_the_claim() {
        let (handoff, session) = long_claimed_handoff();
        let active = Session { updated_at: at(5 * 3600), ..session };
        let again = remind(&handoff, &active, at(0), true, POLICY, at(8 * 3600));
        assert!(again.events.is_empty() && again.changes.is_empty());
        assert_eq!(again.jobs[0].due_at, Some(at(11 * 3600)));
    }

    #[test]
    fn the_settings_at_the_due_time_decide_about_an_escalation() {
        let session = session(&caller("Sam Ortiz"));
        let open = handoff(&session, HandoffState::Open);
        let after = |span| Policy { remind_after: span, ..POLICY };
        let remind = |policy| super::remind(&open, &session, at(0), false, policy, at(900));
        assert_eq!(remind(after(None)), Decision::unchanged());
        assert_eq!(remind(after(Some(Duration::from_mins(15)))).events.len(), 1);
        let later = remind(after(Some(Duration::from_hours(1))));
        assert!(later.events.is_empty());
        assert_eq!(later.jobs[0].due_at, Some(at(3600)));
    }

    #[test]
    fn a_handoff_that_has_changed_state_needs_no_reminder() {
        let (handoff, session) = long_claimed_handoff();
        let other = remind(&handoff, &session, at(1), true, POLICY, at(100_000));
        assert_eq!(other, Decision::unchanged());
    }
}
