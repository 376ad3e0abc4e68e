//! The index itself, and the ranking of its hits.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use tierup_common::id::{AccountId, Seq, SessionId};
use tokio_util::sync::CancellationToken;

use crate::search::batch::{Document, IndexBatch};
use crate::search::lexicon::Lexicon;
use crate::search::rarity::{QueryTerm, Rarity};
use crate::search::runbook::Runbook;
use crate::search::segment;
use crate::search::spelling;
use crate::search::terms;
use crate::store;

/// Schema version; a mismatch rebuilds the index. 2: bigrams for scripts without spaces. 3: solutions by stem.
const SCHEMA_VERSION: i32 = 3;
/// How often a running query checks for cancellation, in SQLite's virtual machine instructions: a few times per
/// millisecond.
const PROGRESS_INTERVAL: i32 = 1_000;
/// How long a connection waits for a lock: readers only while the file is created.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The most sessions that a search returns.
const MAX_SESSIONS: u32 = 1_000;
/// Prepared statements kept per connection.
const STATEMENT_CACHE_SIZE: usize = 16;
/// The most words of a search by users.
const MAX_WORDS: usize = 32;
/// The terms that a search for solutions uses: the most telling ones.
const MAX_QUERY_TERMS: usize = 32;
/// The forms and synonyms of those terms: SQLite limits the size of a query.
const MAX_QUERY_KEYS: usize = 160;
/// The solutions that are looked at closely.
const MAX_CANDIDATES: u32 = 50;
/// The part of each text of a solution that is searched, in bytes.
const MAX_SOLUTION_BYTES: usize = 64 * 1024;

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
  CREATE VIRTUAL TABLE solution USING fts5 (
    scope, problem, cause,
    content = '', contentless_delete = 1,
    tokenize = 'unicode61 remove_diacritics 0 categories ''L* N* Co Mn Mc'''
  );
  CREATE VIRTUAL TABLE solution_term USING fts5vocab (solution, row);
  CREATE TABLE follow (account BLOB PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// Where a solution is described.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SolutionSource {
    /// A resolved session of the account.
    Session(SessionId),
    /// The name of a runbook.
    Runbook(String),
}

/// Solutions that share terms with a problem, the closest first, and how many documents have each term.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Candidates {
    pub(crate) sources: Vec<SolutionSource>,
    pub(crate) rarity: Rarity,
    /// The stems that misspelled words stand for, by the main key of their terms.
    pub(crate) corrections: HashMap<String, String>,
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
            transaction.execute(
                "DELETE FROM solution WHERE rowid IN (SELECT id FROM document WHERE account = ?1)",
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
        transaction.execute(
            "DELETE FROM solution WHERE rowid IN (SELECT id FROM document WHERE runbook IS NOT NULL)",
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
                resolution: None,
                cause: Some(String::new()),
            };
            index_document(&transaction, id, RUNBOOK_SCOPE, &document)?;
        }
        transaction.commit()
    }

    /// The account's resolved sessions and the runbooks that share the most telling terms with a problem.
    pub(super) fn find_candidates(
        &self,
        account: AccountId,
        terms: &[QueryTerm],
    ) -> rusqlite::Result<Candidates> {
        let mut rarity = self.rarity_of(terms)?;
        let corrections = spelling::corrections(&self.connection, terms, &mut rarity)?;
        let corrected: Vec<QueryTerm> = terms.iter().map(|term| term.corrected(&corrections)).collect();
        let telling = most_telling(&corrected, &rarity);
        if telling.is_empty() {
            return Ok(Candidates { sources: Vec::new(), rarity, corrections });
        }
        let keys = telling.iter().flat_map(|term| term.indexed_keys()).filter(|key| rarity.count(key) > 0);
        let any: BTreeSet<String> = keys.map(quote_word).take(MAX_QUERY_KEYS).collect();
        let any: Vec<String> = any.into_iter().collect();
        let scope = format!("scope : ({} OR {RUNBOOK_SCOPE})", scope_term(account, true));
        let query = format!("{scope} AND {{problem cause}} : ({})", any.join(" OR "));
        let mut statement = self.connection.prepare_cached(
            "SELECT d.session, d.runbook FROM solution JOIN document d ON d.id = solution.rowid
             WHERE solution MATCH ?1 ORDER BY bm25(solution, 0.0, 1.0, 0.7) LIMIT ?2",
        )?;
        let sources = statement.query_map(params![query, MAX_CANDIDATES], |row| match row.get(0)? {
            Some(session) => Ok(SolutionSource::Session(session)),
            None => Ok(SolutionSource::Runbook(row.get(1)?)),
        })?;
        let sources = sources.collect::<Result<_, _>>()?;
        Ok(Candidates { sources, rarity, corrections })
    }

    /// Looks up how many solutions have each term.
    fn rarity_of(&self, terms: &[QueryTerm]) -> rusqlite::Result<Rarity> {
        let documents = self
            .connection
            .prepare_cached("SELECT count(*) FROM solution_docsize")?
            .query_row([], |row| row.get(0))?;
        let mut rarity = Rarity::new(documents);
        let mut statement =
            self.connection.prepare_cached("SELECT doc FROM solution_term WHERE term = ?1")?;
        for key in terms.iter().flat_map(QueryTerm::indexed_keys) {
            if !rarity.is_known(key) {
                let count: Option<u64> = statement.query_row([key], |row| row.get(0)).optional()?;
                rarity.insert(key, count.unwrap_or_default());
            }
        }
        for term in terms {
            rarity.insert_meaning(term);
        }
        Ok(rarity)
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
    let Some(cause) = &document.cause else { return Ok(()) };
    let mut known = String::new();
    for text in [&document.title, &document.problem, &document.transcript] {
        known.push_str(&text[..text.floor_char_boundary(MAX_SOLUTION_BYTES)]);
        known.push('\n');
    }
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO solution (rowid, scope, problem, cause) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![id, scope, index_text(&known), index_text(cause)])?;
    Ok(())
}

/// The terms that tell the most, by rarity and weight.
fn most_telling<'t>(terms: &'t [QueryTerm], rarity: &Rarity) -> Vec<&'t QueryTerm> {
    let value = |term: &QueryTerm| rarity.of(&term.term) * term.weight;
    let mut telling: Vec<&QueryTerm> =
        terms.iter().filter(|term| term.weight > 0.0 && rarity.is_indexed(term)).collect();
    telling.sort_by(|one, other| value(other).total_cmp(&value(one)));
    telling.truncate(MAX_QUERY_TERMS);
    telling
}

/// Stems and identifiers. A team's synonyms may change, so the index has none.
fn index_text(text: &str) -> String {
    static BUILT_IN: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::new(""));
    terms::index_text(text, &BUILT_IN)
}

/// A word quoted for FTS5, so that it is never an operator.
fn quote_word(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
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
                cause: Some(String::new()),
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
        let lexicon = Lexicon::new("");
        let terms = terms::terms("VPNの接続がすぐ切れる", &lexicon).into_iter();
        let terms: Vec<QueryTerm> = terms
            .map(|term| QueryTerm { term, alternatives: Vec::new(), weight: 1.0, is_talk: false })
            .collect();
        let found = index.find_candidates(account_id(), &terms).unwrap();
        assert_eq!(found.sources, [SolutionSource::Session(SessionId::from_bytes([1; 16]))]);
    }

    #[test]
    fn a_misspelled_word_finds_what_it_stands_for() {
        let (_folder, index) = index_of(&["Authenticator prompt never arrives", "Printer jams"]);
        let lexicon = Lexicon::new("");
        let terms = terms::terms("no promt from teh authentcator", &lexicon).into_iter();
        let terms: Vec<QueryTerm> = terms
            .map(|term| QueryTerm { term, alternatives: Vec::new(), weight: 1.0, is_talk: false })
            .collect();
        let found = index.find_candidates(account_id(), &terms).unwrap();
        assert_eq!(found.sources, [SolutionSource::Session(SessionId::from_bytes([1; 16]))]);
        assert_eq!(found.corrections.len(), 2, "{:?}", found.corrections);
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
