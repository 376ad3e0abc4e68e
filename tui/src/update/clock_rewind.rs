//! The machine's clock was set back: all times taken from it are shifted, so that no deadline moves away and nothing lies in
//! the future.

use std::time::Duration;

use tierup_common::time::Timestamp;

use crate::state::connection::ConnectionState;
use crate::state::layer::Layer;
use crate::state::preview::PreviewState;
use crate::state::{Screen, State};

/// Shifts all times that were taken from the machine's clock.
pub(super) fn rewind_timestamps(state: &mut State, by: Duration) {
    let shift = |at: &mut Timestamp| *at = at.minus(by);
    // The server's clock was not set back.
    state.clock_skew_ms = state.clock_skew_ms.saturating_add(i64::try_from(by.as_millis()).unwrap_or(0));
    state.toasts.shift_back(by);
    if let PreviewState::Debouncing { ready_at, .. } = &mut state.queue.preview {
        shift(ready_at);
    }
    state.taken_row.iter_mut().for_each(|row| shift(&mut row.at));
    state.queue.filter.search_at.iter_mut().for_each(shift);
    state.queue.pending_load.iter_mut().filter_map(|load| load.retry_at.as_mut()).for_each(shift);
    state.layers.iter_mut().filter_map(Layer::auto_opened_at_mut).for_each(shift);
    match &mut state.connection {
        ConnectionState::Offline { since, retry_at, .. } => {
            shift(since);
            retry_at.iter_mut().for_each(shift);
        }
        ConnectionState::Polling { next_at, .. } => shift(next_at),
        ConnectionState::Connecting
        | ConnectionState::Live
        | ConnectionState::CatchingUp { .. }
        | ConnectionState::Refused(_) => {}
    }
    state.outbox.shift_back(by);
    if let Screen::Session(chat) = &mut state.screen {
        chat.awaited_answer.iter_mut().for_each(|awaited| shift(&mut awaited.since));
    }
    if let Some(briefing) = state.open_briefing_mut() {
        shift(&mut briefing.last_progress_at);
    }
}
