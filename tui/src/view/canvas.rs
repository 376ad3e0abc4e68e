//! The one way to paint text: it is made safe and cut to its room on the way.

use std::sync::Arc;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;
use ratatui::widgets::{Block, Clear, Widget};
use tierup_common::id::UserId;
use tierup_common::time::{Timestamp, duration_until_ago_changes, format_ago, format_ago_short};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::keymap::{Action, Context, Keymap};
use crate::local_zone::LocalZone;
use crate::state::State;
use crate::state::paint_output::{Hyperlink, PaintOutput};
use crate::text::{SafeLine, ellipsize, safe};
use crate::theme::Theme;
use crate::view::time;

/// How long one picture of a spinner stays, in milliseconds.
const SPINNER_FRAME_MS: usize = 100;

/// The panel around the area inside it.
pub(super) const fn panel_around(inner: Rect) -> Rect {
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
    pub(super) output: PaintOutput,
    zone: &'a LocalZone,
    /// Who looks at it, once that is known.
    pub(super) my_id: Option<UserId>,
}

impl<'a> Canvas<'a> {
    pub(super) fn new(buffer: &'a mut Buffer, state: &'a State) -> Self {
        let (now, server_now) = (state.now, state.server_now());
        Self {
            buffer,
            theme: &state.settings.theme,
            keymap: &state.settings.keymap,
            now,
            server_now,
            output: PaintOutput::default(),
            zone: &state.settings.zone,
            my_id: state.my_id(),
        }
    }

    /// Paints a line of raw text, at most so many columns; how many it took.
    pub(super) fn put_text(&mut self, x: u16, y: u16, columns: u16, raw: &str, style: Style) -> u16 {
        if !self.buffer.area.contains(Position::new(x, y)) {
            return 0;
        }
        let line = ellipsize(
            &safe::sanitize_line(safe::prefix_for_columns(raw, usize::from(columns))),
            usize::from(columns),
        );
        if !line.is_empty() {
            self.clear_split_wide_char(x, y);
        }
        let (end, _) = self.buffer.set_stringn(x, y, &line, usize::from(columns), style);
        end - x
    }

    /// Paints a line of raw text that ends at a column; where it begins.
    pub(super) fn put_text_right(&mut self, end: u16, y: u16, columns: u16, raw: &str, style: Style) -> u16 {
        let line = ellipsize(
            &safe::sanitize_line(safe::prefix_for_columns(raw, usize::from(columns))),
            usize::from(columns),
        );
        let width = u16::try_from(line.width()).unwrap_or(columns);
        let x = end.saturating_sub(width);
        self.put_text(x, y, width, &line, style);
        x
    }

    /// Paints a line that was made safe already, and marks the characters at these places as found.
    pub(super) fn put_text_highlighted(
        &mut self,
        x: u16,
        y: u16,
        columns: u16,
        line: &str,
        style: Style,
        found: &[u32],
    ) -> u16 {
        let line = ellipsize(line, usize::from(columns));
        if found.is_empty() {
            return self.put_text(x, y, columns, &line, style);
        }
        let (mut at, end) = (x, x.saturating_add(columns));
        for (place, grapheme) in (0_u32..).zip(line.graphemes(true)) {
            let is_found = found.binary_search(&place).is_ok();
            let style = if is_found { style.patch(self.theme.found) } else { style };
            at += self.put_text(at, y, end.saturating_sub(at), grapheme, style);
        }
        at - x
    }

    /// The key that does something, as the keymap has it.
    pub(super) fn key_for(&self, context: Context, action: Action) -> String {
        self.keymap.key_for(context, action)
    }

    /// Paints a row that was made safe when it was made; one that is too long ends in a mark.
    pub(super) fn put_line(&mut self, x: u16, y: u16, columns: u16, line: &SafeLine) {
        let row = &line.ellipsized(usize::from(columns));
        let mut at = x;
        let end = x.saturating_add(columns);
        for piece in &row.0 {
            let room = usize::from(end.saturating_sub(at));
            let (next, _) = self.buffer.set_stringn(at, y, &piece.text, room, self.theme.style(piece.role));
            if let Some(target) = piece.link.as_ref().filter(|_| next > at) {
                let area = Rect { x: at, y, width: next - at, height: 1 };
                self.output.hyperlinks.push(Hyperlink { area, url: Arc::clone(target) });
            }
            at = next;
        }
    }

    /// Paints rows from the top of an area, as far as it goes.
    pub(super) fn put_lines<'r>(&mut self, area: Rect, lines: impl IntoIterator<Item = &'r SafeLine>) {
        for (row, y) in lines.into_iter().zip(area.top()..area.bottom()) {
            self.put_line(area.x, y, area.width, row);
        }
    }

    /// Paints rows that may be more than fit, from one on; says how far they go, and shows it on the border.
    pub(super) fn put_scrolled_lines(&mut self, inner: Rect, lines: &[SafeLine], top: usize) {
        let room = usize::from(inner.height);
        let end = lines.len().saturating_sub(room);
        let top = top.min(end);
        self.put_lines(inner, &lines[top..]);
        self.output.layer_max_scroll = end;
        self.output.page_height = room.max(1);
        let panel = panel_around(inner);
        self.paint_scrollbar(panel, inner, top, room, lines.len());
        if end > 0 {
            let text = if top < end {
                format!("{} {} more", self.theme.glyphs.more_below, end - top)
            } else {
                "end".into()
            };
            self.paint_panel_footer(panel, &text);
        }
    }

    /// Paints what may be taller than its room, from one of its rows on. Nothing in it can be clicked.
    pub(super) fn paint_viewport(
        &mut self,
        room: Rect,
        height: u16,
        top: u16,
        paint: impl FnOnce(&mut Self, Rect),
    ) {
        let whole = Rect { x: 0, y: 0, width: room.width, height };
        let mut tall = Buffer::empty(whole);
        let caret = self.output.cursor_position.take();
        std::mem::swap(self.buffer, &mut tall);
        paint(self, whole);
        std::mem::swap(self.buffer, &mut tall);
        let seen = |at: &Position| (top..top.saturating_add(room.height)).contains(&at.y);
        let inside = self.output.cursor_position.filter(seen);
        self.output.cursor_position =
            inside.map(|at| Position::new(room.x + at.x, room.y + at.y - top)).or(caret);
        for position in room.positions() {
            let from = (position.x - room.x, position.y - room.y + top);
            if let (Some(to), Some(cell)) = (self.buffer.cell_mut(position), tall.cell(from)) {
                to.clone_from(cell);
            }
        }
    }

    /// Lays the look of a selected row over an area, which has its bar in the first column. Where that is to be
    /// reversed, it is one even bar: colours would be turned one by one, and the bar into half a hole.
    pub(super) fn highlight_selected(&mut self, area: Rect) {
        if self.theme.selected.add_modifier.contains(Modifier::REVERSED) {
            let plain = Style::new().fg(Color::Reset).bg(Color::Reset).remove_modifier(Modifier::DIM);
            self.buffer.set_style(area, plain);
            for y in area.top()..area.bottom() {
                self.put_text(area.x, y, 1, " ", Style::new());
            }
        }
        self.buffer.set_style(area, self.theme.selected);
    }

    /// Shows on the right border of a panel which part of something long stands in its room.
    pub(super) fn paint_scrollbar(
        &mut self,
        panel: Rect,
        list: Rect,
        top: usize,
        visible: usize,
        total: usize,
    ) {
        if total <= visible || list.height < 2 {
            return;
        }
        let height = usize::from(list.height);
        let length = (height * visible / total).clamp(1, height - 1);
        let begin = (height - length) * top / (total - visible).max(1);
        for offset in begin..(begin + length).min(height) {
            let y = list.y + u16::try_from(offset).unwrap_or(0);
            self.put_text(panel.right() - 1, y, 1, self.theme.glyphs.scrollbar_thumb, self.theme.accent);
        }
    }

    /// Paints a panel with a title, and gives the area inside, a column away from its border.
    pub(super) fn paint_panel(&mut self, area: Rect, title: &str, focused: bool) -> Rect {
        let border = if focused { self.theme.focus } else { self.theme.border };
        Block::bordered().border_set(border::ROUNDED).border_style(border).render(area, self.buffer);
        if !title.is_empty() {
            let room = area.width.saturating_sub(4);
            let style = if focused { self.theme.strong } else { self.theme.text };
            // A title has a look of its own, and takes nothing from the line that it stands in.
            let style = Style::reset().patch(style);
            self.put_text(area.x + 1, area.y, room, &format!(" {title} "), style);
        }
        area.inner(Margin::new(2, 1))
    }

    /// Writes into the lower border of a panel, at its right end.
    pub(super) fn paint_panel_footer(&mut self, area: Rect, text: &str) {
        let room = area.width.saturating_sub(4);
        let y = area.bottom().saturating_sub(1);
        let style = Style::reset().patch(self.theme.dim);
        self.put_text_right(area.right().saturating_sub(1), y, room, &format!(" {text} "), style);
    }

    /// Empties an area: what was there can neither be seen nor clicked.
    pub(super) fn clear(&mut self, area: Rect) {
        for y in area.top()..area.bottom() {
            self.clear_split_wide_char(area.x, y);
        }
        Clear.render(area, self.buffer);
        self.output.hyperlinks.retain(|link| !link.area.intersects(area));
    }

    /// What begins here leaves no half of a character before it: a terminal has none, and would show neither.
    fn clear_split_wide_char(&mut self, x: u16, y: u16) {
        let before = x.checked_sub(1).and_then(|x| self.buffer.cell_mut((x, y)));
        if let Some(cell) = before.filter(|cell| cell.symbol().len() > 1 && cell.symbol().width() > 1) {
            cell.set_symbol(" ");
        }
    }

    /// An empty box in the middle of an area, over a dimmed background; gives the area inside.
    pub(super) fn paint_dialog(&mut self, area: Rect, width: u16, height: u16, title: &str) -> Rect {
        self.paint_resizable_dialog(area, width, height, height, title)
    }

    /// The same for one that grows and shrinks: its top stays where it is at its tallest.
    pub(super) fn paint_resizable_dialog(
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
        self.output.add_click_target(area, crate::state::paint_output::ClickTarget::Layer);
        self.paint_panel(outer, title, true)
    }

    /// This moment, by the server's clock.
    pub(super) const fn server_now(&self) -> Timestamp {
        self.server_now
    }

    /// Where the user is.
    pub(super) const fn zone(&self) -> &'a LocalZone {
        self.zone
    }

    /// The spinner, as it stands at this moment, where it is seen.
    pub(super) fn spinner(&mut self) -> &'static str {
        self.schedule_spinner_frame();
        self.spinner_frame()
    }

    /// The spinner, as it stands at this moment. Whether it is seen shows later: see [`Self::spins`].
    pub(super) fn spinner_frame(&self) -> &'static str {
        let pictures = self.theme.glyphs.spinner_frames;
        let turns = usize::try_from(self.now.as_millis()).unwrap_or(0) / SPINNER_FRAME_MS;
        pictures[turns % pictures.len()]
    }

    /// A spinner is seen: it wants another picture soon.
    pub(super) fn schedule_spinner_frame(&mut self) {
        let turned = usize::try_from(self.now.as_millis()).unwrap_or(0) % SPINNER_FRAME_MS;
        let left = u64::try_from(SPINNER_FRAME_MS - turned).unwrap_or(1);
        self.output.schedule_change(self.now.plus(Duration::from_millis(left)));
    }

    /// How long ago something was, in a sentence.
    pub(super) fn format_ago(&mut self, at: Timestamp) -> String {
        self.schedule_ago_change(at);
        format_ago(self.server_now.since(at))
    }

    /// How long ago something was, in a narrow column.
    pub(super) fn format_ago_short(&mut self, at: Timestamp) -> String {
        self.schedule_ago_change(at);
        format_ago_short(self.server_now.since(at))
    }

    fn schedule_ago_change(&mut self, at: Timestamp) {
        let left = duration_until_ago_changes(self.server_now.since(at));
        self.output.schedule_change(self.now.plus(left));
    }

    /// Whole seconds until a moment.
    pub(super) fn seconds_until(&mut self, at: Timestamp) -> u64 {
        let left = at.since(self.now);
        if !left.is_zero() {
            let part = left.as_millis() % 1000;
            let next = if part == 0 { 1000 } else { part };
            self.output
                .schedule_change(self.now.plus(Duration::from_millis(u64::try_from(next).unwrap_or(1000))));
        }
        left.as_secs() + u64::from(left.subsec_millis() > 0)
    }

    /// Whole seconds since a moment, on a picture that changes for another reason.
    pub(super) fn seconds_since_unscheduled(&self, at: Timestamp) -> u64 {
        self.now.since(at).as_secs()
    }

    /// Whole seconds since a moment.
    pub(super) fn seconds_since(&mut self, at: Timestamp) -> u64 {
        let span = self.now.since(at);
        let next = 1000 - span.as_millis() % 1000;
        self.output
            .schedule_change(self.now.plus(Duration::from_millis(u64::try_from(next).unwrap_or(1000))));
        span.as_secs()
    }

    /// The time of day, where the user is, by the server's clock; with the day, where it is another one.
    pub(super) fn time_of_day(&self, at: Timestamp) -> String {
        time::format_time_of_day(at, self.server_now, self.zone)
    }

    /// The same of what this machine has noted.
    pub(super) fn time_of_day_by_local_clock(&self, at: Timestamp) -> String {
        time::format_time_of_day(at, self.now, self.zone)
    }

    /// When a reminder comes, or came.
    pub(super) fn reminder_label(&self, at: Timestamp) -> String {
        let word = if at > self.server_now { "wakes" } else { "woke" };
        format!("{word} {}", self.time_of_day(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paint_on_canvas(theme: &str, paint: impl FnOnce(&mut Canvas<'_>)) -> Buffer {
        let mut state = State::default();
        state.settings.theme = Theme::built_in(theme).unwrap();
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 3));
        paint(&mut Canvas::new(&mut buffer, &state));
        buffer
    }

    fn buffer_rows(buffer: &Buffer) -> Vec<String> {
        let width = usize::from(buffer.area.width);
        buffer.content.chunks(width).map(|row| row.iter().map(|cell| cell.symbol()).collect()).collect()
    }

    #[test]
    fn a_box_over_half_of_a_wide_character_keeps_its_border() {
        let buffer = paint_on_canvas("dark", |canvas| {
            for y in 0..3 {
                canvas.put_text(0, y, 12, "日本語日本語", Style::new());
            }
            let outer = Rect::new(3, 0, 6, 3);
            canvas.clear(outer);
            canvas.paint_panel(outer, "", false);
        });
        // What follows the character that stays is the cell that it covers.
        assert_eq!(buffer_rows(&buffer), ["日  ╭────╮ 語 ", "日  │    │ 語 ", "日  ╰────╯ 語 "]);
    }

    #[test]
    fn a_selected_row_that_is_reversed_is_one_even_bar() {
        let buffer = paint_on_canvas("high-contrast", |canvas| {
            let theme = canvas.theme;
            canvas.put_text(0, 0, 1, theme.glyphs.selection_bar, theme.accent);
            canvas.put_text(1, 0, 6, "URGENT", theme.urgent);
            canvas.put_text(8, 0, 4, "good", theme.good);
            canvas.highlight_selected(Rect::new(0, 0, 12, 1));
        });
        assert_eq!(buffer_rows(&buffer)[0], " URGENT good");
        for cell in &buffer.content[..12] {
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset));
            assert!(cell.modifier.contains(Modifier::REVERSED));
        }
    }
}
