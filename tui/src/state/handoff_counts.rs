//! The numbers of open and claimed handoffs, counted as handoffs come and go, not at each paint.

use std::collections::HashMap;

use tierup_common::handoff::{HandoffStatus, QueueItem};
use tierup_common::id::UserId;

/// Numbers of handoffs, also by who escalated or claimed them.
#[derive(Debug, Default)]
pub struct HandoffCounts {
    open_count: usize,
    open_by_opener: HashMap<UserId, usize>,
    claimed_by: HashMap<UserId, usize>,
}

impl HandoffCounts {
    /// Open handoffs.
    pub const fn open(&self) -> usize {
        self.open_count
    }

    /// Open handoffs that others escalated.
    pub fn open_count_by_others(&self, me: Option<UserId>) -> usize {
        self.open_count - me.and_then(|me| self.open_by_opener.get(&me)).copied().unwrap_or(0)
    }

    /// Handoffs that this user has claimed.
    pub fn claimed_count(&self, me: Option<UserId>) -> usize {
        me.and_then(|me| self.claimed_by.get(&me)).copied().unwrap_or(0)
    }

    /// Counts a handoff.
    pub fn add(&mut self, item: &QueueItem) {
        self.replace(item, |count| *count += 1);
    }

    /// Removes a handoff, in the state in which it was counted.
    pub fn remove(&mut self, item: &QueueItem) {
        self.replace(item, |count| *count = count.saturating_sub(1));
    }

    /// Updates each number that includes the handoff.
    fn replace(&mut self, item: &QueueItem, update: impl Fn(&mut usize)) {
        match (item.status, item.claimed_by) {
            (HandoffStatus::Open, _) => {
                update(&mut self.open_count);
                update(self.open_by_opener.entry(item.handed_off_by).or_default());
            }
            (HandoffStatus::Claimed, Some(by)) => update(self.claimed_by.entry(by).or_default()),
            (
                HandoffStatus::Claimed
                | HandoffStatus::Resolved
                | HandoffStatus::Withdrawn
                | HandoffStatus::Superseded
                | HandoffStatus::Parked
                | HandoffStatus::Resumed,
                _,
            ) => {}
        }
    }
}
