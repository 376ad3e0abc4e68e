//! The counters in the row of an account.

use std::ops::AddAssign;

use tierup_common::handoff::HandoffStatus;
use tierup_common::id::Number;

/// How a decision changes the counters of its account. The row is written once for all changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct CounterDelta {
    /// Open handoffs, more or fewer.
    pub(super) open: i32,
    /// Claimed handoffs, more or fewer.
    pub(super) claimed: i32,
    /// The number of a new handoff.
    pub(super) last_handoff_number: Option<Number>,
    /// The number of a new session.
    pub(super) last_session_number: Option<Number>,
}

impl CounterDelta {
    /// The delta of a handoff whose status changes; a new one has no status before.
    pub(super) fn from_status_change(before: Option<HandoffStatus>, after: HandoffStatus) -> Self {
        let delta = |status| i32::from(after == status) - i32::from(before == Some(status));
        Self { open: delta(HandoffStatus::Open), claimed: delta(HandoffStatus::Claimed), ..Self::default() }
    }
}

impl AddAssign for CounterDelta {
    fn add_assign(&mut self, other: Self) {
        self.open += other.open;
        self.claimed += other.claimed;
        self.last_handoff_number = self.last_handoff_number.max(other.last_handoff_number);
        self.last_session_number = self.last_session_number.max(other.last_session_number);
    }
}
