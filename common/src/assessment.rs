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
    /// Why it is suggested: the source, and what speaks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
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
    /// Why it is similar: the words and identifiers that it shares with the problem, and whether its fix worked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What a confidence rests on.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Basis {
    /// Resolved sessions with this cause.
    pub cases: u32,
    /// Runbooks with this cause.
    pub runbooks: u32,
    /// Error codes, versions, hosts and the like that the problem shares with them.
    pub identifiers: Vec<String>,
}

impl Basis {
    /// Whether nothing known supports the likely cause.
    pub const fn is_empty(&self) -> bool {
        self.cases == 0 && self.runbooks == 0
    }
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
    /// What the confidence rests on.
    #[serde(default)]
    pub basis: Basis,
    /// What to ask or to try, to tell the remaining causes apart. Empty if the cause is clear.
    #[serde(default)]
    pub find_out: Vec<String>,
    /// The ruled-out hypothesis that names the likely cause, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contradicted_by: Option<String>,
    /// Whether no quote from the session supports the likely cause, although the engine claimed one.
    #[serde(default)]
    pub is_uncited: bool,
    /// Whether the engine stopped before its answer was complete.
    #[serde(default)]
    pub is_cut_off: bool,
    /// The engine that wrote it: `playbook`, `openai` or `anthropic`.
    pub engine: String,
    /// The model, if the engine has one.
    pub model: Option<String>,
    /// How long the engine took, in milliseconds.
    pub took_ms: u64,
}
