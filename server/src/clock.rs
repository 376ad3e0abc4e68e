//! The server's clock: the only file that reads the date. Timers of streams use tokio's clock.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use tierup_common::time::Timestamp;
use tokio::sync::Notify;

/// When this process first asked for its uptime.
static PROCESS_START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The server's clock: the system clock, or in tests a clock that is set by hand.
#[derive(Clone, Debug)]
pub struct Clock(ClockSource);

#[derive(Clone, Debug)]
enum ClockSource {
    System,
    Manual(Arc<ManualClock>),
}

#[derive(Debug)]
struct ManualClock {
    millis: AtomicI64,
    uptime: AtomicU64,
    changed: Notify,
}

impl ManualClock {
    /// Waits until a condition holds, which may be at once.
    async fn wait_for(&self, condition: impl Fn() -> bool) {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            if condition() {
                return;
            }
            changed.await;
        }
    }
}

impl Clock {
    /// The system clock.
    pub const fn system() -> Self {
        Self(ClockSource::System)
    }

    /// A clock that stands still until it is advanced or set.
    pub fn manual(at: Timestamp) -> Self {
        let millis = AtomicI64::new(at.as_millis());
        let manual = ManualClock { millis, uptime: AtomicU64::new(0), changed: Notify::new() };
        Self(ClockSource::Manual(Arc::new(manual)))
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            ClockSource::System => chrono::Utc::now().into(),
            ClockSource::Manual(manual) => Timestamp::from_millis(manual.millis.load(Ordering::SeqCst)),
        }
    }

    /// The uptime of the process. It is monotonic: setting the clock does not change it.
    pub fn uptime(&self) -> Duration {
        match &self.0 {
            ClockSource::System => PROCESS_START.elapsed(),
            ClockSource::Manual(manual) => Duration::from_millis(manual.uptime.load(Ordering::SeqCst)),
        }
    }

    /// Waits for a duration of uptime, from this call on.
    pub fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + use<> {
        let (clock, until) = (self.clone(), self.uptime().saturating_add(duration));
        let sleep = match &self.0 {
            ClockSource::System => Some(tokio::time::sleep(duration)),
            ClockSource::Manual(_) => None,
        };
        async move {
            match (&clock.0, sleep) {
                (ClockSource::Manual(manual), _) => manual.wait_for(|| clock.uptime() >= until).await,
                (ClockSource::System, Some(sleep)) => sleep.await,
                (ClockSource::System, None) => {}
            }
        }
    }

    /// Waits until a time of the clock.
    pub async fn sleep_until(&self, at: Timestamp) {
        match &self.0 {
            ClockSource::System => tokio::time::sleep(at.since(self.now())).await,
            ClockSource::Manual(manual) => manual.wait_for(|| self.now() >= at).await,
        }
    }

    /// Advances a manual clock; no effect on the system clock.
    pub fn advance(&self, duration: Duration) {
        if let ClockSource::Manual(manual) = &self.0 {
            manual
                .millis
                .fetch_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
            let span = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
            manual.uptime.fetch_add(span, Ordering::SeqCst);
            manual.changed.notify_waiters();
        }
    }

    /// Sets a manual clock without a change of its uptime, as an operator sets the system clock; no effect on the system
    /// clock.
    pub fn set(&self, to: Timestamp) {
        if let ClockSource::Manual(manual) = &self.0 {
            manual.millis.store(to.as_millis(), Ordering::SeqCst);
            manual.changed.notify_waiters();
        }
    }
}

/// Measures how long something takes, in real time.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts to measure.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
