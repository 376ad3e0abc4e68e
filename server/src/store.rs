//! Everything the server keeps: one SQLite database, one writer thread, readers beside it.
//!
//! The only room that knows SQL. What is written goes through [`Store::commit`], which answers when it is durable;
//! what is read goes through [`Store::read`], which sees one moment of the database. Both need the caller's account,
//! and every query in this room names it; the few things that are nobody's (jobs, tokens) go through
//! [`Store::commit_system`] and [`Store::read_system`].

mod connect;
mod handoffs;
mod idempotency;
mod jobs;
mod log;
mod messages;
mod outgoing;
mod place;
mod queue;
mod reached;
mod read;
mod sessions;
mod tx;
mod upkeep;
mod users;
mod write;

use std::path::Path;
use std::sync::Arc;

use tierup_common::id::AccountId;

use crate::domain::Refusal;
use crate::store::write::Haste;
use crate::supervise::Supervisor;

pub use connect::{Lock, OpenError};
pub use handoffs::{Kept, WholeHandoff};
pub use idempotency::{Answer, First, Key, Outlined};
pub use jobs::{Finish, Leased, Standing};
pub use log::{Ends, Logged, Narrow, Page};
pub use messages::Said;
pub use outgoing::{Outgoing, Place};
pub use queue::{QueueCursor, QueueQuery};
pub use sessions::{SessionCursor, SessionQuery};
pub use tx::{News, Outcome, Rights, Scope, System, Tx};
pub use users::{Credential, NewUser};

/// Why a read or a commit gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rules say no. Nothing was written.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The disk is full. Nothing was written; reads go on.
    #[error("the disk is full")]
    Full,
    /// The store is closing or overloaded. Nothing was written.
    #[error("the store takes no more work")]
    Closed,
    /// Another change, with which this one shared a transaction, or the database itself took it back. Nothing was
    /// written.
    #[error("the change was taken back")]
    Undone,
    /// The folder was moved, deleted or replaced while the server ran. What was written last is not where it belongs.
    #[error("the server's folder was moved, deleted or replaced")]
    Lost,
    /// The commit itself failed: whether it is durable is not known.
    #[error("whether the change was stored is not known")]
    Unknown,
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

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            _ => Self::Sql(error),
        }
    }
}

/// What a piece of work in the store gives back.
pub type Result<T> = std::result::Result<T, Error>;

/// The store of a running server.
#[derive(Clone)]
pub struct Store {
    writer: write::Writer,
    readers: read::Readers,
    place: Arc<place::Place>,
    // Held as long as the store is, so that no second server opens the same folder.
    _lock: Arc<Lock>,
}

impl Store {
    /// Opens the database in a folder and starts its threads. `on_commit` is called on the writer thread with the
    /// news of each commit, after it is durable and before the commit is answered. The supervisor hears when a thread
    /// ends, or a commit ended in a state nobody knows: the process must end, and be started again.
    pub fn open(
        folder: &Path,
        on_commit: impl Fn(News) + Send + 'static,
        supervisor: &Supervisor,
    ) -> std::result::Result<Self, OpenError> {
        let lock = Lock::take(folder)?;
        let mut connection = connect::existing(folder)?;
        connect::migrate(&mut connection)?;
        jobs::reclaim(&connection).map_err(OpenError::Sqlite)?;
        let readers = read::Readers::start(folder, supervisor)?;
        // From here on SQLite keeps the files beside the database until the last connection is closed.
        let place = Arc::new(place::Place::of(folder)?);
        let io = |error| OpenError::Io(folder.into(), error);
        let writer =
            write::Writer::start(connection, on_commit, Arc::clone(&place), supervisor).map_err(io)?;
        Ok(Self { writer, readers, place, _lock: Arc::new(lock) })
    }

    /// Does a piece of work of one account, all of it or none, and answers when it is durable.
    pub async fn commit<T: Send + 'static>(
        &self,
        account: AccountId,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.commit_system(move |system| work(&mut system.account(account))).await
    }

    /// Does a piece of work that belongs to no one account.
    pub async fn commit_system<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut System<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.writer.commit(Haste::AtOnce, work).await
    }

    /// Does a piece of work that nobody waits for, like [`Self::commit_system`] but for a moment in which others come
    /// first.
    pub async fn commit_in_passing<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut System<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.writer.commit(Haste::InPassing, work).await
    }

    /// Reads of one account, at one moment of the database.
    pub async fn read<T: Send + 'static>(
        &self,
        account: AccountId,
        work: impl FnOnce(&Scope<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.readers.read(move |connection| work(&Scope::new(connection, account))).await
    }

    /// Reads what belongs to no one account.
    pub async fn read_system<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut System<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.readers.read(move |connection| work(&mut System::new(connection, &mut News::default()))).await
    }

    /// Whether the database answers, the writer lives, and what it writes stays.
    pub async fn ready(&self) -> Result<()> {
        let place = Arc::clone(&self.place);
        self.readers.read(move |_| if place.is_ours() { Ok(()) } else { Err(Error::Lost) }).await?;
        if self.writer.lives() { Ok(()) } else { Err(Error::Closed) }
    }
}

/// Does a piece of work on a database that may or may not be in use by a running server: for the admin commands.
pub fn visit<T>(
    connection: &mut rusqlite::Connection,
    work: impl FnOnce(&mut System<'_>) -> Result<T>,
) -> Result<T> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let answer = work(&mut System::new(&transaction, &mut News::default()))?;
    transaction.commit()?;
    Ok(answer)
}

pub(crate) use connect::private_file;
pub use connect::{create, existing, migrate};
pub use upkeep::{adopt, copy, examine, inspect_file, inspect_folder};
