//! The filter of the list: what is typed counts at once; the server is asked when one pauses.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent};
use tierup_common::handoff::{QueuePage, QueueState};

use crate::effect::{Call, Effect, Ticket};
use crate::keymap::LineVerb;
use crate::state::State;
use crate::state::composer::Composer;
use crate::state::filter::Filter;
use crate::update::load;

/// The server is asked once nothing was typed for so long.
const PAUSE: Duration = Duration::from_millis(250);
/// With fewer letters the server would find everything.
const LETTERS: usize = 3;

/// Gives the keys to the filter.
pub(super) fn open(state: &mut State) {
    state.queue.filter.is_open = true;
}

/// Shows only rows that say this.
pub(super) fn set(state: &mut State, text: &str) {
    state.queue.filter.line = Composer::with(text);
    changed(state);
}

/// Shows all rows again.
pub(super) fn clear(state: &mut State) {
    state.queue.filter.is_open = false;
    set(state, "");
}

pub(super) fn act(state: &mut State, verb: LineVerb) {
    match verb {
        LineVerb::Accept => state.queue.filter.is_open = false,
        LineVerb::Cancel => clear(state),
        LineVerb::Complete | LineVerb::CompleteBack => {}
    }
}

pub(super) fn type_key(state: &mut State, key: KeyEvent) {
    let filter = &mut state.queue.filter;
    if key.code == KeyCode::Backspace && filter.line.is_empty() {
        filter.is_open = false;
        return;
    }
    filter.line.key_in_line(key);
    changed(state);
}

pub(super) fn paste(state: &mut State, text: &str) {
    state.queue.filter.line.paste_in_line(text);
    changed(state);
}

/// Asks the server, if it is time: it knows what was said in the sessions.
pub(super) fn tick(state: &mut State, effects: &mut Vec<Effect>) {
    if state.queue.filter.ask_at.take_if(|at| *at <= state.now).is_none() {
        return;
    }
    state.queue.filter.is_partial = !state.link.may_ask();
    if state.queue.filter.is_partial {
        return;
    }
    for list in [QueueState::Open, QueueState::Claimed] {
        let words = state.queue.filter.text().to_owned();
        let ticket = load::ask(state, Call::Search { state: list, words }, effects);
        state.queue.filter.asked.push(ticket);
    }
}

/// What the server found. What was asked for other words is passed over.
pub(super) fn take_found(state: &mut State, ticket: Ticket, page: &QueuePage) {
    let Filter { asked, found, .. } = &mut state.queue.filter;
    if asked.extract_if(.., |known| *known == ticket).next().is_none() {
        return;
    }
    found.extend(page.items.iter().map(|item| item.id));
    let me = state.my_id();
    state.queue.arrange(me);
}

/// The server could not be asked. What is loaded was searched all the same.
pub(super) fn not_found(state: &mut State, ticket: Ticket) {
    if state.queue.filter.asked.extract_if(.., |known| *known == ticket).next().is_some() {
        state.queue.filter.is_partial = true;
    }
}

/// There is a connection again: the server is asked what it could not be asked.
pub(super) fn back_online(state: &mut State) {
    if std::mem::take(&mut state.queue.filter.is_partial) {
        state.queue.filter.ask_at = Some(state.now);
    }
}

fn changed(state: &mut State) {
    let filter = &mut state.queue.filter;
    if !filter.read() {
        return;
    }
    filter.is_partial = false;
    let is_worth_asking = filter.text().chars().count() >= LETTERS;
    filter.ask_at = is_worth_asking.then(|| state.now.plus(PAUSE));
    let me = state.my_id();
    state.queue.arrange(me);
}
