//! The log: past toasts, and what happened before this console was started, with their times, the newest first.

use std::cmp::Reverse;
use std::collections::HashSet;

use ratatui::layout::Rect;
use tierup_common::id::Seq;
use tierup_common::time::Timestamp;

use crate::state::State;
use crate::state::search::SearchPlace;
use crate::state::toast::ToastLevel;
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

/// A line of the log: its time by this machine's clock, its glyph and its text.
struct LogLine<'s> {
    at: Timestamp,
    level: ToastLevel,
    text: &'s str,
}

fn log_lines(state: &State, canvas: &Canvas<'_>, width: usize) -> Vec<SafeLine> {
    let mut lines = Vec::new();
    for LogLine { at, level, text } in merged_log(state) {
        let (glyph, role) = labels::toast_level(level, &canvas.theme.glyphs);
        let time = canvas.time.time_of_day_by_local_clock(at);
        let indent = Safe::spaces(time.width() + 4);
        let line = [
            SafeSpan::new(safe_format!("{time}  "), TextRole::Dim),
            SafeSpan::new(safe_format!("{glyph} "), role),
            SafeSpan::new(safe::sanitize_line(text), TextRole::Plain),
        ];
        lines.extend(wrap::spans(&line, width, &indent));
    }
    lines
}

/// Toasts, and what the server's log has besides them, the newest first.
fn merged_log(state: &State) -> Vec<LogLine<'_>> {
    let shown: HashSet<Seq> = state.toasts.log().filter_map(|toast| toast.event).collect();
    let toasts =
        state.toasts.log().map(|toast| LogLine { at: toast.at, level: toast.level, text: &toast.text });
    let others = state.inbox.entries().filter(|entry| !shown.contains(&entry.seq));
    let others = others.map(|entry| LogLine {
        at: Timestamp::from_millis(entry.at.as_millis().saturating_sub(state.clock_skew_ms)),
        level: ToastLevel::Info,
        text: &entry.text,
    });
    let mut lines: Vec<LogLine<'_>> = toasts.chain(others).collect();
    lines.sort_by_key(|line| Reverse(line.at));
    lines
}
