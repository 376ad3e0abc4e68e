//! How a command fails: a message, a hint, and an exit status that scripts can rely on (`docs/CONSOLE.md`).

use std::fmt::{self, Display};

use tierup_common::problem::{Code, Problem};

use crate::event::CallError;
use crate::runtime::api::{ApiError, LogInError};
use crate::text::{ellipsize, safe};

/// The longest message of a server, in columns.
const MAX_SERVER_MESSAGE_COLUMNS: usize = 500;

/// Why a command ends without success.
#[derive(Debug)]
pub struct CliError {
    exit_status: u8,
    /// One line; `None` if there is nothing to report.
    message: Option<String>,
    hint: Option<String>,
}

impl CliError {
    /// Exit status 1.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(1, message)
    }

    /// Invalid arguments: exit status 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(2, message)
    }

    /// No server or no valid token: exit status 3.
    pub fn not_logged_in(message: impl Into<String>) -> Self {
        Self::new(3, message)
            .with_hint("log in with `tierup login --server URL`, or pass --server and --token")
    }

    /// Exit status 4.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(4, message)
    }

    /// The reader of the output has closed it (`| head`): a silent success.
    pub const fn broken_pipe() -> Self {
        Self { exit_status: 0, message: None, hint: None }
    }

    /// An error with exit status 1 whose text may end in a line `hint: …`.
    pub fn from_display(error: impl Display) -> Self {
        let text = error.to_string();
        match text.split_once("\nhint: ") {
            Some((message, hint)) => Self::error(message).with_hint(hint),
            None => Self::error(text),
        }
    }

    fn new(exit_status: u8, message: impl Into<String>) -> Self {
        Self { exit_status, message: Some(message.into()), hint: None }
    }

    /// The same with the next step for the user.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same about one of several things.
    #[must_use]
    pub fn about(self, subject: &str) -> Self {
        let message = self.message.map(|message| format!("{subject}: {message}"));
        Self { message, ..self }
    }

    /// The exit status of the process.
    pub const fn exit_status(&self) -> u8 {
        self.exit_status
    }

    /// The message, if there is something to report.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The next step for the user, if there is one.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message.as_deref().unwrap_or_default())?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, ": {hint}"))
    }
}

impl From<CallError> for CliError {
    fn from(failure: CallError) -> Self {
        let status = match &failure {
            CallError::Unreachable(_) => 7,
            CallError::InvalidResponse(_) => 1,
            CallError::Problem(problem) => problem_status(problem),
        };
        Self { hint: call_error_hint(&failure), ..Self::new(status, call_error_message(&failure)) }
    }
}

impl From<ApiError> for CliError {
    fn from(error: ApiError) -> Self {
        let exit_status = match &error {
            // A token that cannot be sent does not log in.
            ApiError::InvalidToken => 3,
            ApiError::InvalidAddress(_)
            | ApiError::AddressHasUserinfo
            | ApiError::Client(_)
            | ApiError::Randomness(_) => 1,
        };
        Self { exit_status, ..Self::from_display(error) }
    }
}

impl From<LogInError> for CliError {
    fn from(error: LogInError) -> Self {
        match error {
            LogInError::Api(error) => error.into(),
            LogInError::Call(failure) => failure.into(),
        }
    }
}

fn problem_status(problem: &Problem) -> u8 {
    match problem.code() {
        Some(Code::Unauthenticated | Code::InvalidCredentials) => 3,
        Some(Code::NotFound) => 4,
        Some(Code::Forbidden | Code::NotAParticipant) => 5,
        Some(
            Code::HandoffAlreadyClaimed
            | Code::HandoffClosed
            | Code::SessionNotActive
            | Code::SessionFull
            | Code::AssessmentRunning
            | Code::EmailTaken,
        ) => 9,
        Some(
            Code::BadRequest
            | Code::MethodNotAllowed
            | Code::RequestTimeout
            | Code::PayloadTooLarge
            | Code::UriTooLong
            | Code::UnsupportedMediaType
            | Code::Invalid
            | Code::IdempotencyKeyReused
            | Code::RateLimited
            | Code::HeadersTooLarge
            | Code::Internal
            | Code::Unavailable
            | Code::StorageFull,
        )
        | None => 1,
    }
}

/// A failed call in one line, with the invalid field if there is one.
pub fn call_error_message(failure: &CallError) -> String {
    let CallError::Problem(problem) = failure else { return failure.to_string() };
    let message = failure.to_string();
    // A server puts it into the detail as well.
    let field = problem.errors.first().filter(|error| !message.contains(&error.message));
    let field = field.map(|error| format!(" ({}: {})", error.field, error.message));
    quote_server(&format!("{message}{}", field.unwrap_or_default()))
}

/// A server's own words in one line, marked as such: no hint of ours, however they are worded.
pub fn quote_server(words: &str) -> String {
    let line = safe::sanitize_prefix(words, MAX_SERVER_MESSAGE_COLUMNS);
    format!("the server says: {}", ellipsize(&line, MAX_SERVER_MESSAGE_COLUMNS))
}

/// The next step after a failed call, never in words of the server.
fn call_error_hint(failure: &CallError) -> Option<String> {
    let hint = match failure {
        CallError::Unreachable(_) => "`tierup doctor` checks the server and this machine",
        CallError::InvalidResponse(_) => "check the address: `tierup doctor` shows what answers there",
        CallError::Problem(problem) => match problem.code()? {
            Code::Unauthenticated => "log in again: `tierup login`",
            Code::Forbidden | Code::NotAParticipant => "`tierup whoami` shows your role",
            Code::HandoffAlreadyClaimed => "`tierup queue` lists open handoffs",
            Code::RateLimited => "wait a moment, then try again",
            Code::Internal => {
                let is_id = |id: &&String| {
                    id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                };
                let id = problem.request_id.as_ref().filter(is_id);
                return id.map(|id| format!("search the server's log for {id}"));
            }
            Code::BadRequest
            | Code::Invalid
            | Code::InvalidCredentials
            | Code::NotFound
            | Code::MethodNotAllowed
            | Code::RequestTimeout
            | Code::HandoffClosed
            | Code::SessionNotActive
            | Code::SessionFull
            | Code::AssessmentRunning
            | Code::EmailTaken
            | Code::PayloadTooLarge
            | Code::UriTooLong
            | Code::HeadersTooLarge
            | Code::UnsupportedMediaType
            | Code::IdempotencyKeyReused
            | Code::Unavailable
            | Code::StorageFull => return None,
        },
    };
    Some(hint.into())
}
