//! The log: past toasts with their times, the newest first.

use ratatui::layout::Rect;

use crate::state::State;
use crate::state::search::SearchPlace;
use crate::text::{Safe, SafeLine, SafeSpan, TextRole, safe, safe_format, wrap};
use crate::view::canvas::Canvas;
use crate::view::{labels, search};

/// Columns, at most.
const MAX_WIDTH: u16 = 90;

pub(super) fn paint(state: &State, top: usize, canvas: &mut Canvas<'_>, area: Rect) {
    let width = MAX_WIDTH.min(area.width);
    let lines = log_lines(state, canvas, usize::from(width.saturating_sub(4)));
    let height = u16::try_from(lines.len().max(1) + 2).unwrap_or(u16::MAX);
    let inner = canvas.paint_dialog(area, width, height, "Log");
    if lines.is_empty() {
        canvas.put_text(inner.x, inner.y, inner.width, "No notifications yet", canvas.theme.dim);
        return;
    }
    search::paint_lines(state, SearchPlace::Log, canvas, inner, &lines, top);
}

fn log_lines(state: &State, canvas: &Canvas<'_>, width: usize) -> Vec<SafeLine> {
    let mut lines = Vec::new();
    for toast in state.toasts.log() {
        let (glyph, role) = labels::toast_level(toast.level, &canvas.theme.glyphs);
        let time = canvas.time.time_of_day_by_local_clock(toast.at);
        let indent = Safe::spaces(time.width() + 4);
        let line = [
            SafeSpan::new(safe_format!("{time}  "), TextRole::Dim),
            SafeSpan::new(safe_format!("{glyph} "), role),
            SafeSpan::new(safe::sanitize_line(&toast.text), TextRole::Plain),
        ];
        lines.extend(wrap::spans(&line, width, &indent));
    }
    lines
}
