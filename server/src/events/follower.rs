//! Who follows the logs of all accounts, and which of them have grown since each last asked.

use std::collections::HashSet;
use std::sync::Arc;

use parking_lot::Mutex;
use tierup_common::id::AccountId;
use tokio::sync::Notify;

/// One follower's own list of the accounts whose log has grown. Clones share it.
#[derive(Clone, Default)]
pub struct LogFollower(Arc<FollowerState>);

#[derive(Default)]
struct FollowerState {
    changed: Mutex<HashSet<AccountId>>,
    notify: Notify,
}

impl LogFollower {
    /// An account's log has grown, or may have.
    pub fn mark_changed(&self, account: AccountId) {
        self.0.changed.lock().insert(account);
        self.0.notify.notify_one();
    }

    /// Waits until the log of some account has grown, and says which ones have.
    pub async fn changed_accounts(&self) -> HashSet<AccountId> {
        loop {
            let grown = std::mem::take(&mut *self.0.changed.lock());
            if !grown.is_empty() {
                return grown;
            }
            self.0.notify.notified().await;
        }
    }
}
