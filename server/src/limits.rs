//! How much one user may ask for: requests, what a model must answer, streams.
//!
//! A limit that is passed is said with the time to wait, and holds up nobody else.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http_body::{Frame, SizeHint};
use tierup_common::id::UserId;

use crate::error::{ApiError, ApiResult};

/// Requests of one user that are answered at a time: each holds what it was sent and what it answers. More than any console
/// or script has use for, and with all of them as large as they may be no burden.
const IN_FLIGHT: u32 = 64;
/// When to come again who has more: some of them are answered by then.
const MOMENT: Duration = Duration::from_secs(1);

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
    in_flight: Arc<InFlight>,
}

impl Limits {
    /// Requests and questions to a model in a minute (0 is no limit), and streams open at once, each for one user.
    pub fn new(requests: u32, questions: u32, streams: u32) -> Self {
        let (requests, questions) = (PerUser::per_minute(requests), PerUser::per_minute(questions));
        Self { requests, questions, streams: streams as usize, in_flight: Arc::default() }
    }

    /// Lets a request in, if the user has not too many under way: it is until what is given back is dropped.
    pub fn enter(&self, user: UserId) -> ApiResult<UnderWay> {
        let mut users = self.in_flight.users();
        let count = users.entry(user).or_insert(0);
        if *count >= IN_FLIGHT {
            let detail = format!("{IN_FLIGHT} requests of yours are under way; wait for an answer first");
            return Err(ApiError::rate_limited(MOMENT, &detail));
        }
        *count += 1;
        Ok(UnderWay { user, of: Arc::clone(&self.in_flight) })
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
        Err(ApiError::rate_limited(Duration::from_secs(10), &detail))
    }

    /// Forgets users who have not been heard of for long.
    pub fn forget(&self) {
        self.requests.forget();
        self.questions.forget();
    }
}

/// How many requests each user has under way; nobody who has none is in it.
#[derive(Default)]
struct InFlight(Mutex<HashMap<UserId, u32>>);

impl InFlight {
    fn users(&self) -> MutexGuard<'_, HashMap<UserId, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is under way.
pub struct UnderWay {
    user: UserId,
    of: Arc<InFlight>,
}

impl UnderWay {
    /// The answer, with which the request ends: when all of it was taken, or nobody takes it any more.
    pub fn until_sent(self, response: Response) -> Response {
        response.map(|body| Body::new(Sent { body, _under_way: self }))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut users = self.of.users();
        if let Some(count) = users.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                users.remove(&self.user);
            }
        }
    }
}

/// The body of an answer whose request is under way as long as it is there.
struct Sent {
    body: Body,
    _under_way: UnderWay,
}

impl http_body::Body for Sent {
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
    use super::*;

    #[test]
    fn a_user_has_so_many_requests_under_way_and_others_theirs() {
        let limits = Limits::new(0, 0, 0);
        let (sam, priya) = (UserId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        let mut under_way: Vec<_> = (0..IN_FLIGHT).map(|_| limits.enter(sam).unwrap()).collect();
        assert!(limits.enter(sam).is_err());
        drop(limits.enter(priya).unwrap());
        under_way.pop();
        under_way.push(limits.enter(sam).unwrap());
        assert!(limits.enter(sam).is_err());
        under_way.clear();
        assert!(limits.in_flight.users().is_empty(), "nobody is remembered who has none under way");
    }
}
