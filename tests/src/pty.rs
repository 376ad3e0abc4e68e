//! The real binary in a real pseudo-terminal.

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::Signal;

use crate::clean_env::inherited_vars;
use crate::process::{binary_path, send_signal};

/// A pseudo-terminal is slower than a buffer, and a binary's first start the slowest.
const PTY_TIMEOUT: Duration = Duration::from_secs(30);

/// A program in a pseudo-terminal.
pub struct Pty {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    input: Box<dyn Write + Send>,
    output: Arc<SharedOutput>,
    /// The screen at the last key press. Text that was there already proves nothing.
    baseline_screen: String,
    /// The line discipline before the program ran.
    initial_termios: String,
}

struct SharedOutput {
    output: Mutex<PtyOutput>,
    changed: Condvar,
}

impl SharedOutput {
    /// A test that failed while reading changed nothing.
    fn lock(&self) -> MutexGuard<'_, PtyOutput> {
        self.output.lock()
    }
}

struct PtyOutput {
    parser: vt100::Parser,
    /// Every byte received.
    raw_bytes: Vec<u8>,
    is_closed: bool,
}

impl Pty {
    /// Runs a binary of this workspace in a terminal of this size, with its own home.
    pub fn spawn(program: &str, arguments: &[&str], home: &Path, size: (u16, u16)) -> Self {
        Self::spawn_with_env(program, arguments, home, size, &[])
    }

    /// The same, with environment variables.
    pub fn spawn_with_env(
        program: &str,
        arguments: &[&str],
        home: &Path,
        size: (u16, u16),
        env: &[(&str, &str)],
    ) -> Self {
        let mut command = CommandBuilder::new(binary_path(program));
        command.args(arguments);
        Self::spawn_command(command, home, size, env)
    }

    /// Runs a shell with job control and the binaries of this workspace in its path.
    pub fn spawn_shell(home: &Path, size: (u16, u16), env: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::new("sh");
        command.arg("-i");
        let folder = binary_path("tierup");
        let folder = folder.parent().expect("a folder").display().to_string();
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{folder}:{path}"));
        let environment = [&[("PS1", "ready> ")], env].concat();
        Self::spawn_command(command, home, size, &environment)
    }

    fn spawn_command(
        mut command: CommandBuilder,
        home: &Path,
        size: (u16, u16),
        env: &[(&str, &str)],
    ) -> Self {
        let size = PtySize { cols: size.0, rows: size.1, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        for name in inherited_vars() {
            command.env_remove(name);
        }
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("HOME", home);
        command.env("TMPDIR", home);
        command.env("TIERUP_KEYRING", "off");
        for (name, value) in env {
            command.env(name, value);
        }
        let initial_termios = termios(&*pair.master);
        let child = pair.slave.spawn_command(command).expect("a program");
        drop(pair.slave);
        let keys = pair.master.take_writer().expect("a keyboard");
        let output = pair.master.try_clone_reader().expect("a screen");
        let parser = vt100::Parser::new(non_zero(size.rows), non_zero(size.cols), 0);
        let screen = Mutex::new(PtyOutput { parser, raw_bytes: Vec::new(), is_closed: false });
        let shared = Arc::new(SharedOutput { output: screen, changed: Condvar::new() });
        let watched = Arc::clone(&shared);
        std::thread::spawn(move || read_output(output, &watched));
        Self {
            child,
            master: pair.master,
            input: keys,
            output: shared,
            baseline_screen: String::new(),
            initial_termios,
        }
    }

    /// Types bytes as a terminal sends them: `\r` is Enter, `\x1b` Escape.
    pub fn send_keys(&mut self, bytes: &str) {
        self.baseline_screen = self.screen();
        self.input.write_all(bytes.as_bytes()).expect("a keyboard");
        self.input.flush().expect("a keyboard");
    }

    /// Resizes the terminal.
    pub fn resize(&self, columns: u16, rows: u16) {
        let size = PtySize { cols: columns, rows, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("another size");
        self.output.output.lock().parser.screen_mut().set_size(non_zero(rows), non_zero(columns));
    }

    /// Waits until the screen shows a text that is new since the last key.
    #[track_caller]
    pub fn sees(&self, text: &str) {
        assert!(
            !self.baseline_screen.contains(text),
            "{text:?} was on the screen already when something was typed: wait for what that brings, or say `still_sees`"
        );
        self.still_sees(text);
    }

    /// Waits until the screen shows a text, new or not. Another check must prove the effect of the last key.
    #[track_caller]
    pub fn still_sees(&self, text: &str) {
        self.wait_until(&format!("{text:?} on the screen"), |screen| {
            screen.parser.screen().contents().contains(text)
        });
    }

    /// Waits until the screen no longer shows a text.
    #[track_caller]
    pub fn no_longer_sees(&self, text: &str) {
        self.wait_until(&format!("no {text:?} on the screen"), |screen| {
            !screen.parser.screen().contents().contains(text)
        });
    }

    /// The screen, as text.
    pub fn screen(&self) -> String {
        self.output.lock().parser.screen().contents()
    }

    /// Every byte written by the program.
    pub fn raw_output(&self) -> Vec<u8> {
        self.output.lock().raw_bytes.clone()
    }

    /// Forgets the output so far, so that [`Self::wait_for_output`] waits for new output.
    pub fn clear_raw_output(&self) {
        self.output.lock().raw_bytes.clear();
    }

    /// Waits until the program has written these bytes.
    #[track_caller]
    pub fn wait_for_output(&self, bytes: &str) {
        self.wait_until(&format!("{bytes:?} written"), |screen| {
            screen.raw_bytes.windows(bytes.len()).any(|window| window == bytes.as_bytes())
        });
    }

    /// The current line discipline, from `tcgetattr`.
    pub fn termios(&self) -> String {
        termios(&*self.master)
    }

    /// Whether the line discipline is that of before the program ran.
    #[track_caller]
    pub fn assert_terminal_restored(&self) {
        assert_eq!(self.termios(), self.initial_termios, "the line discipline changed");
        let raw = String::from_utf8_lossy(&self.raw_output()).into_owned();
        let tail = &raw[raw.rfind("\x1b[?1049l").expect("the first screen is back")..];
        assert!(tail.contains("\x1b[?25h"), "the cursor is shown again: {tail:?}");
        assert!(tail.contains("\x1b[23;2t"), "the window has its title back: {tail:?}");
        for mode in ["2004", "1000", "1006", "1004"] {
            let (on, off) = (format!("\x1b[?{mode}h"), format!("\x1b[?{mode}l"));
            assert!(raw.rfind(&off) > raw.rfind(&on), "mode {mode} is still on");
        }
    }

    /// Sends a signal to the program.
    pub fn send_signal(&self, signal: Signal) {
        send_signal(self.pid(), signal);
    }

    /// The foreground process of the terminal.
    pub fn foreground_pid(&self) -> u32 {
        let leader = self.master.process_group_leader().expect("a foreground process");
        u32::try_from(leader).expect("a process")
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("a process")
    }

    /// Waits for the end of the program and returns its exit status.
    #[track_caller]
    pub fn wait_for_exit(&mut self) -> u32 {
        self.wait_until("the end", |screen| screen.is_closed);
        self.child.wait().expect("an exit status").exit_code()
    }

    #[track_caller]
    fn wait_until(&self, what: &str, predicate: impl Fn(&PtyOutput) -> bool) {
        let deadline = Instant::now() + PTY_TIMEOUT;
        let mut screen = self.output.lock();
        while !predicate(&screen) {
            let remaining = deadline.saturating_duration_since(Instant::now());
            assert!(!remaining.is_zero(), "never {what}:\n{}", screen.parser.screen().contents());
            self.output.changed.wait_for(&mut screen, remaining);
        }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // An ended process cannot be killed.
        let _ = self.child.kill();
    }
}

#[cfg(unix)]
fn termios(master: &dyn MasterPty) -> String {
    // Pending bytes in the queues do not belong to it.
    format!("{:?}", master.get_termios().expect("a line discipline"))
}

#[cfg(not(unix))]
fn termios(_: &dyn MasterPty) -> String {
    String::new()
}

fn non_zero(count: u16) -> NonZero<u16> {
    NonZero::new(count).expect("a terminal has rows and columns")
}

fn read_output(mut output: Box<dyn Read + Send>, shared: &SharedOutput) {
    let mut bytes = [0; 16 * 1024];
    loop {
        let count = output.read(&mut bytes).unwrap_or(0);
        let mut screen = shared.lock();
        screen.parser.process(&bytes[..count]);
        screen.raw_bytes.extend_from_slice(&bytes[..count]);
        screen.is_closed = count == 0;
        shared.changed.notify_all();
        if count == 0 {
            return;
        }
    }
}
