//! What is known of earlier problems: the account's sessions and a folder of runbooks, found by their words.
//!
//! The index is a database of its own (`search.db`, SQLite FTS5), beside the one that matters: it is made from the
//! log and may be deleted at any time. It follows the log by a cursor of its own, so that no commit waits for it. One
//! connection writes and a few read beside it; however many search, nobody but they waits for that.

mod batch;
mod error;
mod index;
mod log_reader;
mod pool;
pub mod runbook;
mod segment;
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
use crate::search::pool::ResourcePool;
use crate::search::runbook::{Runbook, RunbookFolder, RunbookMap};
use crate::store::Store;

pub use error::SearchError;
pub use index::{Hit, HitSource, Solutions};

/// Nobody waits longer than this for the index to catch up.
const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(2);
/// Searches at a time: as many as the store reads, so that both together leave room on a small machine.
const READER_COUNT: usize = 2;
/// Searches under way and waiting, at most; more are told to come again.
const MAX_QUEUED_SEARCHES: usize = 256;

/// The index of a running server. Clones share it.
#[derive(Clone)]
pub struct Search(Arc<SearchState>);

struct SearchState {
    readers: Arc<ResourcePool<FtsIndex>>,
    writer: Arc<ResourcePool<IndexWriter>>,
    status: Arc<IndexStatus>,
    /// Places in the line of those who search while somebody waits at a screen.
    queue_permits: Semaphore,
    /// One follower at a time reads the log. Accounts that are being taken in from the beginning, and how far that is.
    rebuilds: tokio::sync::Mutex<HashMap<AccountId, RebuildProgress>>,
}

/// Whoever writes the index: from the log, and from the runbooks.
struct IndexWriter {
    index: FtsIndex,
    runbooks: RunbookFolder,
}

/// What the index holds, as far as that is of use without asking it.
#[derive(Default)]
struct IndexStatus {
    /// How far each account's log has been read.
    indexed_seqs: Mutex<HashMap<AccountId, Seq>>,
    runbooks: Mutex<RunbookMap>,
}

impl Search {
    /// Opens the index in a folder, anew if what is there cannot be used, and reads the runbooks.
    pub fn open(folder: &Path, runbooks: Option<PathBuf>) -> Result<Self, SearchError> {
        let path = folder.join("search.db");
        let known = Arc::new(IndexStatus::default());
        let mut keeper =
            IndexWriter { index: FtsIndex::open(&path)?, runbooks: RunbookFolder::new(runbooks) };
        keeper.refresh_runbooks(&known)?;
        let readers = (0..READER_COUNT).map(|_| FtsIndex::open_read_only(&path)).collect::<Result<_, _>>()?;
        Ok(Self(Arc::new(SearchState {
            readers: ResourcePool::new(readers),
            writer: ResourcePool::new(vec![keeper]),
            status: known,
            queue_permits: Semaphore::new(MAX_QUEUED_SEARCHES),
            rebuilds: tokio::sync::Mutex::default(),
        })))
    }

    /// The account's sessions that have all of these words, or words that begin so; the best first. Everything
    /// committed before this call is looked at.
    pub async fn find_sessions(
        &self,
        store: &Store,
        account: AccountId,
        text: String,
    ) -> Result<Vec<SessionId>, SearchError> {
        let _place = self.0.queue_permits.try_acquire().map_err(|_| SearchError::TooManySearches)?;
        self.catch_up(store, account).await?;
        let readers = &self.0.readers;
        readers
            .run(move |index, gone| Ok(index.read_snapshot(gone, |it| it.find_sessions(account, &text))?))
            .await
    }

    /// What fits these words best: resolved sessions of the account, and runbooks. Everything committed before this call
    /// is looked at, and runbooks as they are now.
    pub async fn find_solutions(
        &self,
        store: &Store,
        account: AccountId,
        words: Vec<String>,
    ) -> Result<Solutions, SearchError> {
        self.catch_up(store, account).await?;
        let known = Arc::clone(&self.0.status);
        tolerate_index_error(self.0.writer.run(move |keeper, _| keeper.refresh_runbooks(&known)).await)?;
        let readers = &self.0.readers;
        readers
            .run(move |index, gone| Ok(index.read_snapshot(gone, |it| it.find_solutions(account, &words))?))
            .await
    }

    /// A runbook, by the name its hit has.
    pub fn runbook(&self, name: &str) -> Option<Arc<Runbook>> {
        self.0.status.runbooks.lock().get(name).cloned()
    }

    /// Reads the account's log up to where it is now. Where that takes long, or the index cannot be written, whoever
    /// asks is answered from what is known so far.
    async fn catch_up(&self, store: &Store, account: AccountId) -> Result<(), SearchError> {
        let newest = store.read(account, |scope| scope.newest_seq()).await?;
        let reading = async {
            while !self.0.status.has_indexed(account, newest) {
                if self.index_up_to(store, account, newest).await?.is_none() {
                    break;
                }
            }
            Ok(())
        };
        tolerate_index_error(tokio::time::timeout(CATCH_UP_TIMEOUT, reading).await.unwrap_or(Ok(())))
    }

    /// Reads the next part of an account's log, if there is more; up to where it has been read then.
    pub async fn index_next_batch(
        &self,
        store: &Store,
        account: AccountId,
    ) -> Result<Option<Seq>, SearchError> {
        self.index_up_to(store, account, Seq(u64::MAX)).await
    }

    /// The same, unless another follower has come so far meanwhile.
    async fn index_up_to(
        &self,
        store: &Store,
        account: AccountId,
        target: Seq,
    ) -> Result<Option<Seq>, SearchError> {
        let mut rebuilding = self.0.rebuilds.lock().await;
        let known = &self.0.status;
        if known.has_indexed(account, target) {
            return Ok(known.indexed_seq(account));
        }
        let step = if let Some(rebuild) = rebuilding.get(&account).copied() {
            store.read(account, move |scope| log_reader::rebuild_batch(scope, rebuild)).await?
        } else {
            let after = match known.indexed_seq(account) {
                Some(seq) => Some(seq),
                None => self.0.writer.run(move |keeper, _| Ok(keeper.index.cursor(account)?)).await?,
            };
            let step =
                store.read(account, move |scope| log_reader::next_batch(scope, account, after)).await?;
            let Some(step) = step else {
                known.set_indexed_seq(account, after);
                return Ok(None);
            };
            step
        };
        let (up_to, rest) = (step.up_to_seq, step.rebuild);
        self.0.writer.run(move |keeper, _| Ok(keeper.index.apply_batch(account, step)?)).await?;
        if let Some(rest) = rest {
            rebuilding.insert(account, rest);
        } else {
            rebuilding.remove(&account);
            known.set_indexed_seq(account, Some(up_to));
        }
        Ok(Some(up_to))
    }
}

impl IndexWriter {
    /// Reads the folder of runbooks again if something in it changed.
    fn refresh_runbooks(&mut self, status: &IndexStatus) -> Result<(), SearchError> {
        if !self.runbooks.refresh()? {
            return Ok(());
        }
        if let Err(error) = self.index.replace_runbooks(self.runbooks.iter()) {
            // The next to ask tries again.
            self.runbooks.invalidate();
            return Err(error.into());
        }
        status.runbooks.lock().clone_from(self.runbooks.books());
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

/// An index that cannot be written (the disk is full) still answers from what it has.
fn tolerate_index_error(result: Result<(), SearchError>) -> Result<(), SearchError> {
    match result {
        Err(SearchError::Index(error)) => {
            tracing::warn!(%error, "a search does not know what is new");
            Ok(())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tempfile::TempDir;
    use tierup_common::problem::Code;

    use super::*;
    use crate::admin;
    use crate::error::ApiError;

    /// The store and the index of an account in which nothing has happened.
    async fn open_empty() -> (TempDir, Store, AccountId, Search) {
        let folder = tempfile::tempdir().unwrap();
        admin::init(folder.path(), "Acme", "ana@acme.test", "Ana Ruiz").unwrap();
        let store = Store::open(folder.path(), |_| {}, &crate::supervisor::Supervisor::default()).unwrap();
        let accounts = store.read_system(|system| system.accounts()).await.unwrap();
        let search = Search::open(folder.path(), None).unwrap();
        (folder, store, accounts[0].0, search)
    }

    /// Mutants seen to fail: a line without an end.
    #[tokio::test]
    async fn whoever_finds_the_line_full_is_told_when_to_come_again() {
        let (_folder, store, account, search) = open_empty().await;
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
        // A place of somebody who went is free again.
        drop(last);
        let mut next = ask();
        assert!(futures_util::poll!(&mut next).is_pending());
        drop(held);
        assert!(next.await.unwrap().is_empty());
        drop(places);
    }

    /// Mutants seen to fail: every error of the index is told to whoever searches.
    #[tokio::test]
    async fn an_index_that_cannot_be_written_answers_from_what_it_has() {
        let (_folder, store, account, search) = open_empty().await;
        let refuse = |keeper: &mut IndexWriter, _| {
            keeper.index.refuse_writes();
            Ok(())
        };
        search.0.writer.run(refuse).await.unwrap();
        assert!(
            matches!(search.index_next_batch(&store, account).await, Err(SearchError::Index(_))),
            "it can"
        );
        assert!(search.find_sessions(&store, account, "vpn".into()).await.unwrap().is_empty());
        assert!(search.find_solutions(&store, account, vec!["vpn".into()]).await.unwrap().hits.is_empty());
    }

    /// Mutants seen to fail: one connection that all share.
    #[tokio::test]
    async fn what_is_written_holds_no_search_up() {
        let (_folder, store, account, search) = open_empty().await;
        search.index_next_batch(&store, account).await.unwrap();
        let _held = search.0.writer.occupy_all().await;
        let found = search.find_sessions(&store, account, "vpn".into());
        let found = tokio::time::timeout(Duration::from_secs(30), found).await;
        assert!(found.expect("it waits for the writer").unwrap().is_empty());
    }
}
