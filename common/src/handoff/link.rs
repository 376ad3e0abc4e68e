//! A handoff as others name it.

use serde::{Deserialize, Serialize};

use crate::id::{HandoffId, Number, SessionId};

/// A handoff that another object names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HandoffLink {
    /// Its id.
    pub handoff_id: HandoffId,
    /// Its number.
    pub number: Number,
    /// Its session.
    pub session_id: SessionId,
}
