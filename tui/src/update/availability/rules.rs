//! What has to be so for this or that: who may, and when. The server has the last word; see its `domain/access.rs`.

use tierup_common::assessment::AssessmentStatus;
use tierup_common::handoff::{HandoffStatus, QueueItem};
use tierup_common::session::SessionStatus;
use tierup_common::user::Role;

use crate::keymap::{Action, Context, SessionAction};
use crate::state::briefing::Briefing;
use crate::state::chat::Chat;
use crate::state::{Screen, State};
use crate::text::safe;
use crate::update::availability::{Availability, Unavailable};
use crate::update::deltas;

/// Whether a handoff can be claimed, or is the user's already.
pub(in crate::update) fn check_claim(state: &State, item: &QueueItem) -> Availability {
    let is_mine = is_mine(state, item);
    match item.status {
        HandoffStatus::Claimed if is_mine => Ok(()),
        HandoffStatus::Open => {
            check_engineer(state)?;
            check_online(state, "not claimed. Try again when it is live")
        }
        HandoffStatus::Claimed => not_now(format!("{} has claimed it", claimer_name(item))),
        HandoffStatus::Resolved
        | HandoffStatus::Withdrawn
        | HandoffStatus::Superseded
        | HandoffStatus::Parked
        | HandoffStatus::Resumed => not_now(format!("This handoff is {}", item.status)),
    }
}

pub(super) fn check_send(state: &State, chat: &Chat) -> Availability {
    if let Some(status) = chat.status().filter(|status| *status != SessionStatus::Active) {
        return refused(format!("{}. Your text is kept as a draft", inactive_reason(state, chat, status)));
    }
    check_participant(state, chat)?;
    check_online(state, "your text is kept as a draft")
}

pub(super) fn check_hand_off(state: &State, chat: &Chat) -> Availability {
    check_participant(state, chat)?;
    check_active(state, chat)?;
    match &chat.session {
        Some(session) if Some(session.assignee_id) != state.my_id() && !is_admin(state) => not_now(format!(
            "{} works on this session now; they or an admin hand it off",
            safe::sanitize_line(&session.assignee_name)
        )),
        Some(_) | None => Ok(()),
    }
}

pub(super) fn check_active(state: &State, chat: &Chat) -> Availability {
    match chat.status() {
        Some(SessionStatus::Active) | None => Ok(()),
        Some(status @ (SessionStatus::Paused | SessionStatus::Escalated | SessionStatus::Resolved)) => {
            not_now(inactive_reason(state, chat, status))
        }
    }
}

/// Where a session stands that is not worked on; and by which key whoever may takes it back.
fn inactive_reason(state: &State, chat: &Chat, status: SessionStatus) -> String {
    let stands = match status {
        SessionStatus::Paused => "parked",
        SessionStatus::Active | SessionStatus::Escalated | SessionStatus::Resolved => status.as_str(),
    };
    let key = state.settings.keymap.key_for(Context::Session, Action::Session(SessionAction::TakeBack));
    if check_take_back(state, chat).is_ok() && !key.is_empty() {
        format!("The session is {stands}: {key} takes it back")
    } else {
        format!("The session is {stands}")
    }
}

pub(super) fn check_reassess(state: &State, item: &QueueItem) -> Availability {
    check_engineer(state)?;
    check_online(state, "the assessment stays as it is")?;
    match (item.status, item.assessment_status) {
        (
            HandoffStatus::Open | HandoffStatus::Claimed,
            AssessmentStatus::Pending | AssessmentStatus::Running,
        ) => not_now("The assessment is still being written"),
        (
            HandoffStatus::Open | HandoffStatus::Claimed,
            AssessmentStatus::Ready | AssessmentStatus::Failed | AssessmentStatus::NotRequested,
        ) => Ok(()),
        (
            HandoffStatus::Resolved
            | HandoffStatus::Withdrawn
            | HandoffStatus::Superseded
            | HandoffStatus::Parked
            | HandoffStatus::Resumed,
            _,
        ) => not_now(format!("This handoff is {}", item.status)),
    }
}

pub(super) fn check_release(state: &State, item: &QueueItem) -> Availability {
    check_engineer(state)?;
    if item.status == HandoffStatus::Claimed {
        check_holder(state, item)
    } else {
        not_now("Only a claim can be given back")
    }
}

pub(super) fn check_assign(state: &State, item: &QueueItem) -> Availability {
    check_engineer(state)?;
    check_online(state, "it stays with whoever has it")?;
    check_in_progress(item)?;
    check_holder(state, item)
}

pub(super) fn check_send_back(state: &State, item: &QueueItem) -> Availability {
    check_engineer(state)?;
    check_in_progress(item)?;
    if item.status == HandoffStatus::Open { Ok(()) } else { check_holder(state, item) }
}

/// What was handed off is taken back by whoever did, or opened it.
pub(super) fn check_take_back(state: &State, chat: &Chat) -> Availability {
    check_engineer(state)?;
    let me = state.my_id();
    let handed_off = chat.briefing.as_ref().map(|open| open.item.handed_off_by);
    let opened = chat.session.as_ref().map(|session| session.user_id);
    // Whoever claimed may have parked what others opened and handed off.
    let parked = chat
        .session
        .as_ref()
        .filter(|session| session.status == SessionStatus::Paused)
        .map(|it| it.assignee_id);
    let is_theirs = me.is_some() && [handed_off, opened, parked].contains(&me);
    match chat.status() {
        Some(SessionStatus::Paused | SessionStatus::Escalated) if is_theirs => {
            check_online(state, "the session stays where it is")
        }
        Some(
            SessionStatus::Paused
            | SessionStatus::Escalated
            | SessionStatus::Active
            | SessionStatus::Resolved,
        )
        | None => not_now("Only what you parked, or escalated and nobody claimed, can be taken back"),
    }
}

/// Whether a handoff waits or is worked on: what is over stays over.
fn check_in_progress(item: &QueueItem) -> Availability {
    match item.status {
        HandoffStatus::Open | HandoffStatus::Claimed => Ok(()),
        HandoffStatus::Resolved
        | HandoffStatus::Withdrawn
        | HandoffStatus::Superseded
        | HandoffStatus::Parked
        | HandoffStatus::Resumed => not_now(format!("This handoff is {}", item.status)),
    }
}

/// A claim is its claimer's, or an admin's.
fn check_holder(state: &State, item: &QueueItem) -> Availability {
    if is_mine(state, item) || is_admin(state) {
        Ok(())
    } else if item.status == HandoffStatus::Claimed {
        not_now(format!("{} claimed it; they or an admin decide", claimer_name(item)))
    } else {
        not_now("Nobody has claimed it: claim it first")
    }
}

/// In a session write its opener, whoever works on it, and admins.
pub(super) fn check_participant(state: &State, chat: &Chat) -> Availability {
    check_engineer(state)?;
    let Some(session) = &chat.session else { return Ok(()) };
    let me = state.my_id();
    let is_theirs = me.is_none() || Some(session.user_id) == me || Some(session.assignee_id) == me;
    if is_theirs || is_admin(state) {
        Ok(())
    } else {
        refused(format!(
            "Only {}, who works on it, its opener and admins write here",
            safe::sanitize_line(&session.assignee_name)
        ))
    }
}

pub(super) fn check_evidence(briefing: &Briefing) -> Availability {
    if briefing.assessment().is_some_and(|data| !data.evidence.is_empty()) {
        Ok(())
    } else if deltas::is_being_assessed(&briefing.item) {
        not_now("The assessment is still being written")
    } else {
        unavailable_evidence()
    }
}

pub(super) fn unavailable_evidence() -> Availability {
    not_now("There is no evidence to go to")
}

pub(super) fn check_engineer(state: &State) -> Availability {
    if state.can_write() { Ok(()) } else { refused("Your role is viewer: you read, others act") }
}

pub(super) fn check_online(state: &State, consequence: &str) -> Availability {
    if state.connection.allows_calls() { Ok(()) } else { refused(format!("Offline: {consequence}")) }
}

pub(super) fn is_admin(state: &State) -> bool {
    state.me.as_ref().is_none_or(|me| me.user.role >= Role::Admin)
}

pub(super) fn is_mine(state: &State, item: &QueueItem) -> bool {
    item.status == HandoffStatus::Claimed && item.claimed_by.is_some() && item.claimed_by == state.my_id()
}

fn claimer_name(item: &QueueItem) -> String {
    item.claimed_by_name.as_deref().map_or_else(|| "Somebody".into(), |name| safe::sanitize_line(name).into())
}

pub(super) fn open_chat(state: &State) -> Result<&Chat, Unavailable> {
    match &state.screen {
        Screen::Session(chat) => Ok(chat),
        Screen::Queue | Screen::Briefing(_) => Err(Unavailable::NotApplicable),
    }
}

/// The briefing that is on the screen: as a screen, or over its session.
pub(super) fn open_briefing(state: &State) -> Option<&Briefing> {
    match &state.screen {
        Screen::Queue => None,
        Screen::Briefing(briefing) => Some(briefing),
        Screen::Session(chat) => chat.briefing.as_ref(),
    }
}

pub(super) fn available_if(condition: bool) -> Availability {
    if condition { Ok(()) } else { Err(Unavailable::NotApplicable) }
}

pub(super) fn not_now(reason: impl Into<String>) -> Availability {
    Err(Unavailable::NotNow(reason.into()))
}

pub(super) fn refused(reason: impl Into<String>) -> Availability {
    Err(Unavailable::Refused(reason.into()))
}
