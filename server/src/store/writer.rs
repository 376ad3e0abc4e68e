//! The writer thread: commits that arrive together share one sync.
//!
//! The thread takes the waiting [`WriteJob`]s, at most [`MAX_GROUP_SIZE`], opens a transaction, runs each in a savepoint,
//! commits, and then answers. A job that is refused rolls back its own savepoint only. A single job does not wait for
//! others, unless it is [`WriteLane::Deferred`]: then a request can share its sync. Otherwise the background jobs
//! of one escalation would keep the next one from the disk.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::clock::Stopwatch;
use crate::store::effects::CommitEffects;
use crate::store::error::{Result, StoreError, is_disk_full};
use crate::store::files::StoreFiles;
use crate::store::tx::SystemTx;
use crate::supervisor::{FatalError, Supervisor};

/// Jobs of one transaction, at most.
const MAX_GROUP_SIZE: usize = 64;
/// Jobs that may wait; more callers wait to enqueue.
const QUEUE_CAPACITY: usize = 1024;
/// How long deferred jobs wait for a request that shares their commit.
const MAX_DEFERRED_DELAY: Duration = Duration::from_millis(3);

/// How urgent a write is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum WriteLane {
    /// A request waits for it.
    Immediate,
    /// It can wait for the next request, and share its commit.
    Deferred,
}

/// A handle to the writer thread. The thread ends when the last handle is dropped and all work is done.
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
        let (queue, mut jobs) = mpsc::channel(QUEUE_CAPACITY);
        let runtime = Handle::current();
        supervisor.spawn_thread("store-writer", move || {
            while let Some(group) = next_group(&mut jobs, &runtime) {
                if commit_group(&connection, group, &on_commit, &files, &runtime) == GroupOutcome::Unknown {
                    // The jobs that still wait are answered with an unknown outcome when the queue is dropped.
                    return Err(FatalError::UnknownCommitOutcome);
                }
            }
            Ok(())
        })?;
        Ok(Self { queue })
    }

    pub(super) fn is_running(&self) -> bool {
        !self.queue.is_closed()
    }

    pub(super) async fn commit<T: Send + 'static>(
        &self,
        lane: WriteLane,
        work: impl FnOnce(&mut SystemTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (sender, result) = oneshot::channel();
        let job =
            PendingWrite { lane, work: Some(work), result: None, effects: CommitEffects::default(), sender };
        self.queue.send(Box::new(job)).await.map_err(|_| StoreError::Closed)?;
        // A writer that panicked may have committed before.
        result.await.unwrap_or(Err(StoreError::UnknownOutcome))
    }
}

fn next_group(
    jobs: &mut mpsc::Receiver<Box<dyn WriteJob>>,
    runtime: &Handle,
) -> Option<Vec<Box<dyn WriteJob>>> {
    let mut group = vec![jobs.blocking_recv()?];
    let waited = Stopwatch::start();
    while group.len() < MAX_GROUP_SIZE {
        let is_urgent = group.iter().any(|job| job.lane() == WriteLane::Immediate);
        let next = match jobs.try_recv() {
            Ok(job) => Some(job),
            Err(_) if is_urgent => None,
            Err(_) => {
                runtime.block_on(recv_timeout(jobs, MAX_DEFERRED_DELAY.saturating_sub(waited.elapsed())))
            }
        };
        match next {
            Some(job) => group.push(job),
            None => break,
        }
    }
    Some(group)
}

async fn recv_timeout(
    jobs: &mut mpsc::Receiver<Box<dyn WriteJob>>,
    timeout: Duration,
) -> Option<Box<dyn WriteJob>> {
    tokio::time::timeout(timeout, jobs.recv()).await.ok().flatten()
}

/// How the transaction of a group ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum GroupOutcome {
    Committed,
    /// Nothing was stored.
    RolledBack,
    /// Nothing was stored: the disk is full.
    DiskFull,
    /// Nothing was stored: the files of the folder are not the open ones.
    NotRunFolderReplaced,
    /// Stored in files that are not those of the folder any more. The changes are there if the files come back.
    CommittedElsewhere,
    /// Stored or not.
    Unknown,
}

impl GroupOutcome {
    fn rolled_back_by(error: &rusqlite::Error) -> Self {
        if is_disk_full(error) { Self::DiskFull } else { Self::RolledBack }
    }
}

fn commit_group(
    connection: &Connection,
    mut group: Vec<Box<dyn WriteJob>>,
    on_commit: &impl Fn(CommitEffects),
    files: &StoreFiles,
    runtime: &Handle,
) -> GroupOutcome {
    let stopwatch = Stopwatch::start();
    let mut outcome = if files.is_known_lost() && !files.verify_in_place() {
        GroupOutcome::NotRunFolderReplaced
    } else {
        run_group(connection, &mut group)
    };
    // Check after the commit: files that are in place then were in place when the commit became durable.
    if outcome == GroupOutcome::Committed && !files.verify_in_place() {
        outcome = GroupOutcome::CommittedElsewhere;
    }
    // This process still reads from the removed files: revoked users must lose access.
    if let GroupOutcome::Committed | GroupOutcome::CommittedElsewhere = outcome {
        let batch_size = u32::try_from(group.len()).unwrap_or(u32::MAX);
        let mut effects = CommitEffects {
            duration: stopwatch.elapsed(),
            group_size: batch_size,
            ..CommitEffects::default()
        };
        for job in &mut group {
            effects.merge(job.take_effects());
        }
        on_commit(effects);
    }
    // Answer off the writer thread, which would have to wake another thread for each answer.
    runtime.spawn(async move {
        for job in group {
            job.respond(outcome);
        }
    });
    outcome
}

fn run_group(connection: &Connection, group: &mut [Box<dyn WriteJob>]) -> GroupOutcome {
    if let Err(error) = execute(connection, "BEGIN IMMEDIATE") {
        tracing::error!(%error, "cannot begin a transaction");
        return GroupOutcome::rolled_back_by(&error);
    }
    for job in group {
        let result = run_in_savepoint(connection, job.as_mut());
        // Some errors, like a full disk, make SQLite roll back the whole transaction with all earlier jobs.
        if connection.is_autocommit() {
            return if job.hit_disk_full() { GroupOutcome::DiskFull } else { GroupOutcome::RolledBack };
        }
        if let Err(error) = result {
            tracing::error!(%error, "cannot set or roll back a savepoint");
            let rolled_back = execute(connection, "ROLLBACK").is_ok() || connection.is_autocommit();
            return if rolled_back { GroupOutcome::rolled_back_by(&error) } else { GroupOutcome::Unknown };
        }
    }
    match execute(connection, "COMMIT") {
        Ok(()) => GroupOutcome::Committed,
        Err(error) => {
            tracing::error!(%error, "a commit failed");
            let rolled_back = connection.is_autocommit() || execute(connection, "ROLLBACK").is_ok();
            if rolled_back && is_disk_full(&error) { GroupOutcome::DiskFull } else { GroupOutcome::Unknown }
        }
    }
}

fn run_in_savepoint(connection: &Connection, job: &mut dyn WriteJob) -> rusqlite::Result<()> {
    let changes_before = connection.total_changes();
    execute(connection, "SAVEPOINT write_job")?;
    let succeeded = job.run(connection);
    if connection.is_autocommit() {
        return Ok(());
    }
    // A refused job has written nothing in most cases, so that nothing has to be rolled back.
    if !succeeded && connection.total_changes() != changes_before {
        execute(connection, "ROLLBACK TO write_job")?;
    }
    execute(connection, "RELEASE write_job")
}

fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

/// A unit of work for the writer thread, whatever its result type.
trait WriteJob: Send {
    /// How urgent it is.
    fn lane(&self) -> WriteLane;
    /// Runs it in the open transaction. Returns whether it succeeded; otherwise its savepoint must be rolled back.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Whether it failed because the disk is full.
    fn hit_disk_full(&self) -> bool;
    /// Takes its effects.
    fn take_effects(&mut self) -> CommitEffects;
    /// Sends its result to the caller.
    fn respond(self: Box<Self>, outcome: GroupOutcome);
}

struct PendingWrite<F, T> {
    lane: WriteLane,
    work: Option<F>,
    result: Option<Result<T>>,
    effects: CommitEffects,
    sender: oneshot::Sender<Result<T>>,
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
        if self.lane == WriteLane::Immediate && self.sender.is_closed() {
            // The caller is gone and was told nothing, so nothing is written, not even the answer of an idempotency
            // key: a repeated request is the first one. Deferred work has no caller to wait for it.
            return false;
        }
        let effects = &mut self.effects;
        let result = catch_unwind(AssertUnwindSafe(|| work(&mut SystemTx::new(connection, effects))))
            .unwrap_or(Err(StoreError::Panicked));
        if result.is_err() {
            self.effects = CommitEffects::default();
        }
        self.result.insert(result).is_ok()
    }

    fn hit_disk_full(&self) -> bool {
        matches!(self.result, Some(Err(StoreError::DiskFull)))
    }

    fn take_effects(&mut self) -> CommitEffects {
        std::mem::take(&mut self.effects)
    }

    fn respond(self: Box<Self>, outcome: GroupOutcome) {
        let result = match (outcome, self.result) {
            (GroupOutcome::Committed, Some(result)) => result,
            (GroupOutcome::DiskFull, _) => Err(StoreError::DiskFull),
            // A refusal may depend on what an earlier job of the group wrote, and that is rolled back.
            (GroupOutcome::Committed | GroupOutcome::RolledBack, None)
            | (GroupOutcome::RolledBack, Some(Ok(_) | Err(StoreError::Refused(_)))) => {
                Err(StoreError::RolledBack)
            }
            (GroupOutcome::RolledBack, Some(Err(error))) => Err(error),
            (GroupOutcome::NotRunFolderReplaced, _) => Err(StoreError::FolderReplaced),
            (GroupOutcome::CommittedElsewhere | GroupOutcome::Unknown, _) => Err(StoreError::UnknownOutcome),
        };
        // The caller may have been dropped meanwhile.
        let _ = self.sender.send(result);
    }
}

#[cfg(test)]
mod tests {
    //! Mutants seen to fail: a server that goes on after an unknown outcome, an unknown outcome reported as rolled back, a
    //! full disk reported as a bug, a panic that nobody notices, a rolled back group reported as closed, files that are
    //! not checked. `server/tests/binary/disk.rs` has a disk that is full at COMMIT.

    use std::time::Duration;

    use super::*;
    use crate::store::{database, reader};

    /// A writer on a database with a table of numbers.
    struct TestStore {
        folder: tempfile::TempDir,
        writer: Writer,
        supervisor: Supervisor,
    }

    impl TestStore {
        fn new() -> Self {
            Self::with_on_commit(|_| {})
        }

        fn with_on_commit(on_commit: impl Fn(CommitEffects) + Send + 'static) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let mut connection = database::create_database(folder.path()).unwrap();
            database::migrate(&mut connection).unwrap();
            connection.execute_batch("CREATE TABLE number (value BLOB)").unwrap();
            drop(database::FolderLock::acquire(folder.path()).unwrap());
            let files = Arc::new(StoreFiles::open(folder.path()).unwrap());
            let supervisor = Supervisor::default();
            let writer = Writer::start(connection, on_commit, files, &supervisor).unwrap();
            Self { folder, writer, supervisor }
        }

        async fn execute(&self, sql: &'static str) -> Result<usize> {
            self.writer
                .commit(WriteLane::Immediate, move |system| Ok(system.connection.execute(sql, [])?))
                .await
        }

        /// Limits the growth of the file to a number of pages, like a full disk.
        async fn limit_growth(&self, pages: i64) {
            let set = move |system: &mut SystemTx<'_>| {
                let connection = system.connection;
                let now: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
                connection.pragma_update_and_check(None, "max_page_count", now + pages, |_| Ok(()))?;
                Ok(())
            };
            self.writer.commit(WriteLane::Immediate, set).await.unwrap();
        }

        async fn failure(&self) -> FatalError {
            let failed =
                tokio::time::timeout(Duration::from_secs(10), self.supervisor.wait_for_failure()).await;
            failed.expect("a server that does not know what is stored must not go on")
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
    async fn a_full_disk_refuses_writes_until_there_is_room_and_reads_go_on() {
        let store = TestStore::new();
        store.limit_growth(12).await;
        let mut stored = 0;
        let error = loop {
            match store.execute(LARGE).await {
                Ok(_) => stored += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(error, StoreError::DiskFull), "{error:?}");
        assert_eq!((stored, store.count().await), (2, 2), "nothing is half written");
        assert!(store.supervisor.is_healthy() && store.writer.is_running());

        store.limit_growth(100).await;
        store.execute(LARGE).await.unwrap();
        assert_eq!(store.count().await, 3);
    }

    #[tokio::test]
    async fn a_failed_commit_has_an_unknown_outcome_and_ends_the_writer() {
        let store = TestStore::new();
        store.execute("INSERT INTO number VALUES (1)").await.unwrap();
        let set = |system: &mut SystemTx<'_>| Ok(system.connection.commit_hook(Some(|| true))?);
        let first = store.writer.commit(WriteLane::Immediate, set).await;
        assert!(matches!(first, Err(StoreError::UnknownOutcome)), "{first:?}");
        assert_eq!(store.failure().await, FatalError::UnknownCommitOutcome);
        let later = store.execute("INSERT INTO number VALUES (2)").await;
        assert!(matches!(later, Err(StoreError::Closed)), "{later:?}");
        assert_eq!(store.count().await, 1);
    }

    #[tokio::test]
    async fn a_writer_that_panics_ends_the_server_and_the_outcome_is_unknown() {
        let store = TestStore::with_on_commit(|_| panic!("on_commit panicked"));
        let result = store.execute("INSERT INTO number VALUES (1)").await;
        assert!(matches!(result, Err(StoreError::UnknownOutcome)), "it may be stored, and is: {result:?}");
        assert_eq!(store.failure().await, FatalError::TaskPanicked("store-writer".into()));
        assert_eq!(store.count().await, 1);
    }

    #[tokio::test]
    async fn a_change_rolled_back_with_its_group_is_reported_as_rolled_back() {
        let store = TestStore::new();
        let insert =
            |system: &mut SystemTx<'_>| Ok(system.connection.execute("INSERT INTO number VALUES (1)", [])?);
        // A refusal may depend on the first job, and is rolled back with it.
        let refused = |_: &mut SystemTx<'_>| {
            Err::<(), _>(StoreError::Refused(crate::domain::Refusal::AssessmentRunning))
        };
        let undo = |system: &mut SystemTx<'_>| {
            system.connection.execute_batch("ROLLBACK")?;
            Err::<(), _>(StoreError::Sql(rusqlite::Error::InvalidQuery))
        };
        // All three are in the queue before the writer takes one of them.
        let (running, is_running) = oneshot::channel();
        let (release, released) = std::sync::mpsc::channel();
        let writer = store.writer.clone();
        let hold = tokio::spawn(async move {
            let hold = move |_: &mut SystemTx<'_>| {
                running.send(()).unwrap();
                released.recv().unwrap();
                Ok(())
            };
            writer.commit(WriteLane::Immediate, hold).await
        });
        is_running.await.unwrap();
        let writer = &store.writer;
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
        assert_eq!(store.count().await, 0);
        store.execute("INSERT INTO number VALUES (2)").await.unwrap();
    }

    /// Mutant seen to fail: a commit to removed files that publishes no effects.
    #[tokio::test]
    async fn nothing_is_written_while_the_files_are_not_in_place() {
        let (sender, commits) = std::sync::mpsc::channel();
        let store = TestStore::with_on_commit(move |effects| _ = sender.send(effects.group_size));
        store.execute("INSERT INTO number VALUES (1)").await.unwrap();
        for name in ["tierup.db", "tierup.db-wal", "tierup.db-shm", "tierup.lock"] {
            let (path, aside) = (store.folder.path().join(name), store.folder.path().join("aside"));
            std::fs::rename(&path, &aside).unwrap();
            // The first change is committed before the check: it is there if the files come back.
            let elsewhere = store.execute("INSERT INTO number VALUES (2)").await;
            assert!(matches!(elsewhere, Err(StoreError::UnknownOutcome)), "{name} deleted: {elsewhere:?}");
            let lost = store.execute("INSERT INTO number VALUES (2)").await;
            assert!(matches!(lost, Err(StoreError::FolderReplaced)), "{name} deleted: {lost:?}");
            std::fs::write(&path, "").unwrap();
            let lost = store.execute("INSERT INTO number VALUES (2)").await;
            assert!(matches!(lost, Err(StoreError::FolderReplaced)), "{name} replaced: {lost:?}");
            std::fs::rename(&aside, &path).unwrap();
            store.execute("INSERT INTO number VALUES (3)").await.unwrap();
        }
        assert_eq!((store.count().await, commits.try_iter().count()), (9, 9));
        assert!(store.supervisor.is_healthy());
    }

    #[tokio::test]
    async fn deferred_work_is_done_without_a_request() {
        let store = TestStore::new();
        let insert =
            |system: &mut SystemTx<'_>| Ok(system.connection.execute("INSERT INTO number VALUES (1)", [])?);
        assert_eq!(store.writer.commit(WriteLane::Deferred, insert).await.unwrap(), 1);
        assert_eq!(store.count().await, 1);
    }

    /// Mutant seen to fail: work that runs although its caller is gone.
    #[tokio::test]
    async fn work_of_a_dropped_request_is_skipped_and_deferred_work_is_not() {
        let store = TestStore::new();
        let (release, released) = std::sync::mpsc::channel::<()>();
        let (running, is_running) = oneshot::channel();
        let busy = tokio::spawn({
            let writer = store.writer.clone();
            async move {
                let wait = move |_: &mut SystemTx<'_>| {
                    let _ = running.send(());
                    let _ = released.recv();
                    Ok(())
                };
                writer.commit(WriteLane::Immediate, wait).await
            }
        });
        is_running.await.unwrap();
        // The writer is busy: these wait in the queue, and their callers are dropped meanwhile.
        for lane in [WriteLane::Immediate, WriteLane::Deferred] {
            let insert = |system: &mut SystemTx<'_>| {
                Ok(system.connection.execute("INSERT INTO number VALUES (1)", [])?)
            };
            let mut commit = Box::pin(store.writer.commit(lane, insert));
            assert!(futures_util::poll!(&mut commit).is_pending());
        }
        release.send(()).unwrap();
        busy.await.unwrap().unwrap();
        store.execute("INSERT INTO number VALUES (2)").await.unwrap();
        assert_eq!(store.count().await, 2);
    }

    #[tokio::test]
    async fn a_job_that_panics_does_not_affect_others() {
        let store = TestStore::new();
        let panics = store.writer.commit(WriteLane::Immediate, |system: &mut SystemTx<'_>| -> Result<()> {
            system.connection.execute("INSERT INTO number VALUES (1)", [])?;
            panic!("this job panicked")
        });
        let (panics, succeeds) = tokio::join!(panics, store.execute("INSERT INTO number VALUES (2)"));
        assert!(matches!(panics, Err(StoreError::Panicked)), "{panics:?}");
        succeeds.unwrap();
        assert_eq!(store.count().await, 1);
    }
}
