//! Why a search or the index failed.

use std::path::PathBuf;

use crate::store;

/// Why the index cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// An error of the index.
    #[error("search index: {0}")]
    Index(#[from] rusqlite::Error),
    /// An error of the store that it is built from.
    #[error("search index: {0}")]
    Store(#[from] store::StoreError),
    /// An error in the folder of runbooks.
    #[error("runbooks in {path}: {1}", path = .0.display())]
    Runbooks(PathBuf, std::io::Error),
    /// Too many searches are waiting.
    #[error("too many searches at once")]
    TooManySearches,
    /// The caller is gone, or the search panicked.
    #[error("search was cancelled")]
    Cancelled,
}
