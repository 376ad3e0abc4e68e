//! The clipboard of this machine, where it has one: on a thread of its own, because a display that does not answer
//! would be waited for. The terminal's own clipboard is told in any case.

use std::sync::mpsc::{Receiver, Sender, channel};

use crate::text::SafeText;

/// The way to the thread. It lives as long as the console: under X11 what was copied goes with it.
pub(super) struct ClipboardThread(Sender<SafeText<'static>>);

impl Default for ClipboardThread {
    fn default() -> Self {
        let (texts, work) = channel();
        // Without the thread there is still the terminal.
        let _ = std::thread::Builder::new().name("clipboard".into()).spawn(move || run(&work));
        Self(texts)
    }
}

impl ClipboardThread {
    /// Puts a text there, at some time.
    pub(super) fn set(&self, text: SafeText<'static>) {
        // A machine without a clipboard has ended the thread.
        let _ = self.0.send(text);
    }
}

#[cfg(feature = "desktop")]
fn run(texts: &Receiver<SafeText<'static>>) {
    let Ok(mut clipboard) = arboard::Clipboard::new() else { return };
    while let Ok(text) = texts.recv() {
        // There is nobody to tell: the terminal was told too, and may have taken it.
        let _ = clipboard.set_text(String::from(text));
    }
}

/// A build without a desktop leaves the clipboard to the terminal.
#[cfg(not(feature = "desktop"))]
fn run(_: &Receiver<SafeText<'static>>) {}
