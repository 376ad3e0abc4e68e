//! The one place that reads the time, and that waits for a moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tierup_common::time::Timestamp;
use tokio::sync::Notify;

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
    moved: Notify,
}

impl Clock {
    /// The machine's clock.
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at a moment until it is moved.
    pub fn manual(at: Timestamp) -> Self {
        let manual = Manual { millis: AtomicI64::new(at.as_millis()), moved: Notify::new() };
        Self(Source::Manual(Arc::new(manual)))
    }

    /// This moment.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => chrono::Utc::now().into(),
            Source::Manual(manual) => Timestamp::from_millis(manual.millis.load(Ordering::SeqCst)),
        }
    }

    /// Waits until this moment.
    pub async fn wait_until(&self, at: Timestamp) {
        match &self.0 {
            Source::System => tokio::time::sleep(at.since(self.now())).await,
            Source::Manual(manual) => loop {
                let moved = manual.moved.notified();
                if self.now() >= at {
                    return;
                }
                moved.await;
            },
        }
    }

    /// Moves a manual clock on; the machine's clock goes its own way.
    pub fn advance(&self, span: Duration) {
        if let Source::Manual(manual) = &self.0 {
            manual.millis.fetch_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
            manual.moved.notify_waiters();
        }
    }
}
