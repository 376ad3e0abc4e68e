//! The preview of the selected row. Its details are fetched only once the selection rests on it.

use tierup_common::id::HandoffId;
use tierup_common::time::Timestamp;

/// Columns from which on the list has its preview beside it.
pub const PREVIEW_MIN_WIDTH: u16 = 100;

/// What is previewed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PreviewState {
    /// Nothing.
    #[default]
    Empty,
    /// A row that was selected a moment ago: its details are not fetched yet.
    Debouncing {
        /// The handoff.
        id: HandoffId,
        /// When its details are fetched.
        ready_at: Timestamp,
    },
    /// A row that has been selected for a while.
    Ready(HandoffId),
}

impl PreviewState {
    /// The handoff, if there is one.
    pub const fn id(self) -> Option<HandoffId> {
        match self {
            Self::Empty => None,
            Self::Debouncing { id, .. } | Self::Ready(id) => Some(id),
        }
    }
}
