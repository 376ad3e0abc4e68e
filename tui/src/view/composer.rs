//! A text area: made safe and painted with our own colours, wherever it stands.

use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::state::composer::{CURSOR_MARKER, Composer, SELECTION_MARKER};
use crate::text::{TextRole, wrap};
use crate::view::canvas::Canvas;

/// Rows that a text takes at a width; however long it is, no more are counted.
pub(super) fn row_count(composer: &Composer, width: u16, max: usize) -> usize {
    let room = usize::from(width);
    let last = composer.lines().len().saturating_sub(1);
    let mut rows = 0;
    for (place, line) in composer.lines().iter().enumerate() {
        // What fills all of them is enough of a line. One column more is for the cursor behind the last character.
        let end = line.char_indices().nth(room * max).map_or(line.len(), |(end, _)| end);
        let cursor = if place == last { "_" } else { "" };
        rows += wrap::plain_text(&format!("{}{cursor}", &line[..end]), room, TextRole::Plain).len();
        if rows >= max {
            return max;
        }
    }
    rows
}

pub(super) fn paint(composer: &Composer, focused: bool, hint: &str, canvas: &mut Canvas<'_>, area: Rect) {
    canvas.buffer.set_style(area, canvas.theme.text);
    let shown = composer.escaped_text_area();
    shown.as_ref().render(area, canvas.buffer);
    // Selected towards the beginning, the caret stands on the first letter of it, and hides that it is.
    let is_on_it =
        shown.selection_range().is_some_and(|(from, _)| from == (shown.cursor().0, shown.cursor().1));
    apply_cursor_style(focused, is_on_it, canvas, area);
    if composer.is_empty() {
        let x = area.x + u16::from(focused);
        canvas.put_text(x, area.y, area.width.saturating_sub(1), hint, canvas.theme.dim);
    }
}

/// The text area marks its cursor and what is selected in a way that nothing else is marked in; this is what becomes of
/// the marks. So it is painted as it stands, and need not be another one for each theme.
fn apply_cursor_style(focused: bool, is_on_selected: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let mut caret = None;
    for position in area.positions() {
        let Some(cell) = canvas.buffer.cell_mut(position) else { continue };
        let is_caret = cell.modifier.contains(CURSOR_MARKER);
        let is_selected = cell.modifier.contains(SELECTION_MARKER) || is_caret && is_on_selected;
        cell.modifier.remove(SELECTION_MARKER | CURSOR_MARKER);
        if is_selected {
            cell.set_style(canvas.theme.cursor);
        }
        if is_caret {
            caret.get_or_insert(position);
        }
    }
    if focused {
        // The terminal shows it: what input methods draw stands there, and screen readers follow it.
        canvas.output.cursor_position = caret;
    }
}
