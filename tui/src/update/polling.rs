//! Where events do not come although plain requests are answered, as behind a proxy that holds streams back: what they
//! would tell is asked for, again and again, until they do come.

use std::time::Duration;

use tierup_common::time::Timestamp;

use crate::effect::{Call, Effect};
use crate::event::{CallError, Reply};
use crate::state::connection::ConnectionState;
use crate::state::{Screen, State};
use crate::update::{calls, reconnect};

/// No event came in time. Whether plain requests are answered shows with the next answer.
pub(super) fn expect_polling(state: &mut State, interval: Duration, effects: &mut Vec<Effect>) {
    state.poll_interval = Some(interval);
    let is_known = matches!(state.connection, ConnectionState::Polling { .. });
    if !is_known && !state.has_pending_call(|call| *call == Call::Me) {
        calls::fetch_me(state, effects);
    }
}

/// Hears of every answer: one says that asking works, the lack of one that it does not.
pub(super) fn observe(state: &mut State, reply: &Reply, effects: &mut Vec<Effect>) {
    let Some(every) = state.poll_interval else { return };
    match (&reply.result, &state.connection) {
        (Ok(_), ConnectionState::Connecting | ConnectionState::Offline { .. }) => {
            state.connection = ConnectionState::Polling { interval: every, next_at: state.now.plus(every) };
            poll(state, effects);
            reconnect::retry_fetches(state, effects);
        }
        (Err(CallError::Unreachable(why)), ConnectionState::Polling { .. }) => {
            state.connection =
                ConnectionState::Offline { since: state.now, retry_at: None, reason: why.to_string() };
        }
        (
            Ok(_) | Err(_),
            ConnectionState::Connecting
            | ConnectionState::Live
            | ConnectionState::CatchingUp { .. }
            | ConnectionState::Polling { .. }
            | ConnectionState::Offline { .. }
            | ConnectionState::Refused(_),
        ) => {}
    }
}

/// Asks again, if it is time.
pub(super) fn poll_if_due(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now;
    if let ConnectionState::Polling { interval: every, next_at: next } = &mut state.connection
        && *next <= now
    {
        *next = now.plus(*every);
        poll(state, effects);
    }
}

/// When it is time to ask again.
pub(super) const fn next_poll_at(state: &State) -> Option<Timestamp> {
    match state.connection {
        ConnectionState::Polling { next_at: next, .. } => Some(next),
        ConnectionState::Connecting
        | ConnectionState::Live
        | ConnectionState::CatchingUp { .. }
        | ConnectionState::Offline { .. }
        | ConnectionState::Refused(_) => None,
    }
}

/// Asks for the lists and for what is open. What is still being asked for is waited for.
fn poll(state: &mut State, effects: &mut Vec<Effect>) {
    if state.queue.pending_load.is_none() {
        calls::fetch_lists(state, effects);
    }
    if let Screen::Session(chat) = &state.screen {
        let id = chat.id;
        if !state.has_pending_call(|call| *call == Call::Session(id)) {
            calls::refetch_open_session(state, effects);
        }
    }
    if let Some(id) = state.open_briefing_mut().map(|briefing| briefing.item.id)
        && !state.has_pending_call(|call| *call == Call::Handoff(id))
    {
        calls::fetch_handoff(state, id, effects);
    }
}
