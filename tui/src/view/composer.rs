//! A text field: the typed text, or a hint while it is empty.

use ratatui::layout::Rect;

use crate::state::composer::Composer;
use crate::text::{Safe, TextRole, wrap};
use crate::view::canvas::Canvas;

/// Rows that the text takes at a width; at most `max` are counted, however long it is.
pub(super) fn row_count(composer: &Composer, width: u16, max: usize) -> usize {
    let columns = usize::from(width);
    let last = composer.lines().len().saturating_sub(1);
    let mut rows = 0;
    for (index, line) in composer.lines().iter().enumerate() {
        // A line is read only as far as it can fill all rows. The cursor takes a column after the last character.
        let end = line.char_indices().nth(columns * max).map_or(line.len(), |(end, _)| end);
        let cursor = if index == last { "_" } else { "" };
        rows += wrap::plain_text(&format!("{}{cursor}", &line[..end]), columns, TextRole::Plain).len();
        if rows >= max {
            return max;
        }
    }
    rows
}

/// Paints a text field. An empty one shows the hint.
pub(super) fn paint<'t>(
    composer: &Composer,
    focused: bool,
    hint: impl Into<Safe<'t>>,
    canvas: &mut Canvas<'_>,
    area: Rect,
) {
    canvas.paint_text_area(composer, focused, area);
    if composer.is_empty() {
        let x = area.x + u16::from(focused);
        canvas.put_text(x, area.y, area.width.saturating_sub(1), hint, canvas.theme.dim);
    }
}
