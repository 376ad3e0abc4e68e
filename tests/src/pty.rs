//! The real binary in a real pseudo-terminal.

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::Signal;

use crate::alone::of_the_machine;
use crate::process::{binary, tell};

/// A pseudo-terminal is slower than a buffer, and the first start of a binary slower than any other.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program in a pseudo-terminal.
pub struct Pty {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    shared: Arc<Shared>,
    /// The screen when something was typed last: what was there already is no proof that a key did anything.
    at_key: String,
    /// The line discipline before the program ran.
    before: String,
}

struct Shared {
    screen: Mutex<Screen>,
    changed: Condvar,
}

impl Shared {
    /// A test that failed while it looked has changed nothing.
    fn lock(&self) -> MutexGuard<'_, Screen> {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Screen {
    parser: vt100::Parser,
    /// Every byte that came, as it came.
    raw: Vec<u8>,
    ended: bool,
}

impl Pty {
    /// Runs a program of this workspace in a terminal of this size, with a home of its own.
    pub fn run(program: &str, arguments: &[&str], home: &Path, size: (u16, u16)) -> Self {
        Self::run_with(program, arguments, home, size, &[])
    }

    /// The same, with more in its environment.
    pub fn run_with(
        program: &str,
        arguments: &[&str],
        home: &Path,
        size: (u16, u16),
        environment: &[(&str, &str)],
    ) -> Self {
        let mut command = CommandBuilder::new(binary(program));
        command.args(arguments);
        Self::start(command, home, size, environment)
    }

    /// Runs a shell with job control, which finds the programs of this workspace.
    pub fn shell(home: &Path, size: (u16, u16), environment: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::new("sh");
        command.arg("-i");
        let folder = binary("tierup");
        let folder = folder.parent().expect("a folder").display().to_string();
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{folder}:{path}"));
        let environment = [&[("PS1", "ready> ")], environment].concat();
        Self::start(command, home, size, &environment)
    }

    fn start(
        mut command: CommandBuilder,
        home: &Path,
        size: (u16, u16),
        environment: &[(&str, &str)],
    ) -> Self {
        let size = PtySize { cols: size.0, rows: size.1, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        for name in of_the_machine() {
            command.env_remove(name);
        }
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("HOME", home);
        command.env("TMPDIR", home);
        command.env("TIERUP_KEYRING", "off");
        for (name, value) in environment {
            command.env(name, value);
        }
        let before = modes(&*pair.master);
        let child = pair.slave.spawn_command(command).expect("a program");
        drop(pair.slave);
        let keys = pair.master.take_writer().expect("a keyboard");
        let output = pair.master.try_clone_reader().expect("a screen");
        let parser = vt100::Parser::new(not_zero(size.rows), not_zero(size.cols), 0);
        let screen = Mutex::new(Screen { parser, raw: Vec::new(), ended: false });
        let shared = Arc::new(Shared { screen, changed: Condvar::new() });
        let watched = Arc::clone(&shared);
        std::thread::spawn(move || read(output, &watched));
        Self { child, master: pair.master, keys, shared, at_key: String::new(), before }
    }

    /// Types bytes, as a terminal sends them: `\r` is Enter, `\x1b` Escape.
    pub fn types(&mut self, bytes: &str) {
        self.at_key = self.screen();
        self.keys.write_all(bytes.as_bytes()).expect("a keyboard");
        self.keys.flush().expect("a keyboard");
    }

    /// Makes the terminal another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        let size = PtySize { cols: columns, rows, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("another size");
        self.shared
            .screen
            .lock()
            .expect("a screen")
            .parser
            .screen_mut()
            .set_size(not_zero(rows), not_zero(columns));
    }

    /// Waits until the screen shows a text, which it did not when something was typed last.
    #[track_caller]
    pub fn sees(&self, text: &str) {
        assert!(
            !self.at_key.contains(text),
            "{text:?} was on the screen already when something was typed: wait for what that brings, or say `still_sees`"
        );
        self.still_sees(text);
    }

    /// Waits until the screen shows a text, whether it did before or not: that the last key has done something is proved
    /// by something else.
    #[track_caller]
    pub fn still_sees(&self, text: &str) {
        self.waits(&format!("{text:?} on the screen"), |screen| {
            screen.parser.screen().contents().contains(text)
        });
    }

    /// Waits until the screen no longer shows a text.
    #[track_caller]
    pub fn no_longer_sees(&self, text: &str) {
        self.waits(&format!("no {text:?} on the screen"), |screen| {
            !screen.parser.screen().contents().contains(text)
        });
    }

    /// The screen, as text.
    pub fn screen(&self) -> String {
        self.shared.lock().parser.screen().contents()
    }

    /// Every byte that the program has written.
    pub fn raw(&self) -> Vec<u8> {
        self.shared.lock().raw.clone()
    }

    /// Forgets what was written so far, so that [`Self::writes`] hears what comes.
    pub fn forgets(&self) {
        self.shared.lock().raw.clear();
    }

    /// Waits until the program has written these bytes.
    #[track_caller]
    pub fn writes(&self, bytes: &str) {
        self.waits(&format!("{bytes:?} written"), |screen| {
            screen.raw.windows(bytes.len()).any(|window| window == bytes.as_bytes())
        });
    }

    /// The line discipline now, as `tcgetattr` has it.
    pub fn modes(&self) -> String {
        modes(&*self.master)
    }

    /// Whether the line discipline is what it was before the program ran.
    #[track_caller]
    pub fn is_as_before(&self) {
        assert_eq!(self.modes(), self.before, "the line discipline is another");
        let raw = String::from_utf8_lossy(&self.raw()).into_owned();
        let tail = &raw[raw.rfind("\x1b[?1049l").expect("the first screen is back")..];
        assert!(tail.contains("\x1b[?25h"), "the cursor is shown again: {tail:?}");
        assert!(tail.contains("\x1b[23;2t"), "the window has its title back: {tail:?}");
        for mode in ["2004", "1000", "1006", "1004"] {
            let (on, off) = (format!("\x1b[?{mode}h"), format!("\x1b[?{mode}l"));
            assert!(raw.rfind(&off) > raw.rfind(&on), "mode {mode} is still on");
        }
    }

    /// Sends a signal to the program.
    pub fn hears(&self, signal: Signal) {
        tell(self.process(), signal);
    }

    /// The program that has the terminal now: of a shell, what it runs.
    pub fn in_front(&self) -> u32 {
        let leader = self.master.process_group_leader().expect("somebody has the terminal");
        u32::try_from(leader).expect("a process")
    }

    /// The process, by its number.
    pub fn process(&self) -> u32 {
        self.child.process_id().expect("a process")
    }

    /// Waits for the end of the program, and gives its exit status.
    #[track_caller]
    pub fn ends(&mut self) -> u32 {
        self.waits("the end", |screen| screen.ended);
        self.child.wait().expect("an exit status").exit_code()
    }

    #[track_caller]
    fn waits(&self, what: &str, such: impl Fn(&Screen) -> bool) {
        let end = Instant::now() + PATIENCE;
        let mut screen = self.shared.lock();
        while !such(&screen) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "never {what}:\n{}", screen.parser.screen().contents());
            let waited = self.shared.changed.wait_timeout(screen, left);
            (screen, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // One that has ended cannot be killed, and need not be.
        let _ = self.child.kill();
    }
}

#[cfg(unix)]
fn modes(master: &dyn MasterPty) -> String {
    // What waits in the queues is no part of it.
    format!("{:?}", master.get_termios().expect("a line discipline"))
}

#[cfg(not(unix))]
fn modes(_: &dyn MasterPty) -> String {
    String::new()
}

fn not_zero(count: u16) -> NonZero<u16> {
    NonZero::new(count).expect("a terminal has rows and columns")
}

fn read(mut output: Box<dyn Read + Send>, shared: &Shared) {
    let mut bytes = [0; 16 * 1024];
    loop {
        let count = output.read(&mut bytes).unwrap_or(0);
        let mut screen = shared.lock();
        screen.parser.process(&bytes[..count]);
        screen.raw.extend_from_slice(&bytes[..count]);
        screen.ended = count == 0;
        shared.changed.notify_all();
        if count == 0 {
            return;
        }
    }
}
