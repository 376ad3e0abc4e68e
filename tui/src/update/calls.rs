//! Sends calls to the server, and loads the lists.

use std::time::Duration;

use tierup_common::handoff::{QueuePage, QueueState};
use tierup_common::id::{HandoffId, SessionId};
use tierup_common::session::SessionStatus;

use crate::effect::{Call, CallId, Effect, StoryCall};
use crate::keymap::Tab;
use crate::state::queue::ListLoad;
use crate::state::request::Request;
use crate::state::{Screen, State};

/// The first pause before the lists are fetched again after a failure. It doubles each time.
const INITIAL_BACKOFF: Duration = Duration::from_secs(2);
/// Parked handoffs fetched at a time. The others are fetched when they are previewed.
const MAX_PARKED_FETCHES: usize = 20;
/// The longest pause.
const MAX_BACKOFF: Duration = Duration::from_mins(1);

/// Sends a call.
pub(super) fn send(state: &mut State, call: Call, effects: &mut Vec<Effect>) -> CallId {
    send_with_id(state, None, call, effects)
}

/// Sends a call under the id of an earlier attempt, if there is one: the server then executes it once.
pub(super) fn send_with_id(
    state: &mut State,
    reused_id: Option<CallId>,
    call: Call,
    effects: &mut Vec<Effect>,
) -> CallId {
    let call_id = reused_id.unwrap_or_else(|| state.next_call_id());
    state.pending_calls.insert(call_id, call.clone());
    effects.push(Effect::Call(call_id, call));
    call_id
}

/// Fetches the user.
pub(super) fn fetch_me(state: &mut State, effects: &mut Vec<Effect>) {
    send(state, Call::Me, effects);
}

/// Fetches a handoff with its snapshot.
pub(super) fn fetch_handoff(state: &mut State, id: HandoffId, effects: &mut Vec<Effect>) -> CallId {
    send(state, Call::Handoff(id), effects)
}

/// Fetches a session with its newest messages, and what happened between them.
pub(super) fn fetch_session(state: &mut State, id: SessionId, effects: &mut Vec<Effect>) -> CallId {
    send(state, Call::Story(StoryCall::Events { session_id: id, before: None }), effects);
    send(state, Call::Session(id), effects)
}

/// Fetches the open session again.
pub(super) fn refetch_open_session(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Session(chat) = &state.screen else { return };
    let call_id = fetch_session(state, chat.id, effects);
    if let Screen::Session(chat) = &mut state.screen {
        chat.fetch = Request::Pending(call_id);
    }
}

/// Requests an assessment again, unless it is being requested.
pub(super) fn reassess(state: &mut State, id: HandoffId, effects: &mut Vec<Effect>) {
    if !state.is_reassessing(id) {
        let call_id = send(state, Call::Reassess(id), effects);
        state.pending_reassessments.push((call_id, id));
        let now = state.now;
        if let Some(briefing) = state.open_briefing_of_mut(id) {
            briefing.last_progress_at = now;
        }
    }
}

/// Fetches the handoff of the open briefing.
pub(super) fn fetch_open_briefing(state: &mut State, id: HandoffId, effects: &mut Vec<Effect>) {
    let call_id = fetch_handoff(state, id, effects);
    if let Some(briefing) = state.open_briefing_mut() {
        briefing.fetch = Request::Pending(call_id);
    }
}

/// Fetches all three lists. A load that is in progress is abandoned.
pub(super) fn fetch_lists(state: &mut State, effects: &mut Vec<Effect>) {
    let attempts = state.queue.pending_load.as_ref().map_or(0, |load| load.attempts);
    let mut load = ListLoad { attempts, ..ListLoad::default() };
    for list in [QueueState::Open, QueueState::Claimed] {
        load.pending_calls.push(send(state, Call::Queue { state: list, cursor: None }, effects));
    }
    state.queue.pending_load = Some(load);
    fetch_own_sessions(state, effects);
    // Sessions that the user opened: somebody else may have escalated them again.
    send(state, Call::OwnSessions(SessionStatus::Escalated), effects);
}

/// Fetches the user's parked and active sessions.
pub(super) fn fetch_own_sessions(state: &mut State, effects: &mut Vec<Effect>) {
    for status in [SessionStatus::Paused, SessionStatus::Active] {
        send(state, Call::OwnSessions(status), effects);
    }
}

/// Fetches the handoffs of parked sessions that are not known yet: their rows show notes and reminders.
pub(super) fn fetch_parked_handoffs(state: &mut State, effects: &mut Vec<Effect>) {
    let is_pending = |id: &HandoffId| state.has_pending_call(|call| *call == Call::Handoff(*id));
    let missing: Vec<HandoffId> =
        state.queue.missing_parked_handoffs().filter(|id| !is_pending(id)).take(MAX_PARKED_FETCHES).collect();
    for id in missing {
        fetch_handoff(state, id, effects);
    }
}

/// Adds a page of the queue, and fetches the next one.
pub(super) fn apply_page(
    state: &mut State,
    call_id: CallId,
    list: QueueState,
    page: QueuePage,
    effects: &mut Vec<Effect>,
) {
    let Some(mut load) = state.queue.pending_load.take_if(|load| load.pending_calls.contains(&call_id))
    else {
        return;
    };
    load.pending_calls.retain(|other| *other != call_id);
    load.as_of_seq = Some(load.as_of_seq.map_or(page.as_of_seq, |known| known.min(page.as_of_seq)));
    let me = state.my_id();
    for item in page.items {
        load.changed_ids.insert(item.id);
        state.queue.upsert_item(item, me);
    }
    if page.next_cursor.is_some() {
        let call = Call::Queue { state: list, cursor: page.next_cursor };
        load.pending_calls.push(send(state, call, effects));
    }
    if load.pending_calls.is_empty() {
        finish_load(state, &load, effects);
    } else {
        state.queue.pending_load = Some(load);
    }
}

/// A page could not be fetched. The lists stay as they are and are fetched again: after a pause, or once connected.
pub(super) fn schedule_retry(state: &mut State, call_id: CallId, error: String) {
    let now = state.now;
    let load = state.queue.pending_load.as_mut().filter(|load| load.pending_calls.contains(&call_id));
    if let Some(load) = load.filter(|load| load.error.is_none()) {
        load.error = Some(error);
        let pause = INITIAL_BACKOFF.saturating_mul(1 << load.attempts.min(10)).min(MAX_BACKOFF);
        load.attempts += 1;
        load.retry_at = Some(now.plus(pause));
    }
}

/// Fetches the lists again after a failure, if it is time.
pub(super) fn retry_if_due(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now;
    let load = state.queue.pending_load.as_mut();
    let is_due = load.is_some_and(|load| load.retry_at.take_if(|at| *at <= now).is_some());
    // Without a connection they are fetched once there is one.
    if is_due && state.connection.allows_calls() {
        fetch_lists(state, effects);
    }
}

fn finish_load(state: &mut State, load: &ListLoad, effects: &mut Vec<Effect>) {
    if state.queue.as_of_seq.is_none() {
        state.queue.lists[Tab::Queue].select_first_unless_chosen();
        state.queue.lists[Tab::Mine].select_first_unless_chosen();
    }
    state.queue.as_of_seq = load.as_of_seq;
    state.queue.retain_items(|item| load.changed_ids.contains(&item.id));
    // The stream began after a page was read, so events in between are missing.
    if state.queue.stream_start_seq > load.as_of_seq {
        fetch_lists(state, effects);
    }
}

/// Whether the lists are loaded, or are being loaded without a failure so far.
pub(super) fn is_loaded_or_loading(state: &State) -> bool {
    match &state.queue.pending_load {
        Some(load) => load.error.is_none(),
        None => state.queue.as_of_seq.is_some(),
    }
}
