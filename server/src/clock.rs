//! The one place that reads the time, and that waits for a moment.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use tierup_common::time::Timestamp;
use tokio::sync::Notify;

/// When this process asked first how long it has been up.
static PROCESS_START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The server's clock: the machine's, or one that somebody sets by hand.
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
    /// Waits until something is true of it, which may be at once.
    async fn wait_for(&self, condition: impl Fn() -> bool) {
        loop {
            let mut moved = std::pin::pin!(self.changed.notified());
            moved.as_mut().enable();
            if condition() {
                return;
            }
            moved.await;
        }
    }
}

impl Clock {
    /// The machine's clock.
    pub const fn system() -> Self {
        Self(ClockSource::System)
    }

    /// A clock that stands at a moment until it is moved.
    pub fn manual(at: Timestamp) -> Self {
        let millis = AtomicI64::new(at.as_millis());
        let manual = ManualClock { millis, uptime: AtomicU64::new(0), changed: Notify::new() };
        Self(ClockSource::Manual(Arc::new(manual)))
    }

    /// This moment.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            ClockSource::System => chrono::Utc::now().into(),
            ClockSource::Manual(manual) => Timestamp::from_millis(manual.millis.load(Ordering::SeqCst)),
        }
    }

    /// How long the process has been up. It grows evenly, whatever is done to the clock.
    pub fn uptime(&self) -> Duration {
        match &self.0 {
            ClockSource::System => PROCESS_START.elapsed(),
            ClockSource::Manual(manual) => Duration::from_millis(manual.uptime.load(Ordering::SeqCst)),
        }
    }

    /// Waits for so long, from this call on, whatever is done to the clock.
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

    /// Waits until this moment.
    pub async fn sleep_until(&self, at: Timestamp) {
        match &self.0 {
            ClockSource::System => tokio::time::sleep(at.since(self.now())).await,
            ClockSource::Manual(manual) => manual.wait_for(|| self.now() >= at).await,
        }
    }

    /// Moves a manual clock on; the machine's clock goes its own way.
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

    /// Sets a manual clock, as somebody sets the machine's: no time passes.
    pub fn set(&self, to: Timestamp) {
        if let ClockSource::Manual(manual) = &self.0 {
            manual.millis.store(to.as_millis(), Ordering::SeqCst);
            manual.changed.notify_waiters();
        }
    }
}
