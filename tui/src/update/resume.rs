//! Taking back a session that was parked or escalated.

use tierup_common::id::SessionId;
use tierup_common::session::Session;

use crate::availability;
use crate::effect::{Call, CallId, Effect};
use crate::keymap::Tab;
use crate::state::toast::ToastLevel;
use crate::state::{PendingResume, Screen, State};
use crate::update::{calls, fetched, navigate, outcomes};

/// Takes a session back, unless that is in progress.
pub(super) fn request_resume(state: &mut State, session: SessionId, effects: &mut Vec<Effect>) {
    if state.is_resuming(session) {
        return;
    }
    if let Err(reason) = availability::check_resume(state) {
        return outcomes::show_unavailable(state, reason);
    }
    let origin = state.context();
    let call_id = calls::send(state, Call::Resume(session), effects);
    state.pending_resume = Some(PendingResume { call_id, session_id: session, origin });
}

/// A session was taken back, or not. It opens if the user is still where they requested it.
pub(super) fn apply_resume_reply(
    state: &mut State,
    call_id: CallId,
    session: Result<Session, String>,
    effects: &mut Vec<Effect>,
) {
    let request = state.pending_resume.take_if(|request| request.call_id == call_id);
    let session = match session {
        Ok(session) => session,
        Err(error) => return state.show_toast(ToastLevel::Error, error),
    };
    calls::fetch_own_sessions(state, effects);
    let id = session.item.id;
    let is_about = match &state.screen {
        Screen::Queue => true,
        Screen::Briefing(briefing) => briefing.item.session_id == id,
        Screen::Session(chat) => chat.id == id,
    };
    let is_there = request.is_some_and(|request| request.origin == state.context()) && is_about;
    if !is_there {
        let hint = outcomes::tab_hint(state, Tab::Mine);
        let text = format!("Session {} is yours again: {hint}", session.item.number);
        state.show_toast(ToastLevel::Success, text);
    } else if !matches!(state.screen, Screen::Session(_)) {
        navigate::to_session(state, id, None, effects);
    }
    fetched::apply_session(state, session, effects);
}
