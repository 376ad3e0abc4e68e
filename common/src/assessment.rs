//! What the AI says of a handoff: a likely cause, what to try next, and from what it says so.

use serde::{Deserialize, Serialize};

use crate::id::{Number, SessionId, StepId};
use crate::string_enum::string_enum;

string_enum! {
    /// Where an assessment stands.
    pub enum AssessmentStatus {
        /// Waiting for its turn.
        Pending = "pending",
        /// Being written.
        Running = "running",
        /// Done.
        Ready = "ready",
        /// It could not be made; `assessment_error` says why.
        Failed = "failed",
        /// None is made: for a park, or where the engine is off.
        NotRequested = "not_requested",
    }
}

string_enum! {
    /// How sure an assessment is of its likely cause.
    pub enum Confidence {
        /// A guess.
        Low = "low",
        /// It fits in part.
        Medium = "medium",
        /// It fits well.
        High = "high",
        /// Nothing known fits; said rather than guessed.
        Inconclusive = "inconclusive",
    }
}

string_enum! {
    /// What came of a suggested step.
    pub enum Outcome {
        /// It helped.
        Worked = "worked",
        /// It did not.
        Failed = "failed",
    }
}

/// One thing to try.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// The step.
    pub id: StepId,
    /// What to do, one line.
    pub text: String,
    /// Whether the session shows that it was tried before the hand-off.
    pub already_tried: bool,
    /// What came of it, once somebody has said so.
    pub outcome: Option<Outcome>,
}

/// What in the session speaks for the likely cause.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Evidence {
    /// The message, by its `seq` in the session.
    pub message_seq: u32,
    /// The words of it that matter.
    pub quote: String,
}

/// A resolved session that looks like this one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Similar {
    /// That session.
    pub session_id: SessionId,
    /// What people call it.
    pub number: Number,
    /// Its problem in one line.
    pub problem_summary: String,
    /// How it ended.
    pub resolution: String,
}

/// An assessment as data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Assessment {
    /// What is probably wrong.
    pub likely_cause: String,
    /// What to try, best first.
    pub suggested_steps: Vec<Step>,
    /// How sure it is.
    pub confidence: Confidence,
    /// What speaks for it.
    pub evidence: Vec<Evidence>,
    /// Resolved sessions that look like this one.
    pub similar: Vec<Similar>,
    /// The engine that made it: `playbook`, `openai`, `anthropic`.
    pub engine: String,
    /// The model, where the engine has one.
    pub model: Option<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}
