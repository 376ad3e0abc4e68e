//! The terminal of this process, as the console uses it. It is given back whatever happens.

#[cfg(unix)]
mod background;
mod clipboard;
mod hangup;
mod input;
mod job_control;
#[cfg(unix)]
mod keyboard;
#[cfg(unix)]
mod reply_filter;
mod screen;
mod signals;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt::Write as _;
use std::io::{self, BufWriter, Stdout, Write, stdout};
use std::mem::ManuallyDrop;
use std::panic::PanicHookInfo;
use std::sync::OnceLock;

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::Event as TerminalEvent;
use crossterm::execute;
use crossterm::style::Print;
use crossterm::terminal::disable_raw_mode;
use futures_util::{Stream, StreamExt};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use tokio::sync::Notify;

use crate::effect::{Notification, ProgramCall};
use crate::event::Event;
use crate::runtime::editor;
use crate::runtime::terminal::clipboard::ClipboardThread;
use crate::runtime::terminal::input::TerminalInput;
use crate::runtime::terminal::screen::{enter_terminal, leave_terminal};
use crate::runtime::terminal_host::{self, TerminalHost};
use crate::settings::{self, NotificationMode, Settings};
use crate::text::{Safe, SafeText, safe};
use crate::theme::{Charset, transliterate, transliterate_text};

pub use hangup::wait_for_hangup;
pub(in crate::runtime) use job_control::with_ttou_blocked;
pub use signals::wait_for_termination;

/// Notified by a panic of any thread.
static HAS_PANICKED: OnceLock<Notify> = OnceLock::new();

/// The terminal, until this is dropped.
pub struct TerminalGuard {
    /// Never dropped: that would show the cursor again, and panic if the terminal is gone.
    pub terminal: ManuallyDrop<Terminal<CrosstermBackend<BufWriter<Stdout>>>>,
}

impl TerminalGuard {
    /// Takes the terminal over. From now on a panic gives it back before it is reported.
    pub fn new(mouse_enabled: bool) -> io::Result<Self> {
        screen::set_mouse_capture(mouse_enabled);
        install_panic_hook();
        enter_terminal()?;
        let backend = CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, stdout()));
        Ok(Self { terminal: ManuallyDrop::new(Terminal::new(backend)?) })
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        // It fails if the terminal is gone.
        let _ = leave_terminal();
    }
}

/// Resolves when a thread has panicked: then the console has to end.
pub async fn wait_for_panic() {
    HAS_PANICKED.get_or_init(Notify::new).notified().await;
}

/// Asks the terminal whether its background is light; the answer is an event.
#[cfg(unix)]
pub fn ask_background() -> io::Result<()> {
    background::ask()
}

/// Where crossterm reads the keys, a reply would be taken for some.
#[cfg(not(unix))]
pub fn ask_background() -> io::Result<()> {
    Ok(())
}

/// Events of the terminal, and signals of the shell.
pub fn events() -> impl Stream<Item = Event> {
    signals::with_signals(terminal_events().map(|input| match input {
        TerminalInput::Background { is_light } => Event::BackgroundReported { is_light },
        TerminalInput::Event(event) => convert_event(event),
    }))
}

fn convert_event(event: TerminalEvent) -> Event {
    match event {
        TerminalEvent::Key(key) => Event::Key(key),
        TerminalEvent::Mouse(mouse) => Event::Mouse(mouse),
        TerminalEvent::Paste(text) => Event::Paste(text),
        TerminalEvent::Resize(columns, rows) => Event::Resize(columns, rows),
        TerminalEvent::FocusGained => Event::Focus(true),
        TerminalEvent::FocusLost => Event::Focus(false),
    }
}

#[cfg(unix)]
use keyboard::terminal_events;

/// Events of the terminal. An error means that it is gone: the stream ends, and with it the console.
#[cfg(not(unix))]
fn terminal_events() -> impl Stream<Item = TerminalInput> {
    crossterm::event::EventStream::new()
        .take_while(|event| std::future::ready(event.is_ok()))
        .filter_map(|event| std::future::ready(event.ok().map(TerminalInput::Event)))
}

/// The host of the console on this terminal.
pub struct CrosstermHost {
    notification_mode: NotificationMode,
    title_enabled: bool,
    /// The sequence that sets the current title, sent again after another program had the terminal.
    title: String,
    charset: Charset,
    clipboard: Option<ClipboardThread>,
    supports_hyperlinks: bool,
}

impl CrosstermHost {
    /// A host with these settings and this environment.
    pub fn new(settings: &Settings) -> Self {
        Self {
            notification_mode: settings.notification_mode.detect(|name| std::env::var(name).ok()),
            title_enabled: settings.title_enabled,
            title: String::new(),
            charset: settings.charset,
            clipboard: None,
            supports_hyperlinks: std::env::var("TERM").is_ok_and(|term| supports_hyperlinks(&term)),
        }
    }
}

impl TerminalHost for CrosstermHost {
    fn suspend(&mut self) -> io::Result<bool> {
        if !job_control::has_job_control_shell() {
            return Ok(false);
        }
        with_ttou_blocked(leave_terminal)?;
        job_control::stop_process_group()?;
        self.reenter()?;
        Ok(true)
    }

    fn reenter(&mut self) -> io::Result<()> {
        if job_control::is_foreground() {
            // Another program may have changed the modes, and crossterm enables raw mode only where it believes it off.
            disable_raw_mode()?;
        } else {
            // Continued in the background (`bg`).
            with_ttou_blocked(leave_terminal)?;
        }
        // In the background, the kernel stops the process here until it is in the foreground.
        enter_terminal()?;
        execute!(stdout(), Print(&self.title))
    }

    fn set_title(&mut self, title: &Safe<'_>) -> io::Result<()> {
        if !self.title_enabled {
            return Ok(());
        }
        self.title = terminal_host::title_sequence(&transliterate(title, self.charset));
        execute!(stdout(), Print(&self.title))
    }

    fn set_mouse_capture(&mut self, on: bool) -> io::Result<()> {
        screen::apply_mouse_capture(on)
    }

    fn send_notification(&mut self, notification: &Notification) -> io::Result<()> {
        let notification = Notification {
            title: transliterate(&notification.title, self.charset).into_owned(),
            body: transliterate(&notification.body, self.charset).into_owned(),
        };
        execute!(stdout(), Print(self.notification_mode.notification_sequence(&notification)))
    }

    fn copy_to_clipboard(&mut self, text: &SafeText<'_>) -> io::Result<()> {
        let text = terminal_host::clipboard_text(text);
        execute!(stdout(), CopyToClipboard::to_clipboard_from(&*text))?;
        self.clipboard.get_or_insert_default().set(text.into_owned());
        Ok(())
    }

    async fn open_editor(&mut self, text: String) -> io::Result<Result<String, String>> {
        // The keyboard is not read meanwhile: the event loop waits here.
        leave_terminal()?;
        let command = editor::editor_command(|name| std::env::var(name).ok());
        let edited = match editor::RunningEditor::new(command, text) {
            Ok(open) => open.wait().await,
            Err(error) => Err(format!("Cannot start the editor: {error}")),
        };
        self.reenter()?;
        Ok(edited)
    }

    async fn run_program(&mut self, call: ProgramCall) -> io::Result<Result<(), String>> {
        leave_terminal()?;
        let ended = match editor::RunningEditor::with_program(call.program, call.arguments) {
            Ok(running) => running.wait().await.map(|_| ()),
            Err(error) => Err(error.to_string()),
        };
        self.reenter()?;
        Ok(ended)
    }

    fn write_hyperlinks(&mut self, hyperlinks: &str) -> io::Result<()> {
        if self.supports_hyperlinks { execute!(stdout(), Print(hyperlinks)) } else { Ok(()) }
    }
}

/// Whether a terminal with this `TERM` shows hyperlinks or ignores them. Some old ones print unknown sequences.
fn supports_hyperlinks(term: &str) -> bool {
    !matches!(term, "" | "dumb" | "linux") && !term.starts_with("vt")
}

fn install_panic_hook() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        std::panic::set_hook(Box::new(move |panic| {
            let _ = leave_terminal();
            tracing::error!(panic = %safe::sanitize_line(&panic.to_string()), "the console panicked");
            report_panic(panic);
            HAS_PANICKED.get_or_init(Notify::new).notify_one();
        }));
    });
}

/// Reports a panic as Rust would, but made safe: it may quote what people wrote.
fn report_panic(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let trace = Backtrace::capture();
    let mut text = format!("thread '{}' {panic}", thread.name().unwrap_or("<unnamed>"));
    if trace.status() == BacktraceStatus::Captured {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{trace}");
    }
    let charset = settings::detect_charset(&|name| std::env::var(name).ok());
    // A closed standard error has no reader.
    let _ = writeln!(io::stderr(), "{}", transliterate_text(&safe::sanitize_text(&text), charset));
}
