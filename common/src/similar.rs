//! What is similar to a problem: resolved sessions and runbooks.

use serde::{Deserialize, Serialize};

use crate::id::{Number, SessionId};

/// A resolved session or a runbook with a similar problem.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SimilarSource {
    /// A resolved session.
    Session {
        /// Its id.
        session_id: SessionId,
        /// Its number.
        number: Number,
        /// Its problem in one line.
        title: String,
        /// Its cause and its fix.
        resolution: String,
        /// Why it is similar: what it shares with the problem.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// A runbook.
    Runbook {
        /// Its title.
        title: String,
        /// Why the problem happens.
        cause: String,
        /// Why it is similar: what it shares with the problem.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
}
