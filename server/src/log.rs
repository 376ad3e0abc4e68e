//! The server's log, on standard error. Whoever logs never waits and never hears of an error: lines go into a queue
//! with a bound, and one thread writes them. What cannot be written (a full disk, a pipe that is closed, a pipe that
//! nobody reads) is lost, counted, and told of when the log can be written again.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::collections::VecDeque;
use std::io::{self, IsTerminal, Write};
use std::panic::PanicHookInfo;
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tierup_common::log::OwnTargets;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::LogFormat;

/// Lines that wait, in bytes, at most.
const QUEUE: usize = 256 * 1024;
/// What is still in the queue when the process ends has so long.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The queue of this process's log, once it has begun.
static LOG: OnceLock<Arc<Queue>> = OnceLock::new();
/// Lines of this process's log that were lost.
static LOST: LazyLock<Counter> = LazyLock::new(Counter::default);

/// Begins to log on standard error, panics included.
pub fn start(filter: EnvFilter, format: LogFormat) -> io::Result<()> {
    let queue = Arc::new(Queue::new(LOST.clone()));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Arc::clone(&queue))
        .with_ansi(io::stderr().is_terminal())
        // It would say on standard error that standard error cannot be written, and panic.
        .log_internal_errors(false);
    let begun = match format {
        LogFormat::Text => log.finish().with(OwnTargets).try_init(),
        LogFormat::Json => {
            log.json().flatten_event(true).with_span_list(false).finish().with(OwnTargets).try_init()
        }
    };
    begun.map_err(io::Error::other)?;
    queue.start(io::stderr())?;
    // The first to begin is the only one.
    let _ = LOG.set(queue);
    std::panic::set_hook(Box::new(panicked));
    Ok(())
}

/// Says a last line, and waits a moment until it and all before it are written.
pub fn last_words(line: &str) {
    match LOG.get() {
        Some(queue) => queue.put(format!("{line}\n").into_bytes()),
        None => say(line),
    }
    flush();
}

/// Waits a moment until everything is written.
pub fn flush() {
    if let Some(queue) = LOG.get() {
        queue.flush(LAST_WORDS);
    }
}

/// Says a line on standard error, for commands that have no log. Where nobody can be told, nobody is.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Counts the lines of this process's log that were lost.
pub(crate) fn lost() -> Counter {
    LOST.clone()
}

/// A panic is a line of the log: the standard library's own hook would wait for whoever reads standard error.
fn panicked(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    let at = panic.location().map(tracing::field::display);
    let why = panic.payload_as_str().unwrap_or("it does not say why");
    let trace = Backtrace::capture();
    let trace = (trace.status() == BacktraceStatus::Captured).then(|| tracing::field::display(trace));
    tracing::error!(thread, at, trace, "panicked: {why}");
}

/// Lines on their way to whoever reads them.
struct Queue {
    waiting: Mutex<Waiting>,
    /// There is a line.
    more: Condvar,
    /// There is none any more.
    all_written: Condvar,
    lost: Counter,
}

#[derive(Default)]
struct Waiting {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    /// A line is being written.
    is_writing: bool,
}

impl Queue {
    fn new(lost: Counter) -> Self {
        Self { waiting: Mutex::default(), more: Condvar::new(), all_written: Condvar::new(), lost }
    }

    /// Starts the thread that writes.
    fn start(self: &Arc<Self>, to: impl Write + Send + 'static) -> io::Result<()> {
        let queue = Arc::clone(self);
        let write = move || queue.write_all_to(to);
        std::thread::Builder::new().name("log".into()).spawn(write).map(drop)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a line, or counts it as lost where there is no room.
    fn put(&self, line: Vec<u8>) {
        let mut waiting = self.lock();
        if waiting.bytes + line.len() > QUEUE {
            drop(waiting);
            self.lost.inc();
            return;
        }
        waiting.bytes += line.len();
        waiting.lines.push_back(line);
        drop(waiting);
        self.more.notify_one();
    }

    /// The next line; it counts as being written until the next call.
    fn next(&self) -> Vec<u8> {
        let mut waiting = self.lock();
        waiting.is_writing = false;
        loop {
            if let Some(line) = waiting.lines.pop_front() {
                waiting.bytes -= line.len();
                waiting.is_writing = true;
                return line;
            }
            self.all_written.notify_all();
            waiting = self.more.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Writes line after line for as long as the process lives.
    fn write_all_to(&self, mut to: impl Write) {
        let mut told = self.lost.get();
        let mut is_torn = false;
        loop {
            let line = self.next();
            let begin: &[u8] = if is_torn { b"\n" } else { b"" };
            match write_line(&mut to, &[begin, &line].concat()) {
                Ok(()) => is_torn = false,
                Err(is_begun) => {
                    is_torn |= is_begun;
                    self.lost.inc();
                    continue;
                }
            }
            let lost = self.lost.get();
            if lost > told {
                tracing::error!(lines = lost - told, "lines of the log could not be written and are lost");
                told = lost;
            }
        }
    }

    /// Waits until everything is written, but no longer than this.
    fn flush(&self, within: Duration) {
        let is_busy = |waiting: &mut Waiting| waiting.is_writing || !waiting.lines.is_empty();
        let waited = self.all_written.wait_timeout_while(self.lock(), within, is_busy);
        // Whoever does not read in time has had their chance.
        drop(waited);
    }
}

/// Writes a line; if that fails, whether a part of it was written.
fn write_line(to: &mut impl Write, line: &[u8]) -> Result<(), bool> {
    let mut rest = line;
    while !rest.is_empty() {
        match to.write(rest) {
            Ok(0) => return Err(rest.len() < line.len()),
            Ok(written) => rest = &rest[written..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Err(rest.len() < line.len()),
        }
    }
    Ok(())
}

/// What the formatter writes to: one call a line.
impl Write for &Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.put(line.to_vec());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Takes each line when the test says so.
    struct Reader {
        offered: mpsc::Sender<()>,
        allowed: mpsc::Receiver<io::Result<()>>,
        taken: mpsc::Sender<Vec<u8>>,
    }

    impl Write for Reader {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            let _ = self.offered.send(());
            self.allowed.recv().map_err(io::Error::other)??;
            let _ = self.taken.send(line.to_vec());
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn whoever_logs_waits_for_nobody_and_what_finds_no_room_is_counted() {
        let queue = Arc::new(Queue::new(Counter::default()));
        let (offered, offers) = mpsc::channel();
        let (allow, allowed) = mpsc::channel();
        let (taken, lines) = mpsc::channel();
        queue.start(Reader { offered, allowed, taken }).unwrap();
        let line = vec![b'x'; QUEUE / 16];
        // One is being written, sixteen wait.
        queue.put(line.clone());
        offers.recv_timeout(Duration::from_secs(10)).unwrap();
        for _ in 0..20 {
            queue.put(line.clone());
        }
        assert_eq!(queue.lost.get(), 4);
        queue.flush(Duration::ZERO);
        assert_eq!(lines.try_iter().count(), 0, "nobody has read yet");

        allow.send(Err(io::ErrorKind::StorageFull.into())).unwrap();
        for _ in 0..16 {
            allow.send(Ok(())).unwrap();
        }
        for _ in 0..16 {
            lines.recv_timeout(Duration::from_secs(10)).unwrap();
        }
        queue.flush(Duration::from_secs(10));
        assert_eq!(queue.lost.get(), 5, "the one that failed counts too");
        assert_eq!(queue.lock().bytes, 0);
    }

    #[test]
    fn a_line_after_one_that_broke_off_begins_a_line() {
        let mut room = [0; 8];
        let mut to = &mut room[..];
        assert_eq!(write_line(&mut to, b"0123456789"), Err(true));
        assert_eq!(write_line(&mut to, b"0123456789"), Err(false));
    }
}
