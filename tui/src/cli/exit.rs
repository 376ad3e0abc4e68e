//! How a command ends when it does not end well: one line, a hint, and a status that scripts can rely on.

use std::fmt::Display;
use std::process::ExitCode;

use tierup_common::problem::Code;

use crate::event::Failure;
use crate::text::safe;

/// An end that is not success.
#[derive(Debug)]
pub struct Exit {
    status: u8,
    message: String,
    hint: Option<String>,
}

impl Exit {
    /// Something went wrong.
    pub fn error(message: impl Into<String>) -> Self {
        Self { status: 1, message: message.into(), hint: None }
    }

    /// It is not known which server, or as whom.
    pub fn not_logged_in(message: impl Into<String>) -> Self {
        let exit = Self { status: 3, message: message.into(), hint: None };
        exit.hint("log in with `tierup login --server URL`, or pass --server and --token")
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Says it, as one line and perhaps a hint.
    pub fn report(self) -> ExitCode {
        // An error of a library may bring its own hint.
        let (message, own_hint) = match self.message.split_once("\nhint: ") {
            Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
            None => (self.message, None),
        };
        eprintln!("error: {}", safe::line(&message));
        if let Some(hint) = self.hint.or(own_hint) {
            eprintln!("hint: {}", safe::line(&hint));
        }
        ExitCode::from(self.status)
    }
}

impl From<Failure> for Exit {
    fn from(failure: Failure) -> Self {
        let status = match &failure {
            Failure::Unreachable(_) => 7,
            Failure::Nonsense(_) => 1,
            Failure::Problem(problem) => match problem.code() {
                Some(Code::Unauthenticated | Code::InvalidCredentials) => 3,
                Some(Code::NotFound) => 4,
                Some(Code::Forbidden | Code::NotAParticipant) => 5,
                Some(
                    Code::HandoffAlreadyClaimed
                    | Code::HandoffClosed
                    | Code::SessionNotActive
                    | Code::AssessmentRunning
                    | Code::EmailTaken,
                ) => 9,
                Some(
                    Code::BadRequest
                    | Code::MethodNotAllowed
                    | Code::PayloadTooLarge
                    | Code::UnsupportedMediaType
                    | Code::Invalid
                    | Code::IdempotencyKeyReused
                    | Code::RateLimited
                    | Code::Internal
                    | Code::Unavailable
                    | Code::StorageFull,
                )
                | None => 1,
            },
        };
        Self { status, message: failure.to_string(), hint: None }
    }
}

/// Anything else that went wrong.
pub fn wrong(error: impl Display) -> Exit {
    Exit::error(error.to_string())
}
