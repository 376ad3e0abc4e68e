//! JSON schemas of ids and times, and patterns for text. The server refuses what a schema forbids, and checks more.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::id::{AccountId, BranchId, HandoffId, MessageId, SessionId, StepId, TokenId, UserId};
use crate::time::Timestamp;

macro_rules! impl_uuid_schema {
    ($($Id:ident)*) => {$(
        impl JsonSchema for $Id {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($Id).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "format": "uuid"})
            }
        }
    )*};
}

impl_uuid_schema! { AccountId UserId TokenId SessionId MessageId BranchId HandoffId StepId }

impl JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "description": "RFC 3339 in UTC, with milliseconds",
        })
    }
}

/// One line without control characters that is not blank.
pub(crate) const NON_EMPTY_LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*[^\s\u0000-\u001f\u007f-\u009f\u2028\u2029][^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$";
/// One line without control characters; it may be empty.
pub(crate) const SINGLE_LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$";
/// Text without NUL.
pub(crate) const TEXT: &str = r"^[^\u0000]*$";
/// Text without NUL that is not blank.
pub(crate) const NON_EMPTY_TEXT: &str = r"^[^\u0000]*[^\s\u0000][^\u0000]*$";
