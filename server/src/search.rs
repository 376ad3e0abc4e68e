//! What is known of earlier problems: the account's sessions and a folder of runbooks, found by their words.
//!
//! The index is a database of its own (`search.db`, SQLite FTS5), beside the one that matters: it is made from the
//! log and may be deleted at any time. It follows the log by a cursor of its own, so that no commit waits for it. One
//! connection writes and a few read beside it; however many search, nobody but they waits for that.

mod gather;
mod index;
pub mod runbook;
mod split;
mod turn;
pub mod words;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tierup_common::id::{AccountId, Seq, SessionId};
use tokio::sync::Semaphore;

use crate::search::index::Index;
use crate::search::runbook::{Books, Runbook, Runbooks};
use crate::search::turn::Turns;
use crate::store::{self, SessionCursor, Store};

pub use index::{Document, Hit, Kind, Matched};

/// Nobody waits longer than this for the index to catch up.
const CATCH_UP_TIME: Duration = Duration::from_secs(2);
/// Searches at a time: as many as the store reads, so that both together leave room on a small machine.
const READERS: usize = 2;
/// Searches under way and waiting, at most; more are told to come again.
const LINE: usize = 256;

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
    /// Too many wait for their turn.
    #[error("too many searches at once")]
    Crowded,
    /// Nobody waited for it any more, or it panicked.
    #[error("search was cut short")]
    CutShort,
}

/// The index of a running server. Clones share it.
#[derive(Clone)]
pub struct Search(Arc<Shared>);

struct Shared {
    readers: Arc<Turns<Index>>,
    keeper: Arc<Turns<Keeper>>,
    known: Arc<Known>,
    /// Places in the line of those who search while somebody waits at a screen.
    line: Semaphore,
    /// One follower at a time reads the log. Accounts that are being taken in from the beginning, and how far that is.
    following: tokio::sync::Mutex<HashMap<AccountId, Rebuild>>,
}

/// Whoever writes the index: from the log, and from the runbooks.
struct Keeper {
    index: Index,
    runbooks: Runbooks,
}

/// What the index holds, as far as that is of use without asking it.
#[derive(Default)]
struct Known {
    /// How far each account's log has been read.
    read_to: Mutex<HashMap<AccountId, Seq>>,
    books: Mutex<Books>,
}

impl Search {
    /// Opens the index in a folder, anew if what is there cannot be used, and reads the runbooks.
    pub fn open(folder: &Path, runbooks: Option<PathBuf>) -> Result<Self, SearchError> {
        let path = folder.join("search.db");
        let known = Arc::new(Known::default());
        let mut keeper = Keeper { index: Index::open(&path)?, runbooks: Runbooks::new(runbooks) };
        keeper.refresh(&known)?;
        let readers = (0..READERS).map(|_| Index::for_reading(&path)).collect::<Result<_, _>>()?;
        Ok(Self(Arc::new(Shared {
            readers: Turns::new(readers),
            keeper: Turns::new(vec![keeper]),
            known,
            line: Semaphore::new(LINE),
            following: tokio::sync::Mutex::default(),
        })))
    }

    /// The account's sessions that have all of these words, or words that begin so; the best first. Everything
    /// committed before this call is looked at.
    pub async fn sessions(
        &self,
        store: &Store,
        account: AccountId,
        text: String,
    ) -> Result<Vec<SessionId>, SearchError> {
        let _place = self.0.line.try_acquire().map_err(|_| SearchError::Crowded)?;
        self.catch_up(store, account).await?;
        let readers = &self.0.readers;
        readers.take(move |index, gone| Ok(index.read(gone, |it| it.sessions(account, &text))?)).await
    }

    /// What fits these words best: resolved sessions of the account, and runbooks. Everything committed before this call
    /// is looked at, and runbooks as they are now.
    pub async fn solutions(
        &self,
        store: &Store,
        account: AccountId,
        words: Vec<String>,
    ) -> Result<Matched, SearchError> {
        self.catch_up(store, account).await?;
        let known = Arc::clone(&self.0.known);
        or_what_it_has(self.0.keeper.take(move |keeper, _| keeper.refresh(&known)).await)?;
        let readers = &self.0.readers;
        readers.take(move |index, gone| Ok(index.read(gone, |it| it.solutions(account, &words))?)).await
    }

    /// A runbook, by the name its hit has.
    pub fn runbook(&self, name: &str) -> Option<Arc<Runbook>> {
        lock(&self.0.known.books).get(name).cloned()
    }

    /// Reads the account's log up to where it is now. Where that takes long, or the index cannot be written, whoever
    /// asks is answered from what is known so far.
    async fn catch_up(&self, store: &Store, account: AccountId) -> Result<(), SearchError> {
        let newest = store.read(account, |scope| scope.newest_seq()).await?;
        let reading = async {
            while !self.0.known.has_read(account, newest) {
                if self.read_on_to(store, account, newest).await?.is_none() {
                    break;
                }
            }
            Ok(())
        };
        or_what_it_has(tokio::time::timeout(CATCH_UP_TIME, reading).await.unwrap_or(Ok(())))
    }

    /// Reads the next part of an account's log, if there is more; up to where it has been read then.
    pub async fn read_on(&self, store: &Store, account: AccountId) -> Result<Option<Seq>, SearchError> {
        self.read_on_to(store, account, Seq(u64::MAX)).await
    }

    /// The same, unless another follower has come so far meanwhile.
    async fn read_on_to(
        &self,
        store: &Store,
        account: AccountId,
        enough: Seq,
    ) -> Result<Option<Seq>, SearchError> {
        let mut rebuilding = self.0.following.lock().await;
        let known = &self.0.known;
        if known.has_read(account, enough) {
            return Ok(known.read_to(account));
        }
        let step = if let Some(rebuild) = rebuilding.get(&account).copied() {
            store.read(account, move |scope| gather::rebuild(scope, rebuild)).await?
        } else {
            let after = match known.read_to(account) {
                Some(seq) => Some(seq),
                None => self.0.keeper.take(move |keeper, _| Ok(keeper.index.cursor(account)?)).await?,
            };
            let step = store.read(account, move |scope| gather::gather(scope, account, after)).await?;
            let Some(step) = step else {
                known.note(account, after);
                return Ok(None);
            };
            step
        };
        let (up_to, rest) = (step.up_to, step.rest);
        self.0.keeper.take(move |keeper, _| Ok(keeper.index.take_in(account, step)?)).await?;
        if let Some(rest) = rest {
            rebuilding.insert(account, rest);
        } else {
            rebuilding.remove(&account);
            known.note(account, Some(up_to));
        }
        Ok(Some(up_to))
    }
}

impl Keeper {
    /// Reads the folder of runbooks again if something in it changed.
    fn refresh(&mut self, known: &Known) -> Result<(), SearchError> {
        if !self.runbooks.refresh()? {
            return Ok(());
        }
        if let Err(error) = self.index.replace_runbooks(self.runbooks.all()) {
            // The next to ask tries again.
            self.runbooks.forget();
            return Err(error.into());
        }
        lock(&known.books).clone_from(self.runbooks.books());
        Ok(())
    }
}

impl Known {
    fn read_to(&self, account: AccountId) -> Option<Seq> {
        lock(&self.read_to).get(&account).copied()
    }

    fn has_read(&self, account: AccountId, enough: Seq) -> bool {
        self.read_to(account).is_some_and(|seq| seq >= enough)
    }

    fn note(&self, account: AccountId, seq: Option<Seq>) {
        if let Some(seq) = seq {
            lock(&self.read_to).insert(account, seq);
        }
    }
}

/// A step of reading the log: the sessions it touched as they are now, and how far it went.
#[derive(Debug)]
pub struct Step {
    /// Forget the account first: the log no longer reaches back to the cursor.
    pub(crate) anew: bool,
    pub(crate) documents: Vec<(SessionId, Document)>,
    pub(crate) up_to: Seq,
    /// What is still to be taken in before the account is known up to there.
    pub(crate) rest: Option<Rebuild>,
}

/// How far an account has been taken in from the beginning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rebuild {
    /// Where its log was when that began.
    newest: Seq,
    /// The last session that was taken in; none before the first.
    cursor: Option<SessionCursor>,
}

/// An index that cannot be written (the disk is full) still answers from what it has.
fn or_what_it_has(written: Result<(), SearchError>) -> Result<(), SearchError> {
    match written {
        Err(SearchError::Index(error)) => {
            tracing::warn!(%error, "a search does not know what is new");
            Ok(())
        }
        other => other,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tempfile::TempDir;
    use tierup_common::problem::Code;

    use super::*;
    use crate::admin;
    use crate::error::ApiError;
    use crate::search::turn::tests::hold;

    /// The store and the index of an account in which nothing has happened.
    async fn opened() -> (TempDir, Store, AccountId, Search) {
        let folder = tempfile::tempdir().unwrap();
        admin::init(folder.path(), "Acme", "ana@acme.test", "Ana Ruiz").unwrap();
        let store = Store::open(folder.path(), |_| {}, &crate::supervise::Supervisor::default()).unwrap();
        let accounts = store.read_system(|system| system.accounts()).await.unwrap();
        let search = Search::open(folder.path(), None).unwrap();
        (folder, store, accounts[0].0, search)
    }

    /// Mutants seen to fail: a line without an end.
    #[tokio::test]
    async fn whoever_finds_the_line_full_is_told_when_to_come_again() {
        let (_folder, store, account, search) = opened().await;
        let held = hold(&search.0.readers).await;
        let ask = || Box::pin(search.sessions(&store, account, "vpn".into()));
        let places = search.0.line.acquire_many(u32::try_from(LINE - 1).unwrap()).await.unwrap();
        let mut last = ask();
        assert!(futures_util::poll!(&mut last).is_pending());
        let refused = ask().now_or_never().expect("it waits").unwrap_err();
        assert!(matches!(refused, SearchError::Crowded));
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
        let (_folder, store, account, search) = opened().await;
        let refuse = |keeper: &mut Keeper, _| {
            keeper.index.refuse_writes();
            Ok(())
        };
        search.0.keeper.take(refuse).await.unwrap();
        assert!(matches!(search.read_on(&store, account).await, Err(SearchError::Index(_))), "it can");
        assert!(search.sessions(&store, account, "vpn".into()).await.unwrap().is_empty());
        assert!(search.solutions(&store, account, vec!["vpn".into()]).await.unwrap().hits.is_empty());
    }

    /// Mutants seen to fail: one connection that all share.
    #[tokio::test]
    async fn what_is_written_holds_no_search_up() {
        let (_folder, store, account, search) = opened().await;
        search.read_on(&store, account).await.unwrap();
        let _held = hold(&search.0.keeper).await;
        let found = search.sessions(&store, account, "vpn".into());
        let found = tokio::time::timeout(Duration::from_secs(30), found).await;
        assert!(found.expect("it waits for the writer").unwrap().is_empty());
    }
}
