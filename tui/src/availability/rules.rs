//! What has to be so for this or that: who may, and when. The server has the last word; see its `domain/access.rs`.

use tierup_common::assessment::AssessmentStatus;
use tierup_common::handoff::{HandoffStatus, QueueItem};
use tierup_common::session::SessionStatus;

use crate::availability::unavailable::{Availability, Unavailable, not_now, refused};
use crate::keymap::{Action, Context, SessionAction};
use crate::state::State;
use crate::state::briefing::Briefing;
use crate::state::briefing::is_being_assessed;
use crate::state::chat::Chat;
use crate::text::safe;

/// Whether a handoff can be claimed, or is the user's already.
pub fn check_claim(state: &State, item: &QueueItem) -> Availability {
    match item.status {
        HandoffStatus::Claimed if state.is_mine(item) => Ok(()),
        HandoffStatus::Open => {
            check_engineer(state)?;
            check_online(state, "not claimed; try again once you are connected")
        }
        HandoffStatus::Claimed => not_now(format!("Already claimed by {}", claimer_name(item))),
        HandoffStatus::Resolved
        | HandoffStatus::Withdrawn
        | HandoffStatus::Superseded
        | HandoffStatus::Parked
        | HandoffStatus::Resumed => not_now(format!("This handoff is {}", item.status)),
    }
}

pub(super) fn check_send(state: &State, chat: &Chat) -> Availability {
    if let Some(status) = chat.status().filter(|status| *status != SessionStatus::Active) {
        return refused(format!("{}. Your text is saved as a draft", inactive_reason(state, chat, status)));
    }
    check_participant(state, chat)?;
    check_online(state, "your text is saved as a draft")
}

pub(super) fn check_hand_off(state: &State, chat: &Chat) -> Availability {
    check_participant(state, chat)?;
    check_active(state, chat)?;
    match chat.session() {
        Some(session) if Some(session.assignee_id) != state.my_id() && !state.is_admin() => not_now(format!(
            "{} owns this session: only they or an admin can hand it off",
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

pub(super) fn check_reassess(state: &State, item: &QueueItem) -> Availability {
    check_engineer(state)?;
    check_online(state, "the assessment is unchanged")?;
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
        not_now("Only a claimed handoff can be released")
    }
}

pub(super) fn check_assign(state: &State, item: &QueueItem) -> Availability {
    check_engineer(state)?;
    check_online(state, "not assigned")?;
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
    let opened = chat.session().map(|session| session.user_id);
    // Whoever claimed may have parked what others opened and handed off.
    let parked =
        chat.session().filter(|session| session.status == SessionStatus::Paused).map(|it| it.assignee_id);
    let is_theirs = me.is_some() && [handed_off, opened, parked].contains(&me);
    match chat.status() {
        Some(SessionStatus::Paused | SessionStatus::Escalated) if is_theirs => {
            check_online(state, "not taken back")
        }
        Some(
            SessionStatus::Paused
            | SessionStatus::Escalated
            | SessionStatus::Active
            | SessionStatus::Resolved,
        )
        | None => not_now("You can take back only what you parked, or escalated and nobody has claimed"),
    }
}

/// A session is taken back by an engineer, and by the server.
pub fn check_resume(state: &State) -> Availability {
    check_engineer(state)?;
    check_online(state, "not taken back")
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
    if state.is_mine(item) || state.is_admin() {
        Ok(())
    } else if item.status == HandoffStatus::Claimed {
        not_now(format!("Claimed by {}: only they or an admin can do this", claimer_name(item)))
    } else {
        not_now("Not claimed yet: claim it first")
    }
}

/// In a session write its opener, whoever works on it, and admins.
pub(super) fn check_participant(state: &State, chat: &Chat) -> Availability {
    check_engineer(state)?;
    let Some(session) = chat.session() else { return Ok(()) };
    let me = state.my_id();
    let is_theirs = me.is_none() || Some(session.user_id) == me || Some(session.assignee_id) == me;
    if is_theirs || state.is_admin() {
        Ok(())
    } else {
        refused(format!(
            "Only {} (who owns it), its opener and admins can write here",
            safe::sanitize_line(&session.assignee_name)
        ))
    }
}

pub(super) fn check_evidence(briefing: &Briefing) -> Availability {
    if briefing.assessment().is_some_and(|data| !data.evidence.is_empty()) {
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

pub(super) fn check_online(state: &State, consequence: &str) -> Availability {
    if state.connection.allows_calls() { Ok(()) } else { refused(format!("Offline: {consequence}")) }
}

fn claimer_name(item: &QueueItem) -> String {
    item.claimed_by_name.as_deref().map_or_else(|| "someone else".into(), safe::sanitize_line)
}

pub(super) fn open_chat(state: &State) -> Result<&Chat, Unavailable> {
    state.open_chat().ok_or(Unavailable::NotApplicable)
}
