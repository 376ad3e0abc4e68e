//! The last failure of the engine, by account, for the diagnostics of its admins. In memory: it is about now.

use std::collections::HashMap;

use parking_lot::Mutex;
use tierup_common::engine::EngineFailure;
use tierup_common::id::AccountId;
use tierup_common::time::Timestamp;

use crate::assess::context::EngineError;

/// The last failure of each account whose last run failed.
#[derive(Debug, Default)]
pub struct EngineHealth(Mutex<HashMap<AccountId, EngineFailure>>);

impl EngineHealth {
    /// Records a run.
    pub fn record<T>(&self, account: AccountId, now: Timestamp, result: &Result<T, EngineError>) {
        match result {
            Ok(_) => self.0.lock().remove(&account),
            Err(EngineError(reason)) => self.0.lock().insert(
                account,
                EngineFailure { at: now, reason: reason.sentence.clone(), detail: reason.detail.clone() },
            ),
        };
    }

    /// The failure of an account's last run; none if that succeeded.
    pub fn last_failure(&self, account: AccountId) -> Option<EngineFailure> {
        self.0.lock().get(&account).cloned()
    }
}
