//! The engine that writes assessments and replies, as its admins see it.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// `GET /assessment-engine`. Numbers are those of the whole server since it started.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EngineStatus {
    /// `off`, `playbook`, `openai` or `anthropic`.
    pub engine: String,
    /// The name of the model, if there is one.
    pub model: Option<String>,
    /// Calls to the model's endpoint.
    pub calls: u64,
    /// Calls that gave no answer.
    pub failed_calls: u64,
    /// How long the last call took, in milliseconds; 0 before the first one.
    pub last_call_ms: u64,
    /// Tokens that the model read, as its endpoint counts them.
    pub prompt_tokens: u64,
    /// Tokens that the model wrote.
    pub completion_tokens: u64,
    /// Why the account's last assessment or reply failed; null if it did not.
    pub last_failure: Option<EngineFailure>,
}

/// A failure of the engine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EngineFailure {
    /// When it failed.
    pub at: Timestamp,
    /// The sentence that everybody sees.
    pub reason: String,
    /// What the model's endpoint said, one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
