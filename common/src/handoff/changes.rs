//! What changed in a session between two of its escalations.

use serde::{Deserialize, Serialize};

use crate::assessment::Outcome;
use crate::id::{BranchId, HandoffId, Number};
use crate::session::branch::BranchStatus;
use crate::time::Timestamp;
use crate::user::Person;

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
    /// The question with which the escalation before was sent back, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<AnsweredQuestion>,
}

impl ChangesSince {
    /// Whether nothing changed.
    pub const fn is_empty(&self) -> bool {
        let has_changes = self.new_messages > 0 || !self.branches.is_empty() || !self.steps.is_empty();
        !has_changes && self.question.is_none()
    }
}

/// A question that came with a handoff that was sent back, and what was answered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AnsweredQuestion {
    /// Who asked.
    pub by: Person,
    /// When they asked.
    pub asked_at: Timestamp,
    /// The question, at most 1,000 characters of it.
    pub text: String,
    /// The last message after it by whoever escalated again, at most 1,000 characters of it; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
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
