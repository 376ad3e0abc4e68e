//! Messages wrapped into rows, cached because messages are painted often and never change. A long text that somebody
//! pasted is folded: its first and its last rows, and between them one that says how much is hidden.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use tierup_common::id::MessageId;
use tierup_common::session::{Message, MessageRole};

use crate::text::chat_markdown::{self, ChatText};
use crate::text::{SafeLine, TextRole, markdown, safe_format};

/// Cached messages, at most.
const CAPACITY: usize = 512;
/// Rows of a message that is not folded, at most.
const MAX_UNFOLDED_ROWS: usize = 40;
/// Rows above the fold.
const ROWS_ABOVE_FOLD: usize = 10;
/// Rows below it, where logs have the error and people their question.
const ROWS_BELOW_FOLD: usize = 6;

/// The rows of messages at one width. Another width clears the cache.
#[derive(Clone, Debug, Default)]
pub struct WrapCache(RefCell<CachedRows>);

#[derive(Clone, Debug, Default)]
struct CachedRows {
    width: usize,
    messages: HashMap<MessageId, WrappedMessage>,
    /// Messages that are shown in full.
    unfolded: BTreeSet<MessageId>,
}

/// A message as rows.
#[derive(Clone, Debug)]
pub struct WrappedMessage {
    /// Its rows.
    pub rows: Arc<[SafeLine]>,
    /// The index of the row that stands for those that are hidden.
    pub fold_row: Option<usize>,
}

impl PartialEq for WrapCache {
    /// Caches do not affect equality.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl WrapCache {
    /// A message at a width in columns.
    pub fn wrapped(&self, message: &Message, width: usize) -> WrappedMessage {
        let mut known = self.0.borrow_mut();
        if known.width != width || known.messages.len() >= CAPACITY {
            known.messages.clear();
            known.width = width;
        }
        let is_folded = !known.unfolded.contains(&message.id);
        known.messages.entry(message.id).or_insert_with(|| wrap(message, width, is_folded)).clone()
    }

    /// The rows of a message at a width in columns.
    pub fn rows(&self, message: &Message, width: usize) -> Arc<[SafeLine]> {
        self.wrapped(message, width).rows
    }

    /// Whether a message was painted that is long enough to be folded, whether it was or not.
    pub fn is_long(&self, id: MessageId) -> bool {
        let known = self.0.borrow();
        let is_long =
            |message: &WrappedMessage| message.fold_row.is_some() || message.rows.len() > MAX_UNFOLDED_ROWS;
        known.messages.get(&id).is_some_and(is_long)
    }

    /// Shows a message in full from now on.
    pub fn unfold(&mut self, id: MessageId) {
        let known = self.0.get_mut();
        if known.unfolded.insert(id) {
            known.messages.remove(&id);
        }
    }
}

/// Wraps a message. What the assistant writes is Markdown; people paste whatever they have.
fn wrap(message: &Message, width: usize, is_folded: bool) -> WrappedMessage {
    match message.role {
        MessageRole::User => {
            let text = chat_markdown::render(&message.content, width);
            if is_folded { fold(text) } else { WrappedMessage { rows: text.rows.into(), fold_row: None } }
        }
        MessageRole::Assistant | MessageRole::System => {
            WrappedMessage { rows: markdown::render(&message.content, width).into(), fold_row: None }
        }
    }
}

/// Hides the middle of a long text.
fn fold(text: ChatText) -> WrappedMessage {
    let ChatText { mut rows, line_indices } = text;
    if rows.len() <= MAX_UNFOLDED_ROWS {
        return WrappedMessage { rows: rows.into(), fold_row: None };
    }
    let hidden = ROWS_ABOVE_FOLD..rows.len() - ROWS_BELOW_FOLD;
    // A line that is partly visible is not counted.
    let is_cut_above = line_indices[hidden.start] == line_indices[hidden.start - 1];
    let is_cut_below = line_indices[hidden.end - 1] == line_indices[hidden.end];
    let spanned = line_indices[hidden.end - 1] - line_indices[hidden.start] + 1;
    let lines = spanned.saturating_sub(usize::from(is_cut_above) + usize::from(is_cut_below));
    let label = match lines {
        // One line fills the screen.
        0 | 1 => safe_format!("… {} rows", hidden.len()),
        lines => safe_format!("… {lines} lines"),
    };
    rows.splice(hidden.clone(), [SafeLine::from_text(label, TextRole::Accent)]);
    WrappedMessage { rows: rows.into(), fold_row: Some(hidden.start) }
}

#[cfg(test)]
mod tests {
    use tierup_common::time::Timestamp;

    use super::*;

    fn message(role: MessageRole, content: &str) -> Message {
        Message {
            id: MessageId::from_bytes([1; 16]),
            seq: 1,
            role,
            author_id: None,
            author_name: None,
            content: content.into(),
            created_at: Timestamp::from_millis(0),
            mentions: Vec::new(),
        }
    }

    fn log_of(lines: usize) -> String {
        (1..=lines).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n")
    }

    fn row_text(wrapped: &WrappedMessage, index: usize) -> String {
        wrapped.rows[index].0.iter().map(|span| &*span.text).collect()
    }

    #[test]
    fn a_long_log_is_folded_between_its_first_and_its_last_lines() {
        let mut cache = WrapCache::default();
        let log = message(MessageRole::User, &log_of(112));
        let folded = cache.wrapped(&log, 80);
        assert_eq!((folded.rows.len(), folded.fold_row), (17, Some(10)));
        assert_eq!(row_text(&folded, 10), "… 96 lines");
        assert_eq!((row_text(&folded, 9), row_text(&folded, 11)), ("line 10".into(), "line 107".into()));
        cache.unfold(log.id);
        let whole = cache.wrapped(&log, 80);
        assert_eq!((whole.rows.len(), whole.fold_row), (112, None));
    }

    #[test]
    fn short_texts_and_those_of_the_assistant_are_not_folded() {
        let cache = WrapCache::default();
        assert_eq!(cache.wrapped(&message(MessageRole::User, &log_of(40)), 80).fold_row, None);
        let cache = WrapCache::default();
        assert_eq!(cache.wrapped(&message(MessageRole::Assistant, &log_of(112)), 80).fold_row, None);
    }

    #[test]
    fn one_line_that_fills_the_screen_is_folded_by_its_rows() {
        let folded = WrapCache::default().wrapped(&message(MessageRole::User, &"0123456789".repeat(100)), 10);
        assert_eq!(row_text(&folded, 10), "… 84 rows");
    }
}
