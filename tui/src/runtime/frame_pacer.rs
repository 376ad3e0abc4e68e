//! When the next frame is drawn: at once after a key, otherwise when the last one has been shown for a while.

use std::time::{Duration, Instant};

use crate::effect::StreamFilter;
use crate::keymap::Context;
use crate::state::State;

/// The shortest time between two frames, unless a key was pressed.
const FRAME_INTERVAL: Duration = Duration::from_millis(16);
/// A change of a session and its handoff comes as two events, which share a frame.
const COALESCE_DELAY: Duration = Duration::from_millis(1);

/// When the next frame is drawn.
pub(super) struct FramePacer {
    last_drawn: Option<Instant>,
    /// The first event since the last frame.
    dirty_since: Option<Instant>,
    /// The first key since the last frame.
    input_since: Option<Instant>,
    /// The view of the last frame.
    drawn_view: Option<(Context, Vec<StreamFilter>)>,
}

impl Default for FramePacer {
    fn default() -> Self {
        Self { last_drawn: None, dirty_since: Some(Instant::now()), input_since: None, drawn_view: None }
    }
}

impl FramePacer {
    /// Something happened that the last frame does not show.
    pub(super) fn mark_dirty(&mut self, is_input: bool) {
        self.dirty_since.get_or_insert_with(Instant::now);
        if is_input {
            self.input_since.get_or_insert_with(Instant::now);
        }
    }

    /// Whether keys that have already arrived are handled before the next frame. Not for long, and not where another
    /// view has opened: how far it scrolls is known only when it is drawn.
    pub(super) fn can_batch_input(&self, state: &State) -> bool {
        let is_recent = self.input_since.is_some_and(|since| since.elapsed() < FRAME_INTERVAL);
        let is_same_view = |(context, filters): &(Context, Vec<StreamFilter>)| {
            *context == state.context() && *filters == state.stream_filters
        };
        is_recent && self.drawn_view.as_ref().is_some_and(is_same_view)
    }

    /// Whether the last frame shows everything.
    pub(super) fn is_clean(&self) -> bool {
        self.dirty_since.is_none()
    }

    /// Whether the next frame is drawn now.
    pub(super) fn is_due(&self) -> bool {
        self.next_frame_at().is_some_and(|at| at <= Instant::now())
    }

    /// A frame was drawn.
    pub(super) fn mark_drawn(&mut self, state: &State) {
        *self = Self {
            last_drawn: Some(Instant::now()),
            dirty_since: None,
            input_since: None,
            drawn_view: Some((state.context(), state.stream_filters.clone())),
        };
    }

    /// When the next frame is drawn; `None` while the last one shows everything.
    pub(super) fn next_frame_at(&self) -> Option<Instant> {
        let dirty_since = self.dirty_since?;
        match (self.last_drawn, self.input_since) {
            (None, _) | (Some(_), Some(_)) => Some(dirty_since),
            (Some(drawn), None) => Some((drawn + FRAME_INTERVAL).max(dirty_since + COALESCE_DELAY)),
        }
    }
}
