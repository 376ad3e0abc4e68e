//! The machine's clock was set back: whatever was timed by it moves with it, so that nothing waits for a moment that is
//! an hour away now, and nothing that happened lies in the future.

use std::time::Duration;

use tierup_common::time::Timestamp;

use crate::state::layer::Layer;
use crate::state::link::Link;
use crate::state::preview::Preview;
use crate::state::{Screen, State};
use crate::update::briefing;

/// Moves all that was timed by so much.
pub(super) fn rewind(state: &mut State, by: Duration) {
    let back = |at: &mut Timestamp| *at = at.minus(by);
    // The server's clock goes on as it did.
    state.skew = state.skew.saturating_add(i64::try_from(by.as_millis()).unwrap_or(0));
    state.toasts.rewind(by);
    if let Preview::Resting { until, .. } = &mut state.queue.preview {
        back(until);
    }
    state.queue.filter.ask_at.iter_mut().for_each(back);
    state.queue.load.iter_mut().filter_map(|load| load.retry_at.as_mut()).for_each(back);
    for layer in &mut state.layers {
        match layer {
            Layer::Conflict(lost) => back(&mut lost.came_at),
            Layer::LogIn(login) => login.came_at.iter_mut().for_each(back),
            Layer::Help { .. }
            | Layer::Log { .. }
            | Layer::Palette(_)
            | Layer::Command(_)
            | Layer::Dialog(_)
            | Layer::Confirm(_)
            | Layer::Briefing
            | Layer::Pick(_) => {}
        }
    }
    match &mut state.link {
        Link::Offline { since, retry_at, .. } => {
            back(since);
            retry_at.iter_mut().for_each(back);
        }
        Link::Polling { next, .. } => back(next),
        Link::Connecting | Link::Live | Link::CatchingUp { .. } | Link::Refused(_) => {}
    }
    state.outgoing.values_mut().for_each(|outgoing| back(&mut outgoing.at));
    if let Screen::Session(chat) = &mut state.screen {
        chat.awaits_answer.iter_mut().for_each(|awaited| back(&mut awaited.since));
    }
    if let Some(briefing) = briefing::shown_mut(state) {
        back(&mut briefing.quiet_since);
    }
}
