//! The connection that events come over: made, lost, refused.

use crate::effect::Effect;
use crate::event::ConnectionEvent;
use crate::state::State;
use crate::state::connection::ConnectionState;
use crate::update::{inbox, login, polling};

pub(super) fn apply_connection_event(state: &mut State, event: ConnectionEvent, effects: &mut Vec<Effect>) {
    let (now, mut has_lost) = (state.now, false);
    state.connection = match (event, &state.connection) {
        (ConnectionEvent::LoggedOut(reason), _) => return login::expire_token(state, reason),
        (ConnectionEvent::EventsStalled { poll_interval }, _) => {
            return polling::expect_polling(state, poll_interval, effects);
        }
        // While polling, the stream keeps retrying; whether calls are answered shows the state.
        (ConnectionEvent::Connecting | ConnectionEvent::Lost { .. }, ConnectionState::Polling { .. }) => {
            return;
        }
        (ConnectionEvent::Connecting, ConnectionState::Offline { since, reason, .. }) => {
            ConnectionState::Offline { since: *since, retry_at: None, reason: reason.clone() }
        }
        (ConnectionEvent::Connecting, _) => ConnectionState::Connecting,
        (ConnectionEvent::Lost { reason, retry_at }, link) => {
            has_lost = true;
            let since = match link {
                ConnectionState::Offline { since, .. } => *since,
                ConnectionState::Connecting
                | ConnectionState::Live
                | ConnectionState::CatchingUp { .. }
                | ConnectionState::Polling { .. }
                | ConnectionState::Refused(_) => now,
            };
            ConnectionState::Offline { since, retry_at: Some(retry_at), reason }
        }
        (ConnectionEvent::Refused(reason), _) => ConnectionState::Refused(reason),
    };
    if has_lost {
        inbox::leave(state, true);
    }
}
