//! The store: one SQLite database with one writer thread and some reader threads.
//!
//! The only module with SQL, besides the search index. [`Store::commit`] writes and returns when the change is durable;
//! [`Store::read`] reads one state of the database. Both need the caller's account, and every query filters by it. Jobs,
//! tokens and whatever else belongs to no account go through [`Store::commit_system`] and [`Store::read_system`].

mod apply;
mod briefings;
mod chunk;
mod concern;
mod counters;
mod database;
mod effects;
mod error;
mod event_log;
mod event_page;
mod files;
mod handoffs;
mod high_water_mark;
mod idempotency;
mod jobs;
mod log_entry;
mod maintenance;
mod messages;
mod queue;
mod reader;
mod search_conditions;
mod session_export;
mod sessions;
mod stats;
mod step_outcomes;
mod timeline;
mod tx;
mod users;
mod writer;

use std::path::Path;
use std::sync::Arc;

use tierup_common::id::AccountId;

use crate::store::writer::WriteLane;
use crate::supervisor::Supervisor;

pub use database::{FolderLock, OpenError};
pub use effects::{AccessChange, CommitEffects, JobOutcome};
pub use error::{Result, StoreError};
pub use event_log::{LogBounds, LogPage};
pub use event_page::EventQuery;
pub use handoffs::{RawHandoff, StoredAssessment};
pub use idempotency::{IdempotencyKey, JsonResponse, Replayable, StoredResponse};
pub use jobs::{JobCounts, JobResult, LeasedJob, QueueStats};
pub use log_entry::{AppendedEvent, LogEntry, StreamFilter, Visibility};
pub use messages::PostedMessage;
pub use queue::{QueueCursor, QueueQuery};
pub use search_conditions::SearchConditions;
pub use session_export::{ExportCursor, SessionExport};
pub use sessions::{SessionCursor, SessionQuery};
pub use timeline::TimelineQuery;
pub use tx::{AccountScope, AccountTx, SystemScope, SystemTx};

/// The store of a running server.
#[derive(Clone)]
pub struct Store {
    writer: writer::Writer,
    readers: reader::Readers,
    files: Arc<files::StoreFiles>,
    // Keeps other servers from opening the folder.
    _lock: Arc<FolderLock>,
}

impl Store {
    /// Opens the database of a folder and starts its threads. `on_commit` is called on the writer thread after each
    /// commit, when it is durable and before it is answered. The supervisor is told if a thread ends or a commit has an
    /// unknown outcome: then the process must be restarted.
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
        // From here on SQLite keeps its files next to the database until the last connection is closed.
        let files = Arc::new(files::StoreFiles::open(folder)?);
        let io = |error| OpenError::Io(folder.into(), error);
        let writer =
            writer::Writer::start(connection, on_commit, Arc::clone(&files), supervisor).map_err(io)?;
        Ok(Self { writer, readers, files, _lock: Arc::new(lock) })
    }

    /// Commits work on one account, all of it or nothing. Returns when it is durable.
    pub async fn commit<T: Send + 'static>(
        &self,
        account: AccountId,
        work: impl FnOnce(&mut AccountTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.commit_system(move |system| work(&mut system.account_tx(account))).await
    }

    /// Commits work that belongs to no account.
    pub async fn commit_system<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SystemTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.writer.commit(WriteLane::Immediate, work).await
    }

    /// Like [`Self::commit_system`], for background work: it waits a few milliseconds to share the commit of a request.
    pub async fn commit_deferred<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SystemTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.writer.commit(WriteLane::Deferred, work).await
    }

    /// Reads one account, in one state of the database.
    pub async fn read<T: Send + 'static>(
        &self,
        account: AccountId,
        work: impl FnOnce(&AccountScope<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.readers.read(move |connection| work(&AccountScope::new(connection, account))).await
    }

    /// Reads what belongs to no account.
    pub async fn read_system<T: Send + 'static>(
        &self,
        work: impl FnOnce(&SystemScope<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.readers.read(move |connection| work(&SystemScope { connection })).await
    }

    /// Checks that the database can be read, that the writer runs, and that the files are in place.
    pub async fn check_ready(&self) -> Result<()> {
        let files = Arc::clone(&self.files);
        self.readers
            .read(move |_| if files.verify_in_place() { Ok(()) } else { Err(StoreError::FolderReplaced) })
            .await?;
        if self.writer.is_running() { Ok(()) } else { Err(StoreError::Closed) }
    }
}

/// Does work in one transaction, whether a server uses the database or not: for the admin commands.
pub fn with_transaction<T>(
    connection: &mut rusqlite::Connection,
    work: impl FnOnce(&mut SystemTx<'_>) -> Result<T>,
) -> Result<T> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let result = work(&mut SystemTx::new(&transaction, &mut CommitEffects::default()))?;
    transaction.commit()?;
    Ok(result)
}

pub(crate) use database::create_private_file;
pub use database::{create_database, migrate, open_existing};
pub use maintenance::{
    CheckReport, back_up, check_integrity, open_file_read_only, open_folder_read_only, restore,
};
