//! What happened in a session after the snapshot of a handoff, in a document.

use tierup_common::handoff::Snapshot;
use tierup_common::session::Message;

use crate::state::briefing::Briefing;
use crate::state::story::Story;
use crate::text::{Safe, SafeSpan, TextRole, safe_format};
use crate::view::canvas::Canvas;
use crate::view::document::{Document, message_header};

impl Document {
    /// Adds the messages that are not in the snapshot, each marked as new, and what happened between them.
    pub(in crate::view) fn push_news(
        &mut self,
        briefing: &Briefing,
        snapshot: &Snapshot,
        (messages, story): (&[Message], &Story),
        fold_key: &Safe<'_>,
        canvas: &Canvas<'_>,
    ) {
        let start = messages.partition_point(|message| message.seq <= snapshot.message_count);
        let new = &messages[start..];
        let story = story.since_handoff(briefing.item.id);
        let last_known = snapshot.messages.last();
        let before = last_known.map(|last| story.rows_after(last, new.first(), self.width));
        let before = before.unwrap_or_default();
        if new.is_empty() && before.is_empty() {
            return;
        }
        self.push_blank_line();
        let count = match new.len() {
            0 => "no new messages".into(),
            1 => "1 new message".into(),
            count => safe_format!("{count} new messages"),
        };
        let heading = [
            SafeSpan::new("Since the handoff", TextRole::Heading),
            SafeSpan::new(safe_format!("  {count}"), TextRole::Accent),
        ];
        self.push_spans(&heading, "");
        self.extend_lines(before);
        for (index, message) in new.iter().enumerate() {
            let mut header = message_header(message, canvas);
            header.push(SafeSpan::new("  new", TextRole::Accent));
            self.push_message(briefing, message, &header, fold_key);
            let after = story.rows_after(message, new.get(index + 1), self.width);
            self.extend_lines(after);
        }
    }
}
