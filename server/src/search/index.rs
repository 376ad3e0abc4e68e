//! The index itself, and how well what it finds fits.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};
use tierup_common::id::{AccountId, Seq, SessionId};
use tierup_common::session::SessionStatus;

use crate::search::Step;
use crate::search::runbook::Runbook;
use crate::store::{self, Scope};

/// Counts forms of the index; one of another form is made anew.
const FORM: i32 = 1;
/// Log entries read in one step.
const ENTRIES: u32 = 256;
/// Sessions read in one step when an account is taken in from the beginning.
const SESSIONS: u32 = 64;
/// Hits looked at closely.
const HITS: u32 = 8;
/// Sessions that a search finds, at most.
const FOUND: u32 = 1_000;
/// Words asked for, at most: the ones that say most come first.
const WORDS: usize = 32;

const SCHEMA: &str = "
  CREATE TABLE document (
    id      INTEGER PRIMARY KEY,
    account BLOB,
    session BLOB UNIQUE,
    runbook TEXT UNIQUE
  ) STRICT;
  CREATE VIRTUAL TABLE word USING fts5 (
    scope, title, problem, talk, resolution,
    content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2'
  );
  CREATE TABLE follow (account BLOB PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// A session as the index takes it in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Document {
    /// The problem in one line.
    pub title: String,
    /// The problem as it came in.
    pub problem: String,
    /// What was said.
    pub talk: String,
    /// How it ended, if it has.
    pub resolution: Option<String>,
}

/// What was found.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// A session of the account.
    Session(SessionId),
    /// A runbook, by name.
    Runbook(String),
}

/// Something that fits.
#[derive(Clone, PartialEq, Debug)]
pub struct Hit {
    /// What.
    pub kind: Kind,
    /// How much of what was asked for it speaks of, from 0 to 1, rare words counting more.
    pub coverage: f64,
    /// The words that it has in common with what was asked for.
    pub words: Vec<String>,
}

/// What fits, the best first, and what each word is worth.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Matched {
    /// The best fits.
    pub hits: Vec<Hit>,
    /// How much each word says: a word that few documents have says more.
    pub worth: HashMap<String, f64>,
}

pub(super) struct Index {
    connection: Connection,
}

impl Index {
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        match Self::use_existing(path) {
            Ok(Some(index)) => return Ok(index),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the search index cannot be used and is made anew"),
        }
        for end in ["", "-wal", "-shm", "-journal"] {
            let mut file = path.as_os_str().to_owned();
            file.push(end);
            // What is not there need not be removed; what cannot be removed shows when it is opened.
            let _ = std::fs::remove_file(file);
        }
        let connection = connect(path)?;
        connection.execute_batch(SCHEMA)?;
        connection.pragma_update(None, "user_version", FORM)?;
        Ok(Self { connection })
    }

    fn use_existing(path: &Path) -> rusqlite::Result<Option<Self>> {
        if !path.exists() {
            return Ok(None);
        }
        let connection = connect(path)?;
        let form: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        Ok((form == FORM).then_some(Self { connection }))
    }

    /// How far the account's log has been read; none if it never was.
    pub(super) fn cursor(&self, account: AccountId) -> rusqlite::Result<Option<Seq>> {
        let sql = "SELECT seq FROM follow WHERE account = ?1";
        self.connection.query_row(sql, [account], |row| row.get(0)).optional()
    }

    pub(super) fn take_in(&mut self, account: AccountId, step: Step) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        if step.anew {
            transaction.execute(
                "DELETE FROM word WHERE rowid IN (SELECT id FROM document WHERE account = ?1)",
                [account],
            )?;
            transaction.execute("DELETE FROM document WHERE account = ?1", [account])?;
        }
        for (session, document) in step.documents {
            transaction
                .prepare_cached(
                    "INSERT INTO document (account, session) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                )?
                .execute(params![account, session])?;
            let id: i64 = transaction
                .prepare_cached("SELECT id FROM document WHERE session = ?1")?
                .query_row([session], |row| row.get(0))?;
            let scope = scope_word(account, document.resolution.is_some());
            put_words(&transaction, id, &scope, &document)?;
        }
        transaction.execute(
            "INSERT INTO follow VALUES (?1, ?2) ON CONFLICT DO UPDATE SET seq = excluded.seq",
            params![account, step.up_to],
        )?;
        transaction.commit()
    }

    pub(super) fn replace_runbooks<'r>(
        &mut self,
        books: impl Iterator<Item = (&'r str, &'r Runbook)>,
    ) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        transaction.execute(
            "DELETE FROM word WHERE rowid IN (SELECT id FROM document WHERE runbook IS NOT NULL)",
            [],
        )?;
        transaction.execute("DELETE FROM document WHERE runbook IS NOT NULL", [])?;
        for (name, book) in books {
            transaction.execute("INSERT INTO document (runbook) VALUES (?1)", [name])?;
            let id = transaction.last_insert_rowid();
            let document = Document {
                title: book.title.clone(),
                problem: book.text.clone(),
                talk: String::new(),
                resolution: Some(book.steps.join("\n")),
            };
            put_words(&transaction, id, RUNBOOK, &document)?;
        }
        transaction.commit()
    }

    /// What fits these words best among the account's resolved sessions and the runbooks. The words that come first
    /// and come often count more.
    pub(super) fn solutions(&self, account: AccountId, words: &[String]) -> rusqlite::Result<Matched> {
        let asked = weigh(words);
        if asked.is_empty() {
            return Ok(Matched::default());
        }
        let scope = format!("scope : ({} OR {RUNBOOK})", scope_word(account, true));
        let any: Vec<String> = asked.iter().map(|(word, _)| quoted(word)).collect();
        let query = format!("{scope} AND {{title problem talk resolution}} : ({})", any.join(" OR "));
        let mut statement = self.connection.prepare_cached(
            "SELECT rowid FROM word WHERE word MATCH ?1 ORDER BY bm25(word, 0.0, 4.0, 2.0, 1.0, 1.0) LIMIT ?2",
        )?;
        let ids: Vec<i64> =
            statement.query_map(params![query, HITS], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let all = self.count(&scope)?;
        let mut worth = HashMap::new();
        let mut total = 0.0;
        let mut found: HashMap<i64, (f64, Vec<String>)> = HashMap::new();
        for (word, weight) in asked {
            let query = format!("{scope} AND {{title problem talk resolution}} : {}", quoted(&word));
            let having = self.ids(&query)?;
            // A word that nothing known has says little about what is known.
            let rarity = if having.is_empty() { 0.4 } else { rarity(all, having.len()) };
            let value = rarity * weight;
            total += value;
            for id in ids.iter().filter(|id| having.contains(id)) {
                let (sum, words) = found.entry(*id).or_default();
                *sum += value;
                words.push(word.clone());
            }
            worth.insert(word, rarity);
        }
        let mut hits = Vec::new();
        for id in ids {
            let (sum, words) = found.remove(&id).unwrap_or_default();
            hits.push(Hit { kind: self.kind(id)?, coverage: sum / total, words });
        }
        hits.sort_by(|one, other| other.coverage.total_cmp(&one.coverage));
        Ok(Matched { hits, worth })
    }

    /// The account's sessions that have all of these words, or words that begin so; the best first.
    pub(super) fn sessions(&self, account: AccountId, text: &str) -> rusqlite::Result<Vec<SessionId>> {
        let words: Vec<String> = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .take(WORDS)
            .map(|word| format!("{}*", quoted(word)))
            .collect();
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let scope = format!("scope : ({} OR {})", scope_word(account, true), scope_word(account, false));
        let query = format!("{scope} AND {{title problem talk resolution}} : ({})", words.join(" AND "));
        let mut statement = self.connection.prepare_cached(
            "SELECT d.session FROM word JOIN document d ON d.id = word.rowid
             WHERE word MATCH ?1 ORDER BY bm25(word, 0.0, 4.0, 2.0, 1.0, 1.0) LIMIT ?2",
        )?;
        statement.query_map(params![query, FOUND], |row| row.get(0))?.collect()
    }

    fn kind(&self, id: i64) -> rusqlite::Result<Kind> {
        let sql = "SELECT session, runbook FROM document WHERE id = ?1";
        self.connection.query_row(sql, [id], |row| match row.get(0)? {
            Some(session) => Ok(Kind::Session(session)),
            None => Ok(Kind::Runbook(row.get(1)?)),
        })
    }

    fn count(&self, query: &str) -> rusqlite::Result<usize> {
        let sql = "SELECT COUNT(*) FROM word WHERE word MATCH ?1";
        self.connection.prepare_cached(sql)?.query_row([query], |row| row.get(0))
    }

    fn ids(&self, query: &str) -> rusqlite::Result<BTreeSet<i64>> {
        let mut statement = self.connection.prepare_cached("SELECT rowid FROM word WHERE word MATCH ?1")?;
        let ids = statement.query_map([query], |row| row.get(0))?;
        ids.collect()
    }
}

/// Events that change no word of a session. Whatever is not among them has its session read again.
const WORDLESS: &[&str] = &[
    "handoff_assessment_ready",
    "handoff_assessment_failed",
    "handoff_claimed",
    "handoff_released",
    "handoff_assigned",
    "handoff_step_updated",
    "handoff_reminder",
];

/// Reads the next step of an account's log; nothing if it has all been read.
pub(super) fn gather(
    scope: &Scope<'_>,
    account: AccountId,
    after: Option<Seq>,
) -> store::Result<Option<Step>> {
    let ends = scope.log_ends()?;
    let reaches_back = after.is_some_and(|after| after.next() >= ends.oldest);
    let Some(after) = after.filter(|_| reaches_back) else {
        return from_the_beginning(scope, ends.newest).map(Some);
    };
    let page = scope.log_after(after, ENTRIES)?;
    if page.events.is_empty() {
        return Ok(None);
    }
    debug_assert!(page.events.iter().all(|event| event.account == account));
    let telling = page.events.iter().filter(|event| !WORDLESS.contains(&event.name.as_ref()));
    let touched: BTreeSet<SessionId> = telling.map(|event| event.session).collect();
    let documents = touched.into_iter().map(|id| Ok((id, document(scope, id)?)));
    Ok(Some(Step { anew: false, documents: documents.collect::<store::Result<_>>()?, up_to: page.up_to }))
}

fn from_the_beginning(scope: &Scope<'_>, newest: Seq) -> store::Result<Step> {
    let mut documents = Vec::new();
    let mut cursor = None;
    loop {
        let page = scope.sessions(&store::SessionQuery {
            limit: SESSIONS,
            cursor,
            ..store::SessionQuery::default()
        })?;
        let Some(last) = page.last() else { break };
        cursor = Some(store::SessionCursor(last.id));
        for session in page {
            documents.push((session.id, document(scope, session.id)?));
        }
    }
    Ok(Step { anew: true, documents, up_to: newest })
}

fn document(scope: &Scope<'_>, id: SessionId) -> store::Result<Document> {
    let session = scope.session(id)?;
    let mut talk = String::new();
    for message in scope.messages(id)?.into_iter().skip(1) {
        talk.push_str(&message.content);
        talk.push('\n');
    }
    for branch in scope.branches(id)? {
        talk.push_str(&branch.hypothesis);
        talk.push('\n');
    }
    // The notes of a park are its owner's alone.
    if let Some(escalation) = session.escalation {
        talk.push_str(&scope.handoff(escalation)?.notes);
    }
    Ok(Document {
        title: session.title,
        problem: scope.intake(id)?,
        talk,
        resolution: session.resolution.filter(|_| session.status == SessionStatus::Resolved),
    })
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // Losing the end of it costs reading the log again, nothing else.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(connection)
}

const RUNBOOK: &str = "runbook";

/// The one word that says whose a document is, and whether it has an end.
fn scope_word(account: AccountId, resolved: bool) -> String {
    let number = u128::from_be_bytes(*account.as_bytes());
    format!("{}{number:032x}", if resolved { 'r' } else { 'o' })
}

fn put_words(connection: &Connection, id: i64, scope: &str, document: &Document) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO word (rowid, scope, title, problem, talk, resolution)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![id, scope, document.title, document.problem, document.talk, document.resolution])?;
    Ok(())
}

/// Each word once with its weight: how often it comes, damped, the heaviest first.
fn weigh(words: &[String]) -> Vec<(String, f64)> {
    let mut counts: Vec<(&String, u32)> = Vec::new();
    for word in words {
        match counts.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => counts.push((word, 1)),
        }
    }
    // A stable sort: of two that come equally often, the one that came first.
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.truncate(WORDS);
    counts.into_iter().map(|(word, count)| (word.clone(), f64::from(count).ln_1p())).collect()
}

/// A word as FTS5 takes it: quoted, it is never an operator.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}

/// How much a word says that so many of all documents have (BM25's inverse document frequency).
fn rarity(all: usize, having: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 documents")]
    let (all, having) = (all as f64, having as f64);
    (1.0 + (all - having + 0.5) / (having + 0.5)).ln()
}
