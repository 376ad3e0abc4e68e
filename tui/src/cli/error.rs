//! How a command ends when it does not end well: one line, a hint, and a status that scripts can rely on.

use std::fmt::{self, Display};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use tierup_common::problem::Code;

use crate::cli::output;
use crate::event::CallError;
use crate::runtime::api::ApiError;
use crate::text::safe;
use crate::theme::transliterate;

/// Columns that a server's words may take.
const MAX_SERVER_MESSAGE_COLUMNS: usize = 500;

/// An end that is not success.
#[derive(Debug)]
pub struct CliError {
    exit_code: u8,
    /// What is said about it; nothing of one that is no fault.
    message: Option<String>,
    hint: Option<String>,
}

impl CliError {
    /// Something went wrong.
    pub fn error(message: impl Into<String>) -> Self {
        Self::with_exit_code(1, message)
    }

    /// The arguments make no sense.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::with_exit_code(2, message)
    }

    /// There is no such thing.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::with_exit_code(4, message)
    }

    /// Whoever reads the output has heard enough: no fault.
    pub const fn broken_pipe() -> Self {
        Self { exit_code: 0, message: None, hint: None }
    }

    fn with_exit_code(status: u8, message: impl Into<String>) -> Self {
        Self { exit_code: status, message: Some(message.into()), hint: None }
    }

    /// It is not known which server, or as whom.
    pub fn not_logged_in(message: impl Into<String>) -> Self {
        Self::with_exit_code(3, message)
            .with_hint("log in with `tierup login --server URL`, or pass --server and --token")
    }

    /// What to do about it.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Says it, as one line and perhaps a hint.
    pub fn report(self) -> ExitCode {
        if let Some(message) = &self.message {
            print_diagnostic("error", message);
            if let Some(hint) = &self.hint {
                print_diagnostic("hint", hint);
            }
        }
        ExitCode::from(self.exit_code)
    }
}

impl From<CallError> for CliError {
    fn from(failure: CallError) -> Self {
        let hint = call_error_hint(&failure);
        let status = match &failure {
            CallError::Unreachable(_) => 7,
            CallError::InvalidResponse(_) => 1,
            CallError::Problem(problem) => match problem.code() {
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
            },
        };
        Self { hint, ..Self::with_exit_code(status, call_error_message(&failure)) }
    }
}

/// Why, in one line. What a server says is the server's word, and is marked as such: it is no hint of ours, however it is
/// worded.
pub(super) fn call_error_message(failure: &CallError) -> String {
    let CallError::Problem(problem) = failure else { return failure.to_string() };
    let message = failure.to_string();
    // A server puts it into the detail as well.
    let field = problem.errors.first().filter(|error| !message.contains(&error.message));
    let field = field.map(|error| format!(" ({}: {})", error.field, error.message));
    quote_server(&format!("{message}{}", field.unwrap_or_default()))
}

/// A server's own words, in one line.
pub(super) fn quote_server(words: &str) -> String {
    let words = safe::sanitize_prefix(words, MAX_SERVER_MESSAGE_COLUMNS);
    format!("the server says: {}", words.ellipsized(MAX_SERVER_MESSAGE_COLUMNS))
}

/// What to do about a failure, where that can be said from here. Never in words that came from elsewhere.
fn call_error_hint(failure: &CallError) -> Option<String> {
    let hint = match failure {
        CallError::Unreachable(_) => "`tierup doctor` looks at the server and at this machine",
        CallError::InvalidResponse(_) => "check the address: `tierup doctor` says what answers there",
        CallError::Problem(problem) => match problem.code()? {
            Code::Unauthenticated => "log in again: `tierup login`",
            Code::Forbidden | Code::NotAParticipant => "`tierup whoami` says which role you have",
            Code::HandoffAlreadyClaimed => "`tierup queue` lists what still waits",
            Code::RateLimited => "wait a moment, then try again",
            Code::Internal => {
                let is_id = |id: &&String| {
                    id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                };
                let id = problem.request_id.as_ref().filter(is_id);
                return id.map(|id| format!("the server's log has it as {id}"));
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

/// Says a line on standard error. Where nobody listens, there is nobody to tell.
pub(super) fn print_diagnostic(kind: &str, raw: &str) {
    let charset = output::output_charset(std::io::stderr().is_terminal());
    let _ = writeln!(std::io::stderr(), "{kind}: {}", transliterate(&safe::sanitize_line(raw), charset));
}

impl Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message.as_deref().unwrap_or_default())?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, ": {hint}"))
    }
}

/// There is no way to a server.
pub(super) fn api_error(error: &ApiError) -> CliError {
    let exit = cli_error(error);
    match error {
        // What cannot be a token does not work.
        ApiError::InvalidToken => CliError { exit_code: 3, ..exit },
        ApiError::InvalidAddress(_)
        | ApiError::AddressHasUserinfo
        | ApiError::Client(_)
        | ApiError::Randomness(_) => exit,
    }
}

/// Anything else that went wrong. An error of this program may bring its own hint.
pub fn cli_error(error: impl Display) -> CliError {
    let message = error.to_string();
    match message.split_once("\nhint: ") {
        Some((message, hint)) => CliError::error(message).with_hint(hint),
        None => CliError::error(message),
    }
}
