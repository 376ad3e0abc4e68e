//! The terminal: taken over for the console, and given back whatever happens.

#[cfg(unix)]
mod answers;
mod clipboard;
mod hangup;
#[cfg(unix)]
mod keyboard;
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

use crate::effect::Alert;
use crate::event::Event;
use crate::runtime::desk::{self, Desk};
use crate::runtime::editor;
use crate::runtime::terminal::clipboard::Clipboard;
use crate::settings::{self, Notify, Settings};
use crate::text::safe;
use crate::theme::{Charset, spelt};

pub use hangup::gone;
pub use signals::told_to_end;

/// Clicks and wheel, in the form that knows wide screens; not every move of the mouse.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";
/// The window's title, kept by the terminal while the console has its own.
const KEEP_TITLE: &str = "\x1b[22;2t";
const TITLE_BACK: &str = "\x1b[23;2t";

/// Whether the mouse is to be ours while the terminal is.
static MOUSE: AtomicBool = AtomicBool::new(true);
/// Whether the terminal is ours at this moment.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Rung by a panic, in whatever thread it was.
static PANICKED: OnceLock<Bell> = OnceLock::new();

/// The terminal, taken over. Given back when this goes.
pub struct Taken {
    /// What to paint on. It is not dropped: it would show the cursor once more, and panic where the terminal is gone.
    pub terminal: ManuallyDrop<Terminal<CrosstermBackend<BufWriter<Stdout>>>>,
}

impl Taken {
    /// Takes the terminal over. From now on a panic gives it back before it is reported.
    pub fn new(with_mouse: bool) -> io::Result<Self> {
        MOUSE.store(with_mouse, Ordering::SeqCst);
        install_panic_hook();
        enter()?;
        let backend = CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, stdout()));
        Ok(Self { terminal: ManuallyDrop::new(Terminal::new(backend)?) })
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        // There is nobody to tell that the terminal is gone.
        let _ = leave();
    }
}

/// Resolves when some thread has panicked: the console can only end then.
pub async fn panicked() {
    PANICKED.get_or_init(Bell::new).notified().await;
}

/// What happens at the terminal, and what the shell does with the process.
pub fn events() -> impl Stream<Item = Event> {
    signals::beside(typed().map(|event| match event {
        TerminalEvent::Key(key) => Event::Key(key),
        TerminalEvent::Mouse(mouse) => Event::Mouse(mouse),
        TerminalEvent::Paste(text) => Event::Paste(text),
        TerminalEvent::Resize(columns, rows) => Event::Resize(columns, rows),
        TerminalEvent::FocusGained => Event::Focus(true),
        TerminalEvent::FocusLost => Event::Focus(false),
    }))
}

#[cfg(unix)]
use keyboard::typed;

/// What happens at the terminal. An error means that it is gone: the stream ends, and with it the console.
#[cfg(not(unix))]
fn typed() -> impl Stream<Item = TerminalEvent> {
    crossterm::event::EventStream::new()
        .take_while(|event| std::future::ready(event.is_ok()))
        .filter_map(|event| std::future::ready(event.ok()))
}

/// The desk around this terminal.
pub struct Window {
    notify: Notify,
    /// Whether it has a name of the console's.
    named: bool,
    /// The name that it has: whoever had the terminal meanwhile may have given it another.
    title: String,
    /// What it can show.
    charset: Charset,
    clipboard: Option<Clipboard>,
    knows_links: bool,
}

impl Window {
    /// A window that rings, is named and shows what the settings say.
    pub fn new(settings: &Settings) -> Self {
        let knows_links = std::env::var("TERM").is_ok_and(|term| knows_links(&term));
        let notify = settings.notify.here(|name| std::env::var(name).ok());
        Self {
            notify,
            named: settings.title,
            title: String::new(),
            charset: settings.charset,
            clipboard: None,
            knows_links,
        }
    }
}

impl Desk for Window {
    fn suspend(&mut self) -> io::Result<bool> {
        if !signals::has_shell() {
            return Ok(false);
        }
        signals::behind(leave)?;
        signals::stop()?;
        self.retake()?;
        Ok(true)
    }

    fn retake(&mut self) -> io::Result<()> {
        if signals::is_in_front() {
            // Whoever had it may have made it another, and raw is only what is not raw already.
            disable_raw_mode()?;
        } else {
            // Continued behind another (`bg`): what is still taken is given back.
            signals::behind(leave)?;
        }
        // Behind another the system stops the process here until it is in front: nobody can come in between.
        enter()?;
        execute!(stdout(), Print(&self.title))
    }

    fn title(&mut self, title: &str) -> io::Result<()> {
        if !self.named {
            return Ok(());
        }
        self.title = spelt(&desk::title(title), self.charset).into_owned();
        execute!(stdout(), Print(&self.title))
    }

    fn mouse(&mut self, on: bool) -> io::Result<()> {
        MOUSE.store(on, Ordering::SeqCst);
        execute!(stdout(), Print(if on { MOUSE_ON } else { MOUSE_OFF }))
    }

    fn alert(&mut self, alert: &Alert) -> io::Result<()> {
        execute!(stdout(), Print(spelt(&self.notify.sequence(alert), self.charset)))
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        let text = desk::copied(text);
        self.clipboard.get_or_insert_default().set(text.clone());
        execute!(stdout(), CopyToClipboard::to_clipboard_from(text))
    }

    async fn edit(&mut self, text: String) -> io::Result<Result<String, String>> {
        // Nobody listens to the keyboard meanwhile: a key has just come, and the loop waits here before it asks for more.
        leave()?;
        let command = editor::command(|name| std::env::var(name).ok());
        let edited = match editor::Open::new(command, text) {
            Ok(open) => open.done().await,
            Err(error) => Err(format!("The editor could not be started: {error}")),
        };
        self.retake()?;
        Ok(edited)
    }

    fn link(&mut self, told: &str) -> io::Result<()> {
        if self.knows_links { execute!(stdout(), Print(told)) } else { Ok(()) }
    }
}

/// Whether a terminal of this name knows links, or passes over them. Some old ones print what they do not know.
fn knows_links(term: &str) -> bool {
    !matches!(term, "" | "dumb" | "linux") && !term.starts_with("vt")
}

/// Whether the terminal is ours at this moment.
fn is_taken() -> bool {
    TAKEN.load(Ordering::SeqCst)
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    if !TAKEN.swap(true, Ordering::SeqCst) {
        execute!(stdout(), Print(KEEP_TITLE))?;
    }
    execute!(
        stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        EnableFocusChange,
        Print(if MOUSE.load(Ordering::SeqCst) { MOUSE_ON } else { "" }),
        cursor::Hide
    )
}

fn leave() -> io::Result<()> {
    if !TAKEN.swap(false, Ordering::SeqCst) {
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
        Print(TITLE_BACK)
    );
    out.flush()?;
    shown.and(raw)
}

fn install_panic_hook() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        std::panic::set_hook(Box::new(move |panic| {
            let _ = leave();
            tracing::error!(panic = safe::line(&panic.to_string()), "the console fell over");
            report(panic);
            PANICKED.get_or_init(Bell::new).notify_one();
        }));
    });
}

/// Says what fell over, as Rust itself would; but a panic may quote what people wrote, and is only text too.
fn report(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let trace = Backtrace::capture();
    let mut text = format!("thread '{}' {panic}", thread.name().unwrap_or("<unnamed>"));
    if trace.status() == BacktraceStatus::Captured {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{trace}");
    }
    let charset = settings::charset(&|name| std::env::var(name).ok());
    // Where nobody listens, there is nobody to tell.
    let _ = writeln!(io::stderr(), "{}", spelt(&safe::text(&text), charset));
}
