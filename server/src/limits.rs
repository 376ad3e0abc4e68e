//! How much one user may ask for: requests, what a model must answer, streams.
//!
//! A limit that is passed is said with the time to wait, and holds up nobody else.

use std::num::NonZeroU32;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tierup_common::id::UserId;

use crate::error::{ApiError, ApiResult};

/// A limit for each user by themselves; none if nothing is limited.
struct PerUser(Option<DefaultKeyedRateLimiter<UserId>>);

impl PerUser {
    /// So many in a minute, which may come all at once; 0 is as many as one likes.
    fn per_minute(number: u32) -> Self {
        Self(NonZeroU32::new(number).map(|number| RateLimiter::keyed(Quota::per_minute(number))))
    }

    fn take(&self, user: UserId, what: &str) -> ApiResult<()> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        limiter.check_key(&user).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            ApiError::rate_limited(wait, &format!("too many {what} in a minute; wait as Retry-After says"))
        })
    }

    fn forget(&self) {
        if let Some(limiter) = &self.0 {
            limiter.retain_recent();
        }
    }
}

/// The limits of a server.
pub struct Limits {
    requests: PerUser,
    questions: PerUser,
    streams: usize,
}

impl Limits {
    /// Requests and questions to a model in a minute (0 is no limit), and streams open at once, each for one user.
    pub fn new(requests: u32, questions: u32, streams: u32) -> Self {
        let (requests, questions) = (PerUser::per_minute(requests), PerUser::per_minute(questions));
        Self { requests, questions, streams: streams as usize }
    }

    /// Counts a request.
    pub fn request(&self, user: UserId) -> ApiResult<()> {
        self.requests.take(user, "requests")
    }

    /// Counts what the assistant must answer or assess.
    pub fn question(&self, user: UserId) -> ApiResult<()> {
        self.questions.take(user, "questions to the assistant")
    }

    /// Whether a user with so many streams may open another.
    pub fn stream(&self, open: usize) -> ApiResult<()> {
        if open < self.streams {
            return Ok(());
        }
        let detail = format!("{open} event streams of yours are open; close one first");
        Err(ApiError::rate_limited(std::time::Duration::from_secs(10), &detail))
    }

    /// Forgets users who have not been heard of for long.
    pub fn forget(&self) {
        self.requests.forget();
        self.questions.forget();
    }
}
