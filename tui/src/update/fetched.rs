//! Applies fetched handoffs and sessions, and failures to fetch them.

use tierup_common::handoff::{Handoff, HandoffStatus};
use tierup_common::id::{HandoffId, SessionId};
use tierup_common::problem::Code;
use tierup_common::session::{Session, SessionStatus};

use crate::effect::{CallId, Effect};
use crate::event::CallError;
use crate::state::briefing::Briefing;
use crate::state::request::Request;
use crate::state::{Screen, State};
use crate::update::{calls, messages};

pub(super) fn apply_handoff(state: &mut State, handoff: Handoff) {
    let Handoff { item, snapshot } = handoff;
    let me = state.my_id();
    let id = item.id;
    state.claim_in_doubt.take_if(|in_doubt| *in_doubt == id);
    state.queue.mark_fresh(id);
    state.queue.upsert_item(item.clone(), me);
    state.queue.insert_snapshot(id, snapshot.clone());
    let is_in_queue = matches!(item.status, HandoffStatus::Open | HandoffStatus::Claimed);
    if let Screen::Session(chat) = &mut state.screen
        && chat.id == item.session_id
        && chat.briefing.is_none()
        && is_in_queue
    {
        chat.briefing = Some(Briefing::new(item.clone(), None, None, state.now));
    }
    if let Some(briefing) = state.open_briefing_of_mut(id) {
        briefing.snapshot = Some(snapshot);
        briefing.fetch = Request::Idle;
        if item.version >= briefing.item.version {
            let viewers = std::mem::take(&mut briefing.item.viewers);
            briefing.item = item;
            briefing.item.viewers = viewers;
        }
    }
}

pub(super) fn apply_handoff_error(state: &mut State, id: HandoffId, call_id: CallId, error: &CallError) {
    if !error.is_outcome_unknown() {
        state.claim_in_doubt.take_if(|in_doubt| *in_doubt == id);
    }
    let awaited = state.open_briefing_mut().filter(|briefing| briefing.fetch.awaits(call_id));
    if let Some(briefing) = awaited {
        briefing.fetch = Request::Failed(error.user_message());
    } else if let CallError::Problem(problem) = error
        && problem.code() == Some(Code::NotFound)
    {
        state.queue.remove_item(id);
    }
}

pub(super) fn apply_session(state: &mut State, session: Session, effects: &mut Vec<Effect>) {
    if let Screen::Session(chat) = &mut state.screen
        && chat.id == session.item.id
    {
        let id = chat.id;
        chat.merge_session(session);
        messages::resolve_unconfirmed(state, id);
        attach_briefing(state, effects);
    }
}

pub(super) fn apply_session_error(state: &mut State, id: SessionId, error: &CallError) {
    if let Screen::Session(chat) = &mut state.screen
        && chat.id == id
    {
        chat.fetch = Request::Failed(error.user_message());
    }
}

/// Adds the briefing to a session that was opened without one, as far as it is known; otherwise the handoff is fetched.
fn attach_briefing(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Session(chat) = &state.screen else { return };
    if chat.briefing.is_some() {
        return;
    }
    let Some(item) = state.queue.item_for_session(chat.id).cloned() else {
        // The handoff of a parked session is the park, which has no briefing.
        let is_parked = chat.status() == Some(SessionStatus::Paused);
        let handoff_id = chat.session().and_then(|session| session.handoff_id);
        if let Some(id) = handoff_id.filter(|_| !is_parked) {
            calls::fetch_handoff(state, id, effects);
        }
        return;
    };
    let id = item.id;
    let snapshot = state.queue.snapshot(id).cloned();
    let partial_assessment = state.queue.partial_assessments.get(&id).cloned();
    let mut briefing = Briefing::new(item, snapshot, partial_assessment, state.now);
    if briefing.snapshot.is_none() {
        briefing.fetch = Request::Pending(calls::fetch_handoff(state, id, effects));
    }
    if let Screen::Session(chat) = &mut state.screen {
        chat.briefing = Some(briefing);
    }
}
