//! How many handoffs wait and how many somebody works on: counted as they come and go, not when they are painted.

use std::collections::HashMap;

use tierup_common::handoff::{HandoffStatus, QueueItem};
use tierup_common::id::UserId;

/// How many there are, by who handed them off or claimed them.
#[derive(Debug, Default)]
pub struct Counts {
    open: usize,
    open_by: HashMap<UserId, usize>,
    claimed_by: HashMap<UserId, usize>,
}

impl Counts {
    /// How many wait.
    pub const fn open(&self) -> usize {
        self.open
    }

    /// How many wait that somebody else handed off.
    pub fn open_by_others(&self, me: Option<UserId>) -> usize {
        self.open - me.and_then(|me| self.open_by.get(&me)).copied().unwrap_or(0)
    }

    /// How many this user works on.
    pub fn claimed(&self, me: Option<UserId>) -> usize {
        me.and_then(|me| self.claimed_by.get(&me)).copied().unwrap_or(0)
    }

    /// One came.
    pub fn add(&mut self, item: &QueueItem) {
        match (item.status, item.claimed_by) {
            (HandoffStatus::Open, _) => {
                self.open += 1;
                *self.open_by.entry(item.handed_off_by).or_default() += 1;
            }
            (HandoffStatus::Claimed, Some(by)) => *self.claimed_by.entry(by).or_default() += 1,
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

    /// One went, as it was when it came.
    pub fn remove(&mut self, item: &QueueItem) {
        let less = |counts: &mut HashMap<UserId, usize>, who| {
            if let Some(count) = counts.get_mut(&who) {
                *count = count.saturating_sub(1);
            }
        };
        match (item.status, item.claimed_by) {
            (HandoffStatus::Open, _) => {
                self.open = self.open.saturating_sub(1);
                less(&mut self.open_by, item.handed_off_by);
            }
            (HandoffStatus::Claimed, Some(by)) => less(&mut self.claimed_by, by),
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
