//! Errors of the store.

use crate::domain::Refusal;

/// The result of work in the store.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Why a read or a commit has no result.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A rule refused it. Nothing was written.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The disk is full. Nothing was written. Reads still work.
    #[error("the disk is full")]
    DiskFull,
    /// The store is closing. Nothing was written.
    #[error("the store is closed")]
    Closed,
    /// The transaction was rolled back, because of another change that shared it or of the database. Nothing was
    /// written.
    #[error("the change was rolled back")]
    RolledBack,
    /// The folder was moved, deleted or replaced while the server ran. The latest changes are not in it.
    #[error("the server's folder was moved, deleted or replaced")]
    FolderReplaced,
    /// The commit failed, and the change may be stored or not.
    #[error("the change may or may not have been stored")]
    UnknownOutcome,
    /// SQLite failed: a bug of ours.
    #[error("database: {0}")]
    Sql(rusqlite::Error),
    /// A row has JSON that this program cannot parse: a bug of ours.
    #[error("stored JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The work panicked. Nothing was written.
    #[error("a panic in the store")]
    Panicked,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if is_disk_full(&error) { Self::DiskFull } else { Self::Sql(error) }
    }
}

/// Whether SQLite failed because the disk is full.
pub(super) fn is_disk_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
}
