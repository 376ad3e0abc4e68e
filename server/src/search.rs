//! What is known of earlier problems: the account's sessions and a folder of runbooks, found by their words.
//!
//! The index is a database of its own (`search.db`, SQLite FTS5), beside the one that matters: it is made from the
//! log and may be deleted at any time. It follows the log by a cursor of its own, so that no commit waits for it.

mod index;
pub mod runbook;
pub mod words;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tierup_common::id::{AccountId, Seq, SessionId};

use crate::search::index::Index;
use crate::search::runbook::{Runbook, Runbooks};
use crate::store::{self, Store};

pub use index::{Document, Hit, Kind, Matched};

/// Nobody waits longer than this for the index to catch up.
const CATCH_UP_TIME: Duration = Duration::from_secs(2);

/// Why the index gives no answer. Nothing that matters is lost by it.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The index itself.
    #[error("search index: {0}")]
    Index(#[from] rusqlite::Error),
    /// What it is made from.
    #[error("search index: {0}")]
    Store(#[from] store::Error),
    /// The folder of runbooks.
    #[error("runbooks in {path}: {1}", path = .0.display())]
    Runbooks(PathBuf, std::io::Error),
    /// The thread that did it ended.
    #[error("search was cut short")]
    CutShort,
}

/// The index of a running server. Clones share it.
#[derive(Clone)]
pub struct Search(Arc<Shared>);

struct Shared {
    index: Mutex<Index>,
    runbooks: Mutex<Runbooks>,
    /// One follower at a time reads the log.
    following: tokio::sync::Mutex<()>,
}

impl Search {
    /// Opens the index in a folder, anew if what is there cannot be used, and reads the runbooks.
    pub fn open(folder: &Path, runbooks: Option<PathBuf>) -> Result<Self, SearchError> {
        let shared = Shared {
            index: Mutex::new(Index::open(&folder.join("search.db"))?),
            runbooks: Mutex::new(Runbooks::new(runbooks)),
            following: tokio::sync::Mutex::new(()),
        };
        let search = Self(Arc::new(shared));
        search.refresh_runbooks()?;
        Ok(search)
    }

    /// Reads the account's log up to where it is now, so that what was committed before this call is found. Where
    /// that takes long, or the index cannot take it in (the disk is full), whoever asks is answered from what is known
    /// so far.
    pub async fn catch_up(&self, store: &Store, account: AccountId) -> Result<(), SearchError> {
        let newest = store.read(account, |scope| scope.newest_seq()).await?;
        let reading = async {
            while self.read_on(store, account).await?.is_some_and(|up_to| up_to < newest) {}
            Ok(())
        };
        match tokio::time::timeout(CATCH_UP_TIME, reading).await {
            Ok(Err(SearchError::Index(error))) => {
                tracing::warn!(%error, "a search does not know what is new");
                Ok(())
            }
            Ok(read) => read,
            Err(_) => Ok(()),
        }
    }

    /// Reads the next part of an account's log, if there is more; up to where it has been read then.
    pub async fn read_on(&self, store: &Store, account: AccountId) -> Result<Option<Seq>, SearchError> {
        let _turn = self.0.following.lock().await;
        let after = self.blocking(move |shared| Ok(lock(&shared.index).cursor(account)?)).await?;
        let step = store.read(account, move |scope| index::gather(scope, account, after)).await?;
        let Some(step) = step else { return Ok(None) };
        let up_to = step.up_to;
        self.blocking(move |shared| Ok(lock(&shared.index).take_in(account, step)?)).await?;
        Ok(Some(up_to))
    }

    /// The account's sessions that have all of these words, or words that begin so; the best first.
    pub async fn sessions(&self, account: AccountId, text: String) -> Result<Vec<SessionId>, SearchError> {
        self.blocking(move |shared| Ok(lock(&shared.index).sessions(account, &text)?)).await
    }

    /// What fits these words best: resolved sessions of the account, and runbooks.
    pub async fn solutions(&self, account: AccountId, words: Vec<String>) -> Result<Matched, SearchError> {
        self.refresh_in_background().await?;
        self.blocking(move |shared| Ok(lock(&shared.index).solutions(account, &words)?)).await
    }

    /// A runbook, by the name its hit has.
    pub fn runbook(&self, name: &str) -> Option<Arc<Runbook>> {
        lock(&self.0.runbooks).get(name)
    }

    async fn refresh_in_background(&self) -> Result<(), SearchError> {
        let search = self.clone();
        let refreshed = tokio::task::spawn_blocking(move || search.refresh_runbooks());
        refreshed.await.map_err(|_| SearchError::CutShort)?
    }

    /// Reads the folder of runbooks again if something in it changed.
    fn refresh_runbooks(&self) -> Result<(), SearchError> {
        let mut runbooks = lock(&self.0.runbooks);
        if runbooks.refresh()? {
            lock(&self.0.index).replace_runbooks(runbooks.all())?;
        }
        Ok(())
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, SearchError> + Send + 'static,
    ) -> Result<T, SearchError> {
        let shared = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || work(&shared));
        done.await.map_err(|_| SearchError::CutShort)?
    }
}

/// A step of reading the log: the sessions it touched as they are now, and how far it went.
#[derive(Debug)]
pub struct Step {
    /// Forget the account first: the log no longer reaches back to the cursor.
    pub(crate) anew: bool,
    pub(crate) documents: Vec<(SessionId, Document)>,
    pub(crate) up_to: Seq,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
