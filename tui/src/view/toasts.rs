//! What just happened, in a corner, the newest below. At the foot, where lists end and dialogs do not reach; at the top
//! where one types at the foot. With few rows the newest takes one line of the border above the keys.

use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;

use crate::keymap::Context;
use crate::state::State;
use crate::state::toast::{Toast, ToastLevel};
use crate::text::{SafeLine, SafeSpan, TextRole, wrap};
use crate::view::canvas::Canvas;
use crate::view::document::display_width;

/// Columns of a toast, at most.
const MAX_WIDTH: u16 = 53;
/// Rows of its text, at most.
const MAX_TEXT_ROWS: usize = 3;
/// Rows of a screen in which a box would hide what one works on.
const MIN_HEIGHT_FOR_BOXES: u16 = 16;

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let shown = state.toasts.shown();
    if area.height + 2 < MIN_HEIGHT_FOR_BOXES {
        if let Some(newest) = shown.last() {
            paint_one_line(newest, canvas, area);
        }
        return;
    }
    // The borders of what is there stay whole, and what stands in them can be read.
    let area = area.inner(Margin::new(1, 1));
    let width = |toast: &Toast| (display_width(&toast.text) + 6).min(MAX_WIDTH).min(area.width);
    let mut boxes: Vec<(&Toast, Vec<SafeLine>)> =
        shown.iter().map(|toast| (toast, toast_lines(toast, width(toast)))).collect();
    let height = |rows: &[SafeLine]| u16::try_from(rows.len()).unwrap_or(1) + 2;
    let mut all: u16 = boxes.iter().map(|(_, rows)| height(rows)).sum();
    // The newest is the one to be seen; a box alone always has room.
    while all > area.height && boxes.len() > 1 {
        all -= height(&boxes.remove(0).1);
    }
    let mut y = if has_bottom_input(state.context()) { area.y } else { area.bottom().saturating_sub(all) };
    for (toast, rows) in boxes {
        let (width, height) = (width(toast), height(&rows));
        let outer = Rect { x: area.right() - width, y, width, height };
        canvas.clear(outer);
        let inner = canvas.paint_panel(outer, "", false);
        let (glyph, style) = glyph_and_style(toast, canvas);
        canvas.put_text(inner.x, inner.y, 1, glyph, style);
        canvas.put_lines(Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), ..inner }, &rows);
        y += height;
    }
}

/// Whether what one types stands where a toast would.
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
        | Context::Tried
        | Context::Outcomes
        | Context::Cases
        | Context::Confirm
        | Context::Help
        | Context::Log
        | Context::Palette => false,
    }
}

/// On the lower border of what fills the screen. The log has all of it.
fn paint_one_line(toast: &Toast, canvas: &mut Canvas<'_>, area: Rect) {
    let room = area.width.saturating_sub(2);
    let width = (display_width(&toast.text) + 4).min(room);
    let outer = Rect { x: area.right() - 1 - width, y: area.bottom() - 1, width, height: 1 };
    canvas.clear(outer);
    let (glyph, style) = glyph_and_style(toast, canvas);
    canvas.put_text(outer.x + 1, outer.y, 1, glyph, style);
    canvas.put_text(outer.x + 3, outer.y, width.saturating_sub(4), &toast.text, canvas.theme.text);
}

fn glyph_and_style(toast: &Toast, canvas: &Canvas<'_>) -> (&'static str, Style) {
    let theme = canvas.theme;
    match toast.level {
        ToastLevel::Success => (theme.glyphs.check, theme.good),
        ToastLevel::Info => (theme.glyphs.unread, theme.accent),
        ToastLevel::Error => (theme.glyphs.cross, theme.bad),
    }
}

fn toast_lines(toast: &Toast, width: u16) -> Vec<SafeLine> {
    let room = usize::from(width.saturating_sub(6));
    let mut rows = wrap::plain_text(&toast.text, room, TextRole::Plain);
    if rows.len() > MAX_TEXT_ROWS {
        rows.truncate(MAX_TEXT_ROWS);
        if let Some(last) = rows.last_mut() {
            // The log has all of it.
            last.0.push(SafeSpan::new("…", TextRole::Plain));
            *last = last.ellipsized(room).into_owned();
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::state::command_line::CommandLine;
    use crate::state::layer::Layer;

    fn painted_rows(state: &State, columns: u16, rows: u16) -> Vec<String> {
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
        let area = buffer.area;
        paint(state, &mut Canvas::new(&mut buffer, state), area);
        let rows = buffer.content.chunks(usize::from(columns));
        rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned())
            .collect()
    }

    #[test]
    fn toasts_stand_at_the_foot_but_not_where_one_types() {
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
    fn where_there_are_few_rows_the_newest_takes_one() {
        let mut state = State::default();
        state.show_toast(ToastLevel::Success, "first");
        state.show_toast(ToastLevel::Error, "a second one that is longer than such a terminal is wide");
        let rows = painted_rows(&state, 40, 8);
        assert_eq!(rows[7], "  ✗ a second one that is longer than …");
        assert!(rows[..7].iter().all(String::is_empty), "{rows:#?}");
    }
}
