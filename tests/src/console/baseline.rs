//! The screen before a key press, so that a test does not take old text for the effect of the key.

use crate::console::recording_host::HostRecord;

/// The screen at the last key press.
#[derive(Default)]
pub(super) struct Baseline {
    pub(super) screen: String,
    pub(super) host_record: HostRecord,
    /// Texts of that screen that have disappeared since.
    pub(super) disappeared_texts: Vec<String>,
}

impl Baseline {
    pub(super) fn contains_text(&self, text: &str) -> bool {
        self.screen.contains(text) && !self.disappeared_texts.iter().any(|gone| gone == text)
    }
}
