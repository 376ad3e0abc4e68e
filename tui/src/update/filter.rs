//! The filter of the list: what is typed counts at once; the server is asked when one pauses.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent};
use tierup_common::handoff::{QueuePage, QueueState};

use crate::effect::{Call, CallId, Effect};
use crate::keymap::LineAction;
use crate::state::State;
use crate::state::composer::Composer;
use crate::state::filter::Filter;
use crate::update::calls;

/// The server is asked once nothing was typed for so long.
const SEARCH_DEBOUNCE: Duration = Duration::from_millis(250);
/// With fewer letters the server would find everything.
const MIN_SEARCH_LENGTH: usize = 3;

/// Gives the keys to the filter.
pub(super) fn open(state: &mut State) {
    state.queue.filter.is_open = true;
}

/// Shows only rows that say this.
pub(super) fn set(state: &mut State, text: &str) {
    state.queue.filter.input = Composer::with_text(text);
    apply_input(state);
}

/// Shows all rows again.
pub(super) fn clear(state: &mut State) {
    state.queue.filter.is_open = false;
    set(state, "");
}

pub(super) fn run_action(state: &mut State, verb: LineAction) {
    match verb {
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

/// Asks the server, if it is time: it knows what was said in the sessions.
pub(super) fn search_if_due(state: &mut State, effects: &mut Vec<Effect>) {
    if state.queue.filter.search_at.take_if(|at| *at <= state.now).is_none() {
        return;
    }
    state.queue.filter.is_local_only = !state.connection.allows_calls();
    if state.queue.filter.is_local_only {
        return;
    }
    for list in [QueueState::Open, QueueState::Claimed] {
        let words = state.queue.filter.text().to_owned();
        let ticket = calls::send(state, Call::Search { state: list, query: words }, effects);
        state.queue.filter.pending_calls.push(ticket);
    }
}

/// What the server found. What was asked for other words is passed over.
pub(super) fn apply_matches(state: &mut State, call_id: CallId, page: &QueuePage) {
    let Filter { pending_calls: asked, server_matches: found, .. } = &mut state.queue.filter;
    if asked.extract_if(.., |known| *known == call_id).next().is_none() {
        return;
    }
    found.extend(page.items.iter().map(|item| item.id));
    let me = state.my_id();
    state.queue.rebuild_lists(me);
}

/// The server could not be asked. What is loaded was searched all the same.
pub(super) fn record_search_error(state: &mut State, call_id: CallId) {
    if state.queue.filter.pending_calls.extract_if(.., |known| *known == call_id).next().is_some() {
        state.queue.filter.is_local_only = true;
    }
}

/// There is a connection again: the server is asked what it could not be asked.
pub(super) fn retry_search(state: &mut State) {
    if std::mem::take(&mut state.queue.filter.is_local_only) {
        state.queue.filter.search_at = Some(state.now);
    }
}

fn apply_input(state: &mut State) {
    let filter = &mut state.queue.filter;
    if !filter.apply_input() {
        return;
    }
    filter.is_local_only = false;
    let is_worth_asking = filter.text().chars().count() >= MIN_SEARCH_LENGTH;
    filter.search_at = is_worth_asking.then(|| state.now.plus(SEARCH_DEBOUNCE));
    let me = state.my_id();
    state.queue.rebuild_lists(me);
}
