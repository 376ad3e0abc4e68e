//! The terminal: taken over for the console, and given back whatever happens.

use std::io::{self, BufWriter, Stdout, Write, stdout};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange,
    Event as TerminalEvent, EventStream,
};
use crossterm::style::Print;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use futures_util::{Stream, StreamExt};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use tokio::sync::Notify;

use crate::event::Event;

/// Clicks and wheel, in the form that knows wide screens; not every move of the mouse.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// Whether the terminal is ours at this moment.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Rung by a panic, in whatever thread it was.
static PANICKED: OnceLock<Notify> = OnceLock::new();

/// The terminal, taken over. Given back when this goes.
pub struct Taken {
    /// What to paint on.
    pub terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
}

impl Taken {
    /// Takes the terminal over. From now on a panic gives it back before it is reported.
    pub fn new() -> io::Result<Self> {
        install_panic_hook();
        enter()?;
        let backend = CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, stdout()));
        Ok(Self { terminal: Terminal::new(backend)? })
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
    PANICKED.get_or_init(Notify::new).notified().await;
}

/// What happens at the terminal.
pub fn events() -> impl Stream<Item = Event> {
    // An error means that the terminal is gone: the stream ends, and with it the console.
    EventStream::new().take_while(|event| std::future::ready(event.is_ok())).filter_map(|event| {
        std::future::ready(event.ok().map(|event| match event {
            TerminalEvent::Key(key) => Event::Key(key),
            TerminalEvent::Mouse(mouse) => Event::Mouse(mouse),
            TerminalEvent::Paste(text) => Event::Paste(text),
            TerminalEvent::Resize(columns, rows) => Event::Resize(columns, rows),
            TerminalEvent::FocusGained => Event::Focus(true),
            TerminalEvent::FocusLost => Event::Focus(false),
        }))
    })
}

/// Gives the terminal back to the shell and stops, until the shell lets the console go on.
pub fn suspend() -> io::Result<()> {
    leave()?;
    #[cfg(unix)]
    rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
    enter()
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(
        stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        EnableFocusChange,
        Print(MOUSE_ON),
        cursor::Hide
    )
}

fn leave() -> io::Result<()> {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    let mut out = stdout();
    let shown = execute!(
        out,
        Print(MOUSE_OFF),
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    let raw = disable_raw_mode();
    out.flush()?;
    shown.and(raw)
}

fn install_panic_hook() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let _ = leave();
            report(panic);
            PANICKED.get_or_init(Notify::new).notify_one();
        }));
    });
}
