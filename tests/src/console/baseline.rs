//! The screen before a key press, so that a test does not take old text for the effect of the key.

use crate::console::recording_host::HostRecord;

/// What was there when the last key was pressed: it is no proof that the key did anything.
#[derive(Default)]
pub(super) struct Baseline {
    pub(super) screen: String,
    pub(super) host_record: HostRecord,
    /// Texts of that screen that the story has seen go since.
    pub(super) disappeared_texts: Vec<String>,
}

impl Baseline {
    pub(super) fn contains_text(&self, text: &str) -> bool {
        self.screen.contains(text) && !self.disappeared_texts.iter().any(|gone| gone == text)
    }
}
