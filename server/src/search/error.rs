//! Why a search or the index failed.

use std::path::PathBuf;

use crate::store;

/// Why the index gives no answer. Nothing that matters is lost by it.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The index itself.
    #[error("search index: {0}")]
    Index(#[from] rusqlite::Error),
    /// What it is made from.
    #[error("search index: {0}")]
    Store(#[from] store::StoreError),
    /// The folder of runbooks.
    #[error("runbooks in {path}: {1}", path = .0.display())]
    Runbooks(PathBuf, std::io::Error),
    /// Too many wait for their turn.
    #[error("too many searches at once")]
    TooManySearches,
    /// Nobody waited for it any more, or it panicked.
    #[error("search was cut short")]
    Cancelled,
}
