//! Log-ins that failed: whoever goes on guessing waits longer each time, by email address and by network address.
//!
//! A log-in counts as failed from its beginning and is given back when it succeeds, so that many at once are no more
//! guesses than one after the other. Time is that of the server's life, not of the clock: a clock that is set back
//! makes nobody wait for it. Behind one network address a whole office may sit: it may mistype far more often, and
//! waits less.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
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

/// Who failed, and how often.
#[derive(Default)]
pub struct Attempts {
    counted: Mutex<HashMap<Who, Failures>>,
}

/// A log-in under way. It counts as failed unless [`Attempts`] hears otherwise.
#[derive(Debug)]
#[must_use]
pub struct Attempt {
    email: Who,
    address: Who,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Who {
    /// The hash of an email address, which may be as long as its sender likes.
    Email([u8; 32]),
    Network(IpAddr),
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Duration,
}

impl Attempts {
    /// Begins a log-in, or says how long it must wait.
    pub fn begin(&self, email: &str, address: IpAddr, uptime: Duration) -> Result<Attempt, Duration> {
        let attempt = Attempt { email: Who::Email(hash(email)), address: Who::Network(network(address)) };
        let mut counted = self.lock();
        let wait = attempt.both().into_iter().filter_map(|who| {
            let Failures { count, last } = counted.get(&who)?;
            let pause = who.price().pause(*count)?;
            last.saturating_add(pause).checked_sub(uptime).filter(|left| !left.is_zero())
        });
        if let Some(wait) = wait.max() {
            return Err(wait);
        }
        for who in attempt.both() {
            make_room(&mut counted, &who);
            let failures = counted.entry(who).or_insert(Failures { count: 0, last: uptime });
            if uptime.saturating_sub(failures.last) >= FORGIVEN {
                failures.count = 0;
            }
            *failures = Failures { count: failures.count.saturating_add(1), last: uptime };
        }
        Ok(attempt)
    }

    /// It failed: whoever tries again waits from now on.
    pub fn failed(&self, attempt: &Attempt, uptime: Duration) {
        let mut counted = self.lock();
        for who in attempt.both() {
            make_room(&mut counted, &who);
            // Another that succeeded meanwhile may have taken the count away.
            counted.entry(who).or_insert(Failures { count: 1, last: uptime }).last = uptime;
        }
    }

    /// It succeeded: its email address begins anew. Its network address may still be guessing at others.
    pub fn succeeded(&self, attempt: &Attempt) {
        let mut counted = self.lock();
        counted.remove(&attempt.email);
        give_back(&mut counted, &attempt.address);
    }

    /// It was not tried at all.
    pub fn untried(&self, attempt: &Attempt) {
        let mut counted = self.lock();
        attempt.both().iter().for_each(|who| give_back(&mut counted, who));
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
    let longest_ago = counted.iter().min_by_key(|(_, failures)| failures.last).map(|(who, _)| *who);
    longest_ago.map(|who| counted.remove(&who));
}

fn give_back(counted: &mut HashMap<Who, Failures>, who: &Who) {
    if let Some(failures) = counted.get_mut(who) {
        failures.count = failures.count.saturating_sub(1);
    }
}

impl Attempt {
    const fn both(&self) -> [Who; 2] {
        [self.email, self.address]
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
                attempts.untried(&attempt);
                Duration::ZERO
            },
        );
        *now += wait;
        attempts.failed(&begin(*now).unwrap(), *now);
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
        attempts.succeeded(&attempts.begin("ana@acme.test", HERE, now).unwrap());
        assert_eq!(fails(&attempts, "ana@acme.test", HERE, &mut now), Duration::ZERO);
    }

    #[test]
    fn guesses_at_once_are_no_more_than_one_after_the_other_and_success_is_given_back() {
        let attempts = Attempts::default();
        let begin = || attempts.begin("ana@acme.test", HERE, Duration::ZERO);
        let tries: Vec<_> = (0..64).filter_map(|_| begin().ok()).collect();
        assert_eq!(tries.len(), 5);
        attempts.untried(&tries[0]);
        let again = begin().unwrap();
        assert!(begin().is_err(), "one was given back, not more");
        attempts.succeeded(&again);
        assert_eq!((0..64).filter(|_| begin().is_ok()).count(), 5);
        // One that fails after all that counts too.
        attempts.failed(&tries[1], Duration::ZERO);
        assert!(begin().is_err());
    }

    #[test]
    fn a_network_address_that_guesses_at_many_waits_too() {
        let (attempts, mut now) = (Attempts::default(), Duration::ZERO);
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let waits = |from: IpAddr, now| {
            let begun = attempts.begin("somebody@acme.test", from, now);
            begun.map(|attempt| attempts.untried(&attempt)).err()
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
