//! Ids, numbers and log positions, each a type of its own, so that they cannot be mixed up.

use std::fmt;
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::{ContextV7, Uuid};

use crate::time::Timestamp;

/// The text is neither a UUID nor, where numbers are accepted, a number.
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
            /// A new id (UUIDv7). Ids sort by the time they were made, so that rows keyed by them are appended.
            pub fn new(now: Timestamp) -> Self {
                Self(new_uuid(now))
            }

            /// The smallest id of this millisecond.
            pub fn first_of(at: Timestamp) -> Self {
                let millis = u64::try_from(at.as_millis()).unwrap_or(0).min((1 << 48) - 1);
                Self::from_bytes((u128::from(millis) << 80).to_be_bytes())
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
    /// An account: a team. Everything else belongs to exactly one account.
    AccountId
    /// A user of an account.
    UserId
    /// A bearer token; not its secret.
    TokenId
    /// A session.
    SessionId
    /// A message of a session.
    MessageId
    /// A branch of a session. The client makes the id, so that a retry updates the same branch.
    BranchId
    /// A handoff.
    HandoffId
    /// A suggested step of an assessment.
    StepId
}

/// A UUIDv7 of this moment. The context keeps the ids of one process in order within a millisecond, too.
fn new_uuid(now: Timestamp) -> Uuid {
    static CONTEXT: std::sync::Mutex<ContextV7> = std::sync::Mutex::new(ContextV7::new());
    let (seconds, nanos) = now.as_unix();
    Uuid::new_v7(uuid::Timestamp::from_unix(&CONTEXT, seconds, nanos))
}

/// A short number for people: `#42`. Each account counts its sessions and its handoffs separately.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Number(pub u32);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The position of an event in its account's log: from 1 without gaps, never reused. 0 is before the first event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Seq(pub u64);

impl Seq {
    /// The next position.
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

/// A reference to a handoff, by its id or by its number.
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

impl Serialize for HandoffRef {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Id(id) => id.serialize(to),
            Self::Number(number) => number.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for HandoffRef {
    /// Reads an id, or a number as a number or as text.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Wire {
            Number(u32),
            Text(String),
        }
        const EXPECTED: &str = "must be the id or the number of a handoff";
        match Wire::deserialize(from).map_err(|_| D::Error::custom(EXPECTED))? {
            Wire::Number(number) => Ok(Self::Number(Number(number))),
            Wire::Text(text) => text.parse().map_err(|ParseIdError| D::Error::custom(EXPECTED)),
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for HandoffRef {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "HandoffRef".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let number = "^#?[0-9]{1,9}$";
        schemars::json_schema!({"anyOf": [
            {"type": "string", "format": "uuid"},
            {"type": "string", "pattern": number},
            {"type": "integer", "minimum": 0, "maximum": u32::MAX},
        ]})
    }
}

impl From<Number> for HandoffRef {
    fn from(number: Number) -> Self {
        Self::Number(number)
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
    fn ids_made_within_one_millisecond_sort_by_creation() {
        let now = Timestamp::from_millis(1_790_000_000_000);
        let ids: Vec<_> = (0..1000).map(|_| HandoffId::new(now)).collect();
        assert!(ids.is_sorted());
    }

    #[test]
    fn a_handoff_reference_is_an_id_or_a_number() {
        let id = HandoffId::new(Timestamp::from_millis(1));
        assert_eq!(id.to_string().parse(), Ok(HandoffRef::Id(id)));
        assert_eq!("42".parse(), Ok(HandoffRef::Number(Number(42))));
        assert_eq!("#42".parse(), Ok(HandoffRef::Number(Number(42))));
        for text in ["", "-1", "+1", "4x", "99999999999"] {
            assert_eq!(text.parse::<HandoffRef>(), Err(ParseIdError), "{text:?}");
        }
    }
}
