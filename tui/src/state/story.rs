//! What happened between the messages of a conversation: hand-offs, claims, releases and outcomes, as dim lines in their
//! place, and the dates between days.

use chrono::{Datelike, NaiveDate};
use tierup_common::event::{Event, EventBody, Kind};
use tierup_common::id::{HandoffId, Seq};
use tierup_common::session::Message;
use tierup_common::text::truncate;
use tierup_common::time::Timestamp;
use tierup_common::timeline::Timeline;

use crate::local_zone::LocalZone;
use crate::state::request::Request;
use crate::story::{self, StoryLine};
use crate::text::{SafeLine, SafeSpan, TextRole, safe, safe_format, wrap};

/// The longest text of one event, in characters: the whole text is in the briefing.
const MAX_DETAIL_CHARS: usize = 600;
/// Rows of the text of one event, at most.
const MAX_DETAIL_ROWS: usize = 6;
/// Columns before the text of an event.
const DETAIL_INDENT: usize = 7;

/// The events of a conversation.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Story {
    /// The events in the order of the conversation.
    entries: Vec<StoryEntry>,
    /// Whether the newest page was fetched.
    pub is_fetched: bool,
    /// The fetch of an earlier page.
    pub fetch: Request,
    /// The page before the fetched ones begins here; none if there is none.
    pub next_before: Option<Seq>,
    /// Where the user is.
    pub zone: LocalZone,
}

/// One event.
#[derive(Clone, PartialEq, Debug)]
struct StoryEntry {
    /// The message before it.
    after_message: u32,
    seq: Seq,
    at: Timestamp,
    /// The handoff, if the session was escalated then.
    handoff: Option<HandoffId>,
    line: StoryLine,
}

impl Story {
    /// Adds an event that has just happened, after the newest message.
    pub fn push_event(&mut self, event: &Event, newest_message: u32) {
        if self.entries.iter().all(|known| known.seq != event.seq) {
            self.insert(event, newest_message);
        }
    }

    /// Adds a fetched page. It knows the place of each event better than the stream does.
    pub fn insert_page(&mut self, page: &Timeline) {
        for entry in &page.items {
            self.entries.retain(|known| known.seq != entry.event.seq);
            self.insert(&entry.event, entry.after_message.unwrap_or(u32::MAX));
        }
    }

    /// The `seq` of the message before the oldest event.
    pub fn begins_after(&self) -> Option<u32> {
        self.entries.first().map(|first| first.after_message)
    }

    fn insert(&mut self, event: &Event, after_message: u32) {
        if !story::CONVERSATION_KINDS.contains(&event.body.kind()) {
            return;
        }
        let Some(mut line) = story::describe(&event.body) else { return };
        if matches!(event.body, EventBody::HandoffSentBack { .. }) {
            // The question is the message before it.
            line.detail.clear();
        }
        line.detail = truncate(line.detail.trim(), MAX_DETAIL_CHARS);
        let handoff = event.body.handoff().map(|handoff| handoff.handoff_id);
        let handoff = handoff.filter(|_| event.body.kind() == Kind::HandoffCreated);
        let entry = StoryEntry { after_message, seq: event.seq, at: event.at, handoff, line };
        let place = self
            .entries
            .partition_point(|known| (known.after_message, known.seq) < (entry.after_message, entry.seq));
        self.entries.insert(place, entry);
    }

    /// What happened after a handoff, without hand-offs, which a briefing has in other words.
    #[must_use]
    pub fn since_handoff(&self, handoff: HandoffId) -> Self {
        let begin = self.entries.iter().find(|entry| entry.handoff == Some(handoff)).map(|entry| entry.seq);
        let is_later = |entry: &&StoryEntry| entry.handoff.is_none() && Some(entry.seq) > begin;
        let entries = self.entries.iter().filter(is_later).cloned().collect();
        Self { entries, zone: self.zone.clone(), ..Self::default() }
    }

    /// The rows after a message: what happened before the next one, and the date where a day begins.
    pub fn rows_after(&self, message: &Message, next: Option<&Message>, width: usize) -> Vec<SafeLine> {
        let start = self.entries.partition_point(|entry| entry.after_message < message.seq);
        let end = next.map_or(self.entries.len(), |next| {
            self.entries.partition_point(|entry| entry.after_message < next.seq)
        });
        let mut rows = Vec::new();
        let mut day = self.local_day(message.created_at);
        for entry in self.entries.get(start..end).unwrap_or_default() {
            day = self.begin_day(day, entry.at, width, &mut rows);
            rows.extend(self.entry_rows(entry, width));
        }
        if !rows.is_empty() {
            rows.push(SafeLine::default());
        }
        if let Some(next) = next {
            self.begin_day(day, next.created_at, width, &mut rows);
        }
        rows
    }

    fn local_day(&self, at: Timestamp) -> NaiveDate {
        self.zone.to_local(at).date_naive()
    }

    /// Adds the date of a moment if it is another day, and returns that day.
    fn begin_day(
        &self,
        before: NaiveDate,
        at: Timestamp,
        width: usize,
        rows: &mut Vec<SafeLine>,
    ) -> NaiveDate {
        let day = self.local_day(at);
        if day != before {
            if rows.last().is_some_and(|last| !last.0.is_empty()) {
                rows.push(SafeLine::default());
            }
            let format = if day.year() == before.year() { "%a %-d %b" } else { "%a %-d %b %Y" };
            let date = safe_format!("{}", day.format(format));
            let indent = safe::Safe::spaces(width.saturating_sub(date.width()) / 2);
            rows.push(SafeLine::from_text(safe_format!("{indent}{date}"), TextRole::Dim));
            rows.push(SafeLine::default());
        }
        day
    }

    /// The time, who did what, and what they wrote.
    fn entry_rows(&self, entry: &StoryEntry, width: usize) -> Vec<SafeLine> {
        let StoryLine { who, what, detail } = &entry.line;
        let indent = safe::Safe::spaces(DETAIL_INDENT);
        let time = self.zone.to_local(entry.at).format("%H:%M");
        let (text, detail) = if detail.is_empty() || detail.contains('\n') {
            (format!("{time}  {who} {what}"), detail.as_str())
        } else {
            (format!("{time}  {who} {what}: {detail}"), "")
        };
        let span = SafeSpan::new(safe::sanitize_line(&text), TextRole::Dim);
        let mut rows = wrap::spans(&[span], width, &indent);
        let hidden = rows.len() > MAX_DETAIL_ROWS;
        rows.truncate(MAX_DETAIL_ROWS);
        let detail = wrap::plain_text(detail, width.saturating_sub(DETAIL_INDENT).max(1), TextRole::Dim);
        let hidden = hidden || detail.len() > MAX_DETAIL_ROWS;
        let shown = if hidden { MAX_DETAIL_ROWS - 1 } else { detail.len() };
        for line in detail.into_iter().take(shown).filter(|line| !line.0.is_empty()) {
            let mut spans = vec![SafeSpan::new(&indent, TextRole::Dim)];
            spans.extend(line.0);
            rows.push(SafeLine(spans));
        }
        if hidden {
            rows.push(SafeLine::from_text(safe_format!("{indent}…"), TextRole::Dim));
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use tierup_common::event::HandoffSummary;
    use tierup_common::handoff::Priority;
    use tierup_common::id::{MessageId, Number, SessionId, UserId};
    use tierup_common::session::MessageRole;
    use tierup_common::timeline::TimelineEntry;
    use tierup_common::user::Person;

    use super::*;
    use crate::local_zone::tests::berlin;

    const DAY: i64 = 24 * 3_600_000;
    /// Sunday, 2026-11-22, 09:30 UTC.
    const SUNDAY: i64 = 1_795_339_800_000;

    fn message(seq: u32, millis: i64) -> Message {
        Message {
            id: MessageId::from_bytes([1; 16]),
            seq,
            role: MessageRole::User,
            author_id: None,
            author_name: None,
            content: "x".into(),
            created_at: Timestamp::from_millis(millis),
            mentions: Vec::new(),
        }
    }

    fn released(seq: u64, millis: i64, reason: &str) -> Event {
        let at = Timestamp::from_millis(millis);
        let handoff = HandoffSummary {
            handoff_id: HandoffId::from_bytes([1; 16]),
            session_id: SessionId::from_bytes([2; 16]),
            number: Number(42),
            priority: Priority::Normal,
            problem_summary: "VPN".into(),
            created_at: at,
            version: 1,
            handed_off_by: None,
            due_at: None,
        };
        let by = Person { id: UserId::from_bytes([3; 16]), name: "Priya\u{1b}[2J".into() };
        Event { seq: Seq(seq), at, body: EventBody::HandoffReleased { handoff, by, reason: reason.into() } }
    }

    fn texts(rows: &[SafeLine]) -> Vec<String> {
        rows.iter().map(|row| row.0.iter().map(|span| &*span.text).collect()).collect()
    }

    #[test]
    fn events_stand_between_the_messages_and_dates_between_the_days() {
        let mut story = Story { zone: berlin(), ..Story::default() };
        let page = |event| TimelineEntry { event, after_message: Some(1) };
        let event = released(7, SUNDAY + DAY, "I go home");
        story.push_event(&event, 2);
        story.insert_page(&Timeline { items: vec![page(event)], next_before: None });
        let (first, second) = (message(1, SUNDAY), message(2, SUNDAY + DAY));
        let rows = texts(&story.rows_after(&first, Some(&second), 60));
        let date = format!("{}Mon 23 Nov", " ".repeat(25));
        assert_eq!(rows, [date.as_str(), "", "10:30  Priya␛[2J released #42 to the queue: I go home", ""]);
        assert!(story.rows_after(&second, None, 60).is_empty());
        let third = message(3, SUNDAY + 60 * DAY);
        assert_eq!(texts(&story.rows_after(&second, Some(&third), 20)), ["  Thu 21 Jan 2027", ""]);
    }

    #[test]
    fn a_long_text_is_cut() {
        let mut story = Story::default();
        story.push_event(&released(7, SUNDAY, &"word\n".repeat(100)), 1);
        let rows = texts(&story.rows_after(&message(1, SUNDAY), None, 60));
        assert_eq!(rows.len(), 1 + MAX_DETAIL_ROWS + 1);
        assert_eq!(rows[MAX_DETAIL_ROWS], "       …");
    }
}
