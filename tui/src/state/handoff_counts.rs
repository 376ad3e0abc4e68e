//! How many handoffs wait and how many somebody works on: counted as they come and go, not when they are painted.

use std::collections::HashMap;

use tierup_common::handoff::{HandoffStatus, QueueItem};
use tierup_common::id::UserId;

/// How many there are, by who handed them off or claimed them.
#[derive(Debug, Default)]
pub struct HandoffCounts {
    open_count: usize,
    open_by: HashMap<UserId, usize>,
    claimed_by: HashMap<UserId, usize>,
}

impl HandoffCounts {
    /// How many wait.
    pub const fn open(&self) -> usize {
        self.open_count
    }

    /// How many wait that somebody else handed off.
    pub fn open_count_by_others(&self, me: Option<UserId>) -> usize {
        self.open_count - me.and_then(|me| self.open_by.get(&me)).copied().unwrap_or(0)
    }

    /// How many this user works on.
    pub fn claimed_count(&self, me: Option<UserId>) -> usize {
        me.and_then(|me| self.claimed_by.get(&me)).copied().unwrap_or(0)
    }

    /// One came.
    pub fn add(&mut self, item: &QueueItem) {
        self.update_counts(item, |count| *count += 1);
    }

    /// One went, as it was when it came.
    pub fn remove(&mut self, item: &QueueItem) {
        self.update_counts(item, |count| *count = count.saturating_sub(1));
    }

    /// Changes every count that a handoff is counted in.
    fn update_counts(&mut self, item: &QueueItem, update: impl Fn(&mut usize)) {
        match (item.status, item.claimed_by) {
            (HandoffStatus::Open, _) => {
                update(&mut self.open_count);
                update(self.open_by.entry(item.handed_off_by).or_default());
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
