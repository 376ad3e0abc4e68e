//! Log-ins that failed: whoever goes on guessing waits longer each time, by email address and by network address.
//!
//! A log-in counts as failed from its beginning and is given back when it succeeds, so that many at once are no more
//! guesses than one after the other. Time is that of the server's life, not of the clock: a clock that is set back
//! makes nobody wait for it. Behind one network address a whole office may sit: it may mistype far more often, and
//! waits less.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

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
/// Those remembered, at most; beyond that who failed longest ago is forgiven early.
const REMEMBERED: usize = 10_000;

/// Who failed, and how often. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Attempts {
    counted: Arc<Mutex<HashMap<Who, Failures>>>,
}

/// A log-in under way. Where it ends without a word, it failed when it began.
#[derive(Debug)]
#[must_use]
pub struct Attempt {
    attempts: Attempts,
    email: Who,
    address: Who,
    outcome: Outcome,
}

#[derive(Clone, Copy, Debug)]
enum Outcome {
    /// It failed, at this time of the server's life.
    Failed(Duration),
    Succeeded,
    Untried,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Who {
    /// The hash of an email address, which may be as long as its sender likes.
    Email([u8; 32]),
    Network(IpAddr),
}

#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    failed: u32,
    /// When the last of these failed.
    last: Duration,
    /// Those under way, which count as failed until they are not.
    under_way: u32,
    /// When the last of these began.
    begun: Duration,
}

impl Failures {
    const fn count(&self) -> u32 {
        self.failed.saturating_add(self.under_way)
    }

    /// When the last that counts was made.
    fn newest(&self) -> Duration {
        if self.under_way == 0 { self.last } else { self.last.max(self.begun) }
    }
}

impl Attempts {
    /// Begins a log-in, or says how long it must wait.
    pub fn begin(&self, email: &str, address: IpAddr, uptime: Duration) -> Result<Attempt, Duration> {
        let both = [Who::Email(hash(email)), Who::Network(network(address))];
        let mut counted = self.lock();
        let wait = both.into_iter().filter_map(|who| {
            let failures = counted.get(&who)?;
            let pause = who.price().pause(failures.count())?;
            failures.newest().saturating_add(pause).checked_sub(uptime).filter(|left| !left.is_zero())
        });
        if let Some(wait) = wait.max() {
            return Err(wait);
        }
        for who in both {
            make_room(&mut counted, &who);
            let failures = counted.entry(who).or_default();
            if uptime.saturating_sub(failures.newest()) >= FORGIVEN {
                *failures = Failures::default();
            }
            failures.under_way = failures.under_way.saturating_add(1);
            failures.begun = uptime;
        }
        let [email, address] = both;
        Ok(Attempt { attempts: self.clone(), email, address, outcome: Outcome::Failed(uptime) })
    }

    /// Nothing in here is left half done by a panic: a poisoned lock is taken as it is.
    fn lock(&self) -> MutexGuard<'_, HashMap<Who, Failures>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room(counted: &mut HashMap<Who, Failures>, newcomer: &Who) {
    if counted.len() < REMEMBERED || counted.contains_key(newcomer) {
        return;
    }
    let longest_ago = counted.iter().min_by_key(|(_, failures)| failures.newest()).map(|(who, _)| *who);
    longest_ago.map(|who| counted.remove(&who));
}

impl Attempt {
    /// It failed: whoever tries again waits from now on.
    pub fn failed(mut self, uptime: Duration) {
        self.outcome = Outcome::Failed(uptime);
    }

    /// It succeeded: its email address begins anew. Its network address may still be guessing at others.
    pub fn succeeded(mut self) {
        self.outcome = Outcome::Succeeded;
    }

    /// It was not tried at all.
    pub fn untried(mut self) {
        self.outcome = Outcome::Untried;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut counted = self.attempts.lock();
        if let Outcome::Succeeded = self.outcome {
            counted.remove(&self.email);
        }
        for who in [self.email, self.address] {
            if let Outcome::Failed(uptime) = self.outcome {
                make_room(&mut counted, &who);
                // Another that succeeded meanwhile may have taken the count away.
                let failures = counted.entry(who).or_default();
                failures.failed = failures.failed.saturating_add(1);
                failures.last = failures.last.max(uptime);
            }
            if let Some(failures) = counted.get_mut(&who) {
                failures.under_way = failures.under_way.saturating_sub(1);
            }
        }
    }
}

impl Who {
    const fn price(self) -> Price {
        match self {
            Self::Email(_) => OF_EMAIL,
            Self::Network(_) => OF_ADDRESS,
        }
    }
}

fn hash(email: &str) -> [u8; 32] {
    Sha256::digest(email.to_lowercase()).into()
}

/// Who has one address of IPv6 has all of its network (RFC 6177), and could come from another each time.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

impl Price {
    /// One second after the free guesses, then twice as long each time; none before.
    fn pause(&self, count: u32) -> Option<Duration> {
        let beyond = count.checked_sub(self.free)?;
        Some(Duration::from_secs(1).saturating_mul(1 << beyond.min(16)).min(self.longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    /// Tries and fails, and says how long it had to wait before.
    fn fails(attempts: &Attempts, email: &str, from: IpAddr, now: &mut Duration) -> Duration {
        let begin = |now| attempts.begin(email, from, now);
        let wait = begin(*now).map_or_else(
            |wait| wait,
            |attempt| {
                attempt.untried();
                Duration::ZERO
            },
        );
        *now += wait;
        begin(*now).unwrap().failed(*now);
        wait
    }

    #[test]
    fn whoever_goes_on_guessing_waits_longer_each_time() {
        let (attempts, mut now) = (Attempts::default(), Duration::ZERO);
        let mut waits = Vec::new();
        for number in 0..10 {
            let email = if number % 2 == 0 { "Ana@acme.test" } else { "ana@ACME.test" };
            waits.push(fails(&attempts, email, HERE, &mut now).as_secs());
        }
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16]);
        assert_eq!(fails(&attempts, "sam@acme.test", HERE, &mut now), Duration::ZERO);
        now += Duration::from_secs(32);
        attempts.begin("ana@acme.test", HERE, now).unwrap().succeeded();
        assert_eq!(fails(&attempts, "ana@acme.test", HERE, &mut now), Duration::ZERO);
    }

    /// Seen to fail: a success that counts as the newest failure of its network.
    #[test]
    fn those_who_succeed_keep_nobody_waiting_and_no_failure_alive() {
        let (attempts, mut now) = (Attempts::default(), Duration::ZERO);
        for number in 0..100 {
            assert_eq!(fails(&attempts, &format!("{number}@acme.test"), HERE, &mut now), Duration::ZERO);
        }
        for _ in 0..12 {
            now += Duration::from_mins(10);
            attempts.begin("script@acme.test", HERE, now).unwrap().succeeded();
        }
        assert_eq!(fails(&attempts, "ana@acme.test", HERE, &mut now), Duration::ZERO);
        assert_eq!(fails(&attempts, "sam@acme.test", HERE, &mut now), Duration::ZERO, "an hour forgives");
    }

    #[test]
    fn guesses_at_once_are_no_more_than_one_after_the_other_and_success_is_given_back() {
        let attempts = Attempts::default();
        let begin = || attempts.begin("ana@acme.test", HERE, Duration::ZERO);
        let mut tries: Vec<_> = (0..64).filter_map(|_| begin().ok()).collect();
        assert_eq!(tries.len(), 5);
        tries.swap_remove(0).untried();
        let again = begin().unwrap();
        assert!(begin().is_err(), "one was given back, not more");
        again.succeeded();
        assert_eq!((0..64).filter(|_| begin().is_ok()).count(), 5);
        // One that fails after all that counts too.
        tries.swap_remove(1).failed(Duration::ZERO);
        assert!(begin().is_err());
    }

    #[test]
    fn a_network_address_that_guesses_at_many_waits_too() {
        let (attempts, mut now) = (Attempts::default(), Duration::ZERO);
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let waits = |from: IpAddr, now| {
            let begun = attempts.begin("somebody@acme.test", from, now);
            begun.map(|attempt| attempt.untried()).err()
        };
        for (number, from) in ["192.0.2.1", "::ffff:192.0.2.1"].iter().cycle().take(100).enumerate() {
            assert_eq!(
                fails(&attempts, &format!("user{number}@acme.test"), address(from), &mut now),
                Duration::ZERO,
                "an office mistypes"
            );
        }
        assert_eq!(waits(HERE, now), Some(Duration::from_secs(1)));
        for number in 100..120 {
            fails(&attempts, &format!("user{number}@acme.test"), HERE, &mut now);
        }
        assert_eq!(waits(HERE, now), Some(OF_ADDRESS.longest));
        assert_eq!(waits(address("192.0.2.2"), now), None);
        assert_eq!(waits(HERE, now + Duration::from_hours(3)), None);
        // Of IPv6 a whole network is one.
        for number in 0..100 {
            let from = address(&format!("2001:db8::{number:x}"));
            assert_eq!(
                fails(&attempts, &format!("user{number}@globex.test"), from, &mut now),
                Duration::ZERO
            );
        }
        assert!(waits(address("2001:db8::ffff"), now).is_some());
        assert!(waits(address("2001:db8:0:1::1"), now).is_none());
    }

    #[test]
    fn so_many_are_remembered_and_no_more_and_the_longest_ago_are_forgiven_first() {
        let (attempts, email) = (Attempts::default(), |number: u32| format!("user{number}@acme.test"));
        // Each is an email address and a network address.
        for number in 0..u32::try_from(REMEMBERED).unwrap() / 2 + 100 {
            let from = IpAddr::V4(std::net::Ipv4Addr::from_bits(number));
            let _ = attempts.begin(&email(number), from, Duration::from_millis(number.into()));
        }
        let counted = attempts.lock();
        assert_eq!(counted.len(), REMEMBERED);
        assert!(counted.contains_key(&Who::Email(hash(&email(5_099)))));
        assert!(!counted.contains_key(&Who::Email(hash(&email(0)))));
    }
}
