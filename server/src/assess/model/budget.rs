//! How many calls each account has in a minute of the clock.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use tierup_common::id::AccountId;
use tierup_common::time::Timestamp;

const MINUTE_MS: i64 = 60_000;

/// The calls of each account in the current minute.
#[derive(Debug, Default)]
pub(super) struct CallBudget {
    /// 0 is unlimited.
    per_minute: u32,
    /// The minute and the calls in it; at most one entry for each account.
    used: Mutex<HashMap<AccountId, (i64, u32)>>,
}

impl CallBudget {
    pub(super) fn new(per_minute: u32) -> Self {
        Self { per_minute, used: Mutex::default() }
    }

    /// Takes a call; fails with the time until the next minute if none is left.
    pub(super) fn take(&self, account: AccountId, now: Timestamp) -> Result<(), Duration> {
        if self.per_minute == 0 {
            return Ok(());
        }
        let minute = now.as_millis().div_euclid(MINUTE_MS);
        let mut used = self.used.lock();
        let (last, count) = used.entry(account).or_default();
        if *last != minute {
            (*last, *count) = (minute, 0);
        }
        if *count >= self.per_minute {
            return Err(Timestamp::from_millis((minute + 1) * MINUTE_MS).since(now));
        }
        *count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_its_calls_in_each_minute() {
        let (acme, globex) = (AccountId::from_bytes([1; 16]), AccountId::from_bytes([2; 16]));
        let at = |seconds: i64| Timestamp::from_millis(1_000 * seconds);
        let budget = CallBudget::new(2);
        assert_eq!([at(50), at(50)].map(|now| budget.take(acme, now)), [Ok(()), Ok(())]);
        assert_eq!(budget.take(acme, at(59)), Err(Duration::from_secs(1)));
        assert_eq!(budget.take(globex, at(59)), Ok(()));
        assert_eq!(budget.take(acme, at(60)), Ok(()));
        let unlimited = CallBudget::new(0);
        assert!((0..1_000).all(|_| unlimited.take(acme, at(0)).is_ok()));
    }
}
