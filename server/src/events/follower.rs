//! Tells followers of all accounts' logs which accounts have new events.

use std::collections::HashSet;
use std::sync::Arc;

use parking_lot::Mutex;
use tierup_common::id::AccountId;
use tokio::sync::Notify;

/// A follower's set of accounts with new events. Clones share it.
#[derive(Clone, Default)]
pub struct EventLogFollower(Arc<FollowerState>);

#[derive(Default)]
struct FollowerState {
    changed: Mutex<HashSet<AccountId>>,
    notify: Notify,
}

impl EventLogFollower {
    /// Marks an account as having new events.
    pub fn mark_changed(&self, account: AccountId) {
        self.0.changed.lock().insert(account);
        self.0.notify.notify_one();
    }

    /// Waits until there are accounts with new events, and takes them.
    pub async fn changed_accounts(&self) -> HashSet<AccountId> {
        loop {
            let changed = std::mem::take(&mut *self.0.changed.lock());
            if !changed.is_empty() {
                return changed;
            }
            self.0.notify.notified().await;
        }
    }
}
