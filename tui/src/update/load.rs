//! Asking the server for what the console shows.

use tierup_common::handoff::{QueuePage, QueueState};
use tierup_common::id::{HandoffId, SessionId};

use crate::effect::{Call, Effect, Ticket};
use crate::state::queue::Load;
use crate::state::{Doing, State};

/// Asks something.
pub(super) fn ask(state: &mut State, call: Call, effects: &mut Vec<Effect>) -> Ticket {
    let ticket = state.ticket();
    effects.push(Effect::Call(ticket, call));
    ticket
}

/// Asks who the user is.
pub(super) fn me(state: &mut State, effects: &mut Vec<Effect>) {
    ask(state, Call::Me, effects);
}

/// Asks for a handoff with what it handed over.
pub(super) fn handoff(state: &mut State, id: HandoffId, effects: &mut Vec<Effect>) -> Ticket {
    ask(state, Call::Handoff(id), effects)
}

/// Asks for a session with what was said in it.
pub(super) fn session(state: &mut State, id: SessionId, effects: &mut Vec<Effect>) -> Ticket {
    ask(state, Call::Session(id), effects)
}

/// Asks for a session back, once.
pub(super) fn resume(state: &mut State, id: SessionId, effects: &mut Vec<Effect>) {
    if !state.is_doing(Doing::TakeBack(id)) {
        let ticket = ask(state, Call::Resume(id), effects);
        state.doing.push((ticket, Doing::TakeBack(id)));
    }
}

/// Asks for an assessment again, once.
pub(super) fn reassess(state: &mut State, id: HandoffId, effects: &mut Vec<Effect>) {
    if !state.is_doing(Doing::Reassess(id)) {
        let ticket = ask(state, Call::Reassess(id), effects);
        state.doing.push((ticket, Doing::Reassess(id)));
    }
}

/// Asks for all three lists. A load under way is given up: what it brings no longer counts.
pub(super) fn lists(state: &mut State, effects: &mut Vec<Effect>) {
    let mut load = Load::default();
    for list in [QueueState::Open, QueueState::Claimed] {
        load.tickets.push(ask(state, Call::Queue { state: list, cursor: None }, effects));
    }
    state.queue.load = Some(load);
    parked(state, effects);
}

/// Asks for the parked sessions.
pub(super) fn parked(state: &mut State, effects: &mut Vec<Effect>) {
    ask(state, Call::Parked, effects);
}

/// Takes a page of the queue, and asks for the next.
pub(super) fn take_page(
    state: &mut State,
    ticket: Ticket,
    list: QueueState,
    page: QueuePage,
    effects: &mut Vec<Effect>,
) {
    let Some(mut load) = state.queue.load.take_if(|load| load.tickets.contains(&ticket)) else { return };
    load.tickets.retain(|other| *other != ticket);
    load.as_of = Some(load.as_of.map_or(page.as_of_seq, |known| known.min(page.as_of_seq)));
    let me = state.my_id();
    for item in page.items {
        load.fresh.insert(item.id);
        state.queue.put(item, me);
    }
    if page.next_cursor.is_some() {
        let call = Call::Queue { state: list, cursor: page.next_cursor };
        load.tickets.push(ask(state, call, effects));
    }
    if load.tickets.is_empty() {
        finish(state, &load, effects);
    } else {
        state.queue.load = Some(load);
    }
}

/// A page did not come. The lists stay as they are; the next connection asks again.
pub(super) fn page_failed(state: &mut State, ticket: Ticket, why: String) {
    let load = state.queue.load.as_mut().filter(|load| load.tickets.contains(&ticket));
    if let Some(load) = load {
        load.failed = Some(why);
    }
}

fn finish(state: &mut State, load: &Load, effects: &mut Vec<Effect>) {
    if state.queue.as_of.is_none() {
        state.queue.queue.select_first_if_free();
        state.queue.mine.select_first_if_free();
    }
    state.queue.as_of = load.as_of;
    state.queue.retain(|item| load.fresh.contains(&item.id));
    // The stream began after a page was read: what happened in between was heard by neither.
    if state.queue.live_from > load.as_of {
        lists(state, effects);
    }
}

/// Whether the lists were ever loaded, or are being loaded without a fault so far.
pub(super) fn is_loading_well(state: &State) -> bool {
    match &state.queue.load {
        Some(load) => load.failed.is_none(),
        None => state.queue.as_of.is_some(),
    }
}
