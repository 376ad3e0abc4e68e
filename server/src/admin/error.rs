//! Why an admin command failed.

use std::path::PathBuf;

use crate::domain::Refusal;
use crate::store::{OpenError, StoreError};

/// Why an admin command failed. It has changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The folder cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A value breaks a rule.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system has no random numbers.
    #[error("no randomness: {0}")]
    Randomness(getrandom::Error),
    /// The file of a backup exists.
    #[error("{} already exists\nhint: use another file name, with the date perhaps", .0.display())]
    FileExists(PathBuf),
    /// The file to restore does not exist.
    #[error("no file {}", .0.display())]
    BackupNotFound(PathBuf),
    /// The file to restore is the database of a server, not a backup.
    #[error(
        "{} is the database of a server, without the changes in its write-ahead log\nhint: make a backup of its folder: `tierup-server backup --data DIR FILE`", .0.display()
    )]
    InvalidBackup(PathBuf),
    /// The check of the data found problems.
    #[error("the data is damaged and was not copied\nhint: run `tierup-server check --data DIR` for details")]
    IntegrityCheckFailed,
    /// No user has this email address.
    #[error("no user {0:?}\nhint: add one with `tierup-server user add`")]
    UserNotFound(String),
    /// The name of the account is taken.
    #[error("account {0:?} already exists\nhint: add users to it with `tierup-server user add`")]
    AccountExists(String),
    /// No account has this name.
    #[error("no account {0:?}; accounts: {1}")]
    AccountNotFound(String, String),
    /// The database has no account.
    #[error("no account yet\nhint: create one with `tierup-server init`")]
    NoAccounts,
}
