//! What an engine gets besides the briefing: store, search index and a sink for its text; and how it fails.

use tierup_common::id::AccountId;

use crate::redactor::Redactor;
use crate::search::{Search, SearchError};
use crate::store::{self, Store};

/// Why an engine failed: one sentence for users, without secrets.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct EngineError(pub String);

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
