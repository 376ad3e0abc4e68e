//! Asking the server for what the console shows.

use std::time::Duration;

use tierup_common::handoff::{QueuePage, QueueState};
use tierup_common::id::{HandoffId, SessionId};
use tierup_common::session::SessionStatus;

use crate::effect::{Call, Effect, Ticket};
use crate::state::queue::Load;
use crate::state::{Screen, State};
use crate::update::briefing;

/// The first pause before lists that did not come are asked for again; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// Parked handoffs fetched at a time: more than anybody puts aside. The others are when a preview shows them.
const PUT_ASIDE: usize = 20;
/// No pause is longer than this.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Asks something.
pub(super) fn ask(state: &mut State, call: Call, effects: &mut Vec<Effect>) -> Ticket {
    ask_as(state, None, call, effects)
}

/// The same; with a ticket that this was asked with before, it is done once even if it was done then.
pub(super) fn ask_as(
    state: &mut State,
    before: Option<Ticket>,
    call: Call,
    effects: &mut Vec<Effect>,
) -> Ticket {
    let ticket = before.unwrap_or_else(|| state.ticket());
    state.asked.insert(ticket, call.clone());
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

/// Asks for the session that is open once more.
pub(super) fn open_session(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Session(chat) = &state.screen else { return };
    let asked = session(state, chat.id, effects);
    if let Screen::Session(chat) = &mut state.screen {
        chat.asked = Some(asked);
    }
}

/// Asks for an assessment again, once.
pub(super) fn reassess(state: &mut State, id: HandoffId, effects: &mut Vec<Effect>) {
    if !state.is_reassessing(id) {
        let ticket = ask(state, Call::Reassess(id), effects);
        state.reassessing.push((ticket, id));
    }
}

/// Asks for what the briefing that is shown does not have.
pub(super) fn shown_briefing(state: &mut State, id: HandoffId, effects: &mut Vec<Effect>) {
    let asked = handoff(state, id, effects);
    if let Some(briefing) = briefing::shown_mut(state) {
        (briefing.asked, briefing.failed) = (Some(asked), None);
    }
}

/// Asks for all three lists. A load under way is given up: what it brings no longer counts.
pub(super) fn lists(state: &mut State, effects: &mut Vec<Effect>) {
    let tries = state.queue.load.as_ref().map_or(0, |load| load.tries);
    let mut load = Load { tries, ..Load::default() };
    for list in [QueueState::Open, QueueState::Claimed] {
        load.tickets.push(ask(state, Call::Queue { state: list, cursor: None }, effects));
    }
    state.queue.load = Some(load);
    own_sessions(state, effects);
}

/// Asks for the user's own sessions: those that are parked and those that they work on.
pub(super) fn own_sessions(state: &mut State, effects: &mut Vec<Effect>) {
    for status in [SessionStatus::Paused, SessionStatus::Active] {
        ask(state, Call::OwnSessions(status), effects);
    }
}

/// Asks for the notes and reminders of what is parked, as far as they are not known: its rows show them.
pub(super) fn put_aside(state: &mut State, effects: &mut Vec<Effect>) {
    let is_asked = |id: &HandoffId| state.is_asking(|call| *call == Call::Handoff(*id));
    let missing: Vec<HandoffId> =
        state.queue.not_put_aside().filter(|id| !is_asked(id)).take(PUT_ASIDE).collect();
    for id in missing {
        handoff(state, id, effects);
    }
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

/// A page did not come. The lists stay as they are, and are asked for again: after a pause, or with the next connection.
pub(super) fn page_failed(state: &mut State, ticket: Ticket, why: String) {
    let now = state.now;
    let load = state.queue.load.as_mut().filter(|load| load.tickets.contains(&ticket));
    if let Some(load) = load.filter(|load| load.failed.is_none()) {
        load.failed = Some(why);
        let pause = FIRST_PAUSE.saturating_mul(1 << load.tries.min(10)).min(LONGEST_PAUSE);
        load.tries += 1;
        load.retry_at = Some(now.plus(pause));
    }
}

/// Asks for lists that did not come once more, if it is time.
pub(super) fn tick(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now;
    let load = state.queue.load.as_mut();
    let is_due = load.is_some_and(|load| load.retry_at.take_if(|at| *at <= now).is_some());
    // Without a connection the next one asks.
    if is_due && state.link.may_ask() {
        lists(state, effects);
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
