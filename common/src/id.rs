//! Ids, numbers and cursors, each a type of its own so that one cannot stand where another belongs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::{ContextV7, Uuid};

use crate::time::Timestamp;

/// What was given is not an id: neither a UUID nor, where numbers are taken, a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseIdError;

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an id")
    }
}

impl std::error::Error for ParseIdError {}

macro_rules! id_types {
    ($($(#[$doc:meta])+ $name:ident)*) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id (UUIDv7), which sorts by the moment it was made: rows keyed by it are appended, not
            /// scattered.
            pub fn new(now: Timestamp) -> Self {
                Self(new_uuid(now))
            }

            /// The id with these 16 bytes, as the database keeps it.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The 16 bytes that the database keeps.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                Uuid::try_parse(text).map(Self).map_err(|_| ParseIdError)
            }
        }
    )*};
}

id_types! {
    /// A team: everything else belongs to exactly one.
    AccountId
    /// A member of a team.
    UserId
    /// A bearer token (its name in lists and revocations, never the secret).
    TokenId
    /// One troubleshooting conversation.
    SessionId
    /// One message of a session.
    MessageId
    /// One line of what has been tried; made by the client, so that a retry is the same branch.
    BranchId
    /// A session handed on: parked for oneself or escalated to the team.
    HandoffId
    /// One suggested step of an assessment.
    StepId
}

/// A UUIDv7 of this moment. The context keeps ids of one process in the order of their making within one
/// millisecond too.
fn new_uuid(now: Timestamp) -> Uuid {
    static CONTEXT: std::sync::Mutex<ContextV7> = std::sync::Mutex::new(ContextV7::new());
    let (seconds, nanos) = now.as_unix();
    Uuid::new_v7(uuid::Timestamp::from_unix(&CONTEXT, seconds, nanos))
}

/// A short number, per account, that people can say aloud: `#42`. Sessions and handoffs count separately.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Number(pub u32);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The place of an event in its account's log: gapless from 1, never reused. 0 is "before the first".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Seq(pub u64);

impl Seq {
    /// The place after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Seq {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        text.parse().map(Self).map_err(|_| ParseIdError)
    }
}

/// A handoff as people and programs name it: by its id or by its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HandoffRef {
    /// By id.
    Id(HandoffId),
    /// By number, with or without a leading `#`.
    Number(Number),
}

impl FromStr for HandoffRef {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let number = text.strip_prefix('#').unwrap_or(text);
        match number.parse() {
            Ok(number) if !text.starts_with('+') => Ok(Self::Number(Number(number))),
            _ => text.parse().map(Self::Id),
        }
    }
}

impl fmt::Display for HandoffRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Number(number) => number.fmt(f),
        }
    }
}

impl From<HandoffId> for HandoffRef {
    fn from(id: HandoffId) -> Self {
        Self::Id(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_made_in_one_millisecond_sort_in_the_order_of_their_making() {
        let now = Timestamp::from_millis(1_790_000_000_000);
        let ids: Vec<_> = (0..1000).map(|_| HandoffId::new(now)).collect();
        assert!(ids.is_sorted());
    }

    #[test]
    fn a_handoff_is_named_by_id_or_by_number() {
        let id = HandoffId::new(Timestamp::from_millis(1));
        assert_eq!(id.to_string().parse(), Ok(HandoffRef::Id(id)));
        assert_eq!("42".parse(), Ok(HandoffRef::Number(Number(42))));
        assert_eq!("#42".parse(), Ok(HandoffRef::Number(Number(42))));
        for text in ["", "-1", "+1", "4x", "99999999999"] {
            assert_eq!(text.parse::<HandoffRef>(), Err(ParseIdError), "{text:?}");
        }
    }
}
