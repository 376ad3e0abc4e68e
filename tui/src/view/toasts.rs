//! What just happened, top right, the newest below.

use ratatui::layout::Rect;

use crate::state::State;
use crate::state::toast::Tone;
use crate::text::{Ink, Piece, wrap};
use crate::view::canvas::Canvas;
use crate::view::sheet::columns;

/// Columns of a toast, at most.
const WIDEST: u16 = 52;
/// Rows of its text, at most.
const TALLEST: usize = 3;

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let mut y = area.y;
    for toast in state.toasts.shown() {
        let theme = canvas.theme;
        let (glyph, style) = match toast.tone {
            Tone::Good => (theme.glyphs.check, theme.good),
            Tone::Info => (theme.glyphs.unread, theme.accent),
            Tone::Bad => (theme.glyphs.cross, theme.bad),
        };
        let width = (columns(&toast.text) + 6).min(WIDEST).min(area.width);
        let mut rows = wrap::plain(&toast.text, usize::from(width.saturating_sub(6)), Ink::Plain);
        if rows.len() > TALLEST {
            rows.truncate(TALLEST);
            if let Some(last) = rows.last_mut() {
                // The log has all of it.
                let room = usize::from(width.saturating_sub(6));
                last.0.push(Piece::new("…", Ink::Plain));
                *last = last.cut(room).into_owned();
            }
        }
        let height = u16::try_from(rows.len()).unwrap_or(1) + 2;
        if y + height > area.bottom() {
            break;
        }
        let outer = Rect { x: area.right() - width, y, width, height };
        canvas.clear(outer);
        let inner = canvas.panel(outer, "", false);
        canvas.put(inner.x, inner.y, 1, glyph, style);
        canvas.rows(Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), ..inner }, &rows);
        y += height;
    }
}
