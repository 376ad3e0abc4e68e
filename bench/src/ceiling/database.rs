//! Rows in SQLite: a writer thread with durable group commits, and a reader thread.

use std::path::Path;

use anyhow::Context;
use bytes::Bytes;
use rusqlite::{Connection, Row, params};
use tierup_common::event::HandoffSummary;
use tierup_common::handoff::{QueueCounts, QueueItem, QueuePage};
use tierup_common::id::{HandoffId, Seq};
use tierup_common::time::Timestamp;
use tierup_common::user::Person;
use tokio::sync::{mpsc, oneshot};

/// The most writes per transaction, as in the product.
const MAX_GROUP_SIZE: usize = 64;

const SCHEMA: &str = "
  CREATE TABLE IF NOT EXISTS handoff (
    id BLOB PRIMARY KEY, number INTEGER NOT NULL, session_id BLOB NOT NULL, priority INTEGER NOT NULL,
    title TEXT NOT NULL, notes TEXT NOT NULL, handed_off_by BLOB NOT NULL, handed_off_by_name TEXT NOT NULL,
    claimed_by BLOB, created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS queue ON handoff (priority DESC, id) WHERE claimed_by IS NULL;
";

/// Opens the database, as durable as the product's.
pub fn open_database(folder: &Path) -> anyhow::Result<Connection> {
    std::fs::create_dir_all(folder)?;
    let connection = Connection::open(folder.join("ceiling.db"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(SCHEMA)?;
    Ok(connection)
}

/// Inserts this many open rows.
pub fn seed(folder: &Path, rows: u32) -> anyhow::Result<()> {
    let mut connection = open_database(folder)?;
    let transaction = connection.transaction()?;
    for number in 0..rows {
        insert_row(&transaction, now(), number, &crate::seed::title(number), crate::seed::NOTES)?;
    }
    Ok(transaction.commit()?)
}

fn insert_row(
    connection: &Connection,
    at: Timestamp,
    number: u32,
    title: &str,
    notes: &str,
) -> rusqlite::Result<HandoffId> {
    let id = HandoffId::new(at);
    connection
        .prepare_cached("INSERT INTO handoff VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, 'Sam Ortiz', NULL, ?7)")?
        .execute(params![id, number, id, title, notes, id, at])?;
    Ok(id)
}

enum WriteCommand {
    Create(String, String, oneshot::Sender<HandoffId>),
    Claim(HandoffId, oneshot::Sender<bool>),
}

enum WriteReply {
    Created(HandoffId, oneshot::Sender<HandoffId>),
    Claimed(bool, oneshot::Sender<bool>),
}

/// Sends to the writer thread.
#[derive(Clone)]
pub struct RowWriter(mpsc::Sender<WriteCommand>);

impl RowWriter {
    /// Starts the thread. It calls `publish` after each commit, with the frames of its events.
    pub fn start(
        connection: Connection,
        publish: impl Fn(Vec<Bytes>) + Send + 'static,
    ) -> anyhow::Result<Self> {
        let (sender, mut waiting) = mpsc::channel(1024);
        let mut seq = 0;
        std::thread::Builder::new().name("writer".into()).spawn(move || {
            while let Some(first) = waiting.blocking_recv() {
                let mut group = vec![first];
                while let Ok(next) = waiting.try_recv() {
                    group.push(next);
                    if group.len() == MAX_GROUP_SIZE {
                        break;
                    }
                }
                // The callers then get an error.
                let Ok((answers, frames)) = commit_group(&connection, group, &mut seq) else { continue };
                publish(frames);
                for answer in answers {
                    let _ = match answer {
                        WriteReply::Created(id, to) => to.send(id).is_ok(),
                        WriteReply::Claimed(won, to) => to.send(won).is_ok(),
                    };
                }
            }
        })?;
        Ok(Self(sender))
    }

    /// Inserts a row.
    pub async fn create(&self, title: String, notes: String) -> anyhow::Result<HandoffId> {
        let (reply, answer) = oneshot::channel();
        self.0.send(WriteCommand::Create(title, notes, reply)).await.ok().context("no writer")?;
        Ok(answer.await?)
    }

    /// Claims a row; returns whether it was unclaimed.
    pub async fn claim(&self, id: HandoffId) -> anyhow::Result<bool> {
        let (reply, answer) = oneshot::channel();
        self.0.send(WriteCommand::Claim(id, reply)).await.ok().context("no writer")?;
        Ok(answer.await?)
    }
}

fn commit_group(
    connection: &Connection,
    group: Vec<WriteCommand>,
    seq: &mut u32,
) -> rusqlite::Result<(Vec<WriteReply>, Vec<Bytes>)> {
    let (mut answers, mut frames) = (Vec::with_capacity(group.len()), Vec::new());
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    for work in group {
        answers.push(match work {
            WriteCommand::Create(title, notes, reply) => {
                let id = insert_row(connection, now(), *seq, &title, &notes)?;
                *seq += 1;
                frames.push(encode_frame(*seq, id, &title));
                WriteReply::Created(id, reply)
            }
            WriteCommand::Claim(id, reply) => {
                let sql = "UPDATE handoff SET claimed_by = ?1 WHERE id = ?1 AND claimed_by IS NULL";
                WriteReply::Claimed(connection.prepare_cached(sql)?.execute([id])? == 1, reply)
            }
        });
    }
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok((answers, frames))
}

/// The same length as the product's frame of a claim.
fn encode_frame(seq: u32, id: HandoffId, title: &str) -> Bytes {
    Bytes::from(format!(
        "id: {seq}\nevent: handoff_claimed\ndata: {{\"type\":\"handoff_claimed\",\"seq\":{seq},\
         \"at\":\"2026-11-22T09:30:00.000Z\",\"handoff_id\":\"{id}\",\"session_id\":\"{id}\",\"number\":{seq},\
         \"priority\":\"normal\",\"problem_summary\":\"{title}\",\"version\":2,\
         \"by\":{{\"id\":\"{id}\",\"name\":\"Priya Nair\"}},\"claimed_at\":\"2026-11-22T09:30:00.000Z\"}}\n\n"
    ))
}

/// Sends to the reader thread.
#[derive(Clone)]
pub struct PageReader(std::sync::mpsc::Sender<oneshot::Sender<Vec<u8>>>);

impl PageReader {
    /// Starts the thread.
    pub fn start(folder: &Path) -> anyhow::Result<Self> {
        let connection = Connection::open(folder.join("ceiling.db"))?;
        let (sender, waiting) = std::sync::mpsc::channel::<oneshot::Sender<Vec<u8>>>();
        std::thread::Builder::new().name("reader".into()).spawn(move || {
            for reply in waiting {
                if let Ok(page) = query_page(&connection) {
                    let _ = reply.send(page);
                }
            }
        })?;
        Ok(Self(sender))
    }

    /// The first fifty rows of the queue, as JSON.
    pub async fn read_page(&self) -> anyhow::Result<Vec<u8>> {
        let (reply, answer) = oneshot::channel();
        self.0.send(reply)?;
        Ok(answer.await?)
    }
}

fn query_page(connection: &Connection) -> anyhow::Result<Vec<u8>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, number, session_id, priority, title, notes, handed_off_by, handed_off_by_name, created_at
         FROM handoff WHERE claimed_by IS NULL ORDER BY priority DESC, id LIMIT 50",
    )?;
    let items = statement.query_map([], queue_item)?.collect::<Result<_, _>>()?;
    let page = QueuePage { items, next_cursor: None, counts: QueueCounts::default(), as_of_seq: Seq(0) };
    Ok(serde_json::to_vec(&page)?)
}

fn queue_item(row: &Row<'_>) -> rusqlite::Result<QueueItem> {
    let summary = HandoffSummary {
        handoff_id: row.get(0)?,
        session_id: row.get(2)?,
        number: row.get(1)?,
        priority: row.get(3)?,
        problem_summary: row.get(4)?,
        created_at: row.get(8)?,
        due_at: None,
        version: 1,
        handed_off_by: None,
    };
    let by = Person { id: row.get(6)?, name: row.get(7)? };
    Ok(QueueItem { engineer_notes: row.get(5)?, ..summary.into_open_item(by) })
}

fn now() -> Timestamp {
    tierup_server::clock::Clock::system().now()
}
