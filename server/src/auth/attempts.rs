//! Log-ins that failed: whoever goes on guessing waits longer each time, by email address and by network address.
//!
//! Behind one network address a whole office may sit: it may mistype far more often, and waits less.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tierup_common::time::Timestamp;

/// What wrong guesses cost.
struct Price {
    /// So many cost nothing: people mistype.
    free: u32,
    /// Nobody waits longer than this.
    longest: Duration,
}

const OF_EMAIL: Price = Price { free: 5, longest: Duration::from_mins(15) };
const OF_ADDRESS: Price = Price { free: 100, longest: Duration::from_mins(1) };
/// Whoever has not failed for so long begins anew.
const FORGIVEN: Duration = Duration::from_hours(1);
/// Those remembered, at most; beyond that the oldest are forgiven early.
const REMEMBERED: usize = 10_000;

/// Who failed, and how often.
#[derive(Default)]
pub struct Attempts {
    failed: Mutex<HashMap<Who, Failures>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Who {
    Email(String),
    Address(IpAddr),
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
}

impl Attempts {
    /// How long this log-in must wait; nothing if it may be tried now.
    pub fn wait(&self, email: &str, address: Option<IpAddr>, now: Timestamp) -> Option<Duration> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = who(email, address).into_iter().filter_map(|who| {
            let Failures { count, last } = failed.get(&who)?;
            let until = last.plus(who.price().pause(*count));
            let left = until.since(now);
            (!left.is_zero()).then_some(left)
        });
        waits.max()
    }

    /// A log-in failed.
    pub fn failed(&self, email: &str, address: Option<IpAddr>, now: Timestamp) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.len() >= REMEMBERED {
            failed.retain(|_, failures| now.since(failures.last) < FORGIVEN / 4);
        }
        for who in who(email, address) {
            let failures = failed.entry(who).or_insert(Failures { count: 0, last: now });
            if now.since(failures.last) >= FORGIVEN {
                failures.count = 0;
            }
            *failures = Failures { count: failures.count.saturating_add(1), last: now };
        }
    }

    /// A log-in succeeded: its email address begins anew. Its network address may still be guessing at others.
    pub fn succeeded(&self, email: &str) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.remove(&Who::Email(email.to_lowercase()));
    }
}

impl Who {
    const fn price(&self) -> Price {
        match self {
            Self::Email(_) => OF_EMAIL,
            Self::Address(_) => OF_ADDRESS,
        }
    }
}

fn who(email: &str, address: Option<IpAddr>) -> Vec<Who> {
    let mut who = vec![Who::Email(email.to_lowercase())];
    who.extend(address.map(Who::Address));
    who
}

impl Price {
    /// One second after the free guesses, then twice as long each time.
    fn pause(&self, count: u32) -> Duration {
        match count.checked_sub(self.free) {
            None => Duration::ZERO,
            Some(beyond) => Duration::from_secs(1).saturating_mul(1 << beyond.min(16)).min(self.longest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tests::at;

    #[test]
    fn whoever_goes_on_guessing_waits_longer_each_time() {
        let attempts = Attempts::default();
        let mut now = at(0);
        let mut waits = Vec::new();
        for _ in 0..9 {
            attempts.failed("Ana@acme.test", None, now);
            let wait = attempts.wait("ana@ACME.test", None, now).unwrap_or_default();
            waits.push(wait.as_secs());
            now = now.plus(wait);
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16]);
        assert_eq!(attempts.wait("sam@acme.test", None, now), None);
        attempts.succeeded("ana@acme.test");
        assert_eq!(attempts.wait("ana@acme.test", None, now), None);
    }

    #[test]
    fn a_network_address_that_guesses_at_many_waits_too() {
        let attempts = Attempts::default();
        let address = Some(IpAddr::from([192, 0, 2, 1]));
        let fail = |numbers: std::ops::Range<u32>| {
            for number in numbers {
                attempts.failed(&format!("user{number}@acme.test"), address, at(0));
            }
        };
        fail(0..99);
        assert!(attempts.wait("somebody@acme.test", address, at(0)).is_none(), "an office mistypes");
        fail(99..200);
        let longest = Some(OF_ADDRESS.longest);
        assert_eq!(attempts.wait("somebody@acme.test", address, at(0)), longest);
        assert!(attempts.wait("somebody@acme.test", Some(IpAddr::from([192, 0, 2, 2])), at(0)).is_none());
        assert!(attempts.wait("somebody@acme.test", address, at(3 * 3600)).is_none());
    }
}
