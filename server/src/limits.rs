//! Limits per user: requests, questions to a model, open streams; and one on searches for similar problems. A request
//! over a limit is rejected with the time to wait.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http_body::{Frame, SizeHint};
use parking_lot::Mutex;
use tierup_common::id::UserId;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::{ApiError, ApiResult};
use crate::search::SearchError;

/// Requests of one user in flight. Each may hold a whole body and response in memory. More than any client
/// needs.
const MAX_IN_FLIGHT: u32 = 64;
/// `Retry-After` with too many requests in flight.
const IN_FLIGHT_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Searches for similar problems running and waiting; more are rejected. Each takes as long as many other searches.
const MAX_SIMILAR_SEARCHES: usize = 32;

/// A rate limit per user; none if unlimited.
struct UserRateLimiter(Option<DefaultKeyedRateLimiter<UserId>>);

impl UserRateLimiter {
    /// This many per minute, in bursts of as many; 0 is unlimited.
    fn per_minute(number: u32) -> Self {
        Self(NonZeroU32::new(number).map(|number| RateLimiter::keyed(Quota::per_minute(number))))
    }

    fn check(&self, user: UserId, noun: &str) -> ApiResult<()> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        limiter.check_key(&user).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            ApiError::rate_limited(
                wait,
                &format!("too many {noun} per minute; retry after the time in Retry-After"),
            )
        })
    }

    fn evict_idle(&self) {
        if let Some(limiter) = &self.0 {
            limiter.retain_recent();
        }
    }
}

/// The limits of a server.
pub struct UserLimits {
    request_rate: UserRateLimiter,
    question_rate: UserRateLimiter,
    max_streams: usize,
    in_flight: Arc<InFlightCounts>,
    similar_searches: Semaphore,
}

impl UserLimits {
    /// `requests` and `questions` per minute (0 is unlimited) and open `streams`, each per user.
    pub fn new(requests: u32, questions: u32, streams: u32) -> Self {
        let (requests, questions) =
            (UserRateLimiter::per_minute(requests), UserRateLimiter::per_minute(questions));
        Self {
            request_rate: requests,
            question_rate: questions,
            max_streams: streams as usize,
            in_flight: Arc::default(),
            similar_searches: Semaphore::new(MAX_SIMILAR_SEARCHES),
        }
    }

    /// Counts a request as in flight until the guard is dropped; fails if the user has too many.
    pub fn begin_request(&self, user: UserId) -> ApiResult<InFlightGuard> {
        let mut users = self.in_flight.lock();
        let count = users.entry(user).or_insert(0);
        if *count >= MAX_IN_FLIGHT {
            let detail = format!("you have {MAX_IN_FLIGHT} requests in flight; wait for a response first");
            return Err(ApiError::rate_limited(IN_FLIGHT_RETRY_AFTER, &detail));
        }
        *count += 1;
        Ok(InFlightGuard { user, counts: Arc::clone(&self.in_flight) })
    }

    /// Counts a request against the rate limit.
    pub fn check_request_rate(&self, user: UserId) -> ApiResult<()> {
        self.request_rate.check(user, "requests")
    }

    /// Counts a question to the assistant against its rate limit.
    pub fn check_question_rate(&self, user: UserId) -> ApiResult<()> {
        self.question_rate.check(user, "questions to the assistant")
    }

    /// Counts a search for similar problems until the permit is dropped; fails if there are too many.
    pub fn begin_similar_search(&self) -> ApiResult<SemaphorePermit<'_>> {
        Ok(self.similar_searches.try_acquire().map_err(|_| SearchError::TooManySearches)?)
    }

    /// Fails if a user with this many open streams must not open another.
    pub fn check_stream_count(&self, open: usize) -> ApiResult<()> {
        if open < self.max_streams {
            return Ok(());
        }
        let detail = format!("you have {open} event streams open; close one first");
        Err(ApiError::rate_limited(Duration::from_secs(10), &detail))
    }

    /// Drops users who have not made a request lately.
    pub fn evict_idle(&self) {
        self.request_rate.evict_idle();
        self.question_rate.evict_idle();
    }
}

/// Requests in flight by user; users with none are absent.
type InFlightCounts = Mutex<HashMap<UserId, u32>>;

/// Counts a request as in flight until it is dropped.
pub struct InFlightGuard {
    user: UserId,
    counts: Arc<InFlightCounts>,
}

impl InFlightGuard {
    /// Attaches the guard to the response: the request ends when its body was sent or dropped.
    pub fn hold_until_sent(self, response: Response) -> Response {
        response.map(|body| Body::new(GuardedBody { body, _guard: self }))
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        let mut users = self.counts.lock();
        if let Some(count) = users.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                users.remove(&self.user);
            }
        }
    }
}

/// A body that keeps its request in flight.
struct GuardedBody {
    body: Body,
    _guard: InFlightGuard,
}

impl http_body::Body for GuardedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use tierup_common::problem::Code;

    use super::*;

    #[test]
    fn requests_in_flight_are_limited_per_user() {
        let limits = UserLimits::new(0, 0, 0);
        let (sam, priya) = (UserId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        let mut under_way: Vec<_> = (0..MAX_IN_FLIGHT).map(|_| limits.begin_request(sam).unwrap()).collect();
        assert!(limits.begin_request(sam).is_err());
        drop(limits.begin_request(priya).unwrap());
        under_way.pop();
        under_way.push(limits.begin_request(sam).unwrap());
        assert!(limits.begin_request(sam).is_err());
        under_way.clear();
        assert!(limits.in_flight.lock().is_empty(), "users without requests are dropped");
    }

    /// Mutants seen to fail: a permit that is forgotten.
    #[test]
    fn searches_for_similar_problems_are_rejected_as_rate_limited_when_there_are_too_many() {
        let limits = UserLimits::new(0, 0, 0);
        let mut running: Vec<_> =
            (0..MAX_SIMILAR_SEARCHES).map(|_| limits.begin_similar_search().unwrap()).collect();
        let refused = limits.begin_similar_search().unwrap_err();
        assert_eq!(refused.problem.code(), Some(Code::RateLimited));
        running.pop();
        assert!(limits.begin_similar_search().is_ok());
    }
}
