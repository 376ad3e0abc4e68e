//! The server's log, on standard error. Logging never blocks or fails: lines go into a bounded queue that one thread
//! writes. Lines that cannot be written (full disk, closed or stalled pipe) are dropped and counted, and their number
//! is logged once writing works again.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::collections::VecDeque;
use std::io::{self, IsTerminal, Write};
use std::panic::PanicHookInfo;
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use prometheus_client::metrics::counter::Counter;
use serde::Deserialize;
use tierup_common::log::OwnCrateFilter;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The capacity of the queue, in bytes.
const MAX_QUEUE_BYTES: usize = 256 * 1024;
/// How long the process waits at its end for queued lines.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(500);

/// The format of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line, for programs.
    Json,
}

/// The queue, once [`init`] was called.
static LOG_QUEUE: OnceLock<Arc<LogQueue>> = OnceLock::new();
/// Lines dropped.
static LOST_LINES: LazyLock<Counter> = LazyLock::new(Counter::default);

/// Starts logging on standard error, and logs panics.
pub fn init(filter: EnvFilter, format: LogFormat) -> io::Result<()> {
    let queue = Arc::new(LogQueue::new(LOST_LINES.clone()));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Arc::clone(&queue))
        .with_ansi(io::stderr().is_terminal())
        // Would report a failed write to standard error on standard error, and panic.
        .log_internal_errors(false);
    let initialized = match format {
        LogFormat::Text => log.finish().with(OwnCrateFilter).try_init(),
        LogFormat::Json => {
            log.json().flatten_event(true).with_span_list(false).finish().with(OwnCrateFilter).try_init()
        }
    };
    initialized.map_err(io::Error::other)?;
    queue.spawn_writer(StderrAboveBar)?;
    // Only the first call has an effect.
    let _ = LOG_QUEUE.set(queue);
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// The bar at the bottom of the terminal, if something takes long.
static BAR: Mutex<Option<indicatif::ProgressBar>> = Mutex::new(None);

/// Keeps the lines of the log above this bar from now on, or forgets it.
pub fn set_bar(bar: Option<indicatif::ProgressBar>) {
    *BAR.lock() = bar;
}

/// Standard error; a bar moves out of the way of each line.
struct StderrAboveBar;

impl Write for StderrAboveBar {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let bar = BAR.lock().clone();
        match bar {
            Some(bar) => bar.suspend(|| io::stderr().write(bytes)),
            None => io::stderr().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Logs a last line and waits briefly until everything is written.
pub fn write_final_line(line: &str) {
    match LOG_QUEUE.get() {
        Some(queue) => queue.push(format!("{line}\n").into_bytes()),
        None => eprint_line(line),
    }
    flush();
}

/// Waits briefly until everything is written.
pub fn flush() {
    if let Some(queue) = LOG_QUEUE.get() {
        queue.flush(FLUSH_TIMEOUT);
    }
}

/// Prints a line on standard error, for commands that do not log. Ignores failures: there is nowhere to report them.
pub fn eprint_line(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// The counter of dropped lines.
pub(crate) fn lost_lines() -> Counter {
    LOST_LINES.clone()
}

/// Logs a panic. The default hook would block on standard error.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    let at = panic.location().map(tracing::field::display);
    let message = panic.payload_as_str().unwrap_or("no message");
    let trace = Backtrace::capture();
    let trace = (trace.status() == BacktraceStatus::Captured).then(|| tracing::field::display(trace));
    tracing::error!(thread, at, trace, "panicked: {message}");
}

/// Lines to be written.
struct LogQueue {
    state: Mutex<QueueState>,
    /// Signals a new line.
    line_added: Condvar,
    /// Signals that all lines are written.
    drained: Condvar,
    lost_lines: Counter,
}

#[derive(Default)]
struct QueueState {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    /// A line is being written.
    is_writing: bool,
}

impl LogQueue {
    fn new(lost: Counter) -> Self {
        Self {
            state: Mutex::default(),
            line_added: Condvar::new(),
            drained: Condvar::new(),
            lost_lines: lost,
        }
    }

    /// Starts the thread that writes the lines.
    fn spawn_writer(self: &Arc<Self>, writer: impl Write + Send + 'static) -> io::Result<()> {
        let queue = Arc::clone(self);
        let write = move || queue.run_writer(writer);
        std::thread::Builder::new().name("log".into()).spawn(write).map(drop)
    }

    /// Queues a line; drops and counts it if the queue is full.
    fn push(&self, line: Vec<u8>) {
        let mut waiting = self.state.lock();
        if waiting.bytes + line.len() > MAX_QUEUE_BYTES {
            drop(waiting);
            self.lost_lines.inc();
            return;
        }
        waiting.bytes += line.len();
        waiting.lines.push_back(line);
        drop(waiting);
        self.line_added.notify_one();
    }

    /// Blocks until there is a line. It counts as being written until the next call.
    fn wait_for_line(&self) -> Vec<u8> {
        let mut waiting = self.state.lock();
        waiting.is_writing = false;
        loop {
            if let Some(line) = waiting.lines.pop_front() {
                waiting.bytes -= line.len();
                waiting.is_writing = true;
                return line;
            }
            self.drained.notify_all();
            self.line_added.wait(&mut waiting);
        }
    }

    /// Writes lines for as long as the process lives.
    fn run_writer(&self, mut writer: impl Write) {
        let mut reported = self.lost_lines.get();
        let mut is_torn = false;
        loop {
            let line = self.wait_for_line();
            let begin: &[u8] = if is_torn { b"\n" } else { b"" };
            match write_line(&mut writer, &[begin, &line].concat()) {
                Ok(()) => is_torn = false,
                Err(error) => {
                    is_torn |= error == WriteError::Partial;
                    self.lost_lines.inc();
                    continue;
                }
            }
            let lost = self.lost_lines.get();
            if lost > reported {
                tracing::error!(lines = lost - reported, "log lines could not be written and were dropped");
                reported = lost;
            }
        }
    }

    /// Waits until everything is written, for at most `timeout`.
    fn flush(&self, timeout: Duration) {
        let is_busy = |waiting: &mut QueueState| waiting.is_writing || !waiting.lines.is_empty();
        // Ignore a timeout: whatever is still queued is lost.
        let _ = self.drained.wait_while_for(&mut self.state.lock(), is_busy, timeout);
    }
}

/// How much of a line was written before it failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum WriteError {
    Unwritten,
    Partial,
}

impl WriteError {
    const fn after(written: usize) -> Self {
        if written == 0 { Self::Unwritten } else { Self::Partial }
    }
}

/// Writes a line.
fn write_line(writer: &mut impl Write, line: &[u8]) -> Result<(), WriteError> {
    let mut rest = line;
    while !rest.is_empty() {
        match writer.write(rest) {
            Ok(0) => return Err(WriteError::after(line.len() - rest.len())),
            Ok(written) => rest = &rest[written..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Err(WriteError::after(line.len() - rest.len())),
        }
    }
    Ok(())
}

/// The formatter makes one call per line.
impl Write for &LogQueue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line.to_vec());
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

    /// Writes each line when the test allows it.
    struct SteppedWriter {
        offered: mpsc::Sender<()>,
        allowed: mpsc::Receiver<io::Result<()>>,
        written: mpsc::Sender<Vec<u8>>,
    }

    impl Write for SteppedWriter {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            let _ = self.offered.send(());
            self.allowed.recv().map_err(io::Error::other)??;
            let _ = self.written.send(line.to_vec());
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn logging_never_blocks_and_lost_lines_are_counted() {
        let queue = Arc::new(LogQueue::new(Counter::default()));
        let (offered, offers) = mpsc::channel();
        let (allow, allowed) = mpsc::channel();
        let (taken, lines) = mpsc::channel();
        queue.spawn_writer(SteppedWriter { offered, allowed, written: taken }).unwrap();
        let line = vec![b'x'; MAX_QUEUE_BYTES / 16];
        // One is being written, sixteen are queued.
        queue.push(line.clone());
        offers.recv_timeout(Duration::from_secs(10)).unwrap();
        for _ in 0..20 {
            queue.push(line.clone());
        }
        assert_eq!(queue.lost_lines.get(), 4);
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
        assert_eq!(queue.lost_lines.get(), 5, "the one that failed counts too");
        assert_eq!(queue.state.lock().bytes, 0);
    }

    #[test]
    fn a_write_error_distinguishes_a_partial_line_from_no_line() {
        let mut room = [0; 8];
        let mut to = &mut room[..];
        assert_eq!(write_line(&mut to, b"0123456789"), Err(WriteError::Partial));
        assert_eq!(write_line(&mut to, b"0123456789"), Err(WriteError::Unwritten));
    }
}
