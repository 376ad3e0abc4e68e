//! The log: what was told in the corner, the newest first, each with its time.

use ratatui::layout::Rect;

use crate::state::State;
use crate::state::toast::ToastLevel;
use crate::text::{SafeLine, SafeSpan, TextRole, safe, wrap};
use crate::view::canvas::Canvas;

/// Columns, at most.
const MAX_WIDTH: u16 = 90;

pub(super) fn paint(state: &State, top: usize, canvas: &mut Canvas<'_>, area: Rect) {
    let width = MAX_WIDTH.min(area.width);
    let rows = log_lines(state, canvas, usize::from(width.saturating_sub(4)));
    let height = u16::try_from(rows.len().max(1) + 2).unwrap_or(u16::MAX);
    let inner = canvas.paint_dialog(area, width, height, "Log");
    if rows.is_empty() {
        canvas.put_text(inner.x, inner.y, inner.width, "Nothing was told yet.", canvas.theme.dim);
        return;
    }
    canvas.put_scrolled_lines(inner, &rows, top);
}

fn log_lines(state: &State, canvas: &Canvas<'_>, width: usize) -> Vec<SafeLine> {
    let glyphs = canvas.theme.glyphs;
    let mut rows = Vec::new();
    for toast in state.toasts.log() {
        let (glyph, ink) = match toast.level {
            ToastLevel::Success => (glyphs.check, TextRole::Good),
            ToastLevel::Info => (glyphs.unread, TextRole::Accent),
            ToastLevel::Error => (glyphs.cross, TextRole::Bad),
        };
        let time = canvas.time_of_day_by_local_clock(toast.at);
        let indent = " ".repeat(time.chars().count() + 4);
        let line = [
            SafeSpan::new(format!("{time}  "), TextRole::Dim),
            SafeSpan::new(format!("{glyph} "), ink),
            SafeSpan::new(safe::sanitize_line(&toast.text), TextRole::Plain),
        ];
        rows.extend(wrap::spans(&line, width, &indent));
    }
    rows
}
