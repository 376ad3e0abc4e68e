//! The system clipboard, on a thread of its own, because a display server may hang. The terminal's clipboard (OSC 52) is
//! set as well.

use std::sync::mpsc::{Receiver, Sender, channel};

use crate::text::SafeText;

/// The thread's queue. The thread lives as long as the console: under X11 the copied text goes with it.
pub(super) struct ClipboardThread(Sender<SafeText<'static>>);

impl Default for ClipboardThread {
    fn default() -> Self {
        let (texts, receiver) = channel();
        // Without the thread there is still the terminal's clipboard.
        let _ = std::thread::Builder::new().name("clipboard".into()).spawn(move || run(&receiver));
        Self(texts)
    }
}

impl ClipboardThread {
    /// Queues a text to copy.
    pub(super) fn set(&self, text: SafeText<'static>) {
        // On a machine without a clipboard the thread has ended.
        let _ = self.0.send(text);
    }
}

#[cfg(feature = "desktop")]
fn run(texts: &Receiver<SafeText<'static>>) {
    let Ok(mut clipboard) = arboard::Clipboard::new() else { return };
    while let Ok(text) = texts.recv() {
        // If this fails, the terminal's clipboard may still have the text.
        let _ = clipboard.set_text(String::from(text));
    }
}

/// Without the feature there is only the terminal's clipboard.
#[cfg(not(feature = "desktop"))]
fn run(_: &Receiver<SafeText<'static>>) {}
