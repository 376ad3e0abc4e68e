//! The conversation of a session: from its end, or from where one has scrolled to. Only what is on the screen is
//! broken into rows, however long the conversation is, and what was is remembered.

use ratatui::layout::Rect;
use tierup_common::time::Timestamp;

use crate::state::State;
use crate::state::painted::Target;
use crate::state::session::{Chat, Scroll};
use crate::text::{Ink, Piece, Row, markdown, safe, wrap};
use crate::view::canvas::Canvas;
use crate::view::sheet::message_head;

/// Seconds after which an awaited answer says how long it has taken.
const LONG: u64 = 10;
/// Seconds after which no answer is expected any more: longer than a server lets a model take by default.
const IN_VAIN: u64 = 90;

pub(super) fn paint(state: &State, chat: &Chat, canvas: &mut Canvas<'_>, area: Rect) {
    let area = below_what_is_missing(chat, canvas, area);
    canvas.painted.transcript = (usize::from(area.width), usize::from(area.height));
    canvas.painted.page = usize::from(area.height.saturating_sub(2)).max(1);
    canvas.painted.target(area, Target::Transcript);
    if chat.messages.is_empty() {
        let (text, style) = match &chat.failed {
            Some(why) => (format!("The session could not be fetched: {why}"), canvas.theme.bad),
            None => (format!("{} fetching the session", canvas.spinner()), canvas.theme.dim),
        };
        canvas.put(area.x, area.y, area.width, &text, style);
        return;
    }
    let before = canvas.painted.changes_at;
    let mut tail = under_way(state, chat, canvas, area.width);
    tail.pop_if(|last| last.0.is_empty());
    let mut screen = Screen::from(chat, area, tail.len());
    for place in screen.first..chat.messages.len() {
        if screen.y == area.bottom() {
            break;
        }
        message(chat, place, &mut screen, canvas);
    }
    if screen.y == area.bottom() {
        // Nobody sees what turns down there.
        canvas.painted.changes_at = before;
    }
    for row in &tail {
        screen.row(row, 0, false, canvas);
    }
}

/// Says in the first row, while that is so, that there is more to the conversation than is here; the room that is left.
fn below_what_is_missing(chat: &Chat, canvas: &mut Canvas<'_>, area: Rect) -> Rect {
    let begins = chat.messages.first().map(|first| first.seq);
    let (text, style) = match (&chat.failed, begins) {
        _ if chat.is_whole || area.height < 4 => return area,
        (_, None) | (None, Some(1)) => return area,
        (None, Some(_)) => (format!("{} earlier messages are coming", canvas.spinner()), canvas.theme.dim),
        (Some(why), Some(_)) => {
            let cross = canvas.theme.glyphs.cross;
            (format!("{cross} Only this is here; the rest could not be fetched: {why}"), canvas.theme.bad)
        }
    };
    canvas.put(area.x, area.y, area.width, &text, style);
    Rect { y: area.y + 1, height: area.height - 1, ..area }
}

/// Rows as they come, from the first that is on the screen.
struct Screen {
    area: Rect,
    /// The first message that is on the screen, by its place.
    first: usize,
    /// Rows that are above the screen.
    above: usize,
    /// Where the next row goes.
    y: u16,
}

impl Screen {
    /// From where one has scrolled to; else so that the last row of all, the `tail` rows included, stands at the
    /// bottom, next to where one writes.
    fn from(chat: &Chat, area: Rect, tail: usize) -> Self {
        let (width, height) = (usize::from(area.width), usize::from(area.height));
        if let Scroll::From { seq, row, .. } = chat.scroll {
            let first = chat.messages.partition_point(|message| message.seq < seq);
            return Self { area, first, above: row, y: area.y };
        }
        // The empty row after the last message is not needed where nothing follows it.
        let mut rows = tail;
        let mut height = height;
        if tail == 0 {
            height += 1;
        }
        let mut first = chat.messages.len();
        while rows < height && first > 0 {
            first -= 1;
            rows += chat.rows_of(first, width);
        }
        let empty = u16::try_from(height.saturating_sub(rows)).unwrap_or(0).min(area.height);
        Self { area, first, above: rows.saturating_sub(height), y: area.y + empty }
    }

    /// Paints the next row; a marked one has a bar before it.
    fn row(&mut self, row: &Row, indent: u16, is_marked: bool, canvas: &mut Canvas<'_>) {
        if self.above > 0 {
            self.above -= 1;
            return;
        }
        if self.y == self.area.bottom() {
            return;
        }
        if is_marked {
            canvas.put(self.area.x - 1, self.y, 1, canvas.theme.glyphs.bar, canvas.theme.accent);
        }
        canvas.row(self.area.x + indent, self.y, self.area.width - indent, row);
        self.y += 1;
    }
}

/// A message: who and when, what, and an empty row. [`Chat::rows_of`] counts on just that.
fn message(chat: &Chat, place: usize, screen: &mut Screen, canvas: &mut Canvas<'_>) {
    let message = &chat.messages[place];
    let is_marked = chat.marked == Some(message.seq);
    let begins_here = screen.above == 0;
    let rows = chat.wraps.rows(message, usize::from(screen.area.width).saturating_sub(2));
    screen.row(&Row(message_head(message, canvas)), 0, is_marked, canvas);
    for (left, row) in (0..rows.len()).rev().zip(rows.iter()) {
        let has_room = screen.y < screen.area.bottom();
        screen.row(row, 2, is_marked, canvas);
        if left == 0 && begins_here && has_room {
            let first = canvas.painted.seen.map_or(message.seq, |(first, _)| first);
            canvas.painted.seen = Some((first, message.seq));
        }
    }
    screen.row(&Row::default(), 0, false, canvas);
}

/// What is on its way: a message being sent, an answer being written.
fn under_way(state: &State, chat: &Chat, canvas: &mut Canvas<'_>, width: u16) -> Vec<Row> {
    let width = usize::from(width).saturating_sub(2);
    let mut rows = Vec::new();
    let outgoing = state.outgoing.get(&chat.id);
    if let Some(outgoing) = outgoing {
        let name = state.me.as_ref().map_or("you", |me| &me.user.name);
        let spinner = canvas.spinner();
        let name = safe::line(name);
        rows.push(Row(vec![
            Piece::new(name, Ink::Strong),
            Piece::new(format!("  {spinner} sending"), Ink::Dim),
        ]));
        rows.extend(indented(wrap::plain(&outgoing.text, width, Ink::Dim)));
        rows.push(Row::default());
    }
    for (_, text) in &chat.growing {
        let goes_on = state.link.may_ask();
        // Without a connection nobody here knows whether it is still being written.
        let word = if goes_on { format!("{} writing", canvas.spinner()) } else { "interrupted".into() };
        rows.push(Row(vec![Piece::new("assistant", Ink::Accent), Piece::new(format!("  {word}"), Ink::Dim)]));
        let mut body = indented(markdown::rows(text, width));
        if let Some(last) = body.last_mut().filter(|_| goes_on) {
            last.0.push(Piece::new(canvas.theme.glyphs.writing, Ink::Accent));
        }
        rows.extend(body);
        rows.push(Row::default());
    }
    if let Some(answer) = chat.awaits_answer
        && chat.growing.is_empty()
        && outgoing.is_none()
    {
        rows.push(awaited(answer.since, canvas));
    }
    rows
}

/// An answer that has not begun: after a while with for how long, in the end without hope.
fn awaited(since: Timestamp, canvas: &mut Canvas<'_>) -> Row {
    let waited = canvas.seconds_so_far(since);
    if waited >= IN_VAIN {
        let text = format!("{} no answer came: the assistant may be switched off", canvas.theme.glyphs.cross);
        return Row::of(text, Ink::Warn);
    }
    let spinner = canvas.spinner();
    let long = if waited >= LONG { format!(", {waited}s so far") } else { String::new() };
    Row::of(format!("{spinner} the assistant is thinking{long}"), Ink::Dim)
}

fn indented(mut rows: Vec<Row>) -> Vec<Row> {
    for row in rows.iter_mut().filter(|row| !row.0.is_empty()) {
        row.0.insert(0, Piece::new("  ", Ink::Plain));
    }
    rows
}
