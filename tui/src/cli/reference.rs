//! How arguments name handoffs and sessions.

use std::str::FromStr;

use tierup_common::id::{HandoffId, HandoffRef, Number, ParseIdError, SessionId};

/// A session: `17` or `s17`, `h42` or `#42` for the session of handoff 42, or the id of either.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SessionRef {
    SessionNumber(Number),
    Handoff(HandoffRef),
    Id(SessionId),
}

impl FromStr for SessionRef {
    type Err = ParseRefError;

    fn from_str(text: &str) -> Result<Self, ParseRefError> {
        if let Some(handoff) = text.strip_prefix(['h', '#']) {
            return parse_number(handoff).map(|number| Self::Handoff(HandoffRef::Number(number)));
        }
        if let Ok(number) = parse_number(text.strip_prefix('s').unwrap_or(text)) {
            return Ok(Self::SessionNumber(number));
        }
        text.parse().map(Self::Id).map_err(|ParseIdError| ParseRefError)
    }
}

/// What `tierup show` shows: a handoff as `42`, `#42`, `h42` or by id; a session as `s17` or by id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ShowTarget {
    Handoff(Number),
    Session(Number),
    /// The id of either.
    Id(HandoffId),
}

impl FromStr for ShowTarget {
    type Err = ParseRefError;

    fn from_str(text: &str) -> Result<Self, ParseRefError> {
        if let Some(session) = text.strip_prefix('s') {
            return parse_number(session).map(Self::Session);
        }
        parse_handoff_ref(text).map(|handoff| match handoff {
            HandoffRef::Number(number) => Self::Handoff(number),
            HandoffRef::Id(id) => Self::Id(id),
        })
    }
}

/// The argument is neither a number nor an id.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected a number like 42, or an id")]
pub(super) struct ParseRefError;

/// A handoff: `42`, `#42`, `h42`, or its id.
pub(super) fn parse_handoff_ref(text: &str) -> Result<HandoffRef, ParseRefError> {
    match text.strip_prefix('h') {
        Some(rest) => parse_number(rest).map(HandoffRef::Number),
        None => text.parse().map_err(|ParseIdError| ParseRefError),
    }
}

fn parse_number(text: &str) -> Result<Number, ParseRefError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).map(Number).ok_or(ParseRefError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_and_handoffs_are_distinguished_by_their_prefix() {
        let number = |n| HandoffRef::Number(Number(n));
        assert_eq!("17".parse(), Ok(SessionRef::SessionNumber(Number(17))));
        assert_eq!("s17".parse(), Ok(SessionRef::SessionNumber(Number(17))));
        assert_eq!("#42".parse(), Ok(SessionRef::Handoff(number(42))));
        assert_eq!("h42".parse(), Ok(SessionRef::Handoff(number(42))));
        assert_eq!("42".parse(), Ok(ShowTarget::Handoff(Number(42))));
        assert_eq!("h42".parse(), Ok(ShowTarget::Handoff(Number(42))));
        assert_eq!("s17".parse(), Ok(ShowTarget::Session(Number(17))));
        for text in ["", "s", "h", "+1", "h+1", "#", "seventeen", "4x"] {
            assert_eq!(text.parse::<SessionRef>(), Err(ParseRefError), "{text:?}");
        }
    }
}
