//! The terminal's modes: raw input, the alternate screen, the mouse, the title. Entered for the console, and left whatever
//! happens.

use std::io::{self, Write, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange};
use crossterm::style::Print;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};

/// Clicks and the wheel, with SGR coordinates for wide screens; no mouse movements.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";
/// Has the terminal remember the window's title, and restore it.
const PUSH_TITLE: &str = "\x1b[22;2t";
const POP_TITLE: &str = "\x1b[23;2t";

/// Whether the mouse is captured while the console has the terminal.
static MOUSE_CAPTURE: AtomicBool = AtomicBool::new(true);
/// Whether the console has the terminal.
static IS_ENTERED: AtomicBool = AtomicBool::new(false);

/// Whether the console has the terminal.
pub(super) fn is_entered() -> bool {
    IS_ENTERED.load(Ordering::SeqCst)
}

/// Sets whether [`enter_terminal`] captures the mouse.
pub(super) fn set_mouse_capture(on: bool) {
    MOUSE_CAPTURE.store(on, Ordering::SeqCst);
}

/// Captures the mouse now, or gives it back to the terminal.
pub(super) fn apply_mouse_capture(on: bool) -> io::Result<()> {
    set_mouse_capture(on);
    execute!(stdout(), Print(if on { MOUSE_ON } else { MOUSE_OFF }))
}

/// Takes the terminal over.
pub(super) fn enter_terminal() -> io::Result<()> {
    enable_raw_mode()?;
    if !IS_ENTERED.swap(true, Ordering::SeqCst) {
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

/// Gives the terminal back, if the console has it.
pub(super) fn leave_terminal() -> io::Result<()> {
    if !IS_ENTERED.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    // Raw mode first: that works even where nobody reads the output.
    let raw = disable_raw_mode();
    let mut out = stdout();
    let restored = execute!(
        out,
        Print(MOUSE_OFF),
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show,
        Print(POP_TITLE)
    );
    out.flush()?;
    restored.and(raw)
}
