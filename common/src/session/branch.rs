//! Branches: the hypotheses of a session, and whether each was ruled out or confirmed.

use serde::{Deserialize, Serialize};

use crate::id::BranchId;
use crate::string_enum::string_enum;
use crate::time::Timestamp;

string_enum! {
    /// How far the search for the cause has come.
    pub enum ConfidenceTier {
        /// No hypothesis is confirmed or ruled out yet.
        Discovery = "discovery",
        /// At least one hypothesis is ruled out, none is confirmed.
        Narrowing = "narrowing",
        /// A hypothesis is confirmed.
        Confirmed = "confirmed",
    }
}

string_enum! {
    /// The result of a hypothesis.
    pub enum BranchStatus {
        /// Not settled yet.
        Open = "open",
        /// This was not the cause.
        RuledOut = "ruled_out",
        /// This was the cause.
        Confirmed = "confirmed",
    }
}

/// A hypothesis and its result.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Branch {
    /// The id, chosen by the client.
    pub id: BranchId,
    /// A possible cause, one line.
    pub hypothesis: String,
    /// The result so far.
    pub status: BranchStatus,
    /// What supports the result.
    pub evidence: Option<String>,
    /// When the branch last changed.
    pub updated_at: Timestamp,
}

/// `PUT /ai-sessions/{id}/branches/{branch_id}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PutBranch {
    /// A possible cause.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::MAX_NOTES_BYTES), regex(pattern = crate::schema::NON_EMPTY_TEXT)))]
    pub hypothesis: String,
    /// The result so far.
    pub status: BranchStatus,
    /// What supports the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::MAX_NOTES_BYTES), regex(pattern = crate::schema::TEXT)))]
    pub evidence: Option<String>,
}
