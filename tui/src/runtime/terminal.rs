//! The terminal: taken over for the console, and given back whatever happens.

mod clipboard;
mod hangup;
#[cfg(unix)]
mod keyboard;
#[cfg(unix)]
mod reply_filter;
mod signals;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt::Write as _;
use std::io::{self, BufWriter, Stdout, Write, stdout};
use std::mem::ManuallyDrop;
use std::panic::PanicHookInfo;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange,
    Event as TerminalEvent,
};
use crossterm::style::Print;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use futures_util::{Stream, StreamExt};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use tokio::sync::Notify as Bell;

use crate::effect::Notification;
use crate::event::Event;
use crate::runtime::editor;
use crate::runtime::terminal::clipboard::ClipboardThread;
use crate::runtime::terminal_host::{self, TerminalHost};
use crate::settings::{self, NotificationMode, Settings};
use crate::text::{Safe, SafeText, safe};
use crate::theme::{Charset, transliterate, transliterate_text};

pub use hangup::wait_for_hangup;
pub use signals::wait_for_termination;

/// Clicks and wheel, in the form that knows wide screens; not every move of the mouse.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";
/// The window's title, kept by the terminal while the console has its own.
const PUSH_TITLE: &str = "\x1b[22;2t";
const POP_TITLE: &str = "\x1b[23;2t";

/// Whether the mouse is to be ours while the terminal is.
static MOUSE_CAPTURE: AtomicBool = AtomicBool::new(true);
/// Whether the terminal is ours at this moment.
static ENTERED: AtomicBool = AtomicBool::new(false);
/// Rung by a panic, in whatever thread it was.
static PANICKED: OnceLock<Bell> = OnceLock::new();

/// The terminal, taken over. Given back when this goes.
pub struct TerminalGuard {
    /// What to paint on. It is not dropped: it would show the cursor once more, and panic where the terminal is gone.
    pub terminal: ManuallyDrop<Terminal<CrosstermBackend<BufWriter<Stdout>>>>,
}

impl TerminalGuard {
    /// Takes the terminal over. From now on a panic gives it back before it is reported.
    pub fn new(with_mouse: bool) -> io::Result<Self> {
        MOUSE_CAPTURE.store(with_mouse, Ordering::SeqCst);
        install_panic_hook();
        enter_terminal()?;
        let backend = CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, stdout()));
        Ok(Self { terminal: ManuallyDrop::new(Terminal::new(backend)?) })
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        // There is nobody to tell that the terminal is gone.
        let _ = leave_terminal();
    }
}

/// Resolves when some thread has panicked: the console can only end then.
pub async fn wait_for_panic() {
    PANICKED.get_or_init(Bell::new).notified().await;
}

/// What happens at the terminal, and what the shell does with the process.
pub fn events() -> impl Stream<Item = Event> {
    signals::with_signals(terminal_events().map(|event| match event {
        TerminalEvent::Key(key) => Event::Key(key),
        TerminalEvent::Mouse(mouse) => Event::Mouse(mouse),
        TerminalEvent::Paste(text) => Event::Paste(text),
        TerminalEvent::Resize(columns, rows) => Event::Resize(columns, rows),
        TerminalEvent::FocusGained => Event::Focus(true),
        TerminalEvent::FocusLost => Event::Focus(false),
    }))
}

#[cfg(unix)]
use keyboard::terminal_events;

/// What happens at the terminal. An error means that it is gone: the stream ends, and with it the console.
#[cfg(not(unix))]
fn typed() -> impl Stream<Item = TerminalEvent> {
    crossterm::event::EventStream::new()
        .take_while(|event| std::future::ready(event.is_ok()))
        .filter_map(|event| std::future::ready(event.ok()))
}

/// The desk around this terminal.
pub struct CrosstermHost {
    notification_mode: NotificationMode,
    /// Whether it has a name of the console's.
    title_enabled: bool,
    /// The name that it has: whoever had the terminal meanwhile may have given it another.
    title: String,
    /// What it can show.
    charset: Charset,
    clipboard: Option<ClipboardThread>,
    supports_hyperlinks: bool,
}

impl CrosstermHost {
    /// A window that rings, is named and shows what the settings say.
    pub fn new(settings: &Settings) -> Self {
        let knows_links = std::env::var("TERM").is_ok_and(|term| supports_hyperlinks(&term));
        let notify = settings.notification_mode.detect(|name| std::env::var(name).ok());
        Self {
            notification_mode: notify,
            title_enabled: settings.title_enabled,
            title: String::new(),
            charset: settings.charset,
            clipboard: None,
            supports_hyperlinks: knows_links,
        }
    }
}

impl TerminalHost for CrosstermHost {
    fn suspend(&mut self) -> io::Result<bool> {
        if !signals::has_job_control_shell() {
            return Ok(false);
        }
        signals::with_ttou_blocked(leave_terminal)?;
        signals::stop_process_group()?;
        self.reenter()?;
        Ok(true)
    }

    fn reenter(&mut self) -> io::Result<()> {
        if signals::is_foreground() {
            // Whoever had it may have made it another, and raw is only what is not raw already.
            disable_raw_mode()?;
        } else {
            // Continued behind another (`bg`): what is still taken is given back.
            signals::with_ttou_blocked(leave_terminal)?;
        }
        // Behind another the system stops the process here until it is in front: nobody can come in between.
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
        MOUSE_CAPTURE.store(on, Ordering::SeqCst);
        execute!(stdout(), Print(if on { MOUSE_ON } else { MOUSE_OFF }))
    }

    fn send_notification(&mut self, alert: &Notification) -> io::Result<()> {
        let alert = Notification {
            title: transliterate(&alert.title, self.charset).into_owned(),
            body: transliterate(&alert.body, self.charset).into_owned(),
        };
        execute!(stdout(), Print(self.notification_mode.notification_sequence(&alert)))
    }

    fn copy_to_clipboard(&mut self, text: &SafeText<'_>) -> io::Result<()> {
        let text = terminal_host::clipboard_text(text);
        execute!(stdout(), CopyToClipboard::to_clipboard_from(&*text))?;
        self.clipboard.get_or_insert_default().set(text.into_owned());
        Ok(())
    }

    async fn open_editor(&mut self, text: String) -> io::Result<Result<String, String>> {
        // Nobody listens to the keyboard meanwhile: a key has just come, and the loop waits here before it asks for more.
        leave_terminal()?;
        let command = editor::editor_command(|name| std::env::var(name).ok());
        let edited = match editor::RunningEditor::new(command, text) {
            Ok(open) => open.wait().await,
            Err(error) => Err(format!("The editor could not be started: {error}")),
        };
        self.reenter()?;
        Ok(edited)
    }

    fn write_hyperlinks(&mut self, told: &str) -> io::Result<()> {
        if self.supports_hyperlinks { execute!(stdout(), Print(told)) } else { Ok(()) }
    }
}

/// Whether a terminal of this name knows links, or passes over them. Some old ones print what they do not know.
fn supports_hyperlinks(term: &str) -> bool {
    !matches!(term, "" | "dumb" | "linux") && !term.starts_with("vt")
}

/// Whether the terminal is ours at this moment.
fn is_entered() -> bool {
    ENTERED.load(Ordering::SeqCst)
}

fn enter_terminal() -> io::Result<()> {
    enable_raw_mode()?;
    if !ENTERED.swap(true, Ordering::SeqCst) {
        execute!(stdout(), Print(PUSH_TITLE))?;
    }
    execute!(
        stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        EnableFocusChange,
        Print(if MOUSE_CAPTURE.load(Ordering::SeqCst) { MOUSE_ON } else { "" }),
        cursor::Hide
    )
}

fn leave_terminal() -> io::Result<()> {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    // The line discipline first: it works even where nobody takes what is written.
    let raw = disable_raw_mode();
    let mut out = stdout();
    let shown = execute!(
        out,
        Print(MOUSE_OFF),
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show,
        Print(POP_TITLE)
    );
    out.flush()?;
    shown.and(raw)
}

fn install_panic_hook() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        std::panic::set_hook(Box::new(move |panic| {
            let _ = leave_terminal();
            tracing::error!(panic = %safe::sanitize_line(&panic.to_string()), "the console fell over");
            report_panic(panic);
            PANICKED.get_or_init(Bell::new).notify_one();
        }));
    });
}

/// Says what fell over, as Rust itself would; but a panic may quote what people wrote, and is only text too.
fn report_panic(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let trace = Backtrace::capture();
    let mut text = format!("thread '{}' {panic}", thread.name().unwrap_or("<unnamed>"));
    if trace.status() == BacktraceStatus::Captured {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{trace}");
    }
    let charset = settings::detect_charset(&|name| std::env::var(name).ok());
    // Where nobody listens, there is nobody to tell.
    let _ = writeln!(io::stderr(), "{}", transliterate_text(&safe::sanitize_text(&text), charset));
}
