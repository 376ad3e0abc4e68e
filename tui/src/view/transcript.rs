//! The conversation of a session: from its end, or from where one has scrolled to. Of a long one only what is on the
//! screen is broken into rows, and what was is remembered.

use ratatui::layout::Rect;
use tierup_common::time::Timestamp;

use crate::state::State;
use crate::state::painted::Target;
use crate::state::session::{Chat, Earlier, Scroll};
use crate::text::{Ink, Piece, Row, markdown, safe, wrap};
use crate::view::canvas::Canvas;
use crate::view::sheet::message_head;

/// Seconds after which an awaited answer says how long it has taken.
const LONG: u64 = 10;
/// Seconds after which no answer is expected any more: longer than a server lets a model take by default.
const IN_VAIN: u64 = 90;
/// Of a conversation of so many messages the rows are counted; where one is in a longer one, its messages say.
const COUNTED: usize = 100;
/// There a message has so many shares, however long it is.
const SHARES: usize = 64;

/// Paints the conversation into a panel, and on the border of that which part of it this is.
pub(super) fn paint(state: &State, chat: &Chat, canvas: &mut Canvas<'_>, panel: Rect, inner: Rect) {
    let area = below_what_is_missing(chat, canvas, inner);
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
    let tail = under_way(state, chat, canvas, area.width);
    let rows = Rows { chat, width: usize::from(area.width), tail: tail.iter().map(Said::rows).sum() };
    let mut screen = Screen::of(&rows, area);
    position(&rows, &screen, canvas, panel);
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
    for said in &tail {
        screen.said(&said.head, &said.body, false, canvas);
    }
}

/// Shows on the border which part of the conversation is on the screen, and what is below.
fn position(rows: &Rows<'_>, screen: &Screen, canvas: &mut Canvas<'_>, panel: Rect) {
    let height = usize::from(screen.area.height);
    let part = rows.part(screen.first, screen.above, height);
    canvas.thumb(panel, screen.area, part.top, part.room, part.all);
    if screen.is_end {
        return;
    }
    let more = canvas.theme.glyphs.more;
    let text = match rows.chat.unseen() {
        0 => format!("{more} {} {}", part.below, if rows.are_few() { "more" } else { "messages" }),
        unseen => format!("{more} {unseen} new"),
    };
    canvas.foot_of_panel(panel, &text);
}

/// Says in the first row, while that is so, that there is more to the conversation than is here; the room that is left.
fn below_what_is_missing(chat: &Chat, canvas: &mut Canvas<'_>, area: Rect) -> Rect {
    let begins = chat.messages.first().map(|first| first.seq);
    let missing = match (chat.is_fetched, &chat.earlier) {
        (true, Earlier::NotAsked) => return area,
        (true, Earlier::Asked(_)) => None,
        (true, Earlier::Failed(why)) => Some(why),
        (false, _) => chat.failed.as_ref(),
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
    canvas.put(area.x, area.y, area.width, &text, style);
    Rect { y: area.y + 1, height: area.height - 1, ..area }
}

/// The conversation in rows: its messages, and behind them what is on its way, as if that were one message more.
struct Rows<'c> {
    chat: &'c Chat,
    width: usize,
    /// The rows of what is on its way.
    tail: usize,
}

/// Which part of the conversation is on the screen: where it begins, how much it is, how much there is, all in one
/// measure; and how many rows or messages are below.
#[derive(PartialEq, Debug)]
struct Part {
    top: usize,
    room: usize,
    all: usize,
    below: usize,
}

impl Rows<'_> {
    fn count(&self) -> usize {
        self.chat.messages.len() + usize::from(self.tail > 0)
    }

    fn of(&self, place: usize) -> usize {
        if place < self.chat.messages.len() { self.chat.rows_of(place, self.width) } else { self.tail }
    }

    /// Messages before those that are here.
    fn earlier(&self) -> usize {
        self.chat.missing_before().map_or(0, |first| first as usize - 1)
    }

    fn are_few(&self) -> bool {
        self.chat.messages.len() <= COUNTED && self.earlier() == 0
    }

    fn part(&self, first: usize, above: usize, height: usize) -> Part {
        if self.are_few() {
            let rows = |places: std::ops::Range<usize>| places.map(|place| self.of(place)).sum::<usize>();
            let (top, all) = (rows(0..first) + above, rows(0..self.count()).saturating_sub(1));
            return Part { top, room: height, all, below: all.saturating_sub(top + height) };
        }
        let share = |place, row| place * SHARES + row * SHARES / self.of(place).max(1);
        let (mut place, mut row) = (first, above + height);
        while place < self.count() && row >= self.of(place) {
            row -= self.of(place);
            place += 1;
        }
        let (top, all) = (share(first, above), self.count() * SHARES);
        let end = if place < self.count() { share(place, row) } else { all };
        let earlier = self.earlier() * SHARES;
        Part {
            top: earlier + top,
            room: end.saturating_sub(top),
            all: earlier + all,
            below: self.count() - place,
        }
    }
}

/// Rows as they come, from the first that is on the screen.
struct Screen {
    area: Rect,
    /// The first message that is on the screen, by its place.
    first: usize,
    /// Rows of it that are above the screen.
    above: usize,
    /// Whether the end is on the screen.
    is_end: bool,
    /// Where the next row goes.
    y: u16,
}

impl Screen {
    /// From where one has scrolled to, unless that leaves room below the end; else so that the last row of all stands
    /// at the bottom, next to where one writes.
    fn of(rows: &Rows<'_>, area: Rect) -> Self {
        let size = (rows.width, usize::from(area.height));
        if let Scroll::From { seq, row, .. } = rows.chat.scroll {
            let first = rows.chat.messages.partition_point(|message| message.seq < seq);
            if !rows.chat.ends_within(first, row, size, rows.tail) {
                return Self { area, first, above: row, is_end: false, y: area.y };
            }
        }
        // The empty row after the last message is not needed: nothing follows it.
        let height = size.1 + 1;
        let (mut taken, mut first) = (0, rows.count());
        while taken < height && first > 0 {
            first -= 1;
            taken += rows.of(first);
        }
        let empty = u16::try_from(height.saturating_sub(taken)).unwrap_or(0).min(area.height);
        Self { area, first, above: taken.saturating_sub(height), is_end: true, y: area.y + empty }
    }

    /// Paints what somebody said: who and when, what, and an empty row. [`Chat::rows_of`] counts on just that. Where it
    /// began above the screen, its head stands in the first row all the same: one always knows who speaks.
    fn said(&mut self, head: &Row, body: &[Row], is_marked: bool, canvas: &mut Canvas<'_>) {
        let above = self.above;
        if above > 0 && above <= body.len() && self.area.height > 2 {
            let mut first = head.clone();
            if let Some(last) = body.last().filter(|_| above == body.len()) {
                first.0.push(Piece::new("  ", Ink::Plain));
                first.0.extend_from_slice(&last.0);
            }
            self.above = 0;
            self.row(&first, 0, is_marked, canvas);
            // It stands where a row of text would; only the last row of text has room beside it.
            self.above = above;
        } else {
            self.row(head, 0, is_marked, canvas);
        }
        for row in body {
            self.row(row, 2, is_marked, canvas);
        }
        self.row(&Row::default(), 0, false, canvas);
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

fn message(chat: &Chat, place: usize, screen: &mut Screen, canvas: &mut Canvas<'_>) {
    let message = &chat.messages[place];
    let rows = chat.wraps.rows(message, usize::from(screen.area.width).saturating_sub(2));
    let is_whole = screen.above == 0 && usize::from(screen.area.bottom() - screen.y) > rows.len();
    let head = Row(message_head(message, canvas));
    screen.said(&head, &rows, chat.marked == Some(message.seq), canvas);
    if is_whole {
        let first = canvas.painted.seen.map_or(message.seq, |(first, _)| first);
        canvas.painted.seen = Some((first, message.seq));
    }
}

/// Something on its way.
struct Said {
    head: Row,
    body: Vec<Row>,
}

impl Said {
    /// How many rows it takes, the empty one after it too.
    const fn rows(&self) -> usize {
        self.body.len() + 2
    }
}

/// What is on its way: a message being sent, an answer being written.
fn under_way(state: &State, chat: &Chat, canvas: &mut Canvas<'_>, width: u16) -> Vec<Said> {
    let width = usize::from(width).saturating_sub(2);
    let mut tail = Vec::new();
    let outgoing = state.outgoing.get(&chat.id);
    if let Some(outgoing) = outgoing {
        let name = state.me.as_ref().map_or("you", |me| &me.user.name);
        let spinner = canvas.spinner();
        let name = safe::line(name);
        let head =
            Row(vec![Piece::new(name, Ink::Strong), Piece::new(format!("  {spinner} sending"), Ink::Dim)]);
        tail.push(Said { head, body: wrap::plain(&outgoing.text, width, Ink::Dim) });
    }
    for (_, text) in &chat.growing {
        let goes_on = state.link.may_ask();
        // Without a connection nobody here knows whether it is still being written.
        let word = if goes_on { format!("{} writing", canvas.spinner()) } else { "interrupted".into() };
        let head = Row(vec![Piece::new("assistant", Ink::Accent), Piece::new(format!("  {word}"), Ink::Dim)]);
        let mut body = markdown::rows(text, width);
        if let Some(last) = body.last_mut().filter(|_| goes_on) {
            last.0.push(Piece::new(canvas.theme.glyphs.writing, Ink::Accent));
        }
        tail.push(Said { head, body });
    }
    if let Some(answer) = chat.awaits_answer
        && chat.growing.is_empty()
        && outgoing.is_none()
    {
        tail.push(Said { head: awaited(answer.since, canvas), body: Vec::new() });
    }
    tail
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
