//! A program in a pseudo-terminal: what it writes, and when.

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};

use crate::load::millis;
use crate::process::CORE;

/// The size of every terminal here.
const ROWS: NonZero<u16> = NonZero::new(36).expect("not zero");
const COLUMNS: NonZero<u16> = NonZero::new(120).expect("not zero");
/// Who writes nothing for so long has written all that a key asked for.
const QUIET: Duration = Duration::from_millis(40);
/// Whatever is waited for comes within this time.
const SOON: Duration = Duration::from_secs(20);
/// The cursor is hidden once in every picture that has none.
const HIDE_CURSOR: &[u8] = b"\x1b[?25l";

/// A program that runs.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    output: Receiver<(Instant, Vec<u8>)>,
    parser: vt100::Parser,
    started: Instant,
    first_paint: Option<Instant>,
    frames: usize,
}

/// What came of a key.
pub struct Step {
    /// From the key to the last byte of what it changed, in milliseconds.
    pub millis: f64,
    /// Bytes that were written.
    pub bytes: usize,
}

impl Terminal {
    /// Starts a program, on the core of the servers, in a folder that is its home as well.
    pub fn start(
        program: &Path,
        arguments: &[&str],
        home: &Path,
        settings: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let mut command = CommandBuilder::new("taskset");
        command.args(["-c", CORE]);
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
            // The terminal lives as long as somebody reads it.
            let _master = pair.master;
            let mut bytes = [0; 16 * 1024];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send((Instant::now(), bytes[..count].to_vec())).is_err() {
                    return;
                }
            }
        });
        let parser = vt100::Parser::new(ROWS, COLUMNS, 0);
        Ok(Self { child, keys, output, parser, started, first_paint: None, frames: 0 })
    }

    /// Its process.
    pub fn process(&self) -> anyhow::Result<u32> {
        self.child.process_id().context("no process")
    }

    /// From the start to the first letter on the screen, in milliseconds.
    pub fn first_paint(&self) -> anyhow::Result<f64> {
        Ok(millis(self.first_paint.context("nothing was painted")? - self.started))
    }

    /// From the start to now, when something was seen, in milliseconds.
    pub fn since_start(&self, seen: Instant) -> f64 {
        millis(seen - self.started)
    }

    /// Pictures that were painted so far.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// Waits until the screen shows a text; when it did.
    pub fn sees(&mut self, text: &str) -> anyhow::Result<Instant> {
        let end = Instant::now() + SOON;
        if self.shows(text) {
            return Ok(Instant::now());
        }
        loop {
            match self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok((at, bytes)) => {
                    self.take(at, &bytes);
                    if self.shows(text) {
                        return Ok(at);
                    }
                }
                Err(_) => bail!("{text:?} never came on the screen:\n{}", self.parser.screen().contents()),
            }
        }
    }

    /// Takes in whatever comes until nothing does for so long.
    pub fn rest(&mut self, quiet: Duration) {
        while let Ok((at, bytes)) = self.output.recv_timeout(quiet) {
            self.take(at, &bytes);
        }
    }

    /// Presses a key; when.
    pub fn press(&mut self, key: &str) -> anyhow::Result<Instant> {
        let pressed = Instant::now();
        self.keys.write_all(key.as_bytes())?;
        self.keys.flush()?;
        Ok(pressed)
    }

    /// Presses a key and waits until all is written that it asks for.
    pub fn step(&mut self, key: &str) -> anyhow::Result<Step> {
        self.step_until(key, QUIET)
    }

    /// The same for a key that asks for what takes its time: nothing is written any more for so long.
    pub fn step_until(&mut self, key: &str, quiet: Duration) -> anyhow::Result<Step> {
        self.rest(QUIET);
        let pressed = self.press(key)?;
        let (mut last, mut count, mut patience) = (pressed, 0, SOON);
        loop {
            match self.output.recv_timeout(patience) {
                Ok((at, bytes)) => {
                    self.take(at, &bytes);
                    (last, count, patience) = (at, count + bytes.len(), quiet);
                }
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => bail!("the program ended"),
            }
        }
        ensure!(count > 0, "{key:?} changed nothing:\n{}", self.parser.screen().contents());
        Ok(Step { millis: millis(last - pressed), bytes: count })
    }

    /// Ends it.
    pub fn end(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    fn shows(&self, text: &str) -> bool {
        self.parser.screen().contents().contains(text)
    }

    fn take(&mut self, at: Instant, bytes: &[u8]) {
        self.parser.process(bytes);
        self.frames += memchr::memmem::find_iter(bytes, HIDE_CURSOR).count();
        if self.first_paint.is_none() && !self.parser.screen().contents().trim().is_empty() {
            self.first_paint = Some(at);
        }
    }
}
