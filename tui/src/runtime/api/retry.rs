//! Whether and when a change whose answer was lost is sent again.

use std::time::Duration;

use tokio::time::Instant;

use crate::event::{CallError, TransportError};

/// A change whose answer was lost is sent again, with the same key, for this long.
const MAX_RETRY_DURATION: Duration = Duration::from_secs(10);
const FIRST_DELAY: Duration = Duration::from_millis(200);

/// What to do when no connection was made, and so nothing was asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OnUnreachable {
    /// The server may be restarting, and the user sees that the console retries.
    Retry,
    /// A script gets its answer at once.
    GiveUp,
}

/// Retries with a growing delay until [`MAX_RETRY_DURATION`] is over.
pub(super) struct RetryPolicy {
    on_unreachable: OnUnreachable,
    deadline: Instant,
    delay: Duration,
}

impl RetryPolicy {
    pub(super) fn new(on_unreachable: OnUnreachable) -> Self {
        Self { on_unreachable, deadline: Instant::now() + MAX_RETRY_DURATION, delay: FIRST_DELAY }
    }

    /// Waits before the next attempt; `false` if there is none.
    pub(super) async fn wait_before_retry(&mut self, failure: Option<&CallError>) -> bool {
        let is_lost = match failure {
            Some(CallError::Unreachable(TransportError::NoConnection)) => {
                self.on_unreachable == OnUnreachable::Retry
            }
            Some(CallError::Unreachable(TransportError::TimedOut | TransportError::Other(_))) => true,
            Some(CallError::Problem(problem)) => problem.status >= 500 || problem.status == 429,
            Some(CallError::InvalidResponse(_)) | None => false,
        };
        if !is_lost || Instant::now() + self.delay >= self.deadline {
            return false;
        }
        tokio::time::sleep(self.delay).await;
        self.delay *= 2;
        true
    }
}
