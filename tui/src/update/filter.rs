//! The filter of the lists: loaded rows are filtered at once; the server searches once the user stops typing.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent};
use tierup_common::handoff::{QueuePage, QueueState};
use tierup_common::time::Timestamp;

use crate::effect::{Call, CallId, Effect};
use crate::keymap::LineAction;
use crate::state::State;
use crate::state::composer::Composer;
use crate::state::filter::Filter;
use crate::update::calls;

/// How long the user has to stop typing before the server searches.
const SEARCH_DEBOUNCE: Duration = Duration::from_millis(250);
/// With fewer characters the server would find everything.
const MIN_SEARCH_LENGTH: usize = 3;
/// How precisely ages are measured: as precisely as they can be written.
const AGE_PRECISION: Duration = Duration::from_mins(1);

/// Opens the filter.
pub(super) fn open(state: &mut State) {
    state.queue.filter.is_open = true;
}

/// Filters by this text.
pub(super) fn set(state: &mut State, text: &str) {
    state.queue.filter.input = Composer::with_text(text);
    apply_input(state);
}

/// Closes the filter and shows all rows.
pub(super) fn clear(state: &mut State) {
    state.queue.filter.is_open = false;
    set(state, "");
}

pub(super) fn run_action(state: &mut State, action: LineAction) {
    match action {
        LineAction::Accept => state.queue.filter.is_open = false,
        LineAction::Cancel => clear(state),
        LineAction::Complete | LineAction::CompleteBack => {}
    }
}

pub(super) fn handle_key(state: &mut State, key: KeyEvent) {
    let filter = &mut state.queue.filter;
    if key.code == KeyCode::Backspace && filter.input.is_empty() {
        filter.is_open = false;
        return;
    }
    filter.input.handle_key_single_line(key);
    apply_input(state);
}

pub(super) fn paste(state: &mut State, text: &str) {
    state.queue.filter.input.paste_single_line(text);
    apply_input(state);
}

/// Searches on the server, if it is time: also in the messages of sessions.
pub(super) fn search_if_due(state: &mut State, effects: &mut Vec<Effect>) {
    if state.queue.filter.search_at.take_if(|at| *at <= state.now).is_none() {
        return;
    }
    state.queue.filter.is_local_only = !state.connection.allows_calls();
    if state.queue.filter.is_local_only {
        return;
    }
    for list in [QueueState::Open, QueueState::Claimed] {
        let query = state.queue.filter.query().without_unread().to_string();
        let call_id = calls::send(state, Call::Search { state: list, query }, effects);
        state.queue.filter.pending_calls.push(call_id);
    }
}

/// Adds the server's matches, unless the words have changed.
pub(super) fn apply_matches(state: &mut State, call_id: CallId, page: &QueuePage) {
    let Filter { pending_calls, server_matches, .. } = &mut state.queue.filter;
    if pending_calls.extract_if(.., |known| *known == call_id).next().is_none() {
        return;
    }
    server_matches.extend(page.items.iter().map(|item| item.id));
    let me = state.my_id();
    state.queue.rebuild_lists(me);
}

/// Records that the server could not search.
pub(super) fn record_search_error(state: &mut State, call_id: CallId) {
    if state.queue.filter.pending_calls.extract_if(.., |known| *known == call_id).next().is_some() {
        state.queue.filter.is_local_only = true;
    }
}

/// Searches again once there is a connection.
pub(super) fn retry_search(state: &mut State) {
    if std::mem::take(&mut state.queue.filter.is_local_only) {
        state.queue.filter.search_at = Some(state.now);
    }
}

/// Filters again what matches in another way than before: ages pass, and handoffs are read.
pub(super) fn refresh(state: &mut State) {
    let now = state.server_now();
    let filter = &mut state.queue.filter;
    let is_late = filter.depends_on_time() && now.since(filter.as_of) >= AGE_PRECISION;
    let is_known = |id| filter.seen.contains(&id);
    let has_read = filter.query().is_unread
        && (state.seen.ids().count() != filter.seen.len() || !state.seen.ids().all(is_known));
    if is_late || has_read {
        filter.as_of = now;
        filter.seen = state.seen.ids().collect();
        let me = state.my_id();
        state.queue.rebuild_lists(me);
    }
}

/// When ages in the filter have to be measured again.
pub(super) fn refresh_at(state: &State) -> Option<Timestamp> {
    let filter = &state.queue.filter;
    let age = state.server_now().since(filter.as_of);
    filter.depends_on_time().then(|| state.now.plus(AGE_PRECISION.saturating_sub(age)))
}

/// Filters by the text that is typed.
pub(super) fn apply_input(state: &mut State) {
    let now = state.server_now();
    let filter = &mut state.queue.filter;
    if !filter.apply_input() {
        return;
    }
    (filter.as_of, filter.seen) = (now, state.seen.ids().collect());
    filter.is_local_only = false;
    let words: usize = filter.query().full_text().map_or(0, |text| text.chars().count());
    filter.search_at = (words >= MIN_SEARCH_LENGTH).then(|| state.now.plus(SEARCH_DEBOUNCE));
    let me = state.my_id();
    state.queue.rebuild_lists(me);
}
