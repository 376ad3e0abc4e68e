//! The one writer thread: commits that arrive together share one sync.
//!
//! The thread takes what waits, at most [`GROUP`] pieces, opens one transaction, runs each piece in a savepoint of
//! its own, commits, and only then answers. A piece that is refused undoes its own savepoint and nobody else's. Alone, a
//! piece waits for nobody, but for one that nobody waits for: it lets a moment pass in which a request may come, whose
//! sync it shares. Otherwise the jobs of one escalation would keep the next from the disk.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::store::files::StoreFiles;
use crate::store::tx::{CommitEffects, SystemTx};
use crate::store::{Result, StoreError};
use crate::supervisor::{FatalError, Supervisor};

/// Pieces that share one transaction, at most.
const MAX_GROUP: usize = 64;
/// Pieces that may wait; beyond that callers wait to get in line.
const QUEUE_CAPACITY: usize = 1024;

/// How long work that nobody waits for lets others come first.
const DEFERRED_WAIT: Duration = Duration::from_millis(3);

/// Whether somebody waits for a piece of work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum WriteLane {
    /// Somebody does.
    Immediate,
    /// Nobody does: it goes with what comes next.
    Deferred,
}

/// The way to the writer thread. The thread ends when the last of these is gone and all work is done.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Box<dyn WriteJob>>,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        on_commit: impl Fn(CommitEffects) + Send + 'static,
        files: Arc<StoreFiles>,
        supervisor: &Supervisor,
    ) -> io::Result<Self> {
        let (line, mut waiting) = mpsc::channel(QUEUE_CAPACITY);
        let runtime = Handle::current();
        supervisor.spawn_thread("store-writer", move || {
            while let Some(group) = next_group(&mut waiting, &runtime) {
                if let CommitCertainty::Unknown =
                    commit_group(&connection, group, &on_commit, &files, &runtime)
                {
                    // Whoever is still in line hears that nothing is known of it when the line is dropped.
                    return Err(FatalError::UnknownCommit);
                }
            }
            Ok(())
        })?;
        Ok(Self { queue: line })
    }

    pub(super) fn is_running(&self) -> bool {
        !self.queue.is_closed()
    }

    pub(super) async fn commit<T: Send + 'static>(
        &self,
        lane: WriteLane,
        work: impl FnOnce(&mut SystemTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let piece =
            PendingWrite { lane, work: Some(work), outcome: None, effects: CommitEffects::default(), reply };
        self.queue.send(Box::new(piece)).await.map_err(|_| StoreError::Closed)?;
        // A writer that fell over may have done it before.
        answer.await.unwrap_or(Err(StoreError::UnknownOutcome))
    }
}

fn next_group(
    queue: &mut mpsc::Receiver<Box<dyn WriteJob>>,
    runtime: &Handle,
) -> Option<Vec<Box<dyn WriteJob>>> {
    let mut group = vec![queue.blocking_recv()?];
    let begun = Instant::now();
    while group.len() < MAX_GROUP {
        let is_in_haste = group.iter().any(|piece| piece.lane() == WriteLane::Immediate);
        let next = match queue.try_recv() {
            Ok(piece) => Some(piece),
            Err(_) if is_in_haste => None,
            Err(_) => runtime.block_on(recv_within(queue, DEFERRED_WAIT.saturating_sub(begun.elapsed()))),
        };
        match next {
            Some(piece) => group.push(piece),
            None => break,
        }
    }
    Some(group)
}

async fn recv_within(
    queue: &mut mpsc::Receiver<Box<dyn WriteJob>>,
    span: Duration,
) -> Option<Box<dyn WriteJob>> {
    tokio::time::timeout(span, queue.recv()).await.ok().flatten()
}

/// Whether it is known what became of a commit.
enum CommitCertainty {
    Known,
    Unknown,
}

/// How the transaction of a group ended.
#[derive(Clone, Copy)]
enum GroupOutcome {
    Committed,
    /// SQLite undid it: nothing was stored.
    RolledBack,
    DiskFull,
    /// The folder is not the one that was opened: nothing was stored.
    FolderReplaced,
    /// Committed, but to files that are no longer those of the folder: it stands if they come back.
    CommittedElsewhere,
    Unknown,
}

fn commit_group(
    connection: &Connection,
    mut group: Vec<Box<dyn WriteJob>>,
    on_commit: &impl Fn(CommitEffects),
    files: &StoreFiles,
    runtime: &Handle,
) -> CommitCertainty {
    let began = Instant::now();
    let mut end = if files.is_known_lost() && !files.verify_in_place() {
        GroupOutcome::FolderReplaced
    } else {
        run_group(connection, &mut group)
    };
    // Looked at after the commit: what is in its place then was in its place when it became durable.
    if matches!(end, GroupOutcome::Committed) && !files.verify_in_place() {
        end = GroupOutcome::CommittedElsewhere;
    }
    // This process reads what went astray, too: whoever was put out by it is out.
    if let GroupOutcome::Committed | GroupOutcome::CommittedElsewhere = end {
        let pieces = u32::try_from(group.len()).unwrap_or(u32::MAX);
        let mut news =
            CommitEffects { duration: began.elapsed(), batch_size: pieces, ..CommitEffects::default() };
        for piece in &mut group {
            news.merge(piece.take_effects());
        }
        on_commit(news);
    }
    // By a task, not from here: this thread would wake another for each of them.
    runtime.spawn(async move {
        for piece in group {
            piece.respond(end);
        }
    });
    if let GroupOutcome::Unknown = end { CommitCertainty::Unknown } else { CommitCertainty::Known }
}

fn run_group(connection: &Connection, group: &mut [Box<dyn WriteJob>]) -> GroupOutcome {
    let run = |sql| connection.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
    if let Err(error) = run("BEGIN IMMEDIATE") {
        tracing::error!(%error, "cannot begin a transaction");
        return if is_disk_full(&error) { GroupOutcome::DiskFull } else { GroupOutcome::RolledBack };
    }
    for piece in group {
        let changes = connection.total_changes();
        let ran = run("SAVEPOINT piece").and_then(|_| {
            let stands = piece.run(connection);
            // Whoever lost a race, or is refused, mostly wrote nothing: there is nothing to undo.
            let wrote = connection.total_changes() != changes;
            if stands || (!wrote && !connection.is_autocommit()) {
                run("RELEASE piece")
            } else if connection.is_autocommit() {
                Ok(0)
            } else {
                run("ROLLBACK TO piece")?;
                run("RELEASE piece")
            }
        });
        // Some errors, a full disk among them, make SQLite undo the whole transaction, earlier pieces too.
        if connection.is_autocommit() {
            return if piece.failed_disk_full() { GroupOutcome::DiskFull } else { GroupOutcome::RolledBack };
        }
        if let Err(error) = ran {
            tracing::error!(%error, "cannot set or undo a savepoint");
            let undone = run("ROLLBACK").is_ok() || connection.is_autocommit();
            return if !undone {
                GroupOutcome::Unknown
            } else if is_disk_full(&error) {
                GroupOutcome::DiskFull
            } else {
                GroupOutcome::RolledBack
            };
        }
    }
    match run("COMMIT") {
        Ok(_) => GroupOutcome::Committed,
        Err(error) => {
            tracing::error!(%error, "a commit failed");
            let undone = connection.is_autocommit() || run("ROLLBACK").is_ok();
            if undone && is_disk_full(&error) { GroupOutcome::DiskFull } else { GroupOutcome::Unknown }
        }
    }
}

fn is_disk_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
}

/// A piece of work, whatever it gives back.
trait WriteJob: Send {
    /// Whether somebody waits for it.
    fn lane(&self) -> WriteLane;
    /// Runs it inside the open transaction; false means that its savepoint must be undone.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Whether it failed because the disk is full.
    fn failed_disk_full(&self) -> bool;
    /// What it leaves to be told, once.
    fn take_effects(&mut self) -> CommitEffects;
    /// Answers whoever waits for it.
    fn respond(self: Box<Self>, end: GroupOutcome);
}

struct PendingWrite<F, T> {
    lane: WriteLane,
    work: Option<F>,
    outcome: Option<Result<T>>,
    effects: CommitEffects,
    reply: oneshot::Sender<Result<T>>,
}

impl<F, T> WriteJob for PendingWrite<F, T>
where
    F: FnOnce(&mut SystemTx<'_>) -> Result<T> + Send,
    T: Send,
{
    fn lane(&self) -> WriteLane {
        self.lane
    }

    fn run(&mut self, connection: &Connection) -> bool {
        let Some(work) = self.work.take() else { return false };
        if self.lane == WriteLane::Immediate && self.reply.is_closed() {
            // Nobody was told anything, and nothing is written, the first answer to a key neither: who asks again with
            // that key is the first to ask. Whoever went without an answer knew from the start that it may not be done.
            return false;
        }
        let news = &mut self.effects;
        let outcome = catch_unwind(AssertUnwindSafe(|| work(&mut SystemTx::new(connection, news))))
            .unwrap_or(Err(StoreError::Panicked));
        if outcome.is_err() {
            self.effects = CommitEffects::default();
        }
        self.outcome.insert(outcome).is_ok()
    }

    fn failed_disk_full(&self) -> bool {
        matches!(self.outcome, Some(Err(StoreError::DiskFull)))
    }

    fn take_effects(&mut self) -> CommitEffects {
        std::mem::take(&mut self.effects)
    }

    fn respond(self: Box<Self>, end: GroupOutcome) {
        let answer = match (end, self.outcome) {
            (GroupOutcome::Committed, Some(outcome)) => outcome,
            (GroupOutcome::DiskFull, _) => Err(StoreError::DiskFull),
            // A refusal may rest on what an earlier piece of the group wrote, and that is undone.
            (GroupOutcome::Committed | GroupOutcome::RolledBack, None)
            | (GroupOutcome::RolledBack, Some(Ok(_) | Err(StoreError::Refused(_)))) => {
                Err(StoreError::RolledBack)
            }
            (GroupOutcome::RolledBack, Some(Err(own))) => Err(own),
            (GroupOutcome::FolderReplaced, _) => Err(StoreError::FolderReplaced),
            (GroupOutcome::CommittedElsewhere | GroupOutcome::Unknown, _) => Err(StoreError::UnknownOutcome),
        };
        // Nobody waits any more when the connection was closed; what had begun by then is done all the same.
        let _ = self.reply.send(answer);
    }
}

#[cfg(test)]
mod tests {
    //! Mutants seen to fail: an unknown end that goes on, one that is told as undone, a full disk that is told as a fault,
    //! a writer that falls over unwatched, a group that is undone and told as closed, a folder that nobody looks at.
    //! `server/tests/binary/disk.rs` has a disk that is full at COMMIT.

    use std::time::Duration;

    use super::*;
    use crate::store::{database, reader};

    /// A database with a table of numbers, its writer, and what becomes of it.
    struct TestStore {
        folder: tempfile::TempDir,
        writer: Writer,
        supervisor: Supervisor,
    }

    impl TestStore {
        fn new() -> Self {
            Self::with(|_| {})
        }

        fn with(on_commit: impl Fn(CommitEffects) + Send + 'static) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let mut connection = database::create_database(folder.path()).unwrap();
            database::migrate(&mut connection).unwrap();
            connection.execute_batch("CREATE TABLE number (value BLOB)").unwrap();
            drop(database::FolderLock::acquire(folder.path()).unwrap());
            let place = Arc::new(StoreFiles::open(folder.path()).unwrap());
            let supervisor = Supervisor::default();
            let writer = Writer::start(connection, on_commit, place, &supervisor).unwrap();
            Self { folder, writer, supervisor }
        }

        async fn runs(&self, sql: &'static str) -> Result<usize> {
            self.writer
                .commit(WriteLane::Immediate, move |system| Ok(system.connection.execute(sql, [])?))
                .await
        }

        /// Keeps the file from becoming larger than it is by so many pages, as a full disk does.
        async fn has_room_for(&self, pages: i64) {
            let set = move |system: &mut SystemTx<'_>| {
                let connection = system.connection;
                let now: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
                connection.pragma_update_and_check(None, "max_page_count", now + pages, |_| Ok(()))?;
                Ok(())
            };
            self.writer.commit(WriteLane::Immediate, set).await.unwrap();
        }

        async fn fails(&self) -> FatalError {
            let failed = tokio::time::timeout(Duration::from_secs(10), self.supervisor.failed()).await;
            failed.expect("whoever does not know what is stored must not go on")
        }

        async fn count(&self) -> i64 {
            let readers = reader::Readers::start(self.folder.path(), &self.supervisor).unwrap();
            let count = |connection: &Connection| {
                Ok(connection.query_row("SELECT count(*) FROM number", [], |row| row.get(0))?)
            };
            readers.read(count).await.unwrap()
        }
    }

    const LARGE: &str = "INSERT INTO number VALUES (zeroblob(20000))";

    #[tokio::test]
    async fn a_full_disk_refuses_what_is_large_reads_go_on_and_so_do_writes_when_there_is_room() {
        let desk = TestStore::new();
        desk.has_room_for(12).await;
        let mut stored = 0;
        let why = loop {
            match desk.runs(LARGE).await {
                Ok(_) => stored += 1,
                Err(why) => break why,
            }
        };
        assert!(matches!(why, StoreError::DiskFull), "{why:?}");
        assert_eq!((stored, desk.count().await), (2, 2), "nothing half written");
        assert!(desk.supervisor.is_healthy() && desk.writer.is_running());

        desk.has_room_for(100).await;
        desk.runs(LARGE).await.unwrap();
        assert_eq!(desk.count().await, 3);
    }

    #[tokio::test]
    async fn a_commit_that_fails_is_not_known_and_the_writer_ends() {
        let desk = TestStore::new();
        desk.runs("INSERT INTO number VALUES (1)").await.unwrap();
        let set = |system: &mut SystemTx<'_>| Ok(system.connection.commit_hook(Some(|| true))?);
        let first = desk.writer.commit(WriteLane::Immediate, set).await;
        assert!(matches!(first, Err(StoreError::UnknownOutcome)), "{first:?}");
        assert_eq!(desk.fails().await, FatalError::UnknownCommit);
        let later = desk.runs("INSERT INTO number VALUES (2)").await;
        assert!(matches!(later, Err(StoreError::Closed)), "{later:?}");
        assert_eq!(desk.count().await, 1);
    }

    #[tokio::test]
    async fn a_writer_that_falls_over_ends_the_server_and_says_that_nothing_is_known() {
        let desk = TestStore::with(|_| panic!("telling what is new fell over"));
        let told = desk.runs("INSERT INTO number VALUES (1)").await;
        assert!(matches!(told, Err(StoreError::UnknownOutcome)), "it may be stored, and is: {told:?}");
        assert_eq!(desk.fails().await, FatalError::TaskPanicked("store-writer".into()));
        assert_eq!(desk.count().await, 1);
    }

    #[tokio::test]
    async fn what_is_taken_back_with_another_change_is_told_so() {
        let desk = TestStore::new();
        let insert =
            |system: &mut SystemTx<'_>| Ok(system.connection.execute("INSERT INTO number VALUES (1)", [])?);
        // What rests on the first is undone with it, a refusal too.
        let refused = |_: &mut SystemTx<'_>| {
            Err::<(), _>(StoreError::Refused(crate::domain::Refusal::AssessmentRunning))
        };
        let undo = |system: &mut SystemTx<'_>| {
            system.connection.execute_batch("ROLLBACK")?;
            Err::<(), _>(StoreError::Sql(rusqlite::Error::InvalidQuery))
        };
        // All three are in line before the writer takes one of them.
        let (running, is_running) = oneshot::channel();
        let (release, released) = std::sync::mpsc::channel();
        let writer = desk.writer.clone();
        let hold = tokio::spawn(async move {
            let hold = move |_: &mut SystemTx<'_>| {
                running.send(()).unwrap();
                released.recv().unwrap();
                Ok(())
            };
            writer.commit(WriteLane::Immediate, hold).await
        });
        is_running.await.unwrap();
        let writer = &desk.writer;
        let (insert, refused, undo, ()) = tokio::join!(
            writer.commit(WriteLane::Immediate, insert),
            writer.commit(WriteLane::Immediate, refused),
            writer.commit(WriteLane::Immediate, undo),
            async { release.send(()).unwrap() },
        );
        hold.await.unwrap().unwrap();
        assert!(matches!(insert, Err(StoreError::RolledBack)), "{insert:?}");
        assert!(matches!(refused, Err(StoreError::RolledBack)), "{refused:?}");
        assert!(matches!(undo, Err(StoreError::Sql(_))), "{undo:?}");
        assert_eq!(desk.count().await, 0);
        desk.runs("INSERT INTO number VALUES (2)").await.unwrap();
    }

    /// Seen to fail: news of what went astray kept back.
    #[tokio::test]
    async fn files_that_are_no_longer_those_of_the_folder_take_nothing_until_they_are_back() {
        let (tell, told) = std::sync::mpsc::channel();
        let desk = TestStore::with(move |news| _ = tell.send(news.batch_size));
        desk.runs("INSERT INTO number VALUES (1)").await.unwrap();
        for name in ["tierup.db", "tierup.db-wal", "tierup.db-shm", "tierup.lock"] {
            let (path, aside) = (desk.folder.path().join(name), desk.folder.path().join("aside"));
            std::fs::rename(&path, &aside).unwrap();
            // The first is stored before anybody knows: it stands, and is told, if the files come back.
            let astray = desk.runs("INSERT INTO number VALUES (2)").await;
            assert!(matches!(astray, Err(StoreError::UnknownOutcome)), "{name} deleted: {astray:?}");
            let lost = desk.runs("INSERT INTO number VALUES (2)").await;
            assert!(matches!(lost, Err(StoreError::FolderReplaced)), "{name} deleted: {lost:?}");
            std::fs::write(&path, "").unwrap();
            let lost = desk.runs("INSERT INTO number VALUES (2)").await;
            assert!(matches!(lost, Err(StoreError::FolderReplaced)), "{name} replaced: {lost:?}");
            std::fs::rename(&aside, &path).unwrap();
            desk.runs("INSERT INTO number VALUES (3)").await.unwrap();
        }
        assert_eq!((desk.count().await, told.try_iter().count()), (9, 9));
        assert!(desk.supervisor.is_healthy());
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_done_though_nobody_comes() {
        let desk = TestStore::new();
        let insert =
            |system: &mut SystemTx<'_>| Ok(system.connection.execute("INSERT INTO number VALUES (1)", [])?);
        assert_eq!(desk.writer.commit(WriteLane::Deferred, insert).await.unwrap(), 1);
        assert_eq!(desk.count().await, 1);
    }

    /// Mutant seen to fail: work that is run whoever waits for it.
    #[tokio::test]
    async fn what_nobody_waits_for_any_more_is_not_begun_and_what_nobody_ever_did_is() {
        let desk = TestStore::new();
        let (go_on, wait_for) = std::sync::mpsc::channel::<()>();
        let (tell, begun) = oneshot::channel();
        let busy = tokio::spawn({
            let writer = desk.writer.clone();
            async move {
                let wait = move |_: &mut SystemTx<'_>| {
                    let _ = tell.send(());
                    let _ = wait_for.recv();
                    Ok(())
                };
                writer.commit(WriteLane::Immediate, wait).await
            }
        });
        begun.await.unwrap();
        // The writer is busy: what is asked for now stands in line, and is given up there.
        for haste in [WriteLane::Immediate, WriteLane::Deferred] {
            let insert = |system: &mut SystemTx<'_>| {
                Ok(system.connection.execute("INSERT INTO number VALUES (1)", [])?)
            };
            let mut asked = Box::pin(desk.writer.commit(haste, insert));
            assert!(futures_util::poll!(&mut asked).is_pending());
        }
        go_on.send(()).unwrap();
        busy.await.unwrap().unwrap();
        desk.runs("INSERT INTO number VALUES (2)").await.unwrap();
        assert_eq!(desk.count().await, 2);
    }

    #[tokio::test]
    async fn a_piece_that_panics_or_is_refused_takes_nobody_with_it() {
        let desk = TestStore::new();
        let panics = desk.writer.commit(WriteLane::Immediate, |system: &mut SystemTx<'_>| -> Result<()> {
            system.connection.execute("INSERT INTO number VALUES (1)", [])?;
            panic!("this piece fell over")
        });
        let (panics, stands) = tokio::join!(panics, desk.runs("INSERT INTO number VALUES (2)"));
        assert!(matches!(panics, Err(StoreError::Panicked)), "{panics:?}");
        stands.unwrap();
        assert_eq!(desk.count().await, 1);
    }
}
