//! Everything the server keeps: one SQLite database, one writer thread, readers beside it.
//!
//! The only room that knows SQL. What is written goes through [`Store::commit`], which answers when it is durable;
//! what is read goes through [`Store::read`], which sees one moment of the database. Both need the caller's account,
//! and every query in this room names it; the few things that are nobody's (jobs, tokens) go through
//! [`Store::commit_system`] and [`Store::read_system`].

mod database;
mod event_log;
mod files;
mod handoffs;
mod high_water_mark;
mod idempotency;
mod jobs;
mod maintenance;
mod messages;
mod queue;
mod reader;
mod session_export;
mod sessions;
mod tx;
mod users;
mod writer;

use std::path::Path;
use std::sync::Arc;

use tierup_common::id::AccountId;

use crate::domain::Refusal;
use crate::store::writer::WriteLane;
use crate::supervisor::Supervisor;

pub use database::{FolderLock, OpenError};
pub use event_log::{LogBounds, LogEntry, LogPage, StreamFilter};
pub use handoffs::{RawHandoff, StoredAssessment};
pub use idempotency::{IdempotencyKey, JsonResponse, Replayable, StoredResponse};
pub use jobs::{JobResult, LeasedJob, QueueStats};
pub use messages::PostedMessage;
pub use queue::{QueueCursor, QueueQuery};
pub use session_export::{ExportCursor, SessionExport};
pub use sessions::{SessionCursor, SessionQuery};
pub use tx::{AccessChange, AccountScope, AccountTx, CommitEffects, JobOutcome, SystemTx};
pub use users::{NewUser, TokenRecord};

/// Why a read or a commit gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The rules say no. Nothing was written.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The disk is full. Nothing was written; reads go on.
    #[error("the disk is full")]
    DiskFull,
    /// The store is closing or overloaded. Nothing was written.
    #[error("the store takes no more work")]
    Closed,
    /// Another change, with which this one shared a transaction, or the database itself took it back. Nothing was
    /// written.
    #[error("the change was taken back")]
    RolledBack,
    /// The folder was moved, deleted or replaced while the server ran. What was written last is not where it belongs.
    #[error("the server's folder was moved, deleted or replaced")]
    FolderReplaced,
    /// The commit itself failed: whether it is durable is not known.
    #[error("whether the change was stored is not known")]
    UnknownOutcome,
    /// SQLite says no: a fault of ours.
    #[error("database: {0}")]
    Sql(rusqlite::Error),
    /// A row holds what this program cannot read: a fault of ours.
    #[error("stored JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The work panicked. Nothing was written.
    #[error("a panic in the store")]
    Panicked,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::DiskFull,
            _ => Self::Sql(error),
        }
    }
}

/// What a piece of work in the store gives back.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The store of a running server.
#[derive(Clone)]
pub struct Store {
    writer: writer::Writer,
    readers: reader::Readers,
    files: Arc<files::StoreFiles>,
    // Held as long as the store is, so that no second server opens the same folder.
    _lock: Arc<FolderLock>,
}

impl Store {
    /// Opens the database in a folder and starts its threads. `on_commit` is called on the writer thread with the
    /// news of each commit, after it is durable and before the commit is answered. The supervisor hears when a thread
    /// ends, or a commit ended in a state nobody knows: the process must end, and be started again.
    pub fn open(
        folder: &Path,
        on_commit: impl Fn(CommitEffects) + Send + 'static,
        supervisor: &Supervisor,
    ) -> std::result::Result<Self, OpenError> {
        let lock = FolderLock::acquire(folder)?;
        let mut connection = database::open_existing(folder)?;
        database::migrate(&mut connection)?;
        jobs::release_leases(&connection).map_err(OpenError::Sqlite)?;
        let readers = reader::Readers::start(folder, supervisor)?;
        // From here on SQLite keeps the files beside the database until the last connection is closed.
        let place = Arc::new(files::StoreFiles::open(folder)?);
        let io = |error| OpenError::Io(folder.into(), error);
        let writer =
            writer::Writer::start(connection, on_commit, Arc::clone(&place), supervisor).map_err(io)?;
        Ok(Self { writer, readers, files: place, _lock: Arc::new(lock) })
    }

    /// Does a piece of work of one account, all of it or none, and answers when it is durable.
    pub async fn commit<T: Send + 'static>(
        &self,
        account: AccountId,
        work: impl FnOnce(&mut AccountTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.commit_system(move |system| work(&mut system.account_tx(account))).await
    }

    /// Does a piece of work that belongs to no one account.
    pub async fn commit_system<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SystemTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.writer.commit(WriteLane::Immediate, work).await
    }

    /// Does a piece of work that nobody waits for, like [`Self::commit_system`] but for a moment in which others come
    /// first.
    pub async fn commit_deferred<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SystemTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.writer.commit(WriteLane::Deferred, work).await
    }

    /// Reads of one account, at one moment of the database.
    pub async fn read<T: Send + 'static>(
        &self,
        account: AccountId,
        work: impl FnOnce(&AccountScope<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.readers.read(move |connection| work(&AccountScope::new(connection, account))).await
    }

    /// Reads what belongs to no one account.
    pub async fn read_system<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SystemTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.readers
            .read(move |connection| work(&mut SystemTx::new(connection, &mut CommitEffects::default())))
            .await
    }

    /// Whether the database answers, the writer lives, and what it writes stays.
    pub async fn check_ready(&self) -> Result<()> {
        let place = Arc::clone(&self.files);
        self.readers
            .read(move |_| if place.verify_in_place() { Ok(()) } else { Err(StoreError::FolderReplaced) })
            .await?;
        if self.writer.is_running() { Ok(()) } else { Err(StoreError::Closed) }
    }
}

/// Does a piece of work on a database that may or may not be in use by a running server: for the admin commands.
pub fn with_transaction<T>(
    connection: &mut rusqlite::Connection,
    work: impl FnOnce(&mut SystemTx<'_>) -> Result<T>,
) -> Result<T> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let answer = work(&mut SystemTx::new(&transaction, &mut CommitEffects::default()))?;
    transaction.commit()?;
    Ok(answer)
}

pub(crate) use database::create_private_file;
pub use database::{create_database, migrate, open_existing};
pub use maintenance::{back_up, check_integrity, open_file_read_only, open_folder_read_only, restore};
