//! Lines that are typed at the foot of the screen: a command with its endings above it, and the filter.

use ratatui::layout::Rect;

use crate::keymap::Context;
use crate::state::State;
use crate::state::command::CommandLine;
use crate::state::composer::Composer;
use crate::state::layer::Layer;
use crate::state::painted::Target;
use crate::view::canvas::{Canvas, around};
use crate::view::sheet::columns;
use crate::view::{composer, footer};

/// Endings shown at a time.
const SHOWN: usize = 8;
/// Columns of the box above the line, at most.
const WIDEST: u16 = 78;

/// The line at the foot, if one is typed there; whether it is.
pub(super) fn paint_line(state: &State, canvas: &mut Canvas<'_>, area: Rect) -> bool {
    match state.layers.last() {
        Some(Layer::Command(command)) => {
            prompt(":", &command.line, "", canvas, area);
            true
        }
        None if state.context() == Context::Filter => {
            let line = Rect { width: area.width / 2, ..area };
            prompt("/", &state.queue.filter.line, "words", canvas, line);
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
            | Layer::Pick(_)
            | Layer::LogIn(_),
        )
        | None => false,
    }
}

fn prompt(sign: &str, line: &Composer, hint: &str, canvas: &mut Canvas<'_>, area: Rect) {
    canvas.put(area.x + 1, area.y, 1, sign, canvas.theme.accent);
    let room = Rect { x: area.x + 2, width: area.width.saturating_sub(3), ..area };
    composer::paint(line, true, hint, canvas, room);
}

/// What a command could be, above its line; or why it could not be done.
pub(super) fn paint_endings(command: &CommandLine, canvas: &mut Canvas<'_>, area: Rect) {
    canvas.painted.target(area, Target::Layer);
    if let Some(why) = &command.error {
        let inner = above(canvas, area, columns(why) + 6, 1);
        let cross = canvas.theme.glyphs.cross;
        canvas.put(inner.x, inner.y, inner.width, &format!("{cross} {why}"), canvas.theme.bad);
        return;
    }
    if command.endings.is_empty() {
        return;
    }
    let room = SHOWN.min(usize::from(area.height.saturating_sub(2))).max(1);
    let rows = command.endings.len().min(room);
    let top = command.at.map_or(0, |at| (at + 1).saturating_sub(room));
    let words = command.endings.iter().map(|ending| columns(&ending.word)).max().unwrap_or(0);
    let inner = above(canvas, area, WIDEST, u16::try_from(rows).unwrap_or(1));
    let shown = command.endings.iter().enumerate().skip(top).zip(inner.top()..inner.bottom());
    for ((place, ending), y) in shown {
        let theme = canvas.theme;
        let is_taken = command.at == Some(place);
        if is_taken {
            canvas.put(inner.x - 1, y, 1, theme.glyphs.bar, theme.accent);
        }
        let style = if is_taken { theme.strong } else { theme.text };
        let words = words.min(inner.width / 2);
        canvas.put(inner.x, y, words, &ending.word, style);
        let x = inner.x + words + 2;
        canvas.put(x, y, inner.right().saturating_sub(x), &ending.about, theme.dim);
    }
    let panel = around(inner);
    canvas.thumb(panel, inner, top, rows, command.endings.len());
}

/// A box at the foot of an area; gives the area inside.
fn above(canvas: &mut Canvas<'_>, area: Rect, width: u16, rows: u16) -> Rect {
    let height = (rows + 2).min(area.height);
    let outer =
        Rect { x: area.x, y: area.bottom() - height, width: width.min(WIDEST).min(area.width), height };
    canvas.clear(outer);
    canvas.panel(outer, "", true)
}
