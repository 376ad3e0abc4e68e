//! Response targets: by when an escalation of each priority should be claimed.

use std::time::Duration;

use tierup_common::handoff::Priority;
use tierup_common::time::Timestamp;

/// The targets by priority; none where there is no target.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RespondWithin([Option<Duration>; Priority::ALL.len()]);

impl RespondWithin {
    /// Without targets.
    pub const NONE: Self = Self([None; Priority::ALL.len()]);

    /// The same with a target for a priority.
    #[must_use]
    pub fn with(mut self, priority: Priority, target: Duration) -> Self {
        self.0[priority as usize] = Some(target);
        self
    }

    /// By when an escalation of this time should be claimed.
    pub fn due_at(&self, priority: Priority, escalated_at: Timestamp) -> Option<Timestamp> {
        self.0[priority as usize].map(|target| escalated_at.plus(target))
    }
}
