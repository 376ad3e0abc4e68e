//! The conversation of a session: from its end, or from where one has scrolled to. Of a long one only what is on the
//! screen is broken into rows, and what was is remembered.

use ratatui::layout::Rect;
use tierup_common::time::Timestamp;

use crate::state::State;
use crate::state::chat::{Chat, TranscriptScroll};
use crate::state::paint_output::ClickTarget;
use crate::state::request::Request;
use crate::text::{SafeLine, SafeSpan, TextRole, markdown, safe, wrap};
use crate::view::canvas::Canvas;
use crate::view::document::message_header;

/// Seconds after which an awaited answer says how long it has taken.
const SLOW_AFTER_SECS: u64 = 10;
/// Seconds after which no answer is expected any more: longer than a server lets a model take by default.
const GIVE_UP_AFTER_SECS: u64 = 90;
/// Of a conversation of so many messages the rows are counted; where one is in a longer one, its messages say.
const MAX_COUNTED_MESSAGES: usize = 100;
/// There a message has so many shares, however long it is.
const UNITS_PER_MESSAGE: usize = 64;

/// Paints the conversation into a panel, and on the border of that which part of it this is.
pub(super) fn paint(state: &State, chat: &Chat, canvas: &mut Canvas<'_>, panel: Rect, inner: Rect) {
    let area = paint_missing_notice(chat, canvas, inner);
    canvas.output.transcript_size = (usize::from(area.width), usize::from(area.height));
    canvas.output.page_height = usize::from(area.height.saturating_sub(2)).max(1);
    canvas.output.add_click_target(area, ClickTarget::Transcript);
    if chat.messages.is_empty() {
        let (text, style) = match chat.fetch.error() {
            Some(why) => (format!("The session could not be fetched: {why}"), canvas.theme.bad),
            None => (format!("{} fetching the session", canvas.spinner()), canvas.theme.dim),
        };
        canvas.put_text(area.x, area.y, area.width, &text, style);
        return;
    }
    let before = canvas.output.next_change_at;
    let tail = pending_messages(state, chat, canvas, area.width);
    let rows = TranscriptRows {
        chat,
        width: usize::from(area.width),
        pending_rows: tail.iter().map(PendingMessage::row_count).sum(),
    };
    let mut screen = TranscriptViewport::new(&rows, area);
    paint_scroll_position(&rows, &screen, canvas, panel);
    for place in screen.first_message..chat.messages.len() {
        if screen.next_y == area.bottom() {
            break;
        }
        paint_message(chat, place, &mut screen, canvas);
    }
    if screen.next_y == area.bottom() {
        // Nobody sees what turns down there.
        canvas.output.next_change_at = before;
    }
    for said in &tail {
        screen.paint_entry(&said.header, &said.body, false, canvas);
    }
}

/// Shows on the border which part of the conversation is on the screen, and what is below.
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
        0 => format!("{more} {} {}", part.below, if rows.is_short() { "more" } else { "messages" }),
        unseen => format!("{more} {unseen} new"),
    };
    canvas.paint_panel_footer(panel, &text);
}

/// Says in the first row, while that is so, that there is more to the conversation than is here; the room that is left.
fn paint_missing_notice(chat: &Chat, canvas: &mut Canvas<'_>, area: Rect) -> Rect {
    let begins = chat.messages.first().map(|first| first.seq);
    let missing = match (chat.is_fetched(), &chat.earlier_fetch) {
        (true, Request::Idle) => return area,
        (true, Request::Pending(_)) => None,
        (true, Request::Failed(why)) => Some(why.as_str()),
        (false, _) => chat.fetch.error(),
    };
    let (text, style) = match (missing, begins) {
        _ if area.height < 4 => return area,
        (_, None) | (None, Some(1)) => return area,
        (None, Some(_)) => (format!("{} earlier messages are coming", canvas.spinner()), canvas.theme.dim),
        (Some(why), Some(_)) => {
            let cross = canvas.theme.glyphs.cross;
            (format!("{cross} Only this is here; the rest could not be fetched: {why}"), canvas.theme.bad)
        }
    };
    canvas.put_text(area.x, area.y, area.width, &text, style);
    Rect { y: area.y + 1, height: area.height - 1, ..area }
}

/// The conversation in rows: its messages, and behind them what is on its way, as if that were one message more.
struct TranscriptRows<'c> {
    chat: &'c Chat,
    width: usize,
    /// The rows of what is on its way.
    pending_rows: usize,
}

/// Which part of the conversation is on the screen: where it begins, how much it is, how much there is, all in one
/// measure; and how many rows or messages are below.
#[derive(PartialEq, Debug)]
struct ScrollPosition {
    top: usize,
    visible: usize,
    total: usize,
    below: usize,
}

impl TranscriptRows<'_> {
    fn entry_count(&self) -> usize {
        self.chat.messages.len() + usize::from(self.pending_rows > 0)
    }

    fn rows_of_entry(&self, place: usize) -> usize {
        if place < self.chat.messages.len() {
            self.chat.message_height(place, self.width)
        } else {
            self.pending_rows
        }
    }

    /// Messages before those that are here.
    fn missing_before(&self) -> usize {
        self.chat.earlier_cursor().map_or(0, |first| first as usize - 1)
    }

    fn is_short(&self) -> bool {
        self.chat.messages.len() <= MAX_COUNTED_MESSAGES && self.missing_before() == 0
    }

    fn scroll_position(&self, first: usize, above: usize, height: usize) -> ScrollPosition {
        if self.is_short() {
            let rows =
                |places: std::ops::Range<usize>| places.map(|place| self.rows_of_entry(place)).sum::<usize>();
            let (top, all) = (rows(0..first) + above, rows(0..self.entry_count()).saturating_sub(1));
            return ScrollPosition {
                top,
                visible: height,
                total: all,
                below: all.saturating_sub(top + height),
            };
        }
        let share = |place, row| {
            place * UNITS_PER_MESSAGE + row * UNITS_PER_MESSAGE / self.rows_of_entry(place).max(1)
        };
        let (mut place, mut row) = (first, above + height);
        while place < self.entry_count() && row >= self.rows_of_entry(place) {
            row -= self.rows_of_entry(place);
            place += 1;
        }
        let (top, all) = (share(first, above), self.entry_count() * UNITS_PER_MESSAGE);
        let end = if place < self.entry_count() { share(place, row) } else { all };
        let earlier = self.missing_before() * UNITS_PER_MESSAGE;
        ScrollPosition {
            top: earlier + top,
            visible: end.saturating_sub(top),
            total: earlier + all,
            below: self.entry_count() - place,
        }
    }
}

/// Rows as they come, from the first that is on the screen.
struct TranscriptViewport {
    area: Rect,
    /// The first message that is on the screen, by its place.
    first_message: usize,
    /// Rows of it that are above the screen.
    rows_above: usize,
    /// Whether the end is on the screen.
    is_at_end: bool,
    /// Where the next row goes.
    next_y: u16,
}

impl TranscriptViewport {
    /// From where one has scrolled to, unless that leaves room below the end; else so that the last row of all stands
    /// at the bottom, next to where one writes.
    fn new(rows: &TranscriptRows<'_>, area: Rect) -> Self {
        let size = (rows.width, usize::from(area.height));
        if let TranscriptScroll::From { seq, row, .. } = rows.chat.scroll {
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
        // The empty row after the last message is not needed: nothing follows it.
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

    /// Paints what somebody said: who and when, what, and an empty row. [`Chat::message_height`] counts on just that. Where it
    /// began above the screen, its head stands in the first row all the same: one always knows who speaks.
    fn paint_entry(&mut self, head: &SafeLine, body: &[SafeLine], is_marked: bool, canvas: &mut Canvas<'_>) {
        let above = self.rows_above;
        if above > 0 && above <= body.len() && self.area.height > 2 {
            let mut first = head.clone();
            if let Some(last) = body.last().filter(|_| above == body.len()) {
                first.0.push(SafeSpan::new("  ", TextRole::Plain));
                first.0.extend_from_slice(&last.0);
            }
            self.rows_above = 0;
            self.paint_row(&first, 0, is_marked, canvas);
            // It stands where a row of text would; only the last row of text has room beside it.
            self.rows_above = above;
        } else {
            self.paint_row(head, 0, is_marked, canvas);
        }
        for row in body {
            self.paint_row(row, 2, is_marked, canvas);
        }
        self.paint_row(&SafeLine::default(), 0, false, canvas);
    }

    /// Paints the next row; a marked one has a bar before it.
    fn paint_row(&mut self, line: &SafeLine, indent: u16, is_marked: bool, canvas: &mut Canvas<'_>) {
        if self.rows_above > 0 {
            self.rows_above -= 1;
            return;
        }
        if self.next_y == self.area.bottom() {
            return;
        }
        if is_marked {
            canvas.put_text(
                self.area.x - 1,
                self.next_y,
                1,
                canvas.theme.glyphs.selection_bar,
                canvas.theme.accent,
            );
        }
        canvas.put_line(self.area.x + indent, self.next_y, self.area.width - indent, line);
        self.next_y += 1;
    }
}

fn paint_message(chat: &Chat, place: usize, screen: &mut TranscriptViewport, canvas: &mut Canvas<'_>) {
    let message = &chat.messages[place];
    let rows = chat.wrap_cache.rows(message, usize::from(screen.area.width).saturating_sub(2));
    let is_whole = screen.rows_above == 0 && usize::from(screen.area.bottom() - screen.next_y) > rows.len();
    let head = SafeLine(message_header(message, canvas));
    screen.paint_entry(&head, &rows, chat.marked_seq == Some(message.seq), canvas);
    if is_whole {
        let first = canvas.output.visible_messages.map_or(message.seq, |(first, _)| first);
        canvas.output.visible_messages = Some((first, message.seq));
    }
}

/// Something on its way.
struct PendingMessage {
    header: SafeLine,
    body: Vec<SafeLine>,
}

impl PendingMessage {
    /// How many rows it takes, the empty one after it too.
    const fn row_count(&self) -> usize {
        self.body.len() + 2
    }
}

/// What is on its way: a message being sent, an answer being written.
fn pending_messages(state: &State, chat: &Chat, canvas: &mut Canvas<'_>, width: u16) -> Vec<PendingMessage> {
    let width = usize::from(width).saturating_sub(2);
    let mut tail = Vec::new();
    let outgoing = state.outbox.sending(chat.id);
    if let Some(outgoing) = outgoing {
        let name = state.me.as_ref().map_or("you", |me| &me.user.name);
        let spinner = canvas.spinner();
        let name = safe::sanitize_line(name);
        let head = SafeLine(vec![
            SafeSpan::new(name, TextRole::Strong),
            SafeSpan::new(format!("  {spinner} sending"), TextRole::Dim),
        ]);
        tail.push(PendingMessage {
            header: head,
            body: wrap::plain_text(&outgoing.text, width, TextRole::Dim),
        });
    }
    for (_, text) in &chat.partial_answers {
        let goes_on = state.connection.allows_calls();
        // Without a connection nobody here knows whether it is still being written.
        let word = if goes_on { format!("{} writing", canvas.spinner()) } else { "interrupted".into() };
        let head = SafeLine(vec![
            SafeSpan::new("assistant", TextRole::Accent),
            SafeSpan::new(format!("  {word}"), TextRole::Dim),
        ]);
        let mut body = markdown::render(text, width);
        if let Some(last) = body.last_mut().filter(|_| goes_on) {
            last.0.push(SafeSpan::new(canvas.theme.glyphs.stream_cursor, TextRole::Accent));
        }
        tail.push(PendingMessage { header: head, body });
    }
    if let Some(answer) = chat.awaited_answer
        && chat.partial_answers.is_empty()
        && outgoing.is_none()
    {
        tail.push(PendingMessage { header: awaited_answer_line(answer.since, canvas), body: Vec::new() });
    }
    tail
}

/// An answer that has not begun: after a while with for how long, in the end without hope.
fn awaited_answer_line(since: Timestamp, canvas: &mut Canvas<'_>) -> SafeLine {
    let waited = canvas.seconds_since_unscheduled(since);
    if waited >= GIVE_UP_AFTER_SECS {
        let text = format!("{} no answer came: the assistant may be switched off", canvas.theme.glyphs.cross);
        return SafeLine::from_text(text, TextRole::Warn);
    }
    let spinner = canvas.spinner();
    let long = if waited >= SLOW_AFTER_SECS { format!(", {waited}s so far") } else { String::new() };
    SafeLine::from_text(format!("{spinner} the assistant is thinking{long}"), TextRole::Dim)
}
