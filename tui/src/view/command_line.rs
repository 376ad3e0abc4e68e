//! The command line and its completions.

use ratatui::layout::Rect;

use crate::state::command_line::CommandLine;
use crate::state::composer::Composer;
use crate::state::paint_output::ClickTarget;
use crate::text::{safe, safe_format};
use crate::view::canvas::{Canvas, panel_around};
use crate::view::composer;
use crate::view::measure::display_width;

/// Completions shown at a time.
const MAX_COMPLETIONS: usize = 8;
/// Columns of the box above the line, at most.
const MAX_WIDTH: u16 = 78;

/// Paints a line that is typed at the bottom of the screen, after a sign that says what it is.
pub(super) fn paint_prompt(
    sign: &'static str,
    line: &Composer,
    hint: &'static str,
    canvas: &mut Canvas<'_>,
    area: Rect,
) {
    canvas.put_text(area.x + 1, area.y, 1, sign, canvas.theme.accent);
    let input = Rect { x: area.x + 2, width: area.width.saturating_sub(3), ..area };
    composer::paint(line, true, hint, canvas, input);
}

/// Paints the completions above the command line, or why the command failed.
pub(super) fn paint_completions(command: &CommandLine, canvas: &mut Canvas<'_>, area: Rect) {
    canvas.output.add_click_target(area, ClickTarget::Layer);
    if let Some(error) = &command.error {
        let text = safe_format!("{} {error}", canvas.theme.glyphs.cross);
        let inner = paint_box_above(canvas, area, display_width(&text) + 4, 1);
        canvas.put_text(inner.x, inner.y, inner.width, &text, canvas.theme.bad);
        return;
    }
    if command.completions.is_empty() {
        return;
    }
    let max_rows = MAX_COMPLETIONS.min(usize::from(area.height.saturating_sub(2))).max(1);
    let rows = command.completions.len().min(max_rows);
    let top = command.selected.map_or(0, |selected| (selected + 1).saturating_sub(max_rows));
    let labels = command.completions.iter().map(|completion| display_width(&completion.label));
    let label_width = labels.max().unwrap_or(0);
    let inner = paint_box_above(canvas, area, MAX_WIDTH, u16::try_from(rows).unwrap_or(1));
    let label_width = label_width.min(inner.width / 2);
    let shown = command.completions.iter().enumerate().skip(top).zip(inner.top()..inner.bottom());
    for ((index, completion), y) in shown {
        let theme = canvas.theme;
        let is_selected = command.selected == Some(index);
        if is_selected {
            canvas.put_text(inner.x - 1, y, 1, theme.glyphs.selection_bar, theme.accent);
        }
        let style = if is_selected { theme.strong } else { theme.text };
        canvas.put_text(inner.x, y, label_width, safe::sanitize_line(&completion.label), style);
        let x = inner.x + label_width + 2;
        let description = safe::sanitize_line(&completion.description);
        canvas.put_text(x, y, inner.right().saturating_sub(x), description, theme.dim);
    }
    canvas.paint_scrollbar(panel_around(inner), inner, top, rows, command.completions.len());
}

/// Paints a box at the bottom of an area; returns the area inside.
fn paint_box_above(canvas: &mut Canvas<'_>, area: Rect, width: u16, rows: u16) -> Rect {
    let height = (rows + 2).min(area.height);
    let outer =
        Rect { x: area.x, y: area.bottom() - height, width: width.min(MAX_WIDTH).min(area.width), height };
    canvas.clear(outer);
    canvas.paint_panel(outer, "", true)
}
