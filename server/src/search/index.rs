//! The index itself, and the ranking of its hits.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use tierup_common::id::{AccountId, Seq, SessionId};
use tokio_util::sync::CancellationToken;

use crate::search::batch::{Document, IndexBatch};
use crate::search::runbook::Runbook;
use crate::search::segment;
use crate::store;

/// Schema version; a mismatch rebuilds the index. 2: bigrams for scripts without spaces.
const SCHEMA_VERSION: i32 = 2;
/// How often a running query checks for cancellation, in SQLite's virtual machine instructions: a few times per
/// millisecond.
const PROGRESS_INTERVAL: i32 = 1_000;
/// How long a connection waits for a lock: readers only while the file is created.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Hits that are ranked closely.
const MAX_HITS: u32 = 8;
/// The most sessions that a search returns.
const MAX_SESSIONS: u32 = 1_000;
/// Prepared statements kept per connection.
const STATEMENT_CACHE_SIZE: usize = 16;
/// The most words per search: the heaviest ones.
const MAX_WORDS: usize = 32;

const SCHEMA: &str = "
  CREATE TABLE document (
    id      INTEGER PRIMARY KEY,
    account BLOB,
    session BLOB UNIQUE,
    runbook TEXT UNIQUE
  ) STRICT;
  CREATE VIRTUAL TABLE word USING fts5 (
    scope, title, problem, talk, resolution,
    content = '', contentless_delete = 1,
    tokenize = 'porter unicode61 remove_diacritics 2 categories ''L* N* Co Mn Mc'''
  );
  CREATE TABLE follow (account BLOB PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// The source of a hit.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum HitSource {
    /// A session of the account.
    Session(SessionId),
    /// The name of a runbook.
    Runbook(String),
}

/// A match.
#[derive(Clone, PartialEq, Debug)]
pub struct Hit {
    /// What matches.
    pub source: HitSource,
    /// The share of the searched words that it contains, from 0 to 1, weighted by rarity.
    pub coverage: f64,
    /// The searched words that it contains.
    pub words: Vec<String>,
}

/// Matches, best first, and the weights of words.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Solutions {
    /// The matches.
    pub hits: Vec<Hit>,
    /// The rarity of each word among all documents: rarer words weigh more.
    pub word_weights: HashMap<String, f64>,
}

pub(super) struct FtsIndex {
    connection: Connection,
}

impl FtsIndex {
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        match Self::open_existing(path) {
            Ok(Some(index)) => return Ok(index),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the search index is unusable; rebuilding it"),
        }
        for end in ["", "-wal", "-shm", "-journal"] {
            let mut file = path.as_os_str().to_owned();
            file.push(end);
            // The file may not exist; a file that cannot be removed fails when it is opened.
            let _ = std::fs::remove_file(file);
        }
        let connection = open_writable(path)?;
        connection.execute_batch(SCHEMA)?;
        connection.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        Ok(Self { connection })
    }

    fn open_existing(path: &Path) -> rusqlite::Result<Option<Self>> {
        if !path.exists() {
            return Ok(None);
        }
        let connection = open_writable(path)?;
        let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        Ok((version == SCHEMA_VERSION).then_some(Self { connection }))
    }

    /// Opens the index for reading, concurrently with a writer.
    pub(super) fn open_read_only(path: &Path) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE_SIZE);
        connection.busy_timeout(BUSY_TIMEOUT)?;
        Ok(Self { connection })
    }

    /// Runs a query on a snapshot, and interrupts it when `cancel` is cancelled.
    pub(super) fn read_snapshot<T>(
        &self,
        cancel: CancellationToken,
        work: impl FnOnce(&Self) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        self.connection.progress_handler(PROGRESS_INTERVAL, Some(move || cancel.is_cancelled()))?;
        let snapshot = self.connection.unchecked_transaction()?;
        let result = work(self);
        // Do not interrupt the end of the transaction: the next one would start inside it.
        self.connection.progress_handler(0, None::<fn() -> bool>)?;
        drop(snapshot);
        result
    }

    /// How far the account's log is indexed; none if never.
    pub(super) fn cursor(&self, account: AccountId) -> rusqlite::Result<Option<Seq>> {
        let sql = "SELECT seq FROM follow WHERE account = ?1";
        self.connection.query_row(sql, [account], |row| row.get(0)).optional()
    }

    pub(super) fn apply_batch(&mut self, account: AccountId, batch: IndexBatch) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        if batch.clear_first {
            transaction.execute(
                "DELETE FROM word WHERE rowid IN (SELECT id FROM document WHERE account = ?1)",
                [account],
            )?;
            transaction.execute("DELETE FROM document WHERE account = ?1", [account])?;
        }
        for (session, document) in batch.documents {
            transaction
                .prepare_cached(
                    "INSERT INTO document (account, session) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                )?
                .execute(params![account, session])?;
            let id: i64 = transaction
                .prepare_cached("SELECT id FROM document WHERE session = ?1")?
                .query_row([session], |row| row.get(0))?;
            let scope = scope_term(account, document.resolution.is_some());
            index_document(&transaction, id, &scope, &document)?;
        }
        if batch.rebuild.is_some() {
            return transaction.commit();
        }
        transaction.execute(
            "INSERT INTO follow VALUES (?1, ?2) ON CONFLICT DO UPDATE SET seq = excluded.seq",
            params![account, batch.up_to_seq],
        )?;
        transaction.commit()
    }

    pub(super) fn replace_runbooks<'r>(
        &mut self,
        runbooks: impl Iterator<Item = (&'r str, &'r Runbook)>,
    ) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        transaction.execute(
            "DELETE FROM word WHERE rowid IN (SELECT id FROM document WHERE runbook IS NOT NULL)",
            [],
        )?;
        transaction.execute("DELETE FROM document WHERE runbook IS NOT NULL", [])?;
        for (name, book) in runbooks {
            transaction.execute("INSERT INTO document (runbook) VALUES (?1)", [name])?;
            let id = transaction.last_insert_rowid();
            let document = Document {
                title: book.title.clone(),
                problem: book.text.clone(),
                transcript: String::new(),
                resolution: Some(book.steps.join("\n")),
            };
            index_document(&transaction, id, RUNBOOK_SCOPE, &document)?;
        }
        transaction.commit()
    }

    /// The best matches among the account's resolved sessions and the runbooks. Words weigh more the earlier and the
    /// more often they occur.
    pub(super) fn find_solutions(&self, account: AccountId, words: &[String]) -> rusqlite::Result<Solutions> {
        let weighted = weigh_words(words);
        if weighted.is_empty() {
            return Ok(Solutions::default());
        }
        let scope = format!("scope : ({} OR {RUNBOOK_SCOPE})", scope_term(account, true));
        let any: Vec<String> = weighted.iter().map(|(word, _)| quote_word(word)).collect();
        let query = format!("{scope} AND {{title problem talk resolution}} : ({})", any.join(" OR "));
        let mut statement = self.connection.prepare_cached(
            "SELECT rowid FROM word WHERE word MATCH ?1 ORDER BY bm25(word, 0.0, 4.0, 2.0, 1.0, 1.0) LIMIT ?2",
        )?;
        let ids: Vec<i64> =
            statement.query_map(params![query, MAX_HITS], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let document_count = self.count_matches(&scope)?;
        let mut word_weights = HashMap::new();
        let mut total = 0.0;
        let mut found: HashMap<i64, (f64, Vec<String>)> = HashMap::new();
        for (word, weight) in weighted {
            let query = format!("{scope} AND {{title problem talk resolution}} : {}", quote_word(&word));
            let matches = self.matching_ids(&query)?;
            // A word that no document contains carries little information.
            let rarity = if matches.is_empty() {
                0.4
            } else {
                inverse_document_frequency(document_count, matches.len())
            };
            let value = rarity * weight;
            total += value;
            for id in ids.iter().filter(|id| matches.contains(id)) {
                let (sum, words) = found.entry(*id).or_default();
                *sum += value;
                words.push(word.clone());
            }
            word_weights.insert(word, rarity);
        }
        let mut hits = Vec::new();
        for id in ids {
            let (sum, words) = found.remove(&id).unwrap_or_default();
            hits.push(Hit { source: self.hit_source(id)?, coverage: sum / total, words });
        }
        hits.sort_by(|one, other| other.coverage.total_cmp(&one.coverage));
        Ok(Solutions { hits, word_weights })
    }

    /// The account's sessions that contain all of these words or prefixes, best first.
    pub(super) fn find_sessions(&self, account: AccountId, text: &str) -> rusqlite::Result<Vec<SessionId>> {
        let words = segment::query_terms(text, MAX_WORDS);
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let scope = format!("scope : ({} OR {})", scope_term(account, true), scope_term(account, false));
        let query = format!("{scope} AND {{title problem talk resolution}} : ({})", words.join(" AND "));
        let mut statement = self.connection.prepare_cached(
            "SELECT d.session FROM word JOIN document d ON d.id = word.rowid
             WHERE word MATCH ?1 ORDER BY bm25(word, 0.0, 4.0, 2.0, 1.0, 1.0) LIMIT ?2",
        )?;
        statement.query_map(params![query, MAX_SESSIONS], |row| row.get(0))?.collect()
    }

    fn hit_source(&self, id: i64) -> rusqlite::Result<HitSource> {
        let sql = "SELECT session, runbook FROM document WHERE id = ?1";
        self.connection.query_row(sql, [id], |row| match row.get(0)? {
            Some(session) => Ok(HitSource::Session(session)),
            None => Ok(HitSource::Runbook(row.get(1)?)),
        })
    }

    fn count_matches(&self, query: &str) -> rusqlite::Result<usize> {
        let sql = "SELECT COUNT(*) FROM word WHERE word MATCH ?1";
        self.connection.prepare_cached(sql)?.query_row([query], |row| row.get(0))
    }

    fn matching_ids(&self, query: &str) -> rusqlite::Result<BTreeSet<i64>> {
        let mut statement = self.connection.prepare_cached("SELECT rowid FROM word WHERE word MATCH ?1")?;
        let ids = statement.query_map([query], |row| row.get(0))?;
        ids.collect()
    }
}

fn open_writable(path: &Path) -> rusqlite::Result<Connection> {
    // The index holds customer data. If this fails, opening the file reports why.
    let _ = store::create_private_file(path);
    let connection = Connection::open(path)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE_SIZE);
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // Losing the last writes only means indexing them again.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(connection)
}

const RUNBOOK_SCOPE: &str = "runbook";

/// The term that restricts a search to an account's documents, resolved or not.
fn scope_term(account: AccountId, resolved: bool) -> String {
    let number = u128::from_be_bytes(*account.as_bytes());
    format!("{}{number:032x}", if resolved { 'r' } else { 'o' })
}

fn index_document(
    connection: &Connection,
    id: i64,
    scope: &str,
    document: &Document,
) -> rusqlite::Result<()> {
    let [title, problem, talk] =
        [&document.title, &document.problem, &document.transcript].map(|text| segment::index_text(text));
    let resolution = document.resolution.as_deref().map(segment::index_text);
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO word (rowid, scope, title, problem, talk, resolution)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![id, scope, title, problem, talk, resolution])?;
    Ok(())
}

/// Each word once with its weight, the damped frequency; heaviest first.
fn weigh_words(words: &[String]) -> Vec<(String, f64)> {
    let mut counts: Vec<(&String, u32)> = Vec::new();
    for word in words {
        match counts.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => counts.push((word, 1)),
        }
    }
    // A stable sort keeps equally frequent words in their order.
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.truncate(MAX_WORDS);
    counts.into_iter().map(|(word, count)| (word.clone(), f64::from(count).ln_1p())).collect()
}

/// A word quoted for FTS5, so that it is never an operator.
fn quote_word(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}

/// The inverse document frequency of BM25, of a word that `having` of `all` documents contain.
fn inverse_document_frequency(all: usize, having: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 documents")]
    let (all, having) = (all as f64, having as f64);
    (1.0 + (all - having + 0.5) / (having + 0.5)).ln()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::search::pool::ResourcePool;

    impl FtsIndex {
        /// Makes every further write fail.
        pub(in crate::search) fn refuse_writes(&self) {
            self.connection.pragma_update(None, "query_only", true).unwrap();
        }
    }

    fn account_id() -> AccountId {
        AccountId::from_bytes([1; 16])
    }

    /// An index of resolved sessions with these problems.
    fn index_of(problems: &[&str]) -> (TempDir, FtsIndex) {
        let folder = tempfile::tempdir().unwrap();
        let mut index = FtsIndex::open(&folder.path().join("search.db")).unwrap();
        let document = |(number, problem): (u8, &&str)| {
            let document = Document {
                title: (*problem).into(),
                problem: String::new(),
                transcript: String::new(),
                resolution: Some(String::new()),
            };
            (SessionId::from_bytes([number; 16]), document)
        };
        let documents = (1..).zip(problems).map(document).collect();
        index
            .apply_batch(
                account_id(),
                IndexBatch { clear_first: true, documents, up_to_seq: Seq(1), rebuild: None },
            )
            .unwrap();
        (folder, index)
    }

    #[test]
    fn text_without_spaces_matches_any_part_of_it() {
        let problems = [
            "VPN接続が切れます",
            "接続。続き",
            "打印机无法连接到网络",
            "เครื่องพิมพ์ไม่ทำงาน",
            "네트워크접속이 안됩니다",
            "ﾌﾟﾘﾝﾀ ＶＰＮ",
            "ຄອມພິວເຕີ",
            "កុំព្យូទ័រ",
            "ကွန်ပျူတာ",
        ];
        let (_folder, index) = index_of(&problems);
        let found = |text: &str| -> Vec<u8> {
            let ids = index.find_sessions(account_id(), text).unwrap();
            let mut numbers: Vec<u8> = ids.iter().map(|id| id.as_bytes()[0]).collect();
            numbers.sort_unstable();
            numbers
        };
        assert_eq!(found("接続"), [1, 2]);
        assert_eq!(found("接続が"), [1], "one after the other");
        assert_eq!(found("接続続"), [0_u8; 0], "a full stop stands between them");
        assert_eq!(found("切れ"), [1]);
        assert_eq!(found("す"), [1], "the last character");
        assert_eq!(found("続"), [1, 2]);
        assert_eq!(found("VPN接続"), [1]);
        assert_eq!(found("vpn"), [1, 6]);
        assert_eq!(found("ｖｐ 切れます"), [1]);
        assert_eq!(found("网络"), [3]);
        assert_eq!(found("พิมพ์"), [4]);
        assert_eq!(found("접속"), [5]);
        assert_eq!(found("プリンタ"), [6]);
        assert_eq!(found("ພິວ"), [7]);
        assert_eq!(found("ព្យូ"), [8]);
        assert_eq!(found("ပျူ"), [9]);
        assert!(found("接线").is_empty() && found("。").is_empty());
    }

    #[test]
    fn solutions_are_found_in_text_without_spaces() {
        let (_folder, index) = index_of(&["VPN接続が切れます", "プリンタが動かない"]);
        let words: Vec<String> = crate::search::words::keywords("VPNの接続がすぐ切れる").collect();
        let matched = index.find_solutions(account_id(), &words).unwrap();
        let best = &matched.hits[0];
        assert_eq!(best.source, HitSource::Session(SessionId::from_bytes([1; 16])));
        assert!(best.words.contains(&"接続".to_owned()), "{best:?}");
    }

    /// An index without bigrams, by an earlier version.
    #[test]
    fn an_index_with_another_schema_version_is_rebuilt() {
        let (folder, index) = index_of(&["VPN"]);
        let path = folder.path().join("search.db");
        drop(index);
        let index = FtsIndex::open(&path).unwrap();
        assert_eq!(index.cursor(account_id()).unwrap(), Some(Seq(1)));
        index.connection.pragma_update(None, "user_version", SCHEMA_VERSION - 1).unwrap();
        drop(index);
        assert_eq!(FtsIndex::open(&path).unwrap().cursor(account_id()).unwrap(), None);
    }

    /// Mutants seen to fail: no check for cancellation.
    #[tokio::test]
    async fn a_search_stops_when_its_caller_is_dropped() {
        let (folder, _index) = index_of(&["VPN"]);
        let reader = FtsIndex::open_read_only(&folder.path().join("search.db")).unwrap();
        let readers = ResourcePool::new(vec![reader]);
        let (entered, begun) = tokio::sync::oneshot::channel();
        let endless =
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
        let work = move |index: &mut FtsIndex, gone| {
            assert!(entered.send(index.connection.get_interrupt_handle()).is_ok());
            Ok(index
                .read_snapshot(gone, |it| it.connection.query_row(endless, [], |row| row.get::<_, i64>(0)))?)
        };
        let caller = tokio::spawn({
            let readers = std::sync::Arc::clone(&readers);
            async move { readers.run(work).await }
        });
        let endless = begun.await.unwrap();
        caller.abort();
        let next = readers
            .run(|index, gone| Ok(index.read_snapshot(gone, |it| it.find_sessions(account_id(), "vpn"))?));
        let next = tokio::time::timeout(Duration::from_secs(30), next).await;
        // Lets a failing test end.
        endless.interrupt();
        assert_eq!(next.expect("it still runs").unwrap().len(), 1);
    }
}
