//! Reader threads, each with its own connection. Reads and writes never wait for each other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, mpsc};

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::store::database::{self, OpenError};
use crate::store::error::{Result, StoreError};
use crate::supervisor::Supervisor;

/// Reads are short and mostly from memory: two threads are enough.
const READER_THREADS: usize = 2;

type ReadJob = Box<dyn FnOnce(&Connection) + Send>;

/// A handle to the reader threads. They end when the last handle is dropped.
#[derive(Clone)]
pub(super) struct Readers {
    queue: mpsc::Sender<ReadJob>,
}

impl Readers {
    pub(super) fn start(folder: &Path, supervisor: &Supervisor) -> std::result::Result<Self, OpenError> {
        let (queue, jobs) = mpsc::channel::<ReadJob>();
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 0..READER_THREADS {
            let connection = database::open_read_only(folder)?;
            let jobs = Arc::clone(&jobs);
            let work = move || {
                while let Ok(read) = next_job(&jobs) {
                    read(&connection);
                }
                Ok(())
            };
            supervisor
                .spawn_thread(format!("store-reader-{number}"), work)
                .map_err(|error| OpenError::Io(folder.into(), error))?;
        }
        Ok(Self { queue })
    }

    /// Reads one state of the database.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (sender, result) = oneshot::channel();
        let read = move |connection: &Connection| {
            if sender.is_closed() {
                // The caller was dropped.
                return;
            }
            let outcome = catch_unwind(AssertUnwindSafe(|| in_snapshot(connection, work)));
            // The caller may have been dropped meanwhile.
            let _ = sender.send(outcome.unwrap_or(Err(StoreError::Panicked)));
        };
        self.queue.send(Box::new(read)).map_err(|_| StoreError::Closed)?;
        result.await.unwrap_or(Err(StoreError::Closed))
    }
}

fn next_job(jobs: &Mutex<mpsc::Receiver<ReadJob>>) -> std::result::Result<ReadJob, mpsc::RecvError> {
    jobs.lock().recv()
}

fn in_snapshot<T>(connection: &Connection, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    let run = |sql| connection.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
    // A read that panicked left its transaction open.
    if !connection.is_autocommit() {
        run("ROLLBACK")?;
    }
    run("BEGIN")?;
    let result = work(connection);
    run("ROLLBACK")?;
    result
}
