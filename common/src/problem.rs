//! The errors of the API: problem details (RFC 9457).

use serde::{Deserialize, Serialize};

use crate::id::{HandoffId, UserId};
use crate::time::Timestamp;

/// The media type of a [`Problem`].
pub const CONTENT_TYPE: &str = "application/problem+json";

macro_rules! problem_codes {
    ($($(#[$doc:meta])+ $Code:ident = $slug:literal, $status:literal, $title:literal;)+) => {
        /// The catalogue of problem types.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Code {
            $($(#[$doc])+ $Code,)+
        }

        impl Code {
            /// The whole catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$Code),+];

            /// The last segment of `type`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$Code => $slug,)+ }
            }

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$Code => $status,)+ }
            }

            /// The `title` member.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$Code => $title,)+ }
            }

            /// The `type` member.
            pub const fn uri(self) -> &'static str {
                match self { $(Self::$Code => concat!("/problems/", $slug),)+ }
            }
        }
    };
}

problem_codes! {
    /// The request cannot be parsed.
    BadRequest = "bad-request", 400, "Bad request";
    /// There is no token, or it is not valid.
    Unauthenticated = "unauthenticated", 401, "Not authenticated";
    /// The email address or the password is wrong.
    InvalidCredentials = "invalid-credentials", 401, "Invalid credentials";
    /// The caller's role does not allow it.
    Forbidden = "forbidden", 403, "Forbidden";
    /// The caller does not take part in the session.
    NotAParticipant = "not-a-participant", 403, "Not a participant";
    /// The caller's account has no such resource.
    NotFound = "not-found", 404, "Not found";
    /// The path does not support this method.
    MethodNotAllowed = "method-not-allowed", 405, "Method not allowed";
    /// The headers did not arrive in time.
    RequestTimeout = "request-timeout", 408, "Request timeout";
    /// Somebody else claimed the handoff first.
    HandoffAlreadyClaimed = "handoff-already-claimed", 409, "Handoff already claimed";
    /// The handoff is not in the queue any more.
    HandoffClosed = "handoff-closed", 409, "Handoff closed";
    /// The session is parked, escalated or resolved.
    SessionNotActive = "session-not-active", 409, "Session not active";
    /// The session has reached its size limit: see [`crate::limit::MAX_SESSION_BYTES`].
    SessionFull = "session-full", 409, "Session full";
    /// The assessment is still being written.
    AssessmentRunning = "assessment-running", 409, "Assessment running";
    /// Another user has this email address.
    EmailTaken = "email-taken", 409, "Email taken";
    /// The body is larger than [`crate::limit::MAX_BODY_BYTES`].
    PayloadTooLarge = "payload-too-large", 413, "Payload too large";
    /// The URI is longer than the server accepts.
    UriTooLong = "uri-too-long", 414, "URI too long";
    /// The body is not plain JSON; it may be compressed.
    UnsupportedMediaType = "unsupported-media-type", 415, "Unsupported media type";
    /// A field breaks a rule.
    Invalid = "invalid", 422, "Invalid";
    /// The `Idempotency-Key` was used for another request.
    IdempotencyKeyReused = "idempotency-key-reused", 422, "Idempotency key reused";
    /// Too many requests.
    RateLimited = "rate-limited", 429, "Rate limited";
    /// The request line and headers are larger than the server accepts.
    HeadersTooLarge = "headers-too-large", 431, "Headers too large";
    /// The server failed.
    Internal = "internal", 500, "Internal error";
    /// The server cannot answer now.
    Unavailable = "unavailable", 503, "Unavailable";
    /// The disk is full. Reads still work.
    StorageFull = "storage-full", 507, "Storage full";
}

/// One field that breaks a rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FieldError {
    /// The path of the field, like `intake_content.text`.
    pub field: String,
    /// The rule.
    pub message: String,
}

/// A problem on the wire.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// `/problems/<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The title of the type.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong with this request, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The id of the request in the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// For `invalid`: every field that breaks a rule. For `bad-request`: the field that cannot be parsed, if known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// For `handoff-already-claimed`: the claimer.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub winner: Option<Winner>,
}

/// The user who claimed a handoff first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Winner {
    /// The handoff.
    pub handoff_id: HandoffId,
    /// The claimer.
    pub claimed_by_id: UserId,
    /// The claimer's name.
    pub claimed_by_name: String,
    /// When it was claimed.
    pub claimed_at: Timestamp,
}

impl Problem {
    /// A problem of this type, without a detail.
    pub fn new(code: Code) -> Self {
        Self {
            kind: code.uri().into(),
            title: code.title().into(),
            status: code.status(),
            detail: None,
            request_id: None,
            errors: Vec::new(),
            winner: None,
        }
    }

    /// Sets the detail.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Its type; `None` for a type that this program does not know.
    pub fn code(&self) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.uri() == self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_with_a_winner_survives_a_round_trip() {
        let mut problem =
            Problem::new(Code::HandoffAlreadyClaimed).with_detail("Already claimed by Ana Ruiz.");
        problem.winner = Some(Winner {
            handoff_id: HandoffId::from_bytes([1; 16]),
            claimed_by_id: UserId::from_bytes([2; 16]),
            claimed_by_name: "Ana Ruiz".into(),
            claimed_at: Timestamp::from_millis(0),
        });
        let json = serde_json::to_value(&problem).unwrap();
        assert_eq!(json["type"], "/problems/handoff-already-claimed");
        assert_eq!(json["claimed_by_name"], "Ana Ruiz");
        let back: Problem = serde_json::from_value(json).unwrap();
        assert_eq!(back, problem);
        assert_eq!(back.code(), Some(Code::HandoffAlreadyClaimed));
    }
}
