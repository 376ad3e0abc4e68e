//! What the preview is of: passing over a row costs nothing, resting on it fetches more about it.

use tierup_common::id::HandoffId;
use tierup_common::time::Timestamp;

/// Columns from which on the list has its preview beside it.
pub const PREVIEW_MIN_WIDTH: u16 = 100;

/// What the selection rests on, and whether it has rested long enough to fetch more about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PreviewState {
    /// On nothing.
    #[default]
    Empty,
    /// On this row, which it reached a moment ago.
    Debouncing {
        /// The row.
        id: HandoffId,
        /// When it will have rested long enough.
        ready_at: Timestamp,
    },
    /// On this row, for a while.
    Ready(HandoffId),
}

impl PreviewState {
    /// The row, if there is one.
    pub const fn id(self) -> Option<HandoffId> {
        match self {
            Self::Empty => None,
            Self::Debouncing { id, .. } | Self::Ready(id) => Some(id),
        }
    }
}
