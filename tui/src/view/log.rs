//! The log: what was told in the corner, the newest first, each with its time.

use ratatui::layout::Rect;

use crate::state::State;
use crate::state::toast::Tone;
use crate::text::{Ink, Piece, Row, safe, wrap};
use crate::view::canvas::Canvas;

/// Columns, at most.
const WIDEST: u16 = 90;

pub(super) fn paint(state: &State, top: usize, canvas: &mut Canvas<'_>, area: Rect) {
    let width = WIDEST.min(area.width);
    let rows = rows(state, canvas, usize::from(width.saturating_sub(4)));
    let height = u16::try_from(rows.len().max(1) + 2).unwrap_or(u16::MAX);
    let inner = canvas.dialog(area, width, height, "Log");
    if rows.is_empty() {
        canvas.put(inner.x, inner.y, inner.width, "Nothing was told yet.", canvas.theme.dim);
        return;
    }
    canvas.scrolled_rows(inner, &rows, top);
}

fn rows(state: &State, canvas: &Canvas<'_>, width: usize) -> Vec<Row> {
    let glyphs = canvas.theme.glyphs;
    let mut rows = Vec::new();
    for told in state.toasts.log() {
        let (glyph, ink) = match told.tone {
            Tone::Good => (glyphs.check, Ink::Good),
            Tone::Info => (glyphs.unread, Ink::Accent),
            Tone::Bad => (glyphs.cross, Ink::Bad),
        };
        let time = canvas.own_clock(told.at);
        let indent = " ".repeat(time.chars().count() + 4);
        let line = [
            Piece::new(format!("{time}  "), Ink::Dim),
            Piece::new(format!("{glyph} "), ink),
            Piece::new(safe::line(&told.text), Ink::Plain),
        ];
        rows.extend(wrap::pieces(&line, width, &indent));
    }
    rows
}
