//! What a console showed before a key: whoever waits for what the key brings must not take it for that.

use crate::console::desk::Around;

/// What was there when the last key was pressed: it is no proof that the key did anything.
#[derive(Default)]
pub(super) struct AtKey {
    pub(super) screen: String,
    pub(super) around: Around,
    /// Texts of that screen that the story has seen go since.
    pub(super) gone: Vec<String>,
}

impl AtKey {
    pub(super) fn shows(&self, text: &str) -> bool {
        self.screen.contains(text) && !self.gone.iter().any(|gone| gone == text)
    }
}
