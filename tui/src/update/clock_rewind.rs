//! The machine's clock was set back: whatever was timed by it moves with it, so that nothing waits for a moment that is
//! an hour away now, and nothing that happened lies in the future.

use std::time::Duration;

use tierup_common::time::Timestamp;

use crate::state::connection::ConnectionState;
use crate::state::layer::Layer;
use crate::state::preview::PreviewState;
use crate::state::{Screen, State};
use crate::update::briefing;

/// Moves all that was timed by so much.
pub(super) fn shift_timestamps(state: &mut State, by: Duration) {
    let back = |at: &mut Timestamp| *at = at.minus(by);
    // The server's clock goes on as it did.
    state.clock_skew_ms = state.clock_skew_ms.saturating_add(i64::try_from(by.as_millis()).unwrap_or(0));
    state.toasts.shift_back(by);
    if let PreviewState::Debouncing { ready_at: until, .. } = &mut state.queue.preview {
        back(until);
    }
    state.queue.filter.search_at.iter_mut().for_each(back);
    state.queue.pending_load.iter_mut().filter_map(|load| load.retry_at.as_mut()).for_each(back);
    for layer in &mut state.layers {
        match layer {
            Layer::Conflict(lost) => back(&mut lost.opened_at),
            Layer::LogIn(login) => login.opened_at.iter_mut().for_each(back),
            Layer::Help { .. }
            | Layer::Log { .. }
            | Layer::Palette(_)
            | Layer::CommandLine(_)
            | Layer::Dialog(_)
            | Layer::Confirm(_)
            | Layer::Briefing
            | Layer::Picker(_) => {}
        }
    }
    match &mut state.connection {
        ConnectionState::Offline { since, retry_at, .. } => {
            back(since);
            retry_at.iter_mut().for_each(back);
        }
        ConnectionState::Polling { next_at: next, .. } => back(next),
        ConnectionState::Connecting
        | ConnectionState::Live
        | ConnectionState::CatchingUp { .. }
        | ConnectionState::Refused(_) => {}
    }
    state.outgoing_messages.values_mut().for_each(|outgoing| back(&mut outgoing.sent_at));
    if let Screen::Session(chat) = &mut state.screen {
        chat.awaited_answer.iter_mut().for_each(|awaited| back(&mut awaited.since));
    }
    if let Some(briefing) = briefing::open_briefing_mut(state) {
        back(&mut briefing.last_progress_at);
    }
}
