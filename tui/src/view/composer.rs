//! A text area: made safe and painted with our own colours, wherever it stands.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget;

use crate::state::composer::Composer;
use crate::text::{Ink, wrap};
use crate::view::canvas::Canvas;

/// Rows that a text takes at a width.
pub(super) fn rows(composer: &Composer, width: u16) -> usize {
    // One column more for the cursor behind the last character.
    wrap::plain(&format!("{}_", composer.text()), usize::from(width), Ink::Plain).len()
}

pub(super) fn paint(composer: &Composer, focused: bool, hint: &str, canvas: &mut Canvas<'_>, area: Rect) {
    let mut text = composer.shown();
    text.set_style(canvas.theme.text);
    text.set_selection_style(canvas.theme.cursor);
    text.set_cursor_style(if focused { canvas.theme.cursor } else { Style::new() });
    (&text).render(area, canvas.buffer);
    if composer.is_empty() {
        let x = area.x + u16::from(focused);
        canvas.put(x, area.y, area.width.saturating_sub(1), hint, canvas.theme.dim);
    }
}
