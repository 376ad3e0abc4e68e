//! Who may do what: asks the rules of [`permission`] about a caller, and turns a denial into a [`Refusal`] that names
//! who may. The route table asks for a role before any of these.

use tierup_common::handoff::Intent;
use tierup_common::permission::{
    self, Actor, ClaimEffect, HandoffDenial, HandoffStage, RoleTooLow, SessionDenial, SessionFacts,
    TakeBackDenial,
};
use tierup_common::problem::Winner;
use tierup_common::session::MessageKind;
use tierup_common::time::Timestamp;
use tierup_common::user::{Role, User};

use crate::domain::caller::Caller;
use crate::domain::handoff::{Claim, Handoff};
use crate::domain::refusal::Refusal;
use crate::domain::session::Session;

/// Checks that a token belongs to an active user (`caller`), has not expired and reaches the role of a route.
pub fn authorize(caller: Option<&Caller>, required_role: Role, now: Timestamp) -> Result<(), Refusal> {
    let caller = caller.ok_or(Refusal::InvalidToken)?;
    if caller.expires_at.is_some_and(|at| at <= now) {
        return Err(Refusal::TokenExpired);
    }
    caller.actor().require(required_role).map_err(role_too_low)
}

/// Checks that the caller may add or change a user of this role.
pub fn ensure_can_manage(caller: &Caller, role: Role) -> Result<(), Refusal> {
    caller.actor().require_manager_of(role).map_err(role_too_low)
}

/// Checks that the caller may list, make and end the tokens of a user: their own, or those of a user they manage.
pub fn ensure_can_manage_tokens(caller: &Caller, user: &User) -> Result<(), Refusal> {
    if caller.id == user.id {
        return Ok(());
    }
    if !caller.actor().is_admin() {
        return Err(Refusal::Forbidden("only admins can manage other people's tokens".into()));
    }
    ensure_can_manage(caller, user.role)
}

/// Checks that the caller takes part in a session, whatever its status.
pub fn ensure_participant(session: &Session, caller: &Caller) -> Result<(), Refusal> {
    permission::participate(caller.actor(), facts(session)).map_err(|denial| session_refusal(denial, session))
}

/// Checks that the caller may add a message of this kind to a session now.
pub fn ensure_can_add_message(session: &Session, caller: &Caller, kind: MessageKind) -> Result<(), Refusal> {
    permission::add_message(caller.actor(), facts(session), kind)
        .map_err(|denial| session_refusal(denial, session))
}

/// Checks that the caller may add branches to a session now.
pub fn ensure_can_write(session: &Session, caller: &Caller) -> Result<(), Refusal> {
    permission::write(caller.actor(), facts(session)).map_err(|denial| session_refusal(denial, session))
}

/// Checks that the caller may hand a session off now.
pub fn ensure_can_hand_off(session: &Session, caller: &Caller, intent: Intent) -> Result<(), Refusal> {
    permission::hand_off(caller.actor(), facts(session), intent)
        .map_err(|denial| session_refusal(denial, session))
}

/// Checks that the caller may resolve a session now.
pub fn ensure_can_resolve(session: &Session, caller: &Caller) -> Result<(), Refusal> {
    permission::resolve(caller.actor(), facts(session)).map_err(|denial| session_refusal(denial, session))
}

/// Checks that the caller may claim a handoff, and says whether that changes anything.
pub fn ensure_can_claim(handoff: &Handoff, caller: &Caller, now: Timestamp) -> Result<ClaimEffect, Refusal> {
    permission::claim(caller.actor(), stage(handoff)).map_err(|denial| handoff_refusal(denial, handoff, now))
}

/// Checks that the caller may release or assign a handoff.
pub fn ensure_can_release_or_assign(
    handoff: &Handoff,
    caller: &Caller,
    now: Timestamp,
) -> Result<(), Refusal> {
    permission::release_or_assign(caller.actor(), stage(handoff))
        .map_err(|denial| handoff_refusal(denial, handoff, now))
}

/// Checks that the caller may send a handoff back.
pub fn ensure_can_send_back(handoff: &Handoff, caller: &Caller, now: Timestamp) -> Result<(), Refusal> {
    permission::send_back(caller.actor(), stage(handoff))
        .map_err(|denial| handoff_refusal(denial, handoff, now))
}

/// Checks that the caller may change the priority and the summary of a handoff.
pub fn ensure_can_change(
    handoff: &Handoff,
    session: &Session,
    caller: &Caller,
    now: Timestamp,
) -> Result<(), Refusal> {
    permission::change(caller.actor(), stage(handoff), handoff.handed_off_by.id, session.opener.id)
        .map_err(|denial| handoff_refusal(denial, handoff, now))
}

/// Checks that a handoff can be assessed again now.
pub fn ensure_can_reassess(handoff: &Handoff, now: Timestamp) -> Result<(), Refusal> {
    permission::reassess(stage(handoff), handoff.assessment_status)
        .map_err(|denial| handoff_refusal(denial, handoff, now))
}

/// Checks that the caller may take a session back from its current handoff.
pub fn ensure_can_take_back(
    handoff: &Handoff,
    session: &Session,
    caller: &Caller,
    now: Timestamp,
) -> Result<(), Refusal> {
    let status = handoff.state.status();
    permission::take_back(caller.actor(), status, handoff.handed_off_by.id, session.opener.id).map_err(
        |denial| match denial {
            TakeBackDenial::Claimed => already_claimed(handoff, now),
            TakeBackDenial::NotTheirs => Refusal::Forbidden(format!(
                "{} handed this session off: only they can take it back; you can claim it",
                handoff.handed_off_by.name
            )),
            TakeBackDenial::NothingToTakeBack => Refusal::NothingToResume(session.state.status()),
        },
    )
}

/// Whether the caller may see a handoff.
pub fn can_see(handoff: &Handoff, caller: &Caller) -> bool {
    permission::can_see_handoff(caller.id, handoff.intent, handoff.handed_off_by.id)
}

/// Whether a user may see what the model's endpoint said when an assessment failed.
pub fn can_see_error_detail(actor: Actor) -> bool {
    actor.is_admin()
}

/// Whether everybody in the account may see a handoff.
pub fn is_team_visible(handoff: &Handoff) -> bool {
    match handoff.intent {
        Intent::Escalate => true,
        Intent::Park => false,
    }
}

/// The refusal of a claim that came too late: it names the winner.
pub fn already_claimed(handoff: &Handoff, now: Timestamp) -> Refusal {
    match handoff.state.claim() {
        Some(Claim { by, since }) => {
            let winner = Winner {
                handoff_id: handoff.id,
                claimed_by_id: by.id,
                claimed_by_name: by.name.clone(),
                claimed_at: *since,
            };
            Refusal::AlreadyClaimed(winner, now.since(*since))
        }
        None => Refusal::HandoffClosed(handoff.state.status()),
    }
}

fn facts(session: &Session) -> SessionFacts {
    SessionFacts { status: session.state.status(), opener: session.opener.id, assignee: session.assignee.id }
}

fn stage(handoff: &Handoff) -> HandoffStage {
    HandoffStage::new(handoff.state.status(), handoff.state.claim().map(|claim| claim.by.id))
}

fn role_too_low(RoleTooLow { required, actual }: RoleTooLow) -> Refusal {
    Refusal::Forbidden(format!("this needs the role {required}; yours is {actual}"))
}

fn session_refusal(denial: SessionDenial, session: &Session) -> Refusal {
    match denial {
        SessionDenial::NotParticipant => Refusal::NotAParticipant,
        SessionDenial::NotAssignee => Refusal::Forbidden(format!(
            "{} owns this session: only they or an admin can hand it off",
            session.assignee.name
        )),
        SessionDenial::NotOpenerOrAssignee => Refusal::Forbidden(
            "only the opener or the assignee can park a session; an admin can escalate it".into(),
        ),
        SessionDenial::WrongStatus(status) => Refusal::SessionNotActive(status),
    }
}

fn handoff_refusal(denial: HandoffDenial, handoff: &Handoff, now: Timestamp) -> Refusal {
    match denial {
        HandoffDenial::AlreadyClaimed => already_claimed(handoff, now),
        HandoffDenial::NotClaimer => Refusal::Forbidden(format!(
            "claimed by {}: only they or an admin can do this",
            handoff.state.claim().map_or("somebody else", |claim| &claim.by.name)
        )),
        HandoffDenial::Unclaimed => {
            Refusal::Forbidden("nobody has claimed this handoff; claim it first".into())
        }
        HandoffDenial::NotConcerned => Refusal::Forbidden(
            "only who opened, escalated or claimed it, and admins, can change it; leave a note instead"
                .into(),
        ),
        HandoffDenial::Closed(status) => Refusal::HandoffClosed(status),
        HandoffDenial::AssessmentRunning => Refusal::AssessmentRunning,
    }
}
