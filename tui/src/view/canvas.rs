//! The screen being painted. Every cell is written here, and takes only [`Safe`] text, cut to the columns it has.

mod text_area;

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;
use ratatui::widgets::{Block, Clear, Widget};

use crate::state::State;
use crate::state::paint_output::{ClickTarget, Hyperlink, PaintOutput};
use crate::text::{Safe, SafeLine, safe_format};
use crate::theme::Theme;
use crate::view::frame_time::FrameTime;
use crate::view::measure::display_width;

/// The panel around the area inside it.
pub(super) const fn panel_around(inner: Rect) -> Rect {
    Rect { x: inner.x - 2, y: inner.y - 1, width: inner.width + 4, height: inner.height + 2 }
}

/// The screen being painted.
pub(super) struct Canvas<'a> {
    buffer: &'a mut Buffer,
    pub(super) theme: &'a Theme,
    /// The time that this frame shows.
    pub(super) time: FrameTime<'a>,
    /// Where things were painted.
    pub(super) output: PaintOutput,
}

impl<'a> Canvas<'a> {
    pub(super) fn new(buffer: &'a mut Buffer, state: &'a State) -> Self {
        let (theme, time) = (&state.settings.theme, FrameTime::new(state));
        Self { buffer, theme, time, output: PaintOutput::default() }
    }

    /// Where things were painted, and when the next frame looks different.
    pub(super) fn finish(mut self) -> PaintOutput {
        self.output.next_repaint_at = self.time.next_change_at;
        self.output
    }

    /// The whole screen.
    pub(super) const fn area(&self) -> Rect {
        self.buffer.area
    }

    /// Paints text, cut to `columns`; returns how many it took.
    pub(super) fn put_text<'t>(
        &mut self,
        x: u16,
        y: u16,
        columns: u16,
        text: impl Into<Safe<'t>>,
        style: Style,
    ) -> u16 {
        let text = text.into();
        if !self.buffer.area.contains(Position::new(x, y)) {
            return 0;
        }
        let line = text.ellipsized(usize::from(columns));
        if !line.is_empty() {
            self.clear_split_wide_char(x, y);
        }
        let (end, _) = self.buffer.set_stringn(x, y, &*line, usize::from(columns), style);
        end - x
    }

    /// Paints text that ends before the column `end`; returns where it begins.
    pub(super) fn put_text_right<'t>(
        &mut self,
        end: u16,
        y: u16,
        columns: u16,
        text: impl Into<Safe<'t>>,
        style: Style,
    ) -> u16 {
        let text = text.into();
        let line = text.ellipsized(usize::from(columns));
        let width = u16::try_from(line.width()).unwrap_or(columns);
        let x = end.saturating_sub(width);
        self.put_text(x, y, width, &line, style);
        x
    }

    /// Paints text and highlights the characters at these indices.
    pub(super) fn put_text_highlighted(
        &mut self,
        x: u16,
        y: u16,
        columns: u16,
        text: &Safe<'_>,
        style: Style,
        highlighted: &[u32],
    ) -> u16 {
        let line = text.ellipsized(usize::from(columns));
        if highlighted.is_empty() {
            return self.put_text(x, y, columns, &line, style);
        }
        let (mut next_x, end) = (x, x.saturating_add(columns));
        for (index, grapheme) in (0_u32..).zip(line.graphemes()) {
            let is_highlighted = highlighted.binary_search(&index).is_ok();
            let style = if is_highlighted { style.patch(self.theme.found) } else { style };
            next_x += self.put_text(next_x, y, end.saturating_sub(next_x), grapheme, style);
        }
        next_x - x
    }

    /// Paints a line, cut to `columns`.
    pub(super) fn put_line(&mut self, x: u16, y: u16, columns: u16, line: &SafeLine) {
        let line = &line.ellipsized(usize::from(columns));
        let (mut x, end) = (x, x.saturating_add(columns));
        for span in &line.0 {
            let left = usize::from(end.saturating_sub(x));
            let (next_x, _) = self.buffer.set_stringn(x, y, &*span.text, left, self.theme.style(span.role));
            if let Some(url) = span.link.clone().filter(|_| next_x > x) {
                let area = Rect { x, y, width: next_x - x, height: 1 };
                self.output.hyperlinks.push(Hyperlink { area, url });
            }
            x = next_x;
        }
    }

    /// Paints lines from the top of an area, as far as it goes.
    pub(super) fn put_lines<'r>(&mut self, area: Rect, lines: impl IntoIterator<Item = &'r SafeLine>) {
        for (line, y) in lines.into_iter().zip(area.top()..area.bottom()) {
            self.put_line(area.x, y, area.width, line);
        }
    }

    /// Highlights a match of a search, and the current one more.
    pub(super) fn highlight_match(&mut self, x: u16, y: u16, columns: u16, is_current: bool) {
        let current = if is_current { Modifier::REVERSED } else { Modifier::empty() };
        let area = Rect { x, y, width: columns, height: 1 }.intersection(self.buffer.area);
        self.buffer.set_style(area, self.theme.found.add_modifier(current));
    }

    /// Paints lines from `top` on, which may be more than fit, and shows on the border how far they go. Returns the first
    /// visible one.
    pub(super) fn put_scrolled_lines(&mut self, inner: Rect, lines: &[SafeLine], top: usize) -> usize {
        self.put_scrolled_lines_in(panel_around(inner), inner, lines, top)
    }

    /// The same in a part of a panel.
    pub(super) fn put_scrolled_lines_in(
        &mut self,
        panel: Rect,
        inner: Rect,
        lines: &[SafeLine],
        top: usize,
    ) -> usize {
        let height = usize::from(inner.height);
        let max_scroll = lines.len().saturating_sub(height);
        let top = top.min(max_scroll);
        self.put_lines(inner, &lines[top..]);
        self.output.layer_top = top;
        self.output.layer_max_scroll = max_scroll;
        self.output.page_height = height.max(1);
        self.paint_scrollbar(panel, inner, top, height, lines.len());
        if max_scroll > 0 {
            self.paint_rows_below(panel, max_scroll - top);
        }
        top
    }

    /// Shows on the border of a panel how many rows are below the visible ones.
    pub(super) fn paint_rows_below(&mut self, panel: Rect, count: usize) {
        if count > 0 {
            self.paint_panel_footer(panel, safe_format!("{} {count} more", self.theme.glyphs.more_below));
        } else {
            self.paint_panel_footer(panel, "end");
        }
    }

    /// Paints content that may be taller than its area, from its row `top` on. Clicks in it have no target.
    pub(super) fn paint_viewport(
        &mut self,
        area: Rect,
        height: u16,
        top: u16,
        paint: impl FnOnce(&mut Self, Rect),
    ) {
        let whole = Rect { x: 0, y: 0, width: area.width, height };
        let mut content = Buffer::empty(whole);
        let outer_cursor = self.output.cursor_position.take();
        std::mem::swap(self.buffer, &mut content);
        paint(self, whole);
        std::mem::swap(self.buffer, &mut content);
        let is_visible = |at: &Position| (top..top.saturating_add(area.height)).contains(&at.y);
        let cursor = self.output.cursor_position.filter(is_visible);
        self.output.cursor_position =
            cursor.map(|at| Position::new(area.x + at.x, area.y + at.y - top)).or(outer_cursor);
        for position in area.positions() {
            let source = (position.x - area.x, position.y - area.y + top);
            if let (Some(to), Some(cell)) = (self.buffer.cell_mut(position), content.cell(source)) {
                to.clone_from(cell);
            }
        }
    }

    /// Paints an empty panel over the whole screen between the first line and the last; returns the area inside.
    pub(super) fn paint_screen_layer<'t>(&mut self, area: Rect, title: impl Into<Safe<'t>>) -> Rect {
        self.clear(area);
        self.output.add_click_target(area, ClickTarget::Layer);
        self.paint_panel(area, title, true)
    }

    /// Highlights a selected row, which has its bar in the first column. A reversed highlight replaces all colours and
    /// the bar, which would otherwise be reversed one by one and leave the row spotted.
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

    /// Shows on the right border of a panel which part of a long list is visible.
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

    /// Paints a panel with a title; returns the area inside, a column away from the border.
    pub(super) fn paint_panel<'t>(&mut self, area: Rect, title: impl Into<Safe<'t>>, focused: bool) -> Rect {
        let title = title.into();
        let border = if focused { self.theme.focus } else { self.theme.border };
        Block::bordered().border_set(border::ROUNDED).border_style(border).render(area, self.buffer);
        if !title.is_empty() {
            let columns = area.width.saturating_sub(4);
            let style = if focused { self.theme.strong } else { self.theme.text };
            // The style of the border does not show through.
            let style = Style::reset().patch(style);
            self.put_text(area.x + 1, area.y, columns, safe_format!(" {title} "), style);
        }
        area.inner(Margin::new(2, 1))
    }

    /// Writes text into the lower border of a panel, at its right end.
    pub(super) fn paint_panel_footer<'t>(&mut self, area: Rect, text: impl Into<Safe<'t>>) {
        let text = safe_format!(" {} ", text.into());
        let y = area.bottom().saturating_sub(1);
        let style = Style::reset().patch(self.theme.dim);
        self.put_text_right(area.right().saturating_sub(1), y, area.width.saturating_sub(4), text, style);
    }

    /// Clears an area, links included.
    pub(super) fn clear(&mut self, area: Rect) {
        for y in area.top()..area.bottom() {
            self.clear_split_wide_char(area.x, y);
        }
        Clear.render(area, self.buffer);
        self.output.hyperlinks.retain(|link| !link.area.intersects(area));
    }

    /// Clears the wide character whose second half is at `x`: a terminal cannot show half of it.
    fn clear_split_wide_char(&mut self, x: u16, y: u16) {
        let before = x.checked_sub(1).and_then(|x| self.buffer.cell_mut((x, y)));
        if let Some(cell) = before.filter(|cell| cell.symbol().len() > 1 && display_width(cell.symbol()) > 1)
        {
            cell.set_symbol(" ");
        }
    }

    /// Paints an empty box in the middle of an area, over a dimmed background; returns the area inside.
    pub(super) fn paint_dialog<'t>(
        &mut self,
        area: Rect,
        width: u16,
        height: u16,
        title: impl Into<Safe<'t>>,
    ) -> Rect {
        self.paint_resizable_dialog(area, width, height, height, title)
    }

    /// Paints a box whose height changes: its top stays where it is at its tallest.
    pub(super) fn paint_resizable_dialog<'t>(
        &mut self,
        area: Rect,
        width: u16,
        height: u16,
        tallest: u16,
        title: impl Into<Safe<'t>>,
    ) -> Rect {
        for position in area.positions() {
            if let Some(cell) = self.buffer.cell_mut(position) {
                // Reversed cells would stay bright.
                cell.set_style(Style::new().add_modifier(Modifier::DIM).remove_modifier(Modifier::REVERSED));
            }
        }
        let (width, height) = (width.min(area.width), height.min(area.height));
        let x = area.x + (area.width - width) / 2;
        let y = area.y + area.height.saturating_sub(tallest) / 3;
        let outer = Rect { x, y, width, height };
        self.output.typing_area = Some(outer);
        self.clear(outer);
        self.output.add_click_target(area, ClickTarget::Layer);
        self.paint_panel(outer, title, true)
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
    fn a_reversed_selected_row_has_one_colour() {
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
