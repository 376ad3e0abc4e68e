//! The connection that events come over: made, lost, refused.

use crate::effect::Effect;
use crate::event::ConnectionEvent;
use crate::state::State;
use crate::state::connection::ConnectionState;
use crate::update::{login, polling};

pub(super) fn apply_connection_event(state: &mut State, event: ConnectionEvent, effects: &mut Vec<Effect>) {
    let now = state.now;
    state.connection = match (event, &state.connection) {
        (ConnectionEvent::LoggedOut(why), _) => return login::expire_token(state, why),
        (ConnectionEvent::EventsStalled { poll_interval: ask_every }, _) => {
            return polling::expect_polling(state, ask_every, effects);
        }
        // The stream is tried all the while; what says how things are is whether questions are answered.
        (ConnectionEvent::Connecting | ConnectionEvent::Lost { .. }, ConnectionState::Polling { .. }) => {
            return;
        }
        (ConnectionEvent::Connecting, ConnectionState::Offline { since, reason: why, .. }) => {
            ConnectionState::Offline { since: *since, retry_at: None, reason: why.clone() }
        }
        (ConnectionEvent::Connecting, _) => ConnectionState::Connecting,
        (ConnectionEvent::Lost { reason: why, retry_at }, link) => {
            let since = match link {
                ConnectionState::Offline { since, .. } => *since,
                ConnectionState::Connecting
                | ConnectionState::Live
                | ConnectionState::CatchingUp { .. }
                | ConnectionState::Polling { .. }
                | ConnectionState::Refused(_) => now,
            };
            ConnectionState::Offline { since, retry_at: Some(retry_at), reason: why }
        }
        (ConnectionEvent::Refused(why), _) => ConnectionState::Refused(why),
    };
}
