//! What changed in a session between two of its escalations.

use serde::{Deserialize, Serialize};

use crate::assessment::Outcome;
use crate::id::{BranchId, HandoffId, Number};
use crate::session::branch::BranchStatus;
use crate::time::Timestamp;

/// What changed in a session since its escalation before, as facts. Nothing may have.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangesSince {
    /// The escalation before.
    pub handoff_id: HandoffId,
    /// Its number.
    pub number: Number,
    /// When the session was handed off then.
    pub handed_off_at: Timestamp,
    /// How many messages came since.
    pub new_messages: u32,
    /// The branches that are new or have another status, in the order they were added.
    pub branches: Vec<BranchChange>,
    /// The steps suggested then that have an outcome.
    pub steps: Vec<StepOutcome>,
}

impl ChangesSince {
    /// Whether nothing changed.
    pub const fn is_empty(&self) -> bool {
        self.new_messages == 0 && self.branches.is_empty() && self.steps.is_empty()
    }
}

/// A branch that is new or has another status.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BranchChange {
    /// The id.
    pub branch_id: BranchId,
    /// The possible cause in one line, at most 300 characters of it.
    pub hypothesis: String,
    /// Its status now.
    pub status: BranchStatus,
    /// Its status at the escalation before; null if it is new.
    pub previous_status: Option<BranchStatus>,
}

/// A suggested step that was tried.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StepOutcome {
    /// What was suggested.
    pub text: String,
    /// What came of it.
    pub outcome: Outcome,
}
