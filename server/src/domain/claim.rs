//! Claiming a handoff: exactly one caller wins. Releasing, assigning and sending back.

use tierup_common::event::EventBody;
use tierup_common::id::MessageId;
use tierup_common::permission::{self, ClaimEffect};
use tierup_common::time::Timestamp;
use tierup_common::user::{Person, User};

use crate::domain::caller::Caller;
use crate::domain::decision::{Change, Decision};
use crate::domain::handoff::{Claim, Handoff, HandoffState};
use crate::domain::policy::Policy;
use crate::domain::refusal::Refusal;
use crate::domain::session::{Session, SessionState};
use crate::domain::{access, message, reminder_schedule};

/// Claims a handoff. A second claim by its claimer changes nothing; anybody else is refused with the name of the
/// claimer.
pub fn claim(
    handoff: &Handoff,
    session: &Session,
    caller: &Caller,
    now: Timestamp,
    policy: Policy,
) -> Result<Decision, Refusal> {
    match access::ensure_can_claim(handoff, caller, now)? {
        ClaimEffect::AlreadyTheirs => Ok(Decision::unchanged()),
        ClaimEffect::Claims => Ok(set_claimer(handoff, session, caller.person(), now, policy).with_event(
            EventBody::HandoffClaimed { handoff: handoff.summary(), by: caller.person(), claimed_at: now },
        )),
    }
}

/// Makes a user the claimer of a handoff and the assignee of its session.
fn set_claimer(handoff: &Handoff, session: &Session, by: Person, now: Timestamp, policy: Policy) -> Decision {
    let session = session.with_assignee(by.clone(), Some(handoff.id), now);
    let claimed = handoff.with_state(HandoffState::Claimed(Claim { by, since: now }), now);
    Decision::default()
        .with_scheduled_job(reminder_schedule::schedule(&claimed, policy, now))
        .with_change(Change::UpdateHandoff(claimed))
        .with_change(Change::UpdateSession(session))
}

/// Releases a claim: the handoff goes back to the queue. Releasing an open handoff changes nothing.
pub fn release(
    handoff: &Handoff,
    session: &Session,
    reason: &str,
    caller: &Caller,
    now: Timestamp,
    policy: Policy,
) -> Result<Decision, Refusal> {
    access::ensure_can_release_or_assign(handoff, caller, now)?;
    if handoff.state == HandoffState::Open {
        return Ok(Decision::unchanged());
    }
    Ok(return_to_queue(handoff, session, caller.person(), reason.into(), now, policy))
}

/// Puts a handoff back in the queue. The session is assigned to the user who handed it off.
pub(super) fn return_to_queue(
    handoff: &Handoff,
    session: &Session,
    by: Person,
    reason: String,
    now: Timestamp,
    policy: Policy,
) -> Decision {
    let open = handoff.with_state(HandoffState::Open, now);
    let session = Session {
        state: SessionState::Escalated(handoff.id),
        assignee: handoff.handed_off_by.clone(),
        ..session.with_updated_at(now)
    };
    Decision::default()
        .with_scheduled_job(reminder_schedule::schedule(&open, policy, now))
        .with_change(Change::UpdateHandoff(open))
        .with_change(Change::UpdateSession(session))
        .with_event(EventBody::HandoffReleased { handoff: handoff.summary(), by, reason })
}

/// To whom a handoff is assigned, and what they should know.
#[derive(Clone, Copy, Debug)]
pub struct Assignment<'a> {
    /// The new claimer, if there is such a user.
    pub to: Option<&'a User>,
    /// A note that becomes a message of the session.
    pub note: Option<&'a str>,
    /// The id of that message.
    pub message_id: MessageId,
}

/// Assigns a handoff to a user, who becomes its claimer. An admin may do so before anybody has claimed it.
pub fn assign(
    handoff: &Handoff,
    session: &Session,
    assignment: Assignment<'_>,
    caller: &Caller,
    now: Timestamp,
    policy: Policy,
) -> Result<Decision, Refusal> {
    access::ensure_can_release_or_assign(handoff, caller, now)?;
    let to = assignment.to.ok_or(Refusal::NotFound)?;
    if !permission::is_assignable(to.role, to.active) {
        let reason = if to.active { "a viewer" } else { "inactive" };
        let message = format!("{} is {reason}; choose an active engineer, admin or owner", to.name);
        return Err(Refusal::invalid_field("user_id", message));
    }
    let to = Person { id: to.id, name: to.name.clone() };
    if handoff.state.claim().is_some_and(|claim| claim.by.id == to.id) {
        return Ok(Decision::unchanged());
    }
    let (session, noted) = match assignment.note.filter(|note| !note.trim().is_empty()) {
        Some(note) => message::add_note(session, note, assignment.message_id, caller, now)?,
        None => (session.clone(), Decision::default()),
    };
    let assigned = EventBody::HandoffAssigned {
        handoff: handoff.summary(),
        by: caller.person(),
        to: to.clone(),
        claimed_at: now,
    };
    Ok(noted.and(set_claimer(handoff, &session, to, now, policy)).with_event(assigned))
}

/// Returns a handoff to the user who handed it off, with a question. Anybody who could claim it may do so before
/// anybody has.
pub fn send_back(
    handoff: &Handoff,
    session: &Session,
    question: &str,
    message_id: MessageId,
    caller: &Caller,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    access::ensure_can_send_back(handoff, caller, now)?;
    let state = HandoffState::Withdrawn(handoff.state.claim().cloned());
    let returned = message::send_back(session, &handoff.handed_off_by, question, message_id, caller, now)?;
    Ok(returned.with_change(Change::UpdateHandoff(handoff.with_state(state, now))).with_event(
        EventBody::HandoffSentBack {
            handoff: handoff.summary(),
            by: caller.person(),
            question: question.into(),
        },
    ))
}

#[cfg(test)]
mod tests {
    use tierup_common::user::Role;

    use super::*;
    use crate::domain::tests::{POLICY, at, caller, handoff, session};

    #[test]
    fn claiming_an_open_handoff_makes_the_caller_the_assignee_of_its_session() {
        let (priya, sam) = (caller("Priya Nair"), caller("Sam Ortiz"));
        let session = session(&sam);
        let open = handoff(&session, HandoffState::Open);

        let decision = claim(&open, &session, &priya, at(60), POLICY).unwrap();

        let [Change::UpdateHandoff(handoff), Change::UpdateSession(session)] = &decision.changes[..] else {
            panic!("{decision:?}")
        };
        assert_eq!(handoff.state.claim().unwrap().by, priya.person());
        assert_eq!(session.assignee, priya.person());
        assert_eq!(session.state, SessionState::Active { claimed: Some(handoff.id) });
        assert_eq!(decision.events.len(), 1);
    }

    #[test]
    fn a_lost_claim_names_the_winner_and_how_long_ago() {
        let (priya, dana) = (caller("Priya Nair"), caller("Dana Wu"));
        let session = session(&caller("Sam Ortiz"));
        let since = at(60);
        let claimed = handoff(&session, HandoffState::Claimed(Claim { by: priya.person(), since }));

        let Err(Refusal::AlreadyClaimed(winner, ago)) = claim(&claimed, &session, &dana, at(180), POLICY)
        else {
            panic!("a claimed handoff was claimed")
        };
        assert_eq!((winner.claimed_by_name.as_str(), winner.claimed_at), ("Priya Nair", since));
        assert_eq!(ago.as_secs(), 120);
        assert_eq!(claim(&claimed, &session, &priya, at(180), POLICY), Ok(Decision::unchanged()));
    }

    #[test]
    fn only_the_claimer_or_an_admin_releases_a_claim() {
        let (priya, dana) = (caller("Priya Nair"), caller("Dana Wu"));
        let admin = Caller { role: Role::Admin, ..caller("Ana Ruiz") };
        let session = session(&caller("Sam Ortiz"));
        let claimed = handoff(&session, HandoffState::Claimed(Claim { by: priya.person(), since: at(1) }));

        let refused = release(&claimed, &session, "lunch", &dana, at(2), POLICY);
        assert!(matches!(refused, Err(Refusal::Forbidden(_))), "{refused:?}");
        for who in [&priya, &admin] {
            let decision = release(&claimed, &session, "lunch", who, at(2), POLICY).unwrap();
            assert!(
                matches!(&decision.changes[0], Change::UpdateHandoff(h) if h.state == HandoffState::Open)
            );
        }
    }

    #[test]
    fn a_handoff_passed_on_with_a_note_leaves_it_in_the_session() {
        let (priya, dana) = (caller("Priya Nair"), caller("Dana Wu"));
        let session = session(&caller("Sam Ortiz"));
        let claimed = handoff(&session, HandoffState::Claimed(Claim { by: priya.person(), since: at(1) }));
        let user = User {
            id: dana.id,
            email: "dana@acme.test".into(),
            name: dana.name.clone(),
            role: Role::Engineer,
            active: true,
            created_at: at(0),
        };
        let pass_on = |note| {
            let assignment = Assignment { to: Some(&user), note, message_id: MessageId::new(at(2)) };
            assign(&claimed, &session, assignment, &priya, at(2), POLICY).unwrap()
        };
        let decision = pass_on(Some("The vendor calls at 9."));
        let after = decision.session_after().unwrap();
        assert_eq!((after.message_count, &after.assignee), (session.message_count + 1, &dana.person()));
        let kinds: Vec<_> = decision.events.iter().map(|event| event.body.kind().as_str()).collect();
        assert_eq!(kinds, ["message_added", "handoff_assigned"]);
        assert_eq!(pass_on(Some(" ")).session_after().unwrap().message_count, session.message_count);
    }

    #[test]
    fn a_handoff_sent_back_leaves_its_question_in_the_session() {
        let (priya, sam) = (caller("Priya Nair"), caller("Sam Ortiz"));
        let session = session(&sam);
        let claimed = handoff(&session, HandoffState::Claimed(Claim { by: priya.person(), since: at(1) }));
        let id = MessageId::new(at(2));

        let decision = send_back(&claimed, &session, "which build?", id, &priya, at(2)).unwrap();

        let returned = decision.session_after().unwrap();
        assert_eq!(returned.message_count, session.message_count + 1);
        assert_eq!(returned.assignee, sam.person());
    }
}
