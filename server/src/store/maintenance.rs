//! Backup, restore and check of the whole database, for the admin commands.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use serde::Serialize;

use crate::progress::{OnProgress, Progress};
use crate::store::database::{self, OpenError};
use crate::store::error::Result;

/// The delay before another attempt while the database is busy.
const RETRY_DELAY: Duration = Duration::from_millis(50);

/// Pages that are copied between two reports.
const PAGES_PER_STEP: i32 = 1024;
/// Bytes that are copied between two reports.
const BYTES_PER_STEP: u64 = 4 * 1024 * 1024;

/// Rules beyond those that SQLite enforces, each with a query that counts the rows that break it.
const INTEGRITY_RULES: &[(&str, &str)] = &[
    (
        "escalated sessions without an open handoff",
        "SELECT COUNT(*) FROM session s WHERE status = 'escalated' AND NOT EXISTS (SELECT 1 FROM handoff h WHERE h.account_id = s.account_id AND h.id = s.standing_id AND h.status = 'open')",
    ),
    (
        "open or claimed handoffs without their session",
        "SELECT COUNT(*) FROM handoff h WHERE status IN ('open', 'claimed') AND NOT EXISTS (SELECT 1 FROM session s WHERE s.account_id = h.account_id AND s.id = h.session_id)",
    ),
    (
        "parks that are not the current handoff of their session",
        "SELECT COUNT(*) FROM handoff h WHERE status = 'parked' AND NOT EXISTS (SELECT 1 FROM session s WHERE s.account_id = h.account_id AND s.id = h.session_id AND s.standing_id = h.id)",
    ),
    (
        "handoffs without a snapshot",
        "SELECT COUNT(*) FROM handoff h WHERE NOT EXISTS (SELECT 1 FROM snapshot s WHERE s.account_id = h.account_id AND s.handoff_id = h.id)",
    ),
    (
        "accounts with wrong counts of their queue",
        "SELECT COUNT(*) FROM account a WHERE (open_handoffs, claimed_handoffs) <> (SELECT COUNT(*) FILTER (WHERE h.status = 'open'), COUNT(*) FILTER (WHERE h.status = 'claimed') FROM handoff h WHERE h.account_id = a.id)",
    ),
    (
        "events after the end of their log",
        "SELECT COUNT(*) FROM event e JOIN account a ON a.id = e.account_id WHERE e.seq > a.last_seq",
    ),
    (
        "accounts with gaps in their log",
        "SELECT COUNT(*) FROM account a WHERE a.last_seq - a.oldest_seq + 1 <> (SELECT COUNT(*) FROM event e WHERE e.account_id = a.id AND e.seq >= a.oldest_seq)",
    ),
];

/// Opens the database of a folder for reading.
pub fn open_folder_read_only(folder: &Path) -> std::result::Result<Connection, OpenError> {
    if !database::database_path(folder).exists() {
        return Err(OpenError::NotFound(folder.into()));
    }
    database::open_read_only(folder)
}

/// Opens a single database file for reading.
pub fn open_file_read_only(path: &Path) -> std::result::Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(OpenError::Sqlite)?;
    database::ensure_tierup_database(&connection, path)?;
    Ok(connection)
}

/// Copies the database of a folder to a new file. All steps are in one read, so that the copy is of one moment, and the
/// server's writes neither wait for it nor make it begin again.
pub fn back_up(folder: &Path, to: &Path, on_progress: OnProgress<'_>) -> std::result::Result<(), OpenError> {
    let from = open_folder_read_only(folder)?;
    database::create_private_file(to).map_err(|error| OpenError::Io(to.into(), error))?;
    let run = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut copy = Connection::open_with_flags(to, flags)?;
        {
            let read = from.unchecked_transaction()?;
            // The read begins with its first query.
            read.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))?;
            let backup = Backup::new(&read, &mut copy)?;
            loop {
                let step = backup.step(PAGES_PER_STEP)?;
                let is_done = step == StepResult::Done;
                if is_done || step == StepResult::More {
                    report_pages(backup.progress(), on_progress);
                } else {
                    std::thread::sleep(RETRY_DELAY);
                }
                if is_done {
                    break;
                }
            }
        }
        // A single file, without a write-ahead log.
        copy.pragma_update(None, "journal_mode", "DELETE")
    };
    run().map_err(OpenError::Sqlite)
}

fn report_pages(progress: rusqlite::backup::Progress, on_progress: OnProgress<'_>) {
    let total = u64::try_from(progress.pagecount).unwrap_or(0);
    let left = u64::try_from(progress.remaining).unwrap_or(0);
    on_progress(Progress::Copying { done: total.saturating_sub(left), total });
}

/// Copies a file to the database of a folder that has none.
pub fn restore(
    file: &Path,
    folder: &Path,
    on_progress: OnProgress<'_>,
) -> std::result::Result<(), OpenError> {
    let io = |error| OpenError::Io(folder.into(), error);
    let to = database::database_path(folder);
    if to.symlink_metadata().is_ok() {
        return Err(OpenError::NotEmpty(folder.into()));
    }
    database::create_private_folder(folder).map_err(io)?;
    let _lock = database::FolderLock::acquire(folder)?;
    // A new file with a random name, for this user only.
    let mut copied = tempfile::Builder::new().prefix("restoring-").tempfile_in(folder).map_err(io)?;
    copy_file(&File::open(file).map_err(io)?, &mut copied, on_progress).map_err(io)?;
    copied.as_file().sync_all().map_err(io)?;
    copied.persist_noclobber(&to).map_err(|failed| {
        if failed.error.kind() == std::io::ErrorKind::AlreadyExists {
            OpenError::NotEmpty(folder.into())
        } else {
            io(failed.error)
        }
    })?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)
}

fn copy_file(mut from: &File, to: &mut impl Write, on_progress: OnProgress<'_>) -> std::io::Result<()> {
    let total = from.metadata()?.len();
    let mut done = 0;
    loop {
        let count = std::io::copy(&mut Read::by_ref(&mut from).take(BYTES_PER_STEP), to)?;
        if count == 0 {
            return Ok(());
        }
        done += count;
        on_progress(Progress::Copying { done, total });
    }
}

/// The result of a database check.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CheckReport {
    /// The number of accounts.
    pub accounts: u64,
    /// The number of users.
    pub users: u64,
    /// The number of sessions.
    pub sessions: u64,
    /// The number of handoffs.
    pub handoffs: u64,
    /// The number of events.
    pub events: u64,
    /// The problems, one line each.
    pub problems: Vec<String>,
}

impl CheckReport {
    /// Whether there are no problems.
    pub const fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}

impl std::fmt::Display for CheckReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { accounts, users, sessions, handoffs, events, problems: _ } = self;
        write!(
            f,
            "{accounts} account(s), {users} user(s), {sessions} session(s), {handoffs} handoff(s), {events} event(s)"
        )
    }
}

/// Counts the rows of a database and checks its rules.
pub fn check_integrity(connection: &Connection) -> Result<CheckReport> {
    let read = connection.unchecked_transaction()?;
    let count = |sql: &str| -> Result<u64> { Ok(read.query_row(sql, [], |row| row.get(0))?) };
    let mut problems = Vec::new();
    let mut lines = read.prepare("PRAGMA integrity_check")?;
    for line in lines.query_map([], |row| row.get::<_, String>(0))? {
        let line = line?;
        if line != "ok" {
            problems.push(line);
        }
    }
    drop(lines);
    let mut orphans = read.prepare("PRAGMA foreign_key_check")?;
    for table in orphans.query_map([], |row| row.get::<_, String>(0))? {
        problems.push(format!("a row of {} refers to a missing row", table?));
    }
    drop(orphans);
    for (rule, sql) in INTEGRITY_RULES {
        let broken = count(sql)?;
        if broken > 0 {
            problems.push(format!("{rule}: {broken}"));
        }
    }
    Ok(CheckReport {
        accounts: count("SELECT COUNT(*) FROM account")?,
        users: count("SELECT COUNT(*) FROM user")?,
        sessions: count("SELECT COUNT(*) FROM session")?,
        handoffs: count("SELECT COUNT(*) FROM handoff")?,
        events: count("SELECT COUNT(*) FROM event")?,
        problems,
    })
}
