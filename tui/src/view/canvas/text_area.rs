//! Text areas on the canvas: painted by their widget, with the cursor and the selection in the theme's colours.

use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::state::composer::{CURSOR_MODIFIER, Composer, SELECTION_MODIFIER};
use crate::view::canvas::Canvas;

impl Canvas<'_> {
    /// Paints what is typed, made safe by the composer. The terminal's cursor goes into a focused one.
    pub(in crate::view) fn paint_text_area(&mut self, composer: &Composer, focused: bool, area: Rect) {
        self.buffer.set_style(area, self.theme.text);
        let text_area = composer.escaped_text_area();
        text_area.as_ref().render(area, self.buffer);
        // After selecting backwards the cursor is on the first selected character, and its marker hides the selection's.
        let is_cursor_selected = text_area
            .selection_range()
            .is_some_and(|(from, _)| from == (text_area.cursor().0, text_area.cursor().1));
        self.apply_markers(focused, is_cursor_selected, area);
    }

    /// Replaces the widget's markers, which no other text has, with the theme's styles: the widget itself need not know
    /// the theme.
    fn apply_markers(&mut self, focused: bool, is_cursor_selected: bool, area: Rect) {
        let mut cursor = None;
        for position in area.positions() {
            let Some(cell) = self.buffer.cell_mut(position) else { continue };
            let is_cursor = cell.modifier.contains(CURSOR_MODIFIER);
            let is_selected = cell.modifier.contains(SELECTION_MODIFIER) || is_cursor && is_cursor_selected;
            cell.modifier.remove(SELECTION_MODIFIER | CURSOR_MODIFIER);
            if is_selected {
                cell.set_style(self.theme.cursor);
            }
            if is_cursor {
                cursor.get_or_insert(position);
            }
        }
        if focused {
            // The terminal's own cursor, so that input methods and screen readers find it.
            self.output.cursor_position = cursor;
        }
    }
}
