//! Where events do not come although plain requests are answered, as behind a proxy that holds streams back: what they
//! would tell is asked for, again and again, until they do come.

use std::time::Duration;

use tierup_common::time::Timestamp;

use crate::effect::{Call, Effect};
use crate::event::{Failure, Reply};
use crate::state::link::Link;
use crate::state::{Screen, State};
use crate::update::{briefing, live, load};

/// No event came in time. Whether plain requests are answered shows with the next answer.
pub(super) fn late(state: &mut State, every: Duration, effects: &mut Vec<Effect>) {
    state.poll_every = Some(every);
    let is_known = matches!(state.link, Link::Polling { .. });
    if !is_known && !state.is_asking(|call| *call == Call::Me) {
        load::me(state, effects);
    }
}

/// Hears of every answer: one says that asking works, the lack of one that it does not.
pub(super) fn overhear(state: &mut State, reply: &Reply, effects: &mut Vec<Effect>) {
    let Some(every) = state.poll_every else { return };
    match (&reply.result, &state.link) {
        (Ok(_), Link::Connecting | Link::Offline { .. }) => {
            state.link = Link::Polling { every, next: state.now.plus(every) };
            poll(state, effects);
            live::ask_again(state, effects);
        }
        (Err(Failure::Unreachable(why)), Link::Polling { .. }) => {
            state.link = Link::Offline { since: state.now, retry_at: None, why: why.to_string() };
        }
        (
            Ok(_) | Err(_),
            Link::Connecting
            | Link::Live
            | Link::CatchingUp { .. }
            | Link::Polling { .. }
            | Link::Offline { .. }
            | Link::Refused(_),
        ) => {}
    }
}

/// Asks again, if it is time.
pub(super) fn tick(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now;
    if let Link::Polling { every, next } = &mut state.link
        && *next <= now
    {
        *next = now.plus(*every);
        poll(state, effects);
    }
}

/// When it is time to ask again.
pub(super) const fn next(state: &State) -> Option<Timestamp> {
    match state.link {
        Link::Polling { next, .. } => Some(next),
        Link::Connecting | Link::Live | Link::CatchingUp { .. } | Link::Offline { .. } | Link::Refused(_) => {
            None
        }
    }
}

/// Asks for the lists and for what is open. What is still being asked for is waited for.
fn poll(state: &mut State, effects: &mut Vec<Effect>) {
    if state.queue.load.is_none() {
        load::lists(state, effects);
    }
    if let Screen::Session(chat) = &state.screen {
        let id = chat.id;
        if !state.is_asking(|call| *call == Call::Session(id)) {
            load::open_session(state, effects);
        }
    }
    if let Some(id) = briefing::shown_mut(state).map(|briefing| briefing.item.id)
        && !state.is_asking(|call| *call == Call::Handoff(id))
    {
        load::handoff(state, id, effects);
    }
}
