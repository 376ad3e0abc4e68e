//! The conversation of a session, from its end or from where the user has scrolled to. Of a long one only the visible
//! messages are wrapped, and the wrapped rows are cached.

mod marks;

use ratatui::layout::Rect;
use tierup_common::time::Timestamp;

use crate::state::State;
use crate::state::chat::{Chat, TranscriptScroll};
use crate::state::paint_output::ClickTarget;
use crate::state::request::Request;
use crate::text::{SafeLine, SafeSpan, TextRole, markdown, safe, safe_format, wrap};
use crate::view::canvas::Canvas;
use crate::view::document::message_header;
use crate::view::transcript::marks::EntryMarks;

/// Seconds after which a pending answer says how long it has taken.
const SLOW_AFTER_SECS: u64 = 10;
/// Seconds after which no answer is expected: longer than the server's default timeout for a model.
const GIVE_UP_AFTER_SECS: u64 = 90;
/// Messages of a conversation whose position is measured in rows; in a longer one it is measured in messages.
const MAX_COUNTED_MESSAGES: usize = 100;
/// Units of a message in a longer one, however many rows it has.
const UNITS_PER_MESSAGE: usize = 64;

/// Paints the conversation into a panel, and the scroll position on its border.
pub(super) fn paint(state: &State, chat: &Chat, canvas: &mut Canvas<'_>, panel: Rect, inner: Rect) {
    let area = paint_missing_notice(chat, canvas, inner);
    canvas.output.transcript_size = (usize::from(area.width), usize::from(area.height));
    canvas.output.page_height = usize::from(area.height.saturating_sub(2)).max(1);
    canvas.output.add_click_target(area, ClickTarget::Transcript);
    if chat.messages.is_empty() {
        let (text, style) = match chat.fetch.error() {
            Some(error) => (safe_format!("Can't load the session: {error}"), canvas.theme.bad),
            None => (safe_format!("{} loading the session", canvas.time.spinner()), canvas.theme.dim),
        };
        canvas.put_text(area.x, area.y, area.width, text, style);
        return;
    }
    let change_before_tail = canvas.time.next_change_at;
    let tail = pending_messages(state, chat, canvas, area.width);
    let rows = TranscriptRows {
        chat,
        width: usize::from(area.width),
        pending_rows: tail.iter().map(PendingMessage::row_count).sum(),
    };
    let mut screen = TranscriptViewport::new(&rows, area);
    paint_scroll_position(&rows, &screen, canvas, panel);
    for index in screen.first_message..chat.messages.len() {
        if screen.next_y == area.bottom() {
            break;
        }
        paint_message(state, chat, index, &mut screen, canvas);
    }
    if screen.next_y == area.bottom() {
        // The spinners of the tail are out of sight.
        canvas.time.next_change_at = change_before_tail;
    }
    for message in &tail {
        screen.paint_entry(&message.header, &message.body, &EntryMarks::default(), canvas);
    }
}

/// Shows on the border which part of the conversation is visible, and how much is below.
fn paint_scroll_position(
    rows: &TranscriptRows<'_>,
    screen: &TranscriptViewport,
    canvas: &mut Canvas<'_>,
    panel: Rect,
) {
    let height = usize::from(screen.area.height);
    let part = rows.scroll_position(screen.first_message, screen.rows_above, height);
    canvas.paint_scrollbar(panel, screen.area, part.top, part.visible, part.total);
    if screen.is_at_end {
        return;
    }
    let more = canvas.theme.glyphs.more_below;
    let text = match rows.chat.unseen_count() {
        0 => safe_format!("{more} {} {}", part.below, if rows.is_short() { "more" } else { "messages" }),
        unseen => safe_format!("{more} {unseen} new"),
    };
    canvas.paint_panel_footer(panel, text);
}

/// Says in the first row that earlier messages are missing, if any are; returns the rest of the area.
fn paint_missing_notice(chat: &Chat, canvas: &mut Canvas<'_>, area: Rect) -> Rect {
    let first_seq = chat.messages.first().map(|first| first.seq);
    let missing = match (chat.is_fetched(), &chat.earlier_fetch) {
        (true, Request::Idle) => return area,
        (true, Request::Pending(_)) => None,
        (true, Request::Failed(error)) => Some(error.as_str()),
        (false, _) => chat.fetch.error(),
    };
    let (text, style) = match (missing, first_seq) {
        _ if area.height < 4 => return area,
        (_, None) | (None, Some(1)) => return area,
        (None, Some(_)) => {
            (safe_format!("{} loading earlier messages", canvas.time.spinner()), canvas.theme.dim)
        }
        (Some(error), Some(_)) => {
            let cross = canvas.theme.glyphs.cross;
            (safe_format!("{cross} Can't load earlier messages: {error}"), canvas.theme.bad)
        }
    };
    canvas.put_text(area.x, area.y, area.width, text, style);
    Rect { y: area.y + 1, height: area.height - 1, ..area }
}

/// The conversation in rows: its messages, and one more entry for the pending ones.
struct TranscriptRows<'c> {
    chat: &'c Chat,
    width: usize,
    /// Rows of the pending messages.
    pending_rows: usize,
}

/// Which part of the conversation is visible, in rows or in units of messages.
#[derive(PartialEq, Debug)]
struct ScrollPosition {
    top: usize,
    visible: usize,
    total: usize,
    /// Rows or whole messages below the screen.
    below: usize,
}

impl TranscriptRows<'_> {
    fn entry_count(&self) -> usize {
        self.chat.messages.len() + usize::from(self.pending_rows > 0)
    }

    fn rows_of_entry(&self, index: usize) -> usize {
        if index < self.chat.messages.len() {
            self.chat.message_height(index, self.width)
        } else {
            self.pending_rows
        }
    }

    /// Messages before the loaded ones.
    fn missing_before(&self) -> usize {
        self.chat.earlier_cursor().map_or(0, |first| first as usize - 1)
    }

    fn is_short(&self) -> bool {
        self.chat.messages.len() <= MAX_COUNTED_MESSAGES && self.missing_before() == 0
    }

    fn scroll_position(&self, first: usize, above: usize, height: usize) -> ScrollPosition {
        if self.is_short() {
            let rows = |entries: std::ops::Range<usize>| {
                entries.map(|index| self.rows_of_entry(index)).sum::<usize>()
            };
            let (top, total) = (rows(0..first) + above, rows(0..self.entry_count()).saturating_sub(1));
            let below = total.saturating_sub(top + height);
            return ScrollPosition { top, visible: height, total, below };
        }
        let units = |index, row| {
            index * UNITS_PER_MESSAGE + row * UNITS_PER_MESSAGE / self.rows_of_entry(index).max(1)
        };
        let (mut index, mut row) = (first, above + height);
        while index < self.entry_count() && row >= self.rows_of_entry(index) {
            row -= self.rows_of_entry(index);
            index += 1;
        }
        let (top, total) = (units(first, above), self.entry_count() * UNITS_PER_MESSAGE);
        let end = if index < self.entry_count() { units(index, row) } else { total };
        let missing = self.missing_before() * UNITS_PER_MESSAGE;
        ScrollPosition {
            top: missing + top,
            visible: end.saturating_sub(top),
            total: missing + total,
            below: self.entry_count() - index,
        }
    }
}

/// The screen being filled with rows, from the first visible message on.
struct TranscriptViewport {
    area: Rect,
    /// The first visible entry, by its index.
    first_message: usize,
    /// Its rows that are above the screen.
    rows_above: usize,
    /// Whether the end of the conversation is visible.
    is_at_end: bool,
    /// Where the next row goes.
    next_y: u16,
}

impl TranscriptViewport {
    /// Begins where the user has scrolled to, unless that leaves room below the end; then the last row is at the bottom,
    /// next to the composer.
    fn new(rows: &TranscriptRows<'_>, area: Rect) -> Self {
        let size = (rows.width, usize::from(area.height));
        if let TranscriptScroll::Anchored { seq, row, .. } = rows.chat.scroll {
            let first = rows.chat.messages.partition_point(|message| message.seq < seq);
            if !rows.chat.fits_within(first, row, size, rows.pending_rows) {
                return Self {
                    area,
                    first_message: first,
                    rows_above: row,
                    is_at_end: false,
                    next_y: area.y,
                };
            }
        }
        // The empty row after the last message is out of sight.
        let height = size.1 + 1;
        let (mut taken, mut first) = (0, rows.entry_count());
        while taken < height && first > 0 {
            first -= 1;
            taken += rows.rows_of_entry(first);
        }
        let empty = u16::try_from(height.saturating_sub(taken)).unwrap_or(0).min(area.height);
        Self {
            area,
            first_message: first,
            rows_above: taken.saturating_sub(height),
            is_at_end: true,
            next_y: area.y + empty,
        }
    }

    /// Paints a message: its header, its body and an empty row, as [`Chat::message_height`] counts them. The header of a
    /// message that begins above the screen is in the first row, so that its author is always visible.
    fn paint_entry(
        &mut self,
        header: &SafeLine,
        body: &[SafeLine],
        marks: &EntryMarks,
        canvas: &mut Canvas<'_>,
    ) {
        let is_marked = marks.is_marked;
        let above = self.rows_above;
        if above > 0 && above <= body.len() && self.area.height > 2 {
            let mut first = header.clone();
            if let Some(last) = body.last().filter(|_| above == body.len()) {
                first.0.push(SafeSpan::new("  ", TextRole::Plain));
                first.0.extend_from_slice(&last.0);
            }
            self.rows_above = 0;
            self.paint_row(&first, 0, is_marked, canvas);
            // The header replaced a row of the body, whose last row fits beside it.
            self.rows_above = above;
        } else {
            self.paint_row(header, 0, is_marked, canvas);
        }
        let mut first_row = None;
        for (index, line) in body.iter().enumerate() {
            let y = self.next_y;
            if self.paint_row(line, 2, is_marked, canvas) {
                first_row.get_or_insert((index, y));
            }
        }
        if let Some((index, y)) = first_row {
            let (x, width) = (self.area.x + 2, self.area.width - 2);
            marks.paint(index, canvas, Rect { x, y, width, height: self.next_y - y });
        }
        self.paint_row(&SafeLine::default(), 0, false, canvas);
    }

    /// Paints the next row, with a bar before it if it is marked; false if it is out of sight.
    fn paint_row(&mut self, line: &SafeLine, indent: u16, is_marked: bool, canvas: &mut Canvas<'_>) -> bool {
        if self.rows_above > 0 {
            self.rows_above -= 1;
            return false;
        }
        if self.next_y == self.area.bottom() {
            return false;
        }
        if is_marked {
            let (bar, style) = (canvas.theme.glyphs.selection_bar, canvas.theme.accent);
            canvas.put_text(self.area.x - 1, self.next_y, 1, bar, style);
        }
        canvas.put_line(self.area.x + indent, self.next_y, self.area.width - indent, line);
        self.next_y += 1;
        true
    }
}

fn paint_message(
    state: &State,
    chat: &Chat,
    index: usize,
    screen: &mut TranscriptViewport,
    canvas: &mut Canvas<'_>,
) {
    let message = &chat.messages[index];
    let width = screen.area.width.saturating_sub(2);
    let wrapped = chat.wrap_cache.wrapped(message, usize::from(width));
    let marks = EntryMarks::new(state, chat, message, &wrapped, width);
    let rows = wrapped.rows;
    let is_whole = screen.rows_above == 0 && usize::from(screen.area.bottom() - screen.next_y) > rows.len();
    let header = SafeLine(message_header(message, canvas));
    screen.paint_entry(&header, &rows, &marks, canvas);
    for line in &chat.story_rows(index, usize::from(screen.area.width)) {
        screen.paint_row(line, 0, false, canvas);
    }
    if is_whole {
        let first = canvas.output.visible_messages.map_or(message.seq, |(first, _)| first);
        canvas.output.visible_messages = Some((first, message.seq));
    }
}

/// A message being sent, or an answer being written.
struct PendingMessage {
    header: SafeLine,
    body: Vec<SafeLine>,
}

impl PendingMessage {
    /// How many rows it takes, with the empty one after it.
    const fn row_count(&self) -> usize {
        self.body.len() + 2
    }
}

/// The message being sent, the answers being written, and the answer that has not begun.
fn pending_messages(state: &State, chat: &Chat, canvas: &mut Canvas<'_>, width: u16) -> Vec<PendingMessage> {
    let width = usize::from(width).saturating_sub(2);
    let mut tail = Vec::new();
    let outgoing = state.outbox.sending(chat.id);
    if let Some(outgoing) = outgoing {
        let name = state.me.as_ref().map_or("you", |me| &me.user.name);
        let header = SafeLine(vec![
            SafeSpan::new(safe::sanitize_line(name), TextRole::Strong),
            SafeSpan::new(safe_format!("  {} sending", canvas.time.spinner()), TextRole::Dim),
        ]);
        tail.push(PendingMessage { header, body: wrap::plain_text(&outgoing.text, width, TextRole::Dim) });
    }
    for (_, text) in &chat.partial_answers {
        // Offline, it is unknown whether it is still being written.
        let is_online = state.connection.allows_calls();
        let status = if is_online {
            safe_format!("  {} writing", canvas.time.spinner())
        } else {
            "  interrupted".into()
        };
        let header = SafeLine(vec![
            SafeSpan::new("assistant", TextRole::Accent),
            SafeSpan::new(status, TextRole::Dim),
        ]);
        let mut body = markdown::render(text, width);
        if let Some(last) = body.last_mut().filter(|_| is_online) {
            last.0.push(SafeSpan::new(canvas.theme.glyphs.stream_cursor, TextRole::Accent));
        }
        tail.push(PendingMessage { header, body });
    }
    if let Some(answer) = chat.awaited_answer
        && chat.partial_answers.is_empty()
        && outgoing.is_none()
    {
        tail.push(PendingMessage { header: awaited_answer_line(answer.since, canvas), body: Vec::new() });
    }
    tail
}

/// An answer that has not begun: a slow one says how long it has taken, and at last that none will come.
fn awaited_answer_line(since: Timestamp, canvas: &mut Canvas<'_>) -> SafeLine {
    let waited = canvas.time.seconds_since_unscheduled(since);
    if waited >= GIVE_UP_AFTER_SECS {
        let cross = canvas.theme.glyphs.cross;
        let text = safe_format!("{cross} no answer: the assistant may be turned off");
        return SafeLine::from_text(text, TextRole::Warn);
    }
    let spinner = canvas.time.spinner();
    let text = if waited >= SLOW_AFTER_SECS {
        safe_format!("{spinner} the assistant is thinking, {waited}s so far")
    } else {
        safe_format!("{spinner} the assistant is thinking")
    };
    SafeLine::from_text(text, TextRole::Dim)
}
