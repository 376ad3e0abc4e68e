//! The order of the rows of a list.

use tierup_common::handoff::{HandoffStatus, Priority, QueueItem};
use tierup_common::id::HandoffId;

/// The position of a handoff: open before claimed, then by the chosen order, then the oldest first.
pub type SortKey = (bool, i64, HandoffId);

/// The order of the rows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum SortOrder {
    /// The most urgent first.
    #[default]
    Priority,
    /// The oldest first, however urgent.
    Age,
    /// The recently changed first.
    Updated,
}

impl SortOrder {
    /// All orders.
    pub const ALL: [Self; 3] = [Self::Priority, Self::Age, Self::Updated];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    pub(super) fn sort_key(self, item: &QueueItem) -> SortKey {
        let rank = match self {
            Self::Priority => match item.priority {
                Priority::Urgent => 0,
                Priority::High => 1,
                Priority::Normal => 2,
                Priority::Low => 3,
            },
            // Ids ascend with time.
            Self::Age => 0,
            Self::Updated => -item.updated_at.as_millis(),
        };
        (item.status != HandoffStatus::Open, rank, item.id)
    }
}
