//! From what went wrong to what is answered: the only place that maps to an HTTP status.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tierup_common::problem::{self, Code, Problem};
use tierup_common::time::format_ago;

use crate::domain::Refusal;
use crate::password::PasswordError;
use crate::search::SearchError;
use crate::security_headers;
use crate::store;

/// A problem on its way out. The layer that knows the request's id turns it into the body: see [`finish`].
#[derive(Clone, Debug)]
pub struct ApiError {
    /// What the answer says.
    pub problem: Box<Problem>,
    /// For `rate-limited`: when to come again.
    retry_after: Option<Duration>,
}

/// What a handler gives back.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// A problem of this kind that says what is wrong this time.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Problem::new(code).with_detail(detail).into()
    }

    /// Come again after so long.
    pub fn rate_limited(after: Duration, detail: &str) -> Self {
        let mut error = Self::new(Code::RateLimited, detail);
        error.retry_after = Some(after);
        error
    }

    /// A fault of ours: the log says which, the answer does not.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "internal error");
        Self::new(Code::Internal, "the server's log has more under this request id")
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self { problem: Box::new(problem), retry_after: None }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        problem_from_refusal(refusal).into()
    }
}

impl From<SearchError> for ApiError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::TooManySearches => {
                Self::rate_limited(Duration::from_secs(1), "too many searches at once; try again in a moment")
            }
            SearchError::Store(error) => error.into(),
            SearchError::Index(_) | SearchError::Runbooks(..) | SearchError::Cancelled => {
                Self::internal(&error)
            }
        }
    }
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Crowded => {
                Self::rate_limited(Duration::from_secs(2), "too many log-ins at once; try again in a moment")
            }
            PasswordError::Argon2(_) | PasswordError::CutShort => Self::internal(&error),
        }
    }
}

/// What a refusal looks like to the one refused.
pub fn problem_from_refusal(refusal: Refusal) -> Problem {
    let say = |code, refusal: &Refusal| Problem::new(code).with_detail(refusal.to_string());
    match refusal {
        Refusal::NotFound => {
            Problem::new(Code::NotFound).with_detail("there is no such thing in your account")
        }
        Refusal::InvalidToken | Refusal::TokenExpired => say(Code::Unauthenticated, &refusal),
        Refusal::Forbidden(_) => say(Code::Forbidden, &refusal),
        Refusal::NotAParticipant => say(Code::NotAParticipant, &refusal),
        Refusal::SessionNotActive(_) | Refusal::NothingToResume(_) => say(Code::SessionNotActive, &refusal),
        Refusal::SessionFull(_) => say(Code::SessionFull, &refusal),
        Refusal::HandoffClosed(_) => say(Code::HandoffClosed, &refusal),
        Refusal::AssessmentRunning => say(Code::AssessmentRunning, &refusal),
        Refusal::EmailTaken => say(Code::EmailTaken, &refusal),
        Refusal::IdempotencyKeyReused => say(Code::IdempotencyKeyReused, &refusal),
        Refusal::AlreadyClaimed(winner, since) => {
            let detail = format!("Already claimed by {} {}.", winner.claimed_by_name, format_ago(since));
            let problem = Problem::new(Code::HandoffAlreadyClaimed).with_detail(detail);
            Problem { winner: Some(winner), ..problem }
        }
        Refusal::Invalid(errors) => {
            let problem = Problem::new(Code::Invalid).with_detail("some fields break a rule; see errors");
            Problem { errors, ..problem }
        }
    }
}

impl From<store::StoreError> for ApiError {
    fn from(error: store::StoreError) -> Self {
        match error {
            store::StoreError::Refused(refusal) => refusal.into(),
            store::StoreError::DiskFull => {
                tracing::error!("the disk is full");
                Self::new(Code::StorageFull, "the server's disk is full; nothing was written, reads go on")
            }
            store::StoreError::Closed => Self::new(
                Code::Unavailable,
                "the server is stopping; try again in a moment, with the same Idempotency-Key",
            ),
            store::StoreError::RolledBack => Self::new(
                Code::Unavailable,
                "the database took this change back, with others; nothing was written, send it again",
            ),
            store::StoreError::FolderReplaced => Self::new(
                Code::Unavailable,
                "the server's folder was moved, deleted or replaced; nothing is stored until it is back, reads go on",
            ),
            store::StoreError::UnknownOutcome => {
                tracing::error!("a commit ended in an unknown state");
                Self::new(
                    Code::Unavailable,
                    "whether this was stored is not known; send it again with the same Idempotency-Key",
                )
            }
            store::StoreError::Sql(_) | store::StoreError::Json(_) | store::StoreError::Panicked => {
                Self::internal(&error)
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives a response its request id and what browsers are told, and a problem its body.
pub fn finish_response(mut response: Response, request_id: &str) -> Response {
    if let Some(ApiError { mut problem, retry_after }) = response.extensions_mut().remove::<ApiError>() {
        problem.request_id = Some(request_id.into());
        // A Problem is plain data: turning it into JSON cannot fail.
        *response.body_mut() = serde_json::to_vec(&problem).unwrap_or_default().into();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(problem::CONTENT_TYPE));
        headers.remove(header::CONTENT_LENGTH);
        if let Some(after) = retry_after {
            // Rounded up to a whole second: whoever comes then is let in.
            headers.insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs() + 1));
        }
        if problem.status == 401 {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
    }
    security_headers::add_security_headers(response.headers_mut());
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}
