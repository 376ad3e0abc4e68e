//! Maps errors to problems and HTTP statuses. No other file does.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tierup_common::problem::{self, Code, FieldError, Problem};
use tierup_common::time::format_ago;

use crate::assess::EngineError;
use crate::domain::Refusal;
use crate::password::PasswordError;
use crate::search::SearchError;
use crate::security_headers;
use crate::store;

/// A problem to respond with. Its body is rendered by [`finish_response`], which knows the request's id.
#[derive(Clone, Debug)]
pub struct ApiError {
    /// The problem, without the request's id.
    pub problem: Box<Problem>,
    /// For `rate-limited`: the value of `Retry-After`.
    retry_after: Option<Duration>,
}

/// The result of a handler.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// A problem of this code, with what is wrong this time.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Problem::new(code).with_detail(detail).into()
    }

    /// `rate-limited`: come back after this time.
    pub fn rate_limited(after: Duration, detail: &str) -> Self {
        let mut error = Self::new(Code::RateLimited, detail);
        error.retry_after = Some(after);
        error
    }

    /// An internal error: logged in full, and shown without details.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "internal error");
        Self::new(Code::Internal, "see the server's log for this request id")
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

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        Self::internal(&error)
    }
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::TooManyLogins => {
                Self::rate_limited(Duration::from_secs(2), "too many logins at once; try again in a moment")
            }
            PasswordError::Argon2(_) | PasswordError::Cancelled => Self::internal(&error),
        }
    }
}

/// The first rule that a field breaks, with the field; `errors` has all of them.
fn invalid_detail(errors: &[FieldError]) -> String {
    match errors {
        [] => "invalid request".into(),
        [only] => format!("{}: {}", only.field, only.message),
        [first, rest @ ..] => {
            format!("{}: {} (and {} more in errors)", first.field, first.message, rest.len())
        }
    }
}

/// The problem of a refusal.
pub fn problem_from_refusal(refusal: Refusal) -> Problem {
    let say = |code, refusal: &Refusal| Problem::new(code).with_detail(refusal.to_string());
    match refusal {
        Refusal::NotFound => Problem::new(Code::NotFound).with_detail("not found in your account"),
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
            let problem = Problem::new(Code::Invalid).with_detail(invalid_detail(&errors));
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
                Self::new(
                    Code::StorageFull,
                    "the server's disk is full; nothing was written, reads still work",
                )
            }
            store::StoreError::Closed => Self::new(
                Code::Unavailable,
                "the server is stopping; try again in a moment, with the same Idempotency-Key",
            ),
            store::StoreError::RolledBack => Self::new(
                Code::Unavailable,
                "the database rolled this change back; nothing was written, send it again",
            ),
            store::StoreError::FolderReplaced => Self::new(
                Code::Unavailable,
                "the server's folder was moved, deleted or replaced; writes fail until it is back, reads still work",
            ),
            store::StoreError::UnknownOutcome => {
                tracing::error!("the outcome of a commit is unknown");
                Self::new(
                    Code::Unavailable,
                    "it is unknown whether this was stored; send it again with the same Idempotency-Key",
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

/// Adds the request's id, the security headers and, to a problem, its body.
pub fn finish_response(mut response: Response, request_id: &str) -> Response {
    if let Some(ApiError { mut problem, retry_after }) = response.extensions_mut().remove::<ApiError>() {
        problem.request_id = Some(request_id.into());
        // A Problem is plain data: serializing it cannot fail.
        *response.body_mut() = serde_json::to_vec(&problem).unwrap_or_default().into();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(problem::CONTENT_TYPE));
        headers.remove(header::CONTENT_LENGTH);
        if let Some(after) = retry_after {
            // Rounded up, so that a retry after this many seconds is never early.
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
