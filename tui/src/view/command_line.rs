//! Lines that are typed at the foot of the screen: a command with its endings above it, and the filter.

use ratatui::layout::Rect;

use crate::keymap::Context;
use crate::state::State;
use crate::state::command_line::CommandLine;
use crate::state::composer::Composer;
use crate::state::layer::Layer;
use crate::state::paint_output::ClickTarget;
use crate::view::canvas::{Canvas, panel_around};
use crate::view::document::display_width;
use crate::view::{composer, footer};

/// Endings shown at a time.
const MAX_COMPLETIONS: usize = 8;
/// Columns of the box above the line, at most.
const MAX_WIDTH: u16 = 78;

/// The line at the foot, if one is typed there; whether it is.
pub(super) fn paint_input_line(state: &State, canvas: &mut Canvas<'_>, area: Rect) -> bool {
    match state.layers.last() {
        Some(Layer::CommandLine(command)) => {
            paint_prompt(":", &command.input, "", canvas, area);
            true
        }
        None if state.context() == Context::Filter => {
            let line = Rect { width: area.width / 2, ..area };
            paint_prompt("/", &state.queue.filter.input, "words", canvas, line);
            let hints = Rect { x: line.right(), width: area.width - line.width, ..area };
            footer::paint_hints(state, canvas, hints);
            true
        }
        Some(
            Layer::Help { .. }
            | Layer::Log { .. }
            | Layer::Palette(_)
            | Layer::Conflict(_)
            | Layer::Dialog(_)
            | Layer::Confirm(_)
            | Layer::Briefing
            | Layer::Picker(_)
            | Layer::LogIn(_),
        )
        | None => false,
    }
}

fn paint_prompt(sign: &str, line: &Composer, hint: &str, canvas: &mut Canvas<'_>, area: Rect) {
    canvas.put_text(area.x + 1, area.y, 1, sign, canvas.theme.accent);
    let room = Rect { x: area.x + 2, width: area.width.saturating_sub(3), ..area };
    composer::paint(line, true, hint, canvas, room);
}

/// What a command could be, above its line; or why it could not be done.
pub(super) fn paint_completions(command: &CommandLine, canvas: &mut Canvas<'_>, area: Rect) {
    canvas.output.add_click_target(area, ClickTarget::Layer);
    if let Some(why) = &command.error {
        let inner = paint_box_above(canvas, area, display_width(why) + 6, 1);
        let cross = canvas.theme.glyphs.cross;
        canvas.put_text(inner.x, inner.y, inner.width, &format!("{cross} {why}"), canvas.theme.bad);
        return;
    }
    if command.completions.is_empty() {
        return;
    }
    let room = MAX_COMPLETIONS.min(usize::from(area.height.saturating_sub(2))).max(1);
    let rows = command.completions.len().min(room);
    let top = command.selected.map_or(0, |at| (at + 1).saturating_sub(room));
    let words = command.completions.iter().map(|ending| display_width(&ending.label)).max().unwrap_or(0);
    let inner = paint_box_above(canvas, area, MAX_WIDTH, u16::try_from(rows).unwrap_or(1));
    let shown = command.completions.iter().enumerate().skip(top).zip(inner.top()..inner.bottom());
    for ((place, ending), y) in shown {
        let theme = canvas.theme;
        let is_taken = command.selected == Some(place);
        if is_taken {
            canvas.put_text(inner.x - 1, y, 1, theme.glyphs.selection_bar, theme.accent);
        }
        let style = if is_taken { theme.strong } else { theme.text };
        let words = words.min(inner.width / 2);
        canvas.put_text(inner.x, y, words, &ending.label, style);
        let x = inner.x + words + 2;
        canvas.put_text(x, y, inner.right().saturating_sub(x), &ending.description, theme.dim);
    }
    let panel = panel_around(inner);
    canvas.paint_scrollbar(panel, inner, top, rows, command.completions.len());
}

/// A box at the foot of an area; gives the area inside.
fn paint_box_above(canvas: &mut Canvas<'_>, area: Rect, width: u16, rows: u16) -> Rect {
    let height = (rows + 2).min(area.height);
    let outer =
        Rect { x: area.x, y: area.bottom() - height, width: width.min(MAX_WIDTH).min(area.width), height };
    canvas.clear(outer);
    canvas.paint_panel(outer, "", true)
}
