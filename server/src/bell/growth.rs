//! Who follows the logs of all accounts, and which of them have grown since each last asked.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use tierup_common::id::AccountId;
use tokio::sync::Notify;

use crate::bell::lock;

/// One follower's own list of the accounts whose log has grown. Clones share it.
#[derive(Clone, Default)]
pub struct Growth(Arc<Inner>);

#[derive(Default)]
struct Inner {
    grown: Mutex<HashSet<AccountId>>,
    rung: Notify,
}

impl Growth {
    /// An account's log has grown, or may have.
    pub fn mark(&self, account: AccountId) {
        lock(&self.0.grown).insert(account);
        self.0.rung.notify_one();
    }

    /// Waits until the log of some account has grown, and says which ones have.
    pub async fn grown(&self) -> HashSet<AccountId> {
        loop {
            let grown = std::mem::take(&mut *lock(&self.0.grown));
            if !grown.is_empty() {
                return grown;
            }
            self.0.rung.notified().await;
        }
    }
}
