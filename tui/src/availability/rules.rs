//! Conditions of actions: the permission rules shared with the server, the role, the connection. The server has the last
//! word.

use tierup_common::handoff::{HandoffStatus, Intent, QueueItem};
use tierup_common::permission::{
    self, ClaimEffect, HandoffDenial, HandoffStage, SessionDenial, SessionFacts,
};
use tierup_common::session::{SessionItem, SessionStatus};

use crate::availability::unavailable::{Availability, Unavailable, not_now, refused};
use crate::keymap::{Action, Context, SessionAction};
use crate::state::State;
use crate::state::briefing::{Briefing, is_being_assessed};
use crate::state::chat::Chat;
use crate::text::safe;

/// Whether a handoff can be claimed, or is the user's already.
pub fn check_claim(state: &State, item: &QueueItem) -> Availability {
    match permission::claim(state.actor(), stage(item)) {
        Ok(ClaimEffect::AlreadyTheirs) => Ok(()),
        Ok(ClaimEffect::Claims) => {
            check_engineer(state)?;
            check_online(state, "not claimed; try again once you are connected")
        }
        Err(denial) => Err(handoff_denial(item, denial)),
    }
}

/// Whether an assessment can be run again.
pub fn check_reassess(state: &State, item: &QueueItem) -> Availability {
    check_engineer(state)?;
    check_online(state, "the assessment is unchanged")?;
    permission::reassess(stage(item), item.assessment_status).map_err(|denial| handoff_denial(item, denial))
}

pub(super) fn check_release(state: &State, item: &QueueItem) -> Availability {
    check_engineer(state)?;
    match stage(item) {
        claimed @ HandoffStage::ClaimedBy(_) => permission::release_or_assign(state.actor(), claimed)
            .map_err(|denial| handoff_denial(item, denial)),
        HandoffStage::Open | HandoffStage::Closed(_) => not_now("Only a claimed handoff can be released"),
    }
}

/// Whether a handoff can be assigned to someone else.
pub fn check_assign(state: &State, item: &QueueItem) -> Availability {
    check_engineer(state)?;
    check_online(state, "not assigned")?;
    permission::release_or_assign(state.actor(), stage(item)).map_err(|denial| handoff_denial(item, denial))
}

/// Changing the priority and the summary.
pub(super) fn check_change(state: &State, item: &QueueItem) -> Availability {
    check_engineer(state)?;
    check_online(state, "not changed")?;
    let chat = state.open_chat().filter(|chat| chat.id == item.session_id);
    // Elsewhere the opener of the session is unknown; mostly they are the user who escalated it.
    let opener = chat.and_then(Chat::session).map_or(item.handed_off_by, |session| session.user_id);
    permission::change(state.actor(), stage(item), item.handed_off_by, opener)
        .map_err(|denial| handoff_denial(item, denial))
}

pub(super) fn check_send_back(state: &State, item: &QueueItem) -> Availability {
    check_engineer(state)?;
    permission::send_back(state.actor(), stage(item)).map_err(|denial| handoff_denial(item, denial))
}

/// Taking an open escalation back, from its briefing.
pub(super) fn check_take_back_handoff(state: &State, item: &QueueItem) -> Availability {
    check_resume(state)?;
    // The opener of the session is unknown here, so only the user who escalated it is offered this.
    permission::take_back(state.actor(), item.status, item.handed_off_by, item.handed_off_by)
        .or_else(|_| not_now("You can take back only your own escalation, before it is claimed"))
}

/// Taking a parked or escalated session back.
pub(super) fn check_take_back(state: &State, chat: &Chat) -> Availability {
    check_engineer(state)?;
    let can_take_back = chat.session().is_some_and(|session| can_take_back(state, chat, session));
    if can_take_back {
        check_resume(state)
    } else {
        not_now("You can take back only sessions you parked and your own unclaimed escalations")
    }
}

fn can_take_back(state: &State, chat: &Chat, session: &SessionItem) -> bool {
    let (status, handed_off_by) = match session.status {
        // The briefing is of the escalation before the park.
        SessionStatus::Paused => (HandoffStatus::Parked, session.assignee_id),
        SessionStatus::Escalated => {
            let escalated_by = chat.briefing.as_ref().map(|briefing| briefing.item.handed_off_by);
            (HandoffStatus::Open, escalated_by.unwrap_or(session.assignee_id))
        }
        SessionStatus::Active | SessionStatus::Resolved => return false,
    };
    permission::take_back(state.actor(), status, handed_off_by, session.user_id).is_ok()
}

/// The conditions of taking back any session.
pub fn check_resume(state: &State) -> Availability {
    check_engineer(state)?;
    check_online(state, "not taken back")
}

pub(super) fn check_send(state: &State, chat: &Chat) -> Availability {
    let has_ended = |status: &SessionStatus| match status {
        SessionStatus::Paused | SessionStatus::Resolved => true,
        SessionStatus::Active | SessionStatus::Escalated => false,
    };
    if let Some(status) = chat.status().filter(has_ended) {
        return refused(format!("{}. Your text is saved as a draft", inactive_reason(state, chat, status)));
    }
    let kind = state.message_kind(chat);
    check_session(state, chat, |state, session| permission::add_message(state.actor(), session, kind))?;
    check_online(state, "your text is saved as a draft")
}

pub(super) fn check_hand_off(state: &State, chat: &Chat, intent: Intent) -> Availability {
    check_session(state, chat, |state, session| permission::hand_off(state.actor(), session, intent))
}

pub(super) fn check_write(state: &State, chat: &Chat) -> Availability {
    check_session(state, chat, |state, session| permission::write(state.actor(), session))
}

/// Whether the assessment proposes entries that can be added.
pub(super) fn check_proposed(state: &State, chat: &Chat) -> Availability {
    check_write(state, chat)?;
    match &chat.briefing {
        _ if !state.proposed_entries().is_empty() => Ok(()),
        Some(briefing) if briefing.assessment().is_none() && is_being_assessed(&briefing.item) => {
            not_now("The assessment is still being written")
        }
        Some(_) | None => not_now("The assessment proposes nothing new"),
    }
}

pub(super) fn check_resolve(state: &State, chat: &Chat) -> Availability {
    check_session(state, chat, |state, session| permission::resolve(state.actor(), session))
}

pub(super) fn check_participant(state: &State, chat: &Chat) -> Availability {
    check_session(state, chat, |state, session| permission::participate(state.actor(), session))
}

/// Asks a rule about a session. While the user or the session is unknown, the server decides.
fn check_session(
    state: &State,
    chat: &Chat,
    rule: impl Fn(&State, SessionFacts) -> Result<(), SessionDenial>,
) -> Availability {
    check_engineer(state)?;
    let Some(session) = chat.session().filter(|_| state.me.is_some()) else { return Ok(()) };
    rule(state, session.into()).map_err(|denial| session_denial(state, chat, session, denial))
}

fn session_denial(state: &State, chat: &Chat, session: &SessionItem, denial: SessionDenial) -> Unavailable {
    let owner = || safe::sanitize_line(&session.assignee_name);
    match denial {
        SessionDenial::NotParticipant => {
            Unavailable::Blocked(format!("Only {}, the opener and admins can do this", owner()))
        }
        SessionDenial::NotAssignee => Unavailable::NotNow(format!(
            "{} owns this session: only they or an admin can hand it off",
            owner()
        )),
        SessionDenial::NotOpenerOrAssignee => {
            Unavailable::NotNow(format!("{} owns this session: only they or its opener can park it", owner()))
        }
        SessionDenial::WrongStatus(status) => Unavailable::NotNow(inactive_reason(state, chat, status)),
    }
}

fn handoff_denial(item: &QueueItem, denial: HandoffDenial) -> Unavailable {
    let claimer =
        || item.claimed_by_name.as_deref().map_or_else(|| "someone else".into(), safe::sanitize_line);
    Unavailable::NotNow(match denial {
        HandoffDenial::AlreadyClaimed => format!("Already claimed by {}", claimer()),
        HandoffDenial::NotClaimer => format!("Claimed by {}: only they or an admin can do this", claimer()),
        HandoffDenial::Unclaimed => "Not claimed yet: claim it first".into(),
        HandoffDenial::NotConcerned => {
            "Only who opened, escalated or claimed it, and admins, can change it; leave a note instead".into()
        }
        HandoffDenial::Closed(status) => format!("This handoff is {status}"),
        HandoffDenial::AssessmentRunning => "The assessment is still being written".into(),
    })
}

/// The status of a session that is not active, with the key that takes it back, if the user may.
fn inactive_reason(state: &State, chat: &Chat, status: SessionStatus) -> String {
    let status_name = match status {
        SessionStatus::Paused => "parked",
        SessionStatus::Active | SessionStatus::Escalated | SessionStatus::Resolved => status.as_str(),
    };
    let key = state.settings.keymap.key_for(Context::Session, Action::Session(SessionAction::TakeBack));
    if check_take_back(state, chat).is_ok() && !key.is_empty() {
        format!("The session is {status_name}: press {key} to take it back")
    } else {
        format!("The session is {status_name}")
    }
}

pub(super) fn check_evidence(briefing: &Briefing) -> Availability {
    if briefing.assessment().is_some_and(|assessment| !assessment.evidence.is_empty()) {
        Ok(())
    } else if is_being_assessed(&briefing.item) {
        not_now("The assessment is still being written")
    } else {
        unavailable_evidence()
    }
}

pub(super) fn unavailable_evidence() -> Availability {
    not_now("No evidence")
}

/// Viewers read, and change nothing.
pub fn check_engineer(state: &State) -> Availability {
    if state.can_write() { Ok(()) } else { refused("Your role is viewer: you can only read") }
}

fn check_online(state: &State, consequence: &str) -> Availability {
    if state.connection.allows_calls() { Ok(()) } else { refused(format!("Offline: {consequence}")) }
}

fn stage(item: &QueueItem) -> HandoffStage {
    HandoffStage::new(item.status, item.claimed_by)
}
