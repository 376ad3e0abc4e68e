//! The one place that reads the time, and that waits for a moment.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use tierup_common::time::Timestamp;
use tokio::sync::Notify;

/// When this process asked first how long it has been up.
static UP_SINCE: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The server's clock: the machine's, or one that somebody sets by hand.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<Manual>),
}

#[derive(Debug)]
struct Manual {
    millis: AtomicI64,
    uptime: AtomicU64,
    moved: Notify,
}

impl Manual {
    /// Waits until something is true of it, which may be at once.
    async fn wait(&self, is_so: impl Fn() -> bool) {
        loop {
            let mut moved = std::pin::pin!(self.moved.notified());
            moved.as_mut().enable();
            if is_so() {
                return;
            }
            moved.await;
        }
    }
}

impl Clock {
    /// The machine's clock.
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at a moment until it is moved.
    pub fn manual(at: Timestamp) -> Self {
        let millis = AtomicI64::new(at.as_millis());
        let manual = Manual { millis, uptime: AtomicU64::new(0), moved: Notify::new() };
        Self(Source::Manual(Arc::new(manual)))
    }

    /// This moment.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => chrono::Utc::now().into(),
            Source::Manual(manual) => Timestamp::from_millis(manual.millis.load(Ordering::SeqCst)),
        }
    }

    /// How long the process has been up. It grows evenly, whatever is done to the clock.
    pub fn uptime(&self) -> Duration {
        match &self.0 {
            Source::System => UP_SINCE.elapsed(),
            Source::Manual(manual) => Duration::from_millis(manual.uptime.load(Ordering::SeqCst)),
        }
    }

    /// Waits for so long, from this call on, whatever is done to the clock.
    pub fn wait(&self, span: Duration) -> impl Future<Output = ()> + Send + use<> {
        let (clock, until) = (self.clone(), self.uptime().saturating_add(span));
        let sleep = match &self.0 {
            Source::System => Some(tokio::time::sleep(span)),
            Source::Manual(_) => None,
        };
        async move {
            match (&clock.0, sleep) {
                (Source::Manual(manual), _) => manual.wait(|| clock.uptime() >= until).await,
                (Source::System, Some(sleep)) => sleep.await,
                (Source::System, None) => {}
            }
        }
    }

    /// Waits until this moment.
    pub async fn wait_until(&self, at: Timestamp) {
        match &self.0 {
            Source::System => tokio::time::sleep(at.since(self.now())).await,
            Source::Manual(manual) => manual.wait(|| self.now() >= at).await,
        }
    }

    /// Moves a manual clock on; the machine's clock goes its own way.
    pub fn advance(&self, span: Duration) {
        if let Source::Manual(manual) = &self.0 {
            manual.millis.fetch_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
            let span = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
            manual.uptime.fetch_add(span, Ordering::SeqCst);
            manual.moved.notify_waiters();
        }
    }

    /// Sets a manual clock, as somebody sets the machine's: no time passes.
    pub fn set(&self, to: Timestamp) {
        if let Source::Manual(manual) = &self.0 {
            manual.millis.store(to.as_millis(), Ordering::SeqCst);
            manual.moved.notify_waiters();
        }
    }
}
