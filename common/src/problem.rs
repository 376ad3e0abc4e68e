//! Every error of the API, as RFC 9457 says it.

use serde::{Deserialize, Serialize};

use crate::id::{HandoffId, UserId};
use crate::time::Timestamp;

/// The media type of a [`Problem`].
pub const CONTENT_TYPE: &str = "application/problem+json";

macro_rules! problem_codes {
    ($($(#[$doc:meta])+ $Code:ident = $word:literal, $status:literal, $title:literal;)+) => {
        /// The kinds of problem: the catalogue.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Code {
            $($(#[$doc])+ $Code,)+
        }

        impl Code {
            /// The whole catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$Code),+];

            /// The last part of `type`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$Code => $word,)+ }
            }

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$Code => $status,)+ }
            }

            /// The same sentence for every problem of this kind.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$Code => $title,)+ }
            }

            /// The `type` member.
            pub const fn uri(self) -> &'static str {
                match self { $(Self::$Code => concat!("/problems/", $word),)+ }
            }
        }
    };
}

problem_codes! {
    /// The request cannot be read.
    BadRequest = "bad-request", 400, "Bad request";
    /// No token, or one that does not work.
    Unauthenticated = "unauthenticated", 401, "Not authenticated";
    /// Email and password do not belong together.
    InvalidCredentials = "invalid-credentials", 401, "Invalid credentials";
    /// The caller's role does not allow it.
    Forbidden = "forbidden", 403, "Forbidden";
    /// The caller does not take part in the session.
    NotAParticipant = "not-a-participant", 403, "Not a participant";
    /// There is no such thing in the caller's account.
    NotFound = "not-found", 404, "Not found";
    /// The path does not take this method.
    MethodNotAllowed = "method-not-allowed", 405, "Method not allowed";
    /// The headers did not arrive in time.
    RequestTimeout = "request-timeout", 408, "Request timeout";
    /// Somebody else was first.
    HandoffAlreadyClaimed = "handoff-already-claimed", 409, "Handoff already claimed";
    /// The handoff has ended.
    HandoffClosed = "handoff-closed", 409, "Handoff closed";
    /// The session is parked, escalated or resolved.
    SessionNotActive = "session-not-active", 409, "Session not active";
    /// The session has no room for more: see [`crate::limit::SESSION_TEXT`].
    SessionFull = "session-full", 409, "Session full";
    /// One assessment at a time.
    AssessmentRunning = "assessment-running", 409, "Assessment running";
    /// Another user has this email address.
    EmailTaken = "email-taken", 409, "Email taken";
    /// The body is larger than [`crate::limit::BODY`].
    PayloadTooLarge = "payload-too-large", 413, "Payload too large";
    /// The address is longer than the server reads.
    UriTooLong = "uri-too-long", 414, "URI too long";
    /// The body is not JSON, or not as it is: compressed, say.
    UnsupportedMediaType = "unsupported-media-type", 415, "Unsupported media type";
    /// The request can be read, but a field of it breaks a rule.
    Invalid = "invalid", 422, "Invalid";
    /// The key was used for another request.
    IdempotencyKeyReused = "idempotency-key-reused", 422, "Idempotency key reused";
    /// Too many requests.
    RateLimited = "rate-limited", 429, "Rate limited";
    /// The request line and the headers are larger than the server reads.
    HeadersTooLarge = "headers-too-large", 431, "Headers too large";
    /// The server's fault.
    Internal = "internal", 500, "Internal error";
    /// Not now.
    Unavailable = "unavailable", 503, "Unavailable";
    /// The disk is full; reads go on.
    StorageFull = "storage-full", 507, "Storage full";
}

/// One field that breaks a rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FieldError {
    /// Which, as a path: `intake_content.text`.
    pub field: String,
    /// What to do about it.
    pub message: String,
}

/// A problem as it is on the wire.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// `/problems/<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same sentence for every problem of this kind.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong this time, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What the server's log calls this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// For `invalid`: every field that breaks a rule. For `bad-request`: the field that cannot be read, if it is one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// For `handoff-already-claimed`: who was first, and when.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub winner: Option<Winner>,
}

/// Who won a claim.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Winner {
    /// The handoff.
    pub handoff_id: HandoffId,
    /// The claimer.
    pub claimed_by_id: UserId,
    /// Their name.
    pub claimed_by_name: String,
    /// When they claimed it.
    pub claimed_at: Timestamp,
}

impl Problem {
    /// A problem of this kind, with nothing said beyond its title.
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

    /// The same, saying what is wrong this time.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Its kind; none for a kind that this program does not know.
    pub fn code(&self) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.uri() == self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_comes_back_from_the_wire_with_its_winner() {
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
