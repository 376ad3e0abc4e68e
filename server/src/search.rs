//! Full-text search over an account's sessions and a folder of runbooks.
//!
//! The index is a database of its own (`search.db`, SQLite FTS5), built from the log; it may be deleted at any time. It
//! follows the log by a cursor of its own, so commits never wait for it. One connection writes while a few read; when
//! many search, only they wait.

mod batch;
mod error;
mod index;
mod language;
pub(crate) mod lexicon;
mod log_reader;
mod pool;
pub(crate) mod rarity;
pub mod runbook;
mod segment;
mod spelling;
pub(crate) mod terms;
pub mod words;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tierup_common::id::{AccountId, Seq, SessionId};
use tokio::sync::Semaphore;

use crate::search::batch::RebuildProgress;
use crate::search::index::FtsIndex;
use crate::search::lexicon::Lexicon;
use crate::search::pool::ResourcePool;
use crate::search::rarity::QueryTerm;
use crate::search::runbook::{Runbook, RunbookFolder, RunbookMap};
use crate::store::Store;

pub use error::SearchError;
pub(crate) use index::Candidates;
pub use index::SolutionSource;

/// A search waits at most this long for the index to catch up.
const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(2);
/// Concurrent searches: as many as the store has readers, so that both together suit a small machine.
const READER_COUNT: usize = 2;
/// Searches running and waiting; more are rejected.
const MAX_QUEUED_SEARCHES: usize = 256;

/// The index of a running server. Clones share it.
#[derive(Clone)]
pub struct Search(Arc<SearchState>);

struct SearchState {
    readers: Arc<ResourcePool<FtsIndex>>,
    writer: Arc<ResourcePool<IndexWriter>>,
    status: Arc<IndexStatus>,
    /// Permits for searches by users.
    queue_permits: Semaphore,
    /// One task at a time reads the log. Accounts being rebuilt, and their progress.
    rebuilds: tokio::sync::Mutex<HashMap<AccountId, RebuildProgress>>,
}

/// Writes to the index: from the log, and from the runbooks.
struct IndexWriter {
    index: FtsIndex,
    runbooks: RunbookFolder,
}

/// The state of the index that needs no query.
#[derive(Default)]
struct IndexStatus {
    /// How far each account's log was indexed.
    indexed_seqs: Mutex<HashMap<AccountId, Seq>>,
    /// How many sessions are in an index that is being built anew.
    rebuilt_sessions: Mutex<HashMap<AccountId, u64>>,
    runbooks: Mutex<RunbookMap>,
    lexicon: Mutex<Arc<Lexicon>>,
}

impl Search {
    /// Opens the index in a folder and reads the runbooks. An unusable index is rebuilt.
    pub fn open(folder: &Path, runbooks: Option<PathBuf>) -> Result<Self, SearchError> {
        let path = folder.join("search.db");
        let status = Arc::new(IndexStatus::default());
        let mut writer =
            IndexWriter { index: FtsIndex::open(&path)?, runbooks: RunbookFolder::new(runbooks) };
        writer.refresh_runbooks(&status)?;
        let readers = (0..READER_COUNT).map(|_| FtsIndex::open_read_only(&path)).collect::<Result<_, _>>()?;
        Ok(Self(Arc::new(SearchState {
            readers: ResourcePool::new(readers),
            writer: ResourcePool::new(vec![writer]),
            status,
            queue_permits: Semaphore::new(MAX_QUEUED_SEARCHES),
            rebuilds: tokio::sync::Mutex::default(),
        })))
    }

    /// The account's sessions that contain all of these words or prefixes, best first. Includes everything committed
    /// before the call.
    pub async fn find_sessions(
        &self,
        store: &Store,
        account: AccountId,
        text: String,
    ) -> Result<Vec<SessionId>, SearchError> {
        let _permit = self.0.queue_permits.try_acquire().map_err(|_| SearchError::TooManySearches)?;
        self.catch_up(store, account).await?;
        let readers = &self.0.readers;
        readers
            .run(move |index, cancel| {
                Ok(index.read_snapshot(cancel, |index| index.find_sessions(account, &text))?)
            })
            .await
    }

    /// The resolved sessions and runbooks that share the most telling of these terms. Includes everything committed
    /// before the call.
    pub(crate) async fn find_candidates(
        &self,
        store: &Store,
        account: AccountId,
        terms: Vec<QueryTerm>,
    ) -> Result<Candidates, SearchError> {
        self.catch_up(store, account).await?;
        let readers = &self.0.readers;
        readers
            .run(move |index, cancel| {
                Ok(index.read_snapshot(cancel, |index| index.find_candidates(account, &terms))?)
            })
            .await
    }

    /// Reads the runbooks and the team's synonyms again if a file has changed.
    pub(crate) async fn refresh_runbooks(&self) -> Result<(), SearchError> {
        let status = Arc::clone(&self.0.status);
        tolerate_index_error(self.0.writer.run(move |writer, _| writer.refresh_runbooks(&status)).await)
    }

    /// What words mean the same, with the team's own synonyms.
    pub(crate) fn lexicon(&self) -> Arc<Lexicon> {
        Arc::clone(&self.0.status.lexicon.lock())
    }

    /// A runbook, by its name in a hit.
    pub fn runbook(&self, name: &str) -> Option<Arc<Runbook>> {
        self.0.status.runbooks.lock().get(name).cloned()
    }

    /// Indexes the account's log up to now. If that takes too long or the index cannot be written, the search goes
    /// ahead with what is indexed.
    async fn catch_up(&self, store: &Store, account: AccountId) -> Result<(), SearchError> {
        let newest = store.read(account, |scope| scope.newest_seq()).await?;
        let catch_up = async {
            while !self.0.status.has_indexed(account, newest) {
                if self.index_up_to(store, account, newest).await?.is_none() {
                    break;
                }
            }
            Ok(())
        };
        tolerate_index_error(tokio::time::timeout(CATCH_UP_TIMEOUT, catch_up).await.unwrap_or(Ok(())))
    }

    /// Indexes the next batch of an account's log; returns how far the index goes then, or none if nothing was left.
    pub async fn index_next_batch(
        &self,
        store: &Store,
        account: AccountId,
    ) -> Result<Option<Seq>, SearchError> {
        self.index_up_to(store, account, Seq(u64::MAX)).await
    }

    /// How many sessions are in an account's index, while it is built anew.
    pub(crate) fn rebuilt_sessions(&self, account: AccountId) -> Option<u64> {
        self.0.status.rebuilt_sessions.lock().get(&account).copied()
    }

    /// The same, unless another task has indexed as far as `target` meanwhile.
    async fn index_up_to(
        &self,
        store: &Store,
        account: AccountId,
        target: Seq,
    ) -> Result<Option<Seq>, SearchError> {
        let mut rebuilds = self.0.rebuilds.lock().await;
        let status = &self.0.status;
        if status.has_indexed(account, target) {
            return Ok(status.indexed_seq(account));
        }
        let batch = if let Some(rebuild) = rebuilds.get(&account).copied() {
            store.read(account, move |scope| log_reader::rebuild_batch(scope, rebuild)).await?
        } else {
            let after = match status.indexed_seq(account) {
                Some(seq) => Some(seq),
                None => self.0.writer.run(move |writer, _| Ok(writer.index.cursor(account)?)).await?,
            };
            let batch = store.read(account, move |scope| log_reader::next_batch(scope, after)).await?;
            let Some(batch) = batch else {
                status.set_indexed_seq(account, after);
                return Ok(None);
            };
            batch
        };
        let (up_to, rebuild, count) = (batch.up_to_seq, batch.rebuild, batch.documents.len() as u64);
        self.0.writer.run(move |writer, _| Ok(writer.index.apply_batch(account, batch)?)).await?;
        if let Some(rebuild) = rebuild {
            rebuilds.insert(account, rebuild);
            *status.rebuilt_sessions.lock().entry(account).or_default() += count;
        } else {
            rebuilds.remove(&account);
            status.rebuilt_sessions.lock().remove(&account);
            status.set_indexed_seq(account, Some(up_to));
        }
        Ok(Some(up_to))
    }
}

impl IndexWriter {
    /// Reads the runbooks again if a file has changed.
    fn refresh_runbooks(&mut self, status: &IndexStatus) -> Result<(), SearchError> {
        if !self.runbooks.refresh()? {
            return Ok(());
        }
        if let Err(error) = self.index.replace_runbooks(self.runbooks.iter()) {
            // Try again with the next search.
            self.runbooks.invalidate();
            return Err(error.into());
        }
        status.runbooks.lock().clone_from(self.runbooks.books());
        *status.lexicon.lock() = Arc::new(Lexicon::new(self.runbooks.synonyms()));
        Ok(())
    }
}

impl IndexStatus {
    fn indexed_seq(&self, account: AccountId) -> Option<Seq> {
        self.indexed_seqs.lock().get(&account).copied()
    }

    fn has_indexed(&self, account: AccountId, target: Seq) -> bool {
        self.indexed_seq(account).is_some_and(|seq| seq >= target)
    }

    fn set_indexed_seq(&self, account: AccountId, seq: Option<Seq>) {
        if let Some(seq) = seq {
            self.indexed_seqs.lock().insert(account, seq);
        }
    }
}

/// An index that cannot be written (full disk) can still be searched.
fn tolerate_index_error(result: Result<(), SearchError>) -> Result<(), SearchError> {
    match result {
        Err(SearchError::Index(error)) => {
            tracing::warn!(%error, "cannot update the search index; a search may miss new text");
            Ok(())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tierup_common::problem::Code;

    use super::*;
    use crate::admin::tests::NewAccount;
    use crate::error::ApiError;

    /// A new account, its store and its index.
    async fn open_empty() -> (NewAccount, Store, AccountId, Search) {
        let acme = NewAccount::create().await;
        let (store, account) = (acme.store.clone(), acme.ana.account);
        let search = Search::open(acme.folder(), None).unwrap();
        (acme, store, account, search)
    }

    /// Mutants seen to fail: an unlimited queue.
    #[tokio::test]
    async fn a_search_is_rejected_as_rate_limited_when_the_queue_is_full() {
        let (_acme, store, account, search) = open_empty().await;
        let held = search.0.readers.occupy_all().await;
        let ask = || Box::pin(search.find_sessions(&store, account, "vpn".into()));
        let places = search
            .0
            .queue_permits
            .acquire_many(u32::try_from(MAX_QUEUED_SEARCHES - 1).unwrap())
            .await
            .unwrap();
        let mut last = ask();
        assert!(futures_util::poll!(&mut last).is_pending());
        let refused = ask().now_or_never().expect("it waits").unwrap_err();
        assert!(matches!(refused, SearchError::TooManySearches));
        assert_eq!(ApiError::from(refused).problem.code(), Some(Code::RateLimited));
        // A dropped search frees its permit.
        drop(last);
        let mut next = ask();
        assert!(futures_util::poll!(&mut next).is_pending());
        drop(held);
        assert!(next.await.unwrap().is_empty());
        drop(places);
    }

    /// Mutants seen to fail: every error of the index is returned to searches.
    #[tokio::test]
    async fn searches_still_work_when_the_index_cannot_be_written() {
        let (_acme, store, account, search) = open_empty().await;
        let refuse = |writer: &mut IndexWriter, _| {
            writer.index.refuse_writes();
            Ok(())
        };
        search.0.writer.run(refuse).await.unwrap();
        assert!(
            matches!(search.index_next_batch(&store, account).await, Err(SearchError::Index(_))),
            "it can"
        );
        assert!(search.find_sessions(&store, account, "vpn".into()).await.unwrap().is_empty());
        assert!(search.find_candidates(&store, account, Vec::new()).await.unwrap().sources.is_empty());
    }

    /// Mutants seen to fail: a single shared connection.
    #[tokio::test]
    async fn searches_do_not_wait_for_the_index_writer() {
        let (_acme, store, account, search) = open_empty().await;
        search.index_next_batch(&store, account).await.unwrap();
        let _held = search.0.writer.occupy_all().await;
        let found = search.find_sessions(&store, account, "vpn".into());
        let found = tokio::time::timeout(Duration::from_secs(30), found).await;
        assert!(found.expect("it waits for the writer").unwrap().is_empty());
    }
}
