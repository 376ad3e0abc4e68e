//! Delays between attempts to open a stream: they grow with every failure, and are spread so that many consoles do not
//! reconnect at once.

use std::time::Duration;

/// The first delay, unless the server asks for another.
pub(super) const INITIAL_BACKOFF: Duration = Duration::from_millis(500);
const BACKOFF_FACTOR: u32 = 3;
const MAX_BACKOFF: Duration = Duration::from_secs(10);
/// A server that asks for no more than this has few consoles: one that comes back is found within a second.
const FEW_CONSOLES_RETRY: Duration = Duration::from_millis(600);
const MAX_BACKOFF_FEW_CONSOLES: Duration = Duration::from_millis(900);
/// After so many failures, about ten minutes, it is no longer a restart.
const MAX_QUICK_FAILURES: u32 = 1_000;
/// A server's `retry:` is capped at this.
const MAX_RETRY: Duration = Duration::from_mins(1);

/// Exponential backoff with jitter.
pub(super) struct Backoff {
    initial: Duration,
    /// Whether the server has few consoles, by its `retry:`.
    has_few_consoles: bool,
    /// Failures since the last stream that began.
    failures: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { initial: INITIAL_BACKOFF, has_few_consoles: false, failures: 0 }
    }
}

impl Backoff {
    /// Uses the server's `retry:` as the first delay.
    pub(super) fn set_initial(&mut self, retry: Duration) {
        self.initial = retry.clamp(INITIAL_BACKOFF, MAX_RETRY);
        self.has_few_consoles = retry <= FEW_CONSOLES_RETRY;
    }

    /// A stream has begun, however quiet it is.
    pub(super) const fn reset(&mut self) {
        self.failures = 0;
    }

    /// The next delay, between a fifth of the current one and all of it.
    pub(super) fn next_delay(&mut self) -> Duration {
        self.next_delay_with(random_unit())
    }

    fn next_delay_with(&mut self, jitter: f64) -> Duration {
        let growth = BACKOFF_FACTOR.saturating_pow(self.failures);
        let is_quick = self.has_few_consoles && self.failures < MAX_QUICK_FAILURES;
        let max = if is_quick { MAX_BACKOFF_FEW_CONSOLES } else { MAX_BACKOFF };
        self.failures = self.failures.saturating_add(1);
        let whole = self.initial.saturating_mul(growth).min(max.max(self.initial));
        whole.mul_f64(0.2 + 0.8 * jitter)
    }
}

/// From 0 to 1; 1 on a machine without randomness.
fn random_unit() -> f64 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The most moments within any second.
    fn max_per_second(mut moments: Vec<Duration>) -> usize {
        moments.sort_unstable();
        let within = |from: &Duration| {
            let end = *from + Duration::from_secs(1);
            moments.iter().filter(|moment| (from..&end).contains(moment)).count()
        };
        moments.iter().map(within).max().unwrap_or(0)
    }

    #[test]
    fn at_most_fifteen_percent_of_clients_reconnect_in_any_second() {
        // The `retry:` that the server sends to a thousand streams.
        let reconnect = || {
            let mut backoff = Backoff::default();
            backoff.set_initial(Duration::from_secs(12));
            backoff.next_delay()
        };
        let delays: Vec<_> = (0..1000).map(|_| reconnect()).collect();
        assert!(max_per_second(delays.clone()) <= 150, "{}", max_per_second(delays));
    }

    #[test]
    fn delays_grow_until_a_stream_begins() {
        let mut backoff = Backoff::default();
        let delays: Vec<u128> = (0..5).map(|_| backoff.next_delay_with(1.0).as_millis()).collect();
        assert_eq!(delays, [500, 1500, 4500, 10_000, 10_000]);
        assert_eq!(backoff.next_delay_with(0.0).as_millis(), 2000);
        backoff.reset();
        assert_eq!(backoff.next_delay_with(1.0).as_millis(), 500);
    }

    /// Seen to fail: with a longest delay of ten seconds for every server.
    #[test]
    fn a_server_with_few_consoles_is_found_within_a_second() {
        let longest = |retry| {
            let mut backoff = Backoff::default();
            backoff.set_initial(Duration::from_millis(retry));
            (0..100).map(|_| backoff.next_delay_with(1.0)).max().unwrap_or_default()
        };
        assert!(longest(500) < Duration::from_secs(1), "{:?}", longest(500));
        assert_eq!(longest(12_000), Duration::from_secs(12));
        // Ten minutes later the machine may sleep.
        let mut backoff = Backoff::default();
        backoff.set_initial(INITIAL_BACKOFF);
        let after_long = (0..=MAX_QUICK_FAILURES).map(|_| backoff.next_delay_with(1.0)).last();
        assert_eq!(after_long, Some(MAX_BACKOFF));
    }

    #[test]
    fn a_servers_retry_is_capped() {
        let mut backoff = Backoff::default();
        backoff.set_initial(Duration::from_hours(1));
        assert_eq!(backoff.next_delay_with(1.0), MAX_RETRY);
        backoff.set_initial(Duration::ZERO);
        backoff.reset();
        assert_eq!(backoff.next_delay_with(1.0), INITIAL_BACKOFF);
    }
}
