//! Polling, while events do not arrive although calls are answered, as behind a proxy that buffers streams.

use std::time::Duration;

use tierup_common::time::Timestamp;

use crate::effect::{Call, Effect};
use crate::event::{CallError, Reply};
use crate::state::connection::ConnectionState;
use crate::state::{Screen, State};
use crate::update::{calls, inbox, reconnect};

/// No event came in time. The next reply shows whether calls are answered.
pub(super) fn expect_polling(state: &mut State, interval: Duration, effects: &mut Vec<Effect>) {
    state.poll_interval = Some(interval);
    let is_polling = matches!(state.connection, ConnectionState::Polling { .. });
    if !is_polling && !state.has_pending_call(|call| *call == Call::Me) {
        calls::fetch_me(state, effects);
    }
}

/// Looks at every reply: one starts polling, a lost one ends it.
pub(super) fn observe(state: &mut State, reply: &Reply, effects: &mut Vec<Effect>) {
    let Some(interval) = state.poll_interval else { return };
    match (&reply.result, &state.connection) {
        (Ok(_), ConnectionState::Connecting | ConnectionState::Offline { .. }) => {
            state.connection = ConnectionState::Polling { interval, next_at: state.now.plus(interval) };
            poll(state, effects);
            reconnect::retry_fetches(state, effects);
        }
        (Err(CallError::Unreachable(error)), ConnectionState::Polling { .. }) => {
            state.connection =
                ConnectionState::Offline { since: state.now, retry_at: None, reason: error.to_string() };
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

/// Polls, if it is time.
pub(super) fn poll_if_due(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now;
    if let ConnectionState::Polling { interval, next_at } = &mut state.connection
        && *next_at <= now
    {
        *next_at = now.plus(*interval);
        poll(state, effects);
    }
}

/// When the next poll is due.
pub(super) const fn next_poll_at(state: &State) -> Option<Timestamp> {
    match state.connection {
        ConnectionState::Polling { next_at, .. } => Some(next_at),
        ConnectionState::Connecting
        | ConnectionState::Live
        | ConnectionState::CatchingUp { .. }
        | ConnectionState::Offline { .. }
        | ConnectionState::Refused(_) => None,
    }
}

/// Fetches the lists and what is open, unless it is already being fetched.
fn poll(state: &mut State, effects: &mut Vec<Effect>) {
    if state.queue.pending_load.is_none() {
        calls::fetch_lists(state, effects);
    }
    inbox::poll(state, effects);
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
