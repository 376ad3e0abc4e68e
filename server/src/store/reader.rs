//! Reader threads, each with a connection of its own. A read never waits for a write, nor a write for a read.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, mpsc};

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::store::database::{self, OpenError};
use crate::store::{Result, StoreError};
use crate::supervisor::Supervisor;

/// Reads are short and mostly from memory: two threads keep two cores busy.
const READER_THREADS: usize = 2;

type ReadJob = Box<dyn FnOnce(&Connection) + Send>;

/// The way to the reader threads. They end when the last of these is gone.
#[derive(Clone)]
pub(super) struct Readers {
    queue: mpsc::Sender<ReadJob>,
}

impl Readers {
    pub(super) fn start(folder: &Path, supervisor: &Supervisor) -> std::result::Result<Self, OpenError> {
        let (line, waiting) = mpsc::channel::<ReadJob>();
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..READER_THREADS {
            let connection = database::open_read_only(folder)?;
            let waiting = Arc::clone(&waiting);
            let work = move || {
                while let Ok(read) = next_job(&waiting) {
                    read(&connection);
                }
                Ok(())
            };
            supervisor
                .spawn_thread(format!("store-reader-{number}"), work)
                .map_err(|error| OpenError::Io(folder.into(), error))?;
        }
        Ok(Self { queue: line })
    }

    /// Reads at one moment of the database.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let read = move |connection: &Connection| {
            if reply.is_closed() {
                // Whoever asked is gone: nobody would hear the answer.
                return;
            }
            let outcome = catch_unwind(AssertUnwindSafe(|| in_snapshot(connection, work)));
            // Nobody waits any more when the connection was closed.
            let _ = reply.send(outcome.unwrap_or(Err(StoreError::Panicked)));
        };
        self.queue.send(Box::new(read)).map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }
}

fn next_job(queue: &Mutex<mpsc::Receiver<ReadJob>>) -> std::result::Result<ReadJob, mpsc::RecvError> {
    queue.lock().recv()
}

fn in_snapshot<T>(connection: &Connection, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    let run = |sql| connection.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
    // A read that panicked left its moment open.
    if !connection.is_autocommit() {
        run("ROLLBACK")?;
    }
    run("BEGIN")?;
    let answer = work(connection);
    run("ROLLBACK")?;
    answer
}
