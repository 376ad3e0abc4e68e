//! What engines work with, where they write, and how they fail.

use tierup_common::id::AccountId;

use crate::search::{Search, SearchError};
use crate::store::{self, Store};

/// Why an engine did not say anything of use: one sentence, without secrets.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct EngineError(pub String);

impl From<SearchError> for EngineError {
    fn from(error: SearchError) -> Self {
        tracing::error!(%error, "the playbook cannot search");
        Self("The playbook could not search the runbooks and resolved sessions.".into())
    }
}

impl From<store::StoreError> for EngineError {
    fn from(error: store::StoreError) -> Self {
        tracing::error!(%error, "an engine cannot read the store");
        Self("The engine could not read the earlier sessions.".into())
    }
}

/// What an engine works with besides the briefing.
#[derive(Clone, Copy)]
pub struct EngineContext<'a> {
    /// Whose problems it may know.
    pub account: AccountId,
    /// What is kept.
    pub store: &'a Store,
    /// What can be found.
    pub search: &'a Search,
}

/// Where an engine writes, as it comes.
pub type TextSink<'a> = &'a mut (dyn FnMut(&str) + Send);
