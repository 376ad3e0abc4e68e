//! Assessments: the likely cause of a handoff's problem, steps to try, and the evidence for it.

use serde::{Deserialize, Serialize};

use crate::id::{Number, SessionId, StepId};
use crate::string_enum::string_enum;

string_enum! {
    /// The status of an assessment.
    pub enum AssessmentStatus {
        /// Waiting to be written.
        Pending = "pending",
        /// Being written.
        Running = "running",
        /// Complete.
        Ready = "ready",
        /// The engine failed; `assessment_error` has the reason.
        Failed = "failed",
        /// There is none: the handoff is a park, or the engine is off.
        NotRequested = "not_requested",
    }
}

string_enum! {
    /// How sure an assessment is of its likely cause.
    pub enum Confidence {
        /// A guess.
        Low = "low",
        /// The cause fits in part.
        Medium = "medium",
        /// The cause fits well.
        High = "high",
        /// No known cause fits.
        Inconclusive = "inconclusive",
    }
}

impl Confidence {
    /// How people read it, such as `high confidence`; `inconclusive` stands alone.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Low => "low confidence",
            Self::Medium => "medium confidence",
            Self::High => "high confidence",
            Self::Inconclusive => "inconclusive",
        }
    }
}

string_enum! {
    /// The outcome of a suggested step.
    pub enum Outcome {
        /// The step helped.
        Worked = "worked",
        /// The step did not help.
        Failed = "failed",
    }
}

/// A suggested step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// The id.
    pub id: StepId,
    /// What to do, one line.
    pub text: String,
    /// Whether it was tried before the hand-off, as the session shows.
    pub already_tried: bool,
    /// The outcome, once recorded.
    pub outcome: Option<Outcome>,
}

/// A quote from the session that supports the likely cause.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Evidence {
    /// The `seq` of the message in the session.
    pub message_seq: u32,
    /// The quoted words.
    pub quote: String,
}

/// A resolved session with a similar problem.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Similar {
    /// The id of that session.
    pub session_id: SessionId,
    /// The number of that session.
    pub number: Number,
    /// Its problem in one line.
    pub problem_summary: String,
    /// Its cause and its fix.
    pub resolution: String,
}

/// An assessment as data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Assessment {
    /// The likely cause.
    pub likely_cause: String,
    /// Steps to try, best first.
    pub suggested_steps: Vec<Step>,
    /// How sure it is.
    pub confidence: Confidence,
    /// What supports it.
    pub evidence: Vec<Evidence>,
    /// Resolved sessions with a similar problem.
    pub similar: Vec<Similar>,
    /// The engine that wrote it: `playbook`, `openai` or `anthropic`.
    pub engine: String,
    /// The model, if the engine has one.
    pub model: Option<String>,
    /// How long the engine took, in milliseconds.
    pub took_ms: u64,
}
