//! Toasts, the newest below. They are in the bottom right corner, or in the top right one where the bottom has an input
//! line, and never over what is typed. On a low screen the newest takes one line of the border above the keys.

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
    let inner = area.inner(Margin::new(1, 1));
    let max_width = |toast: &Toast| if toast.is_line { MAX_LINE_WIDTH } else { MAX_WIDTH };
    let width = |toast: &Toast| (display_width(&toast.text) + 6).min(max_width(toast)).min(inner.width);
    let mut boxes: Vec<(&Toast, Vec<SafeLine>)> =
        shown.iter().map(|toast| (toast, toast_lines(toast, width(toast)))).collect();
    // The oldest give way.
    while !boxes.is_empty() {
        let size = (
            boxes.iter().map(|(toast, _)| width(toast)).max().unwrap_or(0),
            boxes.iter().map(|(_, lines)| box_height(lines)).sum(),
        );
        if let Some(mut y) = free_row(state, canvas, inner, size) {
            for (toast, lines) in boxes {
                let height = box_height(&lines);
                let outer = Rect { x: inner.right() - width(toast), y, width: width(toast), height };
                paint_box(toast, &lines, canvas, outer);
                y += height;
            }
            return;
        }
        boxes.remove(0);
    }
    // There is room only on the border of what is typed.
    if let Some(newest) = shown.last() {
        paint_one_line(newest, canvas, area);
    }
}

fn box_height(lines: &[SafeLine]) -> u16 {
    u16::try_from(lines.len()).unwrap_or(1) + 2
}

/// The first row for toasts of this width and height: at the bottom or at the top, and not over what is typed.
fn free_row(state: &State, canvas: &Canvas<'_>, area: Rect, (width, height): (u16, u16)) -> Option<u16> {
    if height > area.height {
        return None;
    }
    let typing = canvas.output.typing_area.filter(|_| state.text_input().is_some());
    let x = area.right().saturating_sub(width);
    let is_free = |y: &u16| typing.is_none_or(|typing| !typing.intersects(Rect { x, y: *y, width, height }));
    let (top, bottom) = (area.y, area.bottom() - height);
    let rows = if has_bottom_input(state.context()) { [top, bottom] } else { [bottom, top] };
    rows.into_iter().find(is_free)
}

fn paint_box(toast: &Toast, lines: &[SafeLine], canvas: &mut Canvas<'_>, outer: Rect) {
    canvas.clear(outer);
    let inner = canvas.paint_panel(outer, "", false);
    paint_glyph(toast, canvas, inner.x, inner.y);
    canvas.put_lines(Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), ..inner }, lines);
}

/// Whether the user types where a toast would be.
const fn has_bottom_input(context: Context) -> bool {
    match context {
        Context::Session
        | Context::Conversation
        | Context::SessionMenu
        | Context::CommandLine
        | Context::SearchLine => true,
        Context::Global
        | Context::Editing
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
        | Context::Palette
        | Context::Pager
        | Context::Search => false,
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
    use tierup_common::id::SessionId;

    use super::*;
    use crate::state::command_line::CommandLine;
    use crate::state::dialog::Dialog;
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

    /// Seen to fail: with toasts at the bottom whatever is there.
    #[test]
    fn toasts_never_cover_a_dialog_that_is_typed_in() {
        for (columns, rows) in [(60, 20), (80, 24), (120, 36)] {
            let mut state = State::default();
            for number in 1..=3 {
                let text = format!("text {number} that is as long as such texts are at most, or nearly");
                state.show_toast(ToastLevel::Error, text);
            }
            let session = SessionId::from_bytes([1; 16]);
            state.open_dialog(Dialog::escalate(session));
            let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
            let output = crate::view::paint(&state, &mut buffer);
            let typing = output.typing_area.unwrap();
            let is_toast = |x, y| buffer[(x, y)].symbol() == "✗";
            let covers = |(x, y)| is_toast(x, y) && y + 1 < typing.bottom() && y > typing.y && x >= typing.x;
            let cells = (0..rows).flat_map(|y| (0..columns).map(move |x| (x, y)));
            assert_eq!(cells.clone().filter(|at| covers(*at)).count(), 0, "{columns}x{rows}");
            assert!(cells.clone().any(|(x, y)| is_toast(x, y)), "{columns}x{rows}");
        }
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
