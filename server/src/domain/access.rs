//! Who comes in, and who takes part in what: the route table asks for a role, these are the finer rules.

use tierup_common::handoff::Intent;
use tierup_common::time::Timestamp;
use tierup_common::user::Role;

use crate::domain::handoff::{Handoff, HandoffState};
use crate::domain::session::Session;
use crate::domain::{Caller, Refusal};

/// Whether whoever a token belongs to, if to anybody, may call what asks for this role at least.
pub fn authorize(caller: Option<&Caller>, required_role: Role, now: Timestamp) -> Result<(), Refusal> {
    let caller = caller.ok_or(Refusal::InvalidToken)?;
    if caller.expires_at.is_some_and(|at| at <= now) {
        return Err(Refusal::TokenExpired);
    }
    if caller.role < required_role {
        return Err(Refusal::Forbidden(format!(
            "this needs the role {required_role}; yours is {}",
            caller.role
        )));
    }
    Ok(())
}

/// Admins and owners.
pub fn is_admin(caller: &Caller) -> bool {
    caller.role >= Role::Admin
}

/// Participants write in a session: the opener, the assignee and admins.
pub fn ensure_participant(session: &Session, caller: &Caller) -> Result<(), Refusal> {
    let takes_part = caller.id == session.opener.id || caller.id == session.assignee.id || is_admin(caller);
    if takes_part { Ok(()) } else { Err(Refusal::NotAParticipant) }
}

/// Whoever works on a session hands it off: the assignee, or an admin for them.
pub fn ensure_can_hand_off(session: &Session, caller: &Caller) -> Result<(), Refusal> {
    ensure_participant(session, caller)?;
    if caller.id == session.assignee.id || is_admin(caller) {
        return Ok(());
    }
    Err(Refusal::Forbidden(format!(
        "{} works on this session now; they or an admin hand it off",
        session.assignee.name
    )))
}

/// A park is for oneself: nobody parks what others work on, and then has the only key.
pub fn ensure_can_park(session: &Session, caller: &Caller) -> Result<(), Refusal> {
    if caller.id == session.opener.id || caller.id == session.assignee.id {
        return Ok(());
    }
    Err(Refusal::Forbidden(
        "only the opener or the assignee parks a session; an admin may escalate it".into(),
    ))
}

/// A claim is its claimer's to give up; an admin may do it for them.
pub fn ensure_claimer_or_admin(handoff: &Handoff, caller: &Caller) -> Result<(), Refusal> {
    let holder = match &handoff.state {
        HandoffState::Claimed(claim) => Some(&claim.by),
        HandoffState::Open
        | HandoffState::Resolved(_)
        | HandoffState::Withdrawn(_)
        | HandoffState::Superseded(_)
        | HandoffState::Parked
        | HandoffState::Resumed => None,
    };
    if is_admin(caller) || holder.is_some_and(|holder| holder.id == caller.id) {
        return Ok(());
    }
    Err(Refusal::Forbidden(match holder {
        Some(holder) => format!("{} claimed this handoff; they or an admin decide", holder.name),
        None => "nobody has claimed this handoff; claim it first".into(),
    }))
}

/// A park is private to whoever parked; an escalation is the team's.
pub fn can_see(handoff: &Handoff, caller: &Caller) -> bool {
    is_team_visible(handoff) || handoff.handed_off_by.id == caller.id
}

/// Whether everybody in the account may know of it.
pub fn is_team_visible(handoff: &Handoff) -> bool {
    match handoff.intent {
        Intent::Escalate => true,
        Intent::Park => false,
    }
}
