//! What all cards of a list have: the bar of the selected one, and the second line.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::text::{Safe, safe_format};
use crate::view::canvas::Canvas;

/// Columns of the dot between two parts of a line, with the spaces around it.
pub(super) const SEPARATOR_WIDTH: u16 = 3;
/// Columns of the priority, or of what became of a session.
pub(super) const STATUS_WIDTH: u16 = 8;

/// Paints the bar of the selected card.
pub(super) fn paint_selection_bar(selected: bool, canvas: &mut Canvas<'_>, card: Rect) {
    if selected {
        for y in card.top()..card.bottom() {
            canvas.put_text(card.x, y, 1, canvas.theme.glyphs.selection_bar, canvas.theme.accent);
        }
    }
}

/// Writes the second line of a card from left to right.
pub(super) struct CardLineWriter {
    pub(super) x: u16,
    pub(super) end_x: u16,
    y: u16,
}

impl CardLineWriter {
    /// Paints a number at the end; the rest of the line is free.
    pub(super) fn new(canvas: &mut Canvas<'_>, area: Rect, number: Safe<'_>) -> Self {
        let dim = canvas.theme.dim;
        let number_x = canvas.put_text_right(area.right(), area.y, area.width, number, dim);
        Self { x: area.x, end_x: number_x.saturating_sub(1), y: area.y }
    }

    pub(super) fn put_text<'t>(&mut self, canvas: &mut Canvas<'_>, text: impl Into<Safe<'t>>, style: Style) {
        self.x += canvas.put_text(self.x, self.y, self.end_x.saturating_sub(self.x), text, style);
    }

    /// Paints text after a dot.
    pub(super) fn put_separated<'t>(
        &mut self,
        canvas: &mut Canvas<'_>,
        text: impl Into<Safe<'t>>,
        style: Style,
    ) {
        let (dot, dim) = (canvas.theme.glyphs.dot, canvas.theme.dim);
        self.put_text(canvas, safe_format!(" {dot} "), dim);
        self.put_text(canvas, text, style);
    }
}
