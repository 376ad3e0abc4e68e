//! Throttles logins after failed attempts, by email address and by network.
//!
//! An attempt counts as failed from its start and is taken back if it succeeds, so concurrent guesses gain nothing.
//! Times are the server's uptime, so setting the clock back makes nobody wait longer. A network may be a whole office:
//! it gets more free attempts and shorter waits.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use sha2::{Digest, Sha256};

/// How long to wait after how many failures.
struct ThrottlePolicy {
    /// Failures without a wait: people mistype.
    free_attempts: u32,
    /// The longest wait.
    max_wait: Duration,
}

const EMAIL_POLICY: ThrottlePolicy = ThrottlePolicy { free_attempts: 5, max_wait: Duration::from_mins(15) };
const ADDRESS_POLICY: ThrottlePolicy =
    ThrottlePolicy { free_attempts: 100, max_wait: Duration::from_mins(1) };
/// Failures are forgotten after this time without a new one.
const RESET_AFTER: Duration = Duration::from_hours(1);
/// Entries tracked; when full, the one with the oldest failure is dropped.
const MAX_TRACKED: usize = 10_000;

/// Counts failed logins. Clones share the counts.
#[derive(Clone, Debug, Default)]
pub struct LoginThrottle {
    failures: Arc<Mutex<HashMap<ThrottleKey, Failures>>>,
}

/// A login in progress. Dropped without an outcome, it counts as failed when it began.
#[derive(Debug)]
#[must_use]
pub struct LoginAttempt {
    throttle: LoginThrottle,
    email: ThrottleKey,
    address: ThrottleKey,
    outcome: AttemptOutcome,
}

#[derive(Clone, Copy, Debug)]
enum AttemptOutcome {
    /// Failed, at this uptime.
    Failed(Duration),
    Succeeded,
    Cancelled,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum ThrottleKey {
    /// The hash of an email address, which may have any length.
    Email([u8; 32]),
    Address(IpAddr),
}

#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    failed: u32,
    /// The uptime of the last of these failures.
    last_failed_at: Duration,
    /// Attempts in progress; they count as failed until they end.
    in_progress: u32,
    /// The uptime at which the last of these began.
    last_started_at: Duration,
}

impl Failures {
    const fn count(&self) -> u32 {
        self.failed.saturating_add(self.in_progress)
    }

    /// The uptime of the last attempt that counts.
    fn last_attempt_at(&self) -> Duration {
        if self.in_progress == 0 {
            self.last_failed_at
        } else {
            self.last_failed_at.max(self.last_started_at)
        }
    }
}

impl LoginThrottle {
    /// Begins an attempt; fails with the time to wait if there were too many failures.
    pub fn begin(&self, email: &str, address: IpAddr, uptime: Duration) -> Result<LoginAttempt, Duration> {
        let both = [ThrottleKey::Email(hash_email(email)), ThrottleKey::Address(network_prefix(address))];
        let mut counted = self.failures.lock();
        let wait = both.into_iter().filter_map(|who| {
            let failures = counted.get(&who)?;
            let pause = who.policy().wait_after(failures.count())?;
            failures
                .last_attempt_at()
                .saturating_add(pause)
                .checked_sub(uptime)
                .filter(|left| !left.is_zero())
        });
        if let Some(wait) = wait.max() {
            return Err(wait);
        }
        for who in both {
            evict_oldest(&mut counted, &who);
            let failures = counted.entry(who).or_default();
            if uptime.saturating_sub(failures.last_attempt_at()) >= RESET_AFTER {
                *failures = Failures::default();
            }
            failures.in_progress = failures.in_progress.saturating_add(1);
            failures.last_started_at = uptime;
        }
        let [email, address] = both;
        Ok(LoginAttempt { throttle: self.clone(), email, address, outcome: AttemptOutcome::Failed(uptime) })
    }
}

fn evict_oldest(failures: &mut HashMap<ThrottleKey, Failures>, new_key: &ThrottleKey) {
    if failures.len() < MAX_TRACKED || failures.contains_key(new_key) {
        return;
    }
    let oldest = failures.iter().min_by_key(|(_, failures)| failures.last_attempt_at()).map(|(who, _)| *who);
    oldest.map(|who| failures.remove(&who));
}

impl LoginAttempt {
    /// The attempt failed.
    pub fn fail(mut self, uptime: Duration) {
        self.outcome = AttemptOutcome::Failed(uptime);
    }

    /// The attempt succeeded: clears the failures of its email address, but not of its network, which may be guessing
    /// others.
    pub fn succeed(mut self) {
        self.outcome = AttemptOutcome::Succeeded;
    }

    /// The password was not checked: takes the attempt back.
    pub fn cancel(mut self) {
        self.outcome = AttemptOutcome::Cancelled;
    }
}

impl Drop for LoginAttempt {
    fn drop(&mut self) {
        let mut counted = self.throttle.failures.lock();
        if let AttemptOutcome::Succeeded = self.outcome {
            counted.remove(&self.email);
        }
        for who in [self.email, self.address] {
            if let AttemptOutcome::Failed(uptime) = self.outcome {
                evict_oldest(&mut counted, &who);
                // A concurrent success may have cleared the count.
                let failures = counted.entry(who).or_default();
                failures.failed = failures.failed.saturating_add(1);
                failures.last_failed_at = failures.last_failed_at.max(uptime);
            }
            if let Some(failures) = counted.get_mut(&who) {
                failures.in_progress = failures.in_progress.saturating_sub(1);
            }
        }
    }
}

impl ThrottleKey {
    const fn policy(self) -> ThrottlePolicy {
        match self {
            Self::Email(_) => EMAIL_POLICY,
            Self::Address(_) => ADDRESS_POLICY,
        }
    }
}

fn hash_email(email: &str) -> [u8; 32] {
    Sha256::digest(email.to_lowercase()).into()
}

/// An IPv6 client usually has a whole /64 network (RFC 6177) and could use a new address for each attempt.
fn network_prefix(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

impl ThrottlePolicy {
    /// No wait for the free attempts; then one second, doubled with each failure.
    fn wait_after(&self, count: u32) -> Option<Duration> {
        let beyond = count.checked_sub(self.free_attempts)?;
        Some(Duration::from_secs(1).saturating_mul(1 << beyond.min(16)).min(self.max_wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT_IP: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    /// Fails a log-in; returns how long it had to wait before.
    fn fail_login(attempts: &LoginThrottle, email: &str, from: IpAddr, now: &mut Duration) -> Duration {
        let begin = |now| attempts.begin(email, from, now);
        let wait = begin(*now).map_or_else(
            |wait| wait,
            |attempt| {
                attempt.cancel();
                Duration::ZERO
            },
        );
        *now += wait;
        begin(*now).unwrap().fail(*now);
        wait
    }

    #[test]
    fn repeated_failed_logins_wait_longer_each_time() {
        let (attempts, mut now) = (LoginThrottle::default(), Duration::ZERO);
        let mut waits = Vec::new();
        for number in 0..10 {
            let email = if number % 2 == 0 { "Ana@acme.test" } else { "ana@ACME.test" };
            waits.push(fail_login(&attempts, email, CLIENT_IP, &mut now).as_secs());
        }
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16]);
        assert_eq!(fail_login(&attempts, "sam@acme.test", CLIENT_IP, &mut now), Duration::ZERO);
        now += Duration::from_secs(32);
        attempts.begin("ana@acme.test", CLIENT_IP, now).unwrap().succeed();
        assert_eq!(fail_login(&attempts, "ana@acme.test", CLIENT_IP, &mut now), Duration::ZERO);
    }

    /// Mutants seen to fail: a success that counts as the newest failure of its network.
    #[test]
    fn a_successful_login_delays_nobody_and_prolongs_no_failure() {
        let (attempts, mut now) = (LoginThrottle::default(), Duration::ZERO);
        for number in 0..100 {
            assert_eq!(
                fail_login(&attempts, &format!("{number}@acme.test"), CLIENT_IP, &mut now),
                Duration::ZERO
            );
        }
        for _ in 0..12 {
            now += Duration::from_mins(10);
            attempts.begin("script@acme.test", CLIENT_IP, now).unwrap().succeed();
        }
        assert_eq!(fail_login(&attempts, "ana@acme.test", CLIENT_IP, &mut now), Duration::ZERO);
        assert_eq!(
            fail_login(&attempts, "sam@acme.test", CLIENT_IP, &mut now),
            Duration::ZERO,
            "an hour forgives"
        );
    }

    #[test]
    fn simultaneous_login_attempts_share_one_limit_and_a_success_is_not_counted() {
        let attempts = LoginThrottle::default();
        let begin = || attempts.begin("ana@acme.test", CLIENT_IP, Duration::ZERO);
        let mut tries: Vec<_> = (0..64).filter_map(|_| begin().ok()).collect();
        assert_eq!(tries.len(), 5);
        tries.swap_remove(0).cancel();
        let again = begin().unwrap();
        assert!(begin().is_err(), "one was given back, not more");
        again.succeed();
        assert_eq!((0..64).filter(|_| begin().is_ok()).count(), 5);
        // A failure counts again.
        tries.swap_remove(1).fail(Duration::ZERO);
        assert!(begin().is_err());
    }

    #[test]
    fn a_client_ip_that_tries_many_accounts_is_throttled() {
        let (attempts, mut now) = (LoginThrottle::default(), Duration::ZERO);
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let waits = |from: IpAddr, now| {
            let begun = attempts.begin("somebody@acme.test", from, now);
            begun.map(|attempt| attempt.cancel()).err()
        };
        for (number, from) in ["192.0.2.1", "::ffff:192.0.2.1"].iter().cycle().take(100).enumerate() {
            assert_eq!(
                fail_login(&attempts, &format!("user{number}@acme.test"), address(from), &mut now),
                Duration::ZERO,
                "an office mistypes"
            );
        }
        assert_eq!(waits(CLIENT_IP, now), Some(Duration::from_secs(1)));
        for number in 100..120 {
            fail_login(&attempts, &format!("user{number}@acme.test"), CLIENT_IP, &mut now);
        }
        assert_eq!(waits(CLIENT_IP, now), Some(ADDRESS_POLICY.max_wait));
        assert_eq!(waits(address("192.0.2.2"), now), None);
        assert_eq!(waits(CLIENT_IP, now + Duration::from_hours(3)), None);
        // An IPv6 network counts as one.
        for number in 0..100 {
            let from = address(&format!("2001:db8::{number:x}"));
            assert_eq!(
                fail_login(&attempts, &format!("user{number}@globex.test"), from, &mut now),
                Duration::ZERO
            );
        }
        assert!(waits(address("2001:db8::ffff"), now).is_some());
        assert!(waits(address("2001:db8:0:1::1"), now).is_none());
    }

    #[test]
    fn tracked_failures_are_bounded_and_the_oldest_are_evicted_first() {
        let (attempts, email) = (LoginThrottle::default(), |number: u32| format!("user{number}@acme.test"));
        // Each attempt adds an email address and a network.
        for number in 0..u32::try_from(MAX_TRACKED).unwrap() / 2 + 100 {
            let from = IpAddr::V4(std::net::Ipv4Addr::from_bits(number));
            let _ = attempts.begin(&email(number), from, Duration::from_millis(number.into()));
        }
        let counted = attempts.failures.lock();
        assert_eq!(counted.len(), MAX_TRACKED);
        assert!(counted.contains_key(&ThrottleKey::Email(hash_email(&email(5_099)))));
        assert!(!counted.contains_key(&ThrottleKey::Email(hash_email(&email(0)))));
    }
}
