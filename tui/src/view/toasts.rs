//! Toasts, the newest below. They are in the bottom right corner, or in the top right one where the bottom has an input
//! line. On a low screen the newest takes one line of the border above the keys.

use ratatui::layout::{Margin, Rect};

use crate::keymap::Context;
use crate::state::State;
use crate::state::toast::Toast;
use crate::text::{SafeLine, SafeSpan, TextRole, safe, wrap};
use crate::view::canvas::Canvas;
use crate::view::labels;
use crate::view::measure::display_width;

/// Columns of a toast with its border, at most.
const MAX_WIDTH: u16 = 53;
/// Columns of a toast that is one line, at most.
const MAX_LINE_WIDTH: u16 = 78;
/// Rows of the text of a toast, at most.
const MAX_TEXT_ROWS: usize = 3;
/// Rows of the screen below which boxes would hide too much of it.
const MIN_HEIGHT_FOR_BOXES: u16 = 16;

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let shown = state.toasts.shown();
    if area.height + 2 < MIN_HEIGHT_FOR_BOXES {
        if let Some(newest) = shown.last() {
            paint_one_line(newest, canvas, area);
        }
        return;
    }
    // The borders below stay visible, with the text in them.
    let area = area.inner(Margin::new(1, 1));
    let max_width = |toast: &Toast| if toast.is_line { MAX_LINE_WIDTH } else { MAX_WIDTH };
    let width = |toast: &Toast| (display_width(&toast.text) + 6).min(max_width(toast)).min(area.width);
    let mut boxes: Vec<(&Toast, Vec<SafeLine>)> =
        shown.iter().map(|toast| (toast, toast_lines(toast, width(toast)))).collect();
    let height = |lines: &[SafeLine]| u16::try_from(lines.len()).unwrap_or(1) + 2;
    let mut total: u16 = boxes.iter().map(|(_, lines)| height(lines)).sum();
    // The oldest give way; one alone always fits.
    while total > area.height && boxes.len() > 1 {
        total -= height(&boxes.remove(0).1);
    }
    let mut y = if has_bottom_input(state.context()) { area.y } else { area.bottom().saturating_sub(total) };
    for (toast, lines) in boxes {
        let (width, height) = (width(toast), height(&lines));
        let outer = Rect { x: area.right() - width, y, width, height };
        canvas.clear(outer);
        let inner = canvas.paint_panel(outer, "", false);
        paint_glyph(toast, canvas, inner.x, inner.y);
        canvas.put_lines(Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), ..inner }, &lines);
        y += height;
    }
}

/// Whether the user types where a toast would be.
const fn has_bottom_input(context: Context) -> bool {
    match context {
        Context::Session | Context::CommandLine => true,
        Context::Global
        | Context::Queue
        | Context::Filter
        | Context::Briefing
        | Context::BriefingOverlay
        | Context::Dialog
        | Context::Conflict
        | Context::Branches
        | Context::Steps
        | Context::SimilarCases
        | Context::Confirm
        | Context::SecretWarning
        | Context::Help
        | Context::Log
        | Context::Palette => false,
    }
}

/// Paints a toast over the lower border of the screen. Its whole text is in the log.
fn paint_one_line(toast: &Toast, canvas: &mut Canvas<'_>, area: Rect) {
    let text = safe::sanitize_line(&toast.text);
    let width = (display_width(&text) + 4).min(area.width.saturating_sub(2));
    let outer = Rect { x: area.right() - 1 - width, y: area.bottom() - 1, width, height: 1 };
    canvas.clear(outer);
    paint_glyph(toast, canvas, outer.x + 1, outer.y);
    canvas.put_text(outer.x + 3, outer.y, width.saturating_sub(4), &text, canvas.theme.text);
}

fn paint_glyph(toast: &Toast, canvas: &mut Canvas<'_>, x: u16, y: u16) {
    let (glyph, role) = labels::toast_level(toast.level, &canvas.theme.glyphs);
    canvas.put_text(x, y, 1, glyph, canvas.theme.style(role));
}

fn toast_lines(toast: &Toast, width: u16) -> Vec<SafeLine> {
    let columns = usize::from(width.saturating_sub(6));
    let mut lines = wrap::plain_text(&toast.text, columns, TextRole::Plain);
    if lines.len() > MAX_TEXT_ROWS {
        lines.truncate(MAX_TEXT_ROWS);
        if let Some(last) = lines.last_mut() {
            // The whole text is in the log.
            last.0.push(SafeSpan::new("…", TextRole::Plain));
            *last = last.ellipsized(columns).into_owned();
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::state::command_line::CommandLine;
    use crate::state::layer::Layer;
    use crate::state::toast::ToastLevel;

    fn painted_rows(state: &State, columns: u16, rows: u16) -> Vec<String> {
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
        let area = buffer.area;
        paint(state, &mut Canvas::new(&mut buffer, state), area);
        let rows = buffer.content.chunks(usize::from(columns));
        rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned())
            .collect()
    }

    #[test]
    fn toasts_are_at_the_bottom_unless_there_is_an_input_line() {
        let mut state = State::default();
        state.show_toast(ToastLevel::Success, "first");
        state.show_toast(ToastLevel::Error, "second");
        let foot = painted_rows(&state, 40, 20);
        assert!(foot[14].ends_with("✓ first │") && foot[17].ends_with("✗ second │"), "{foot:#?}");
        assert!(foot[19..].iter().chain(&foot[..12]).all(String::is_empty), "{foot:#?}");
        state.layers.push(Layer::CommandLine(Box::new(CommandLine::new(Context::Queue))));
        let top = painted_rows(&state, 40, 20);
        assert!(top[2].ends_with("✓ first │") && top[5].ends_with("✗ second │"), "{top:#?}");
        assert!(top[7..].iter().chain(&top[..1]).all(String::is_empty), "{top:#?}");
    }

    #[test]
    fn on_a_low_screen_only_the_newest_toast_is_shown_in_one_row() {
        let mut state = State::default();
        state.show_toast(ToastLevel::Success, "first");
        state.show_toast(ToastLevel::Error, "a second one that is longer than such a terminal is wide");
        let rows = painted_rows(&state, 40, 8);
        assert_eq!(rows[7], "  ✗ a second one that is longer than …");
        assert!(rows[..7].iter().all(String::is_empty), "{rows:#?}");
    }
}
