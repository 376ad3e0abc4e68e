//! The history: the server searches it, once the tab is shown and the user stops typing.

use std::cmp::Reverse;
use std::time::Duration;

use tierup_common::event::Kind;
use tierup_common::session::SessionPage;
use tierup_common::time::Timestamp;

use crate::effect::{Call, CallId, Effect};
use crate::event::CallError;
use crate::keymap::Tab;
use crate::state::history::{PendingPage, history_query};
use crate::state::lists::RowKey;
use crate::state::{Screen, State};
use crate::update::calls;

/// How long the user has to stop typing before the server searches.
const SEARCH_DEBOUNCE: Duration = Duration::from_millis(250);
/// How long after a change the first page is loaded again: changes come in groups.
const REFRESH_DELAY: Duration = Duration::from_secs(1);
/// How long after a failure the page is loaded again.
const RETRY_DELAY: Duration = Duration::from_secs(10);
/// The next page is loaded when so few rows are left below the selected one.
const ROWS_AHEAD: usize = 20;

/// Loads what is missing while the tab is shown: the rows of another search, changed ones, or the next page.
pub(super) fn load_if_needed(state: &mut State, effects: &mut Vec<Effect>) {
    if state.queue.tab != Tab::History || !matches!(state.screen, Screen::Queue) {
        return;
    }
    let query = history_query(state.queue.filter.query()).to_string();
    let is_typing = state.queue.filter.is_open;
    let (now, can_call) = (state.now, state.connection.allows_calls());
    let history = &mut state.queue.history;
    let is_pending = history.pending_page.as_ref().is_some_and(|page| page.query == query);
    if is_pending || !can_call {
        return;
    }
    let is_other = history.loaded_query.as_ref() != Some(&query);
    if is_other && history.searched_query.as_ref() != Some(&query) {
        // A failed search is not repeated for ever: another one, or a change, loads again.
        history.searched_query = Some(query.clone());
        history.load_at = Some(if is_typing { now.plus(SEARCH_DEBOUNCE) } else { now });
    }
    if history.load_at.take_if(|at| *at <= now).is_some() {
        return load(state, query, None, effects);
    }
    let list = state.queue.current_list();
    let rows_below = list.len().saturating_sub(list.selected_index().unwrap_or(0) + 1);
    let history = &state.queue.history;
    if !is_other && history.has_more() && history.error.is_none() && rows_below < ROWS_AHEAD {
        let cursor = history.next_cursor.clone();
        load(state, query, cursor, effects);
    }
}

/// When to load next.
pub(super) fn next_load_at(state: &State) -> Option<Timestamp> {
    let is_shown = state.queue.tab == Tab::History && matches!(state.screen, Screen::Queue);
    state.queue.history.load_at.filter(|_| is_shown && state.connection.allows_calls())
}

/// If something ended, or is no longer over, loads the first page again when the tab is shown.
pub(super) fn observe(state: &mut State, kind: Kind) {
    let changes_history = [
        Kind::SessionResolved,
        Kind::HandoffSentBack,
        Kind::HandoffWithdrawn,
        Kind::HandoffCreated,
        Kind::HandoffClaimed,
    ];
    if changes_history.contains(&kind) {
        mark_changed(state);
    }
}

fn mark_changed(state: &mut State) {
    if state.queue.history.loaded_query.is_some() && state.queue.history.load_at.is_none() {
        state.queue.history.load_at = Some(state.now.plus(REFRESH_DELAY));
    }
}

/// After an interruption: events may have been missed, and a load may have failed.
pub(super) fn reload(state: &mut State) {
    state.queue.history.searched_query = None;
    mark_changed(state);
}

fn load(state: &mut State, query: String, cursor: Option<String>, effects: &mut Vec<Effect>) {
    let call = Call::History { query: query.clone(), cursor };
    let call_id = calls::send(state, call, effects);
    state.queue.history.pending_page = Some(PendingPage { call_id, query });
}

/// Adds a page. The first page of another search replaces all rows; the same again only brings them up to date.
pub(super) fn apply_page(state: &mut State, call_id: CallId, is_first: bool, page: SessionPage) {
    let history = &mut state.queue.history;
    let Some(pending) = history.pending_page.take_if(|pending| pending.call_id == call_id) else { return };
    history.error = None;
    let is_other = history.loaded_query.as_ref() != Some(&pending.query);
    if is_other {
        history.clear();
    }
    if is_other || !is_first {
        history.next_cursor = page.next_cursor;
    }
    history.loaded_query = Some(pending.query);
    let keys: Vec<RowKey> = page.items.iter().map(|session| RowKey::Session(Reverse(session.id))).collect();
    page.items.into_iter().for_each(|session| history.insert(session));
    if is_other {
        state.queue.lists[Tab::History].replace_all(keys);
    } else {
        for key in keys {
            state.queue.lists[Tab::History].upsert(key);
        }
    }
}

/// A page could not be loaded.
pub(super) fn apply_error(state: &mut State, call_id: CallId, error: &CallError) {
    let history = &mut state.queue.history;
    if history.pending_page.take_if(|pending| pending.call_id == call_id).is_some() {
        history.error = Some(error.user_message());
        history.load_at = Some(state.now.plus(RETRY_DELAY));
    }
}
