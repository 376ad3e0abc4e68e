//! What an engine gets besides the briefing: store, search index and a sink for its text; and how it fails.

use tierup_common::id::AccountId;

use crate::redactor::Redactor;
use crate::search::{Search, SearchError};
use crate::store::{self, Store};

/// Why an engine failed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct EngineError(pub FailureReason);

/// The reason of a failure, without secrets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailureReason {
    /// One sentence for everybody.
    pub sentence: String,
    /// What the model's endpoint said, one line, for admins.
    pub detail: Option<String>,
}

impl std::fmt::Display for FailureReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl From<String> for FailureReason {
    fn from(sentence: String) -> Self {
        Self { sentence, detail: None }
    }
}

impl From<&str> for FailureReason {
    fn from(sentence: &str) -> Self {
        sentence.to_owned().into()
    }
}

impl From<SearchError> for EngineError {
    fn from(error: SearchError) -> Self {
        tracing::error!(%error, "the playbook's search failed");
        Self("The playbook could not search the runbooks and resolved sessions.".into())
    }
}

impl From<store::StoreError> for EngineError {
    fn from(error: store::StoreError) -> Self {
        tracing::error!(%error, "an engine cannot read the store");
        Self("The engine could not read earlier sessions.".into())
    }
}

/// What an engine has besides the briefing.
#[derive(Clone, Copy)]
pub struct EngineContext<'a> {
    /// Search only this account.
    pub account: AccountId,
    /// The database.
    pub store: &'a Store,
    /// The search index.
    pub search: &'a Search,
    /// Removes secrets from what a model gets.
    pub redactor: &'a Redactor,
}

/// Gets the text as it is written.
pub type TextSink<'a> = &'a mut (dyn FnMut(&str) + Send);
