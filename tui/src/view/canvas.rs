//! The one way to paint text: it is made safe and cut to its room on the way.

use std::sync::Arc;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;
use ratatui::widgets::{Block, Clear, Widget};
use tierup_common::id::UserId;
use tierup_common::time::{Timestamp, ago, ago_short, until_ago_changes};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::keymap::{Action, Context, Keymap};
use crate::state::State;
use crate::state::painted::{Link, Painted};
use crate::state::zone::Zone;
use crate::text::{Row, cut, safe};
use crate::theme::Theme;
use crate::view::time;

/// How long one picture of a spinner stays, in milliseconds.
const SPIN: usize = 100;

/// The panel around the area inside it.
pub(super) const fn around(inner: Rect) -> Rect {
    Rect { x: inner.x - 2, y: inner.y - 1, width: inner.width + 4, height: inner.height + 2 }
}

/// A buffer being painted.
pub(super) struct Canvas<'a> {
    pub(super) buffer: &'a mut Buffer,
    pub(super) theme: &'a Theme,
    keymap: &'a Keymap,
    /// This moment, by this machine's clock.
    now: Timestamp,
    /// This moment, by the server's.
    server_now: Timestamp,
    pub(super) painted: Painted,
    zone: &'a Zone,
    /// Who looks at it, once that is known.
    pub(super) me: Option<UserId>,
}

impl<'a> Canvas<'a> {
    pub(super) fn new(buffer: &'a mut Buffer, state: &'a State) -> Self {
        let (now, server_now) = (state.now, state.server_now());
        Self {
            buffer,
            theme: &state.settings.worn,
            keymap: &state.settings.keymap,
            now,
            server_now,
            painted: Painted::default(),
            zone: &state.settings.zone,
            me: state.my_id(),
        }
    }

    /// Paints a line of raw text, at most so many columns; how many it took.
    pub(super) fn put(&mut self, x: u16, y: u16, columns: u16, raw: &str, style: Style) -> u16 {
        if !self.buffer.area.contains(Position::new(x, y)) {
            return 0;
        }
        let line = cut(&safe::line(safe::head(raw, usize::from(columns))), usize::from(columns));
        if !line.is_empty() {
            self.part(x, y);
        }
        let (end, _) = self.buffer.set_stringn(x, y, &line, usize::from(columns), style);
        end - x
    }

    /// Paints a line of raw text that ends at a column; where it begins.
    pub(super) fn put_right(&mut self, end: u16, y: u16, columns: u16, raw: &str, style: Style) -> u16 {
        let line = cut(&safe::line(safe::head(raw, usize::from(columns))), usize::from(columns));
        let width = u16::try_from(line.width()).unwrap_or(columns);
        let x = end.saturating_sub(width);
        self.put(x, y, width, &line, style);
        x
    }

    /// Paints a line that was made safe already, and marks the characters at these places as found.
    pub(super) fn put_found(
        &mut self,
        x: u16,
        y: u16,
        columns: u16,
        line: &str,
        style: Style,
        found: &[u32],
    ) -> u16 {
        let line = cut(line, usize::from(columns));
        if found.is_empty() {
            return self.put(x, y, columns, &line, style);
        }
        let (mut at, end) = (x, x.saturating_add(columns));
        for (place, grapheme) in (0_u32..).zip(line.graphemes(true)) {
            let is_found = found.binary_search(&place).is_ok();
            let style = if is_found { style.patch(self.theme.found) } else { style };
            at += self.put(at, y, end.saturating_sub(at), grapheme, style);
        }
        at - x
    }

    /// The key that does something, as the keymap has it.
    pub(super) fn key(&self, context: Context, action: Action) -> String {
        self.keymap.key_for(context, action)
    }

    /// Paints a row that was made safe when it was made; one that is too long ends in a mark.
    pub(super) fn row(&mut self, x: u16, y: u16, columns: u16, row: &Row) {
        let row = &row.cut(usize::from(columns));
        let mut at = x;
        let end = x.saturating_add(columns);
        for piece in &row.0 {
            let room = usize::from(end.saturating_sub(at));
            let (next, _) = self.buffer.set_stringn(at, y, &piece.text, room, self.theme.ink(piece.ink));
            if let Some(target) = piece.link.as_ref().filter(|_| next > at) {
                let area = Rect { x: at, y, width: next - at, height: 1 };
                self.painted.links.push(Link { area, target: Arc::clone(target) });
            }
            at = next;
        }
    }

    /// Paints rows from the top of an area, as far as it goes.
    pub(super) fn rows<'r>(&mut self, area: Rect, rows: impl IntoIterator<Item = &'r Row>) {
        for (row, y) in rows.into_iter().zip(area.top()..area.bottom()) {
            self.row(area.x, y, area.width, row);
        }
    }

    /// Paints rows that may be more than fit, from one on; says how far they go, and shows it on the border.
    pub(super) fn scrolled_rows(&mut self, inner: Rect, rows: &[Row], top: usize) {
        let room = usize::from(inner.height);
        let end = rows.len().saturating_sub(room);
        let top = top.min(end);
        self.rows(inner, &rows[top..]);
        self.painted.layer_end = end;
        self.painted.page = room.max(1);
        let panel = around(inner);
        self.thumb(panel, inner, top, room, rows.len());
        if end > 0 {
            let text = if top < end {
                format!("{} {} more", self.theme.glyphs.more, end - top)
            } else {
                "end".into()
            };
            self.foot_of_panel(panel, &text);
        }
    }

    /// Paints what may be taller than its room, from one of its rows on. Nothing in it can be clicked.
    pub(super) fn through(&mut self, room: Rect, height: u16, top: u16, paint: impl FnOnce(&mut Self, Rect)) {
        let whole = Rect { x: 0, y: 0, width: room.width, height };
        let mut tall = Buffer::empty(whole);
        let caret = self.painted.caret.take();
        std::mem::swap(self.buffer, &mut tall);
        paint(self, whole);
        std::mem::swap(self.buffer, &mut tall);
        let seen = |at: &Position| (top..top.saturating_add(room.height)).contains(&at.y);
        let inside = self.painted.caret.filter(seen);
        self.painted.caret = inside.map(|at| Position::new(room.x + at.x, room.y + at.y - top)).or(caret);
        for position in room.positions() {
            let from = (position.x - room.x, position.y - room.y + top);
            if let (Some(to), Some(cell)) = (self.buffer.cell_mut(position), tall.cell(from)) {
                to.clone_from(cell);
            }
        }
    }

    /// Lays the look of a selected row over an area, which has its bar in the first column. Where that is to be
    /// reversed, it is one even bar: colours would be turned one by one, and the bar into half a hole.
    pub(super) fn select(&mut self, area: Rect) {
        if self.theme.selected.add_modifier.contains(Modifier::REVERSED) {
            let plain = Style::new().fg(Color::Reset).bg(Color::Reset).remove_modifier(Modifier::DIM);
            self.buffer.set_style(area, plain);
            for y in area.top()..area.bottom() {
                self.put(area.x, y, 1, " ", Style::new());
            }
        }
        self.buffer.set_style(area, self.theme.selected);
    }

    /// Shows on the right border of a panel which part of something long stands in its room.
    pub(super) fn thumb(&mut self, panel: Rect, list: Rect, top: usize, room: usize, all: usize) {
        if all <= room || list.height < 2 {
            return;
        }
        let height = usize::from(list.height);
        let length = (height * room / all).clamp(1, height - 1);
        let begin = (height - length) * top / (all - room).max(1);
        for offset in begin..(begin + length).min(height) {
            let y = list.y + u16::try_from(offset).unwrap_or(0);
            self.put(panel.right() - 1, y, 1, self.theme.glyphs.thumb, self.theme.accent);
        }
    }

    /// Paints a panel with a title, and gives the area inside, a column away from its border.
    pub(super) fn panel(&mut self, area: Rect, title: &str, focused: bool) -> Rect {
        let border = if focused { self.theme.focus } else { self.theme.border };
        Block::bordered().border_set(border::ROUNDED).border_style(border).render(area, self.buffer);
        if !title.is_empty() {
            let room = area.width.saturating_sub(4);
            let style = if focused { self.theme.strong } else { self.theme.text };
            // A title has a look of its own, and takes nothing from the line that it stands in.
            let style = Style::reset().patch(style);
            self.put(area.x + 1, area.y, room, &format!(" {title} "), style);
        }
        area.inner(Margin::new(2, 1))
    }

    /// Writes into the lower border of a panel, at its right end.
    pub(super) fn foot_of_panel(&mut self, area: Rect, text: &str) {
        let room = area.width.saturating_sub(4);
        let y = area.bottom().saturating_sub(1);
        let style = Style::reset().patch(self.theme.dim);
        self.put_right(area.right().saturating_sub(1), y, room, &format!(" {text} "), style);
    }

    /// Empties an area: what was there can neither be seen nor clicked.
    pub(super) fn clear(&mut self, area: Rect) {
        for y in area.top()..area.bottom() {
            self.part(area.x, y);
        }
        Clear.render(area, self.buffer);
        self.painted.links.retain(|link| !link.area.intersects(area));
    }

    /// What begins here leaves no half of a character before it: a terminal has none, and would show neither.
    fn part(&mut self, x: u16, y: u16) {
        let before = x.checked_sub(1).and_then(|x| self.buffer.cell_mut((x, y)));
        if let Some(cell) = before.filter(|cell| cell.symbol().len() > 1 && cell.symbol().width() > 1) {
            cell.set_symbol(" ");
        }
    }

    /// An empty box in the middle of an area, over a dimmed background; gives the area inside.
    pub(super) fn dialog(&mut self, area: Rect, width: u16, height: u16, title: &str) -> Rect {
        self.dialog_of(area, width, height, height, title)
    }

    /// The same for one that grows and shrinks: its top stays where it is at its tallest.
    pub(super) fn dialog_of(
        &mut self,
        area: Rect,
        width: u16,
        height: u16,
        tallest: u16,
        title: &str,
    ) -> Rect {
        for position in area.positions() {
            if let Some(cell) = self.buffer.cell_mut(position) {
                // What is reversed would be the brightest there.
                let back = Style::new().add_modifier(Modifier::DIM).remove_modifier(Modifier::REVERSED);
                cell.set_style(back);
            }
        }
        let (width, height) = (width.min(area.width), height.min(area.height));
        let x = area.x + (area.width - width) / 2;
        let y = area.y + area.height.saturating_sub(tallest) / 3;
        let outer = Rect { x, y, width, height };
        self.clear(outer);
        self.painted.target(area, crate::state::painted::Target::Layer);
        self.panel(outer, title, true)
    }

    /// This moment, by the server's clock.
    pub(super) const fn server_now(&self) -> Timestamp {
        self.server_now
    }

    /// Where the user is.
    pub(super) const fn zone(&self) -> &'a Zone {
        self.zone
    }

    /// The spinner, as it stands at this moment, where it is seen.
    pub(super) fn spinner(&mut self) -> &'static str {
        self.spins();
        self.still()
    }

    /// The spinner, as it stands at this moment. Whether it is seen shows later: see [`Self::spins`].
    pub(super) fn still(&self) -> &'static str {
        let pictures = self.theme.glyphs.spinner;
        let turns = usize::try_from(self.now.as_millis()).unwrap_or(0) / SPIN;
        pictures[turns % pictures.len()]
    }

    /// A spinner is seen: it wants another picture soon.
    pub(super) fn spins(&mut self) {
        let turned = usize::try_from(self.now.as_millis()).unwrap_or(0) % SPIN;
        let left = u64::try_from(SPIN - turned).unwrap_or(1);
        self.painted.changes(self.now.plus(Duration::from_millis(left)));
    }

    /// How long ago something was, in a sentence.
    pub(super) fn ago(&mut self, at: Timestamp) -> String {
        self.wake_when_ago_changes(at);
        ago(self.server_now.since(at))
    }

    /// How long ago something was, in a narrow column.
    pub(super) fn ago_short(&mut self, at: Timestamp) -> String {
        self.wake_when_ago_changes(at);
        ago_short(self.server_now.since(at))
    }

    fn wake_when_ago_changes(&mut self, at: Timestamp) {
        let left = until_ago_changes(self.server_now.since(at));
        self.painted.changes(self.now.plus(left));
    }

    /// Whole seconds until a moment.
    pub(super) fn seconds_until(&mut self, at: Timestamp) -> u64 {
        let left = at.since(self.now);
        if !left.is_zero() {
            let part = left.as_millis() % 1000;
            let next = if part == 0 { 1000 } else { part };
            self.painted.changes(self.now.plus(Duration::from_millis(u64::try_from(next).unwrap_or(1000))));
        }
        left.as_secs() + u64::from(left.subsec_millis() > 0)
    }

    /// Whole seconds since a moment, on a picture that changes for another reason.
    pub(super) fn seconds_so_far(&self, at: Timestamp) -> u64 {
        self.now.since(at).as_secs()
    }

    /// Whole seconds since a moment.
    pub(super) fn seconds_since(&mut self, at: Timestamp) -> u64 {
        let span = self.now.since(at);
        let next = 1000 - span.as_millis() % 1000;
        self.painted.changes(self.now.plus(Duration::from_millis(u64::try_from(next).unwrap_or(1000))));
        span.as_secs()
    }

    /// The time of day, where the user is, by the server's clock; with the day, where it is another one.
    pub(super) fn clock(&self, at: Timestamp) -> String {
        time::clock(at, self.server_now, self.zone)
    }

    /// The same of what this machine has noted.
    pub(super) fn own_clock(&self, at: Timestamp) -> String {
        time::clock(at, self.now, self.zone)
    }

    /// When a reminder comes, or came.
    pub(super) fn wakes(&self, at: Timestamp) -> String {
        let word = if at > self.server_now { "wakes" } else { "woke" };
        format!("{word} {}", self.clock(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_a_canvas(theme: &str, paint: impl FnOnce(&mut Canvas<'_>)) -> Buffer {
        let mut state = State::default();
        state.settings.worn = Theme::built_in(theme).unwrap();
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 3));
        paint(&mut Canvas::new(&mut buffer, &state));
        buffer
    }

    fn rows(buffer: &Buffer) -> Vec<String> {
        let width = usize::from(buffer.area.width);
        buffer.content.chunks(width).map(|row| row.iter().map(|cell| cell.symbol()).collect()).collect()
    }

    #[test]
    fn a_box_over_half_of_a_wide_character_keeps_its_border() {
        let buffer = on_a_canvas("dark", |canvas| {
            for y in 0..3 {
                canvas.put(0, y, 12, "日本語日本語", Style::new());
            }
            let outer = Rect::new(3, 0, 6, 3);
            canvas.clear(outer);
            canvas.panel(outer, "", false);
        });
        // What follows the character that stays is the cell that it covers.
        assert_eq!(rows(&buffer), ["日  ╭────╮ 語 ", "日  │    │ 語 ", "日  ╰────╯ 語 "]);
    }

    #[test]
    fn a_selected_row_that_is_reversed_is_one_even_bar() {
        let buffer = on_a_canvas("high-contrast", |canvas| {
            let theme = canvas.theme;
            canvas.put(0, 0, 1, theme.glyphs.bar, theme.accent);
            canvas.put(1, 0, 6, "URGENT", theme.urgent);
            canvas.put(8, 0, 4, "good", theme.good);
            canvas.select(Rect::new(0, 0, 12, 1));
        });
        assert_eq!(rows(&buffer)[0], " URGENT good");
        for cell in &buffer.content[..12] {
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset));
            assert!(cell.modifier.contains(Modifier::REVERSED));
        }
    }
}
