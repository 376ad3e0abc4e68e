//! A session as others name it.

use serde::{Deserialize, Serialize};

use crate::id::{Number, SessionId};

/// A session that another object names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionLink {
    /// Its id.
    pub session_id: SessionId,
    /// Its number.
    pub number: Number,
}
