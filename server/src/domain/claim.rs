//! Claiming a handoff: exactly one wins. Releasing, passing on and sending back what was claimed.

use tierup_common::event::EventBody;
use tierup_common::id::MessageId;
use tierup_common::permission::{self, ClaimEffect};
use tierup_common::session::SessionStatus;
use tierup_common::time::Timestamp;
use tierup_common::user::{Person, User};

use crate::domain::handoff::{Claim, Handoff, HandoffState};
use crate::domain::session::{self, Session};
use crate::domain::validation::Validator;
use crate::domain::{Caller, Change, Decision, Policy, Refusal, access, reminder};

/// Claims a handoff. Its claimer may claim it again and nothing changes; anybody else is told who was first.
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

/// The handoff is this person's from now on, and so is its session.
fn set_claimer(handoff: &Handoff, session: &Session, by: Person, now: Timestamp, policy: Policy) -> Decision {
    let session = session.with_assignee(by.clone(), Some(handoff.id), now);
    let claimed = handoff.with_state(HandoffState::Claimed(Claim { by, since: now }), now);
    Decision::default()
        .with_scheduled_job(reminder::schedule(&claimed, policy, now))
        .with_change(Change::UpdateHandoff(claimed))
        .with_change(Change::UpdateSession(session))
}

/// Puts a claimed handoff back in the queue.
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

/// The handoff waits again, and its session is with whoever handed it off.
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
        status: SessionStatus::Escalated,
        assignee: handoff.handed_off_by.clone(),
        current_handoff: Some(handoff.id),
        ..session.with_updated_at(now)
    };
    Decision::default()
        .with_scheduled_job(reminder::schedule(&open, policy, now))
        .with_change(Change::UpdateHandoff(open))
        .with_change(Change::UpdateSession(session))
        .with_event(EventBody::HandoffReleased { handoff: handoff.summary(), by, reason })
}

/// Passes a handoff to a named person, who becomes its claimer. An admin may do so before anybody has claimed it.
pub fn assign(
    handoff: &Handoff,
    session: &Session,
    to: Option<&User>,
    caller: &Caller,
    now: Timestamp,
    policy: Policy,
) -> Result<Decision, Refusal> {
    access::ensure_can_release_or_assign(handoff, caller, now)?;
    let mut check = Validator::default();
    let to = match to {
        Some(user) if permission::is_assignable(user.role, user.active) => {
            Some(Person { id: user.id, name: user.name.clone() })
        }
        Some(user) if user.active => {
            check
                .add_error("user_id", format!("{} is a viewer; name an engineer, admin or owner", user.name));
            None
        }
        Some(user) => {
            check.add_error("user_id", format!("{} is no longer active; name somebody who is", user.name));
            None
        }
        None => return Err(Refusal::NotFound),
    };
    check.finish()?;
    let Some(to) = to else { return Ok(Decision::unchanged()) };
    if handoff.state.claim().is_some_and(|claim| claim.by.id == to.id) {
        return Ok(Decision::unchanged());
    }
    Ok(set_claimer(handoff, session, to.clone(), now, policy).with_event(EventBody::HandoffAssigned {
        handoff: handoff.summary(),
        by: caller.person(),
        to,
        claimed_at: now,
    }))
}

/// Returns a handoff to whoever handed it off, with a question. One that nobody has claimed may be sent back by
/// anybody who could have claimed it.
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
    let asked =
        session::return_with_question(session, &handoff.handed_off_by, question, message_id, caller, now)?;
    Ok(asked.with_change(Change::UpdateHandoff(handoff.with_state(state, now))).with_event(
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
    fn an_open_handoff_is_claimed_and_its_session_becomes_the_claimers() {
        let (priya, sam) = (caller("Priya Nair"), caller("Sam Ortiz"));
        let session = session(&sam);
        let open = handoff(&session, HandoffState::Open);

        let decision = claim(&open, &session, &priya, at(60), POLICY).unwrap();

        let [Change::UpdateHandoff(handoff), Change::UpdateSession(session)] = &decision.changes[..] else {
            panic!("{decision:?}")
        };
        assert_eq!(handoff.state.claim().unwrap().by, priya.person());
        assert_eq!(session.assignee, priya.person());
        assert_eq!(session.status, SessionStatus::Active);
        assert_eq!(decision.events.len(), 1);
    }

    #[test]
    fn the_loser_is_told_who_was_first_and_how_long_ago() {
        let (priya, dana) = (caller("Priya Nair"), caller("Dana Wu"));
        let session = session(&caller("Sam Ortiz"));
        let since = at(60);
        let won = handoff(&session, HandoffState::Claimed(Claim { by: priya.person(), since }));

        let Err(Refusal::AlreadyClaimed(winner, ago)) = claim(&won, &session, &dana, at(180), POLICY) else {
            panic!("a claimed handoff was claimed")
        };
        assert_eq!((winner.claimed_by_name.as_str(), winner.claimed_at), ("Priya Nair", since));
        assert_eq!(ago.as_secs(), 120);
        assert_eq!(claim(&won, &session, &priya, at(180), POLICY), Ok(Decision::unchanged()));
    }

    #[test]
    fn only_the_claimer_or_an_admin_gives_a_claim_up() {
        let (priya, dana) = (caller("Priya Nair"), caller("Dana Wu"));
        let admin = Caller { role: Role::Admin, ..caller("Ana Ruiz") };
        let session = session(&caller("Sam Ortiz"));
        let won = handoff(&session, HandoffState::Claimed(Claim { by: priya.person(), since: at(1) }));

        let refused = release(&won, &session, "lunch", &dana, at(2), POLICY);
        assert!(matches!(refused, Err(Refusal::Forbidden(_))), "{refused:?}");
        for holder in [&priya, &admin] {
            let decision = release(&won, &session, "lunch", holder, at(2), POLICY).unwrap();
            assert!(
                matches!(&decision.changes[0], Change::UpdateHandoff(h) if h.state == HandoffState::Open)
            );
        }
    }

    #[test]
    fn a_handoff_sent_back_leaves_its_question_in_the_session() {
        let (priya, sam) = (caller("Priya Nair"), caller("Sam Ortiz"));
        let session = session(&sam);
        let won = handoff(&session, HandoffState::Claimed(Claim { by: priya.person(), since: at(1) }));
        let id = MessageId::new(at(2));

        let decision = send_back(&won, &session, "which build?", id, &priya, at(2)).unwrap();

        let next = decision.changes.iter().find_map(|change| match change {
            Change::UpdateSession(next) => Some(next),
            Change::InsertSession(_)
            | Change::InsertMessage(..)
            | Change::PutBranch(..)
            | Change::InsertHandoff(..)
            | Change::UpdateHandoff(_)
            | Change::PutAssessment(..) => None,
        });
        let next = next.unwrap();
        assert_eq!(next.message_count, session.message_count + 1);
        assert_eq!(next.assignee, sam.person());
    }
}
