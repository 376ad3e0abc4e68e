//! Refusals: why a rule rejects a request.

use std::time::Duration;

use tierup_common::handoff::HandoffStatus;
use tierup_common::limit;
use tierup_common::problem::{FieldError, Winner};
use tierup_common::session::SessionStatus;

/// Why a request is refused, with all that the answer needs. `error.rs` maps it to a problem.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// The caller's account has no such resource.
    #[error("not found")]
    NotFound,
    /// The token is unknown or revoked, or its user is inactive.
    #[error("this token is not valid: it was revoked, or its user is inactive")]
    InvalidToken,
    /// The token has expired.
    #[error("this token has expired; ask an admin for a new one, or log in")]
    TokenExpired,
    /// The caller's role or relation to the resource does not allow it; the sentence names who may.
    #[error("{0}")]
    Forbidden(String),
    /// The caller does not take part in the session.
    #[error("only the opener, the assignee and admins can write in this session")]
    NotAParticipant,
    /// The session is neither parked nor escalated.
    #[error("only a parked or escalated session can be taken back; this one is {}", status_label(*.0))]
    NothingToResume(SessionStatus),
    /// The status of the session does not allow it.
    #[error("the session is {}", status_label(*.0))]
    SessionNotActive(SessionStatus),
    /// The session has reached a size limit.
    #[error("{0}")]
    SessionFull(CapacityLimit),
    /// Somebody else claimed the handoff, this long ago.
    #[error("already claimed by {}", .0.claimed_by_name)]
    AlreadyClaimed(Winner, Duration),
    /// The handoff is not in the queue.
    #[error("the handoff is {0}")]
    HandoffClosed(HandoffStatus),
    /// The assessment of the handoff is still being written.
    #[error("the assessment of this handoff is still being written")]
    AssessmentRunning,
    /// Another user has this email address.
    #[error("another user has this email address")]
    EmailTaken,
    /// Fields that break a rule.
    #[error("{}", join_field_errors(.0))]
    Invalid(Vec<FieldError>),
    /// The idempotency key was used for another request.
    #[error("this Idempotency-Key was used for another request; use a new key for a new request")]
    IdempotencyKeyReused,
}

impl Refusal {
    /// A refusal for one field.
    pub fn invalid_field(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.into(), message: message.into() }])
    }
}

/// A size limit of a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CapacityLimit {
    /// The number of messages, or the text of messages and branches.
    #[error(
        "this session is full: a session has at most {} messages and {} MiB of text; resolve or escalate it, and continue in a new one",
        limit::MAX_SESSION_MESSAGES,
        limit::MAX_SESSION_BYTES / MIB
    )]
    Session,
    /// The text of its branches.
    #[error("the branches of a session have at most {} MiB of text; shorten this one, and add the rest as a message", limit::MAX_BRANCH_BYTES / MIB)]
    Branches,
}

const MIB: u64 = 1024 * 1024;

/// The status of a session, as people call it.
const fn status_label(status: SessionStatus) -> &'static str {
    match status {
        SessionStatus::Paused => "parked",
        SessionStatus::Active | SessionStatus::Escalated | SessionStatus::Resolved => status.as_str(),
    }
}

fn join_field_errors(errors: &[FieldError]) -> String {
    let each: Vec<String> =
        errors.iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
    each.join("; ")
}
