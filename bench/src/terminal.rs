//! Runs a program in a pseudo-terminal, and measures its output and timing.

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};

use crate::load::as_millis;
use crate::server_process::SERVER_CORE;

/// The size of the terminal.
const ROWS: NonZero<u16> = NonZero::new(36).expect("not zero");
const COLUMNS: NonZero<u16> = NonZero::new(120).expect("not zero");
/// Without output for this time, the response to a key is complete.
const QUIET_TIME: Duration = Duration::from_millis(40);
/// The timeout of every wait.
const WAIT_TIMEOUT: Duration = Duration::from_secs(20);
/// Programs hide the cursor once per frame.
const HIDE_CURSOR: &[u8] = b"\x1b[?25l";

/// A running program.
pub struct PtyProgram {
    child: Box<dyn Child + Send + Sync>,
    input: Box<dyn Write + Send>,
    output: Receiver<(Instant, Vec<u8>)>,
    parser: vt100::Parser,
    started_at: Instant,
    first_paint_at: Option<Instant>,
    frame_count: usize,
}

/// The response to a key.
pub struct KeyResult {
    /// From the key to the last byte of output, in milliseconds.
    pub latency_ms: f64,
    /// The number of bytes written.
    pub bytes: usize,
}

impl PtyProgram {
    /// Starts a program on the servers' core, with a folder as its working directory and home.
    pub fn start(
        program: &Path,
        arguments: &[&str],
        home: &Path,
        settings: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let mut command = CommandBuilder::new("taskset");
        command.args(["-c", SERVER_CORE]);
        command.arg(program);
        command.args(arguments);
        command.cwd(home);
        command.env_clear();
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8")].iter().chain(settings) {
            command.env(name, value);
        }
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", home);
        let size = PtySize { rows: ROWS.get(), cols: COLUMNS.get(), pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size)?;
        let mut reader = pair.master.try_clone_reader()?;
        let keys = pair.master.take_writer()?;
        let started = Instant::now();
        let child = pair.slave.spawn_command(command)?;
        drop(pair.slave);
        let (sender, output) = channel();
        std::thread::spawn(move || {
            // The terminal must be read for as long as the program runs.
            let _master = pair.master;
            let mut bytes = [0; 16 * 1024];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send((Instant::now(), bytes[..count].to_vec())).is_err() {
                    return;
                }
            }
        });
        let parser = vt100::Parser::new(ROWS, COLUMNS, 0);
        Ok(Self {
            child,
            input: keys,
            output,
            parser,
            started_at: started,
            first_paint_at: None,
            frame_count: 0,
        })
    }

    /// The process id.
    pub fn pid(&self) -> anyhow::Result<u32> {
        self.child.process_id().context("no process")
    }

    /// From the start to the first visible character, in milliseconds.
    pub fn first_paint_ms(&self) -> anyhow::Result<f64> {
        Ok(as_millis(self.first_paint_at.context("nothing was painted")? - self.started_at))
    }

    /// From the start to `at`, in milliseconds.
    pub fn ms_since_start(&self, seen: Instant) -> f64 {
        as_millis(seen - self.started_at)
    }

    /// The number of frames so far.
    pub fn frames(&self) -> usize {
        self.frame_count
    }

    /// Waits until the screen shows a text; returns when it did.
    pub fn wait_for_text(&mut self, text: &str) -> anyhow::Result<Instant> {
        let end = Instant::now() + WAIT_TIMEOUT;
        if self.contains_text(text) {
            return Ok(Instant::now());
        }
        loop {
            match self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok((at, bytes)) => {
                    self.process_output(at, &bytes);
                    if self.contains_text(text) {
                        return Ok(at);
                    }
                }
                Err(_) => bail!("{text:?} never came on the screen:\n{}", self.parser.screen().contents()),
            }
        }
    }

    /// Reads output until there is none for this time.
    pub fn read_until_quiet(&mut self, quiet: Duration) {
        while let Ok((at, bytes)) = self.output.recv_timeout(quiet) {
            self.process_output(at, &bytes);
        }
    }

    /// Presses a key; returns when.
    pub fn press(&mut self, key: &str) -> anyhow::Result<Instant> {
        let pressed = Instant::now();
        self.input.write_all(key.as_bytes())?;
        self.input.flush()?;
        Ok(pressed)
    }

    /// Presses a key and waits for its output.
    pub fn measure_key(&mut self, key: &str) -> anyhow::Result<KeyResult> {
        self.measure_key_until_quiet(key, QUIET_TIME)
    }

    /// The same for a slow action: waits until there is no output for this time.
    pub fn measure_key_until_quiet(&mut self, key: &str, quiet: Duration) -> anyhow::Result<KeyResult> {
        self.read_until_quiet(QUIET_TIME);
        let pressed = self.press(key)?;
        let (mut last, mut count, mut timeout) = (pressed, 0, WAIT_TIMEOUT);
        loop {
            match self.output.recv_timeout(timeout) {
                Ok((at, bytes)) => {
                    self.process_output(at, &bytes);
                    (last, count, timeout) = (at, count + bytes.len(), quiet);
                }
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => bail!("the program ended"),
            }
        }
        ensure!(count > 0, "{key:?} changed nothing:\n{}", self.parser.screen().contents());
        Ok(KeyResult { latency_ms: as_millis(last - pressed), bytes: count })
    }

    /// Ends the program.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    fn contains_text(&self, text: &str) -> bool {
        self.parser.screen().contents().contains(text)
    }

    fn process_output(&mut self, at: Instant, bytes: &[u8]) {
        self.parser.process(bytes);
        self.frame_count += memchr::memmem::find_iter(bytes, HIDE_CURSOR).count();
        if self.first_paint_at.is_none() && !self.parser.screen().contents().trim().is_empty() {
            self.first_paint_at = Some(at);
        }
    }
}
