//! The palette: a line to type in, and what fits below it.

use ratatui::layout::Rect;

use crate::state::filter::places;
use crate::state::painted::Target;
use crate::state::palette::{Choice, Palette};
use crate::view::canvas::{Canvas, around};
use crate::view::composer;
use crate::view::sheet::columns;

/// Columns, at most.
const WIDEST: u16 = 90;
/// Rows of choices, at most.
const TALLEST: u16 = 14;
/// Columns of a name, at most.
const NAMES: u16 = 20;
/// Columns of what an action says that it does, at most. Where names would cut it they are left out.
const TEXT: u16 = 53;
/// Columns of a key, at most.
const KEY: u16 = 9;

pub(super) fn paint(palette: &Palette, is_top: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let tallest = TALLEST.min(area.height.saturating_sub(4)).max(1);
    let rows = u16::try_from(palette.choices.len()).unwrap_or(tallest).clamp(1, tallest);
    let inner = canvas.dialog_of(area, WIDEST.min(area.width), rows + 4, tallest + 4, "Palette");
    composer::paint(
        &palette.line,
        is_top,
        "an action, a command or a handoff",
        canvas,
        Rect { height: 1, ..inner },
    );
    let list = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    let room = usize::from(list.height).max(1);
    canvas.painted.page = room;
    if palette.choices.is_empty() {
        canvas.put(list.x, list.y, list.width, "Nothing is called that.", canvas.theme.dim);
        return;
    }
    let top = (palette.at + 1).saturating_sub(room);
    let shown = palette.choices.iter().enumerate().skip(top).zip(list.top()..list.bottom());
    let widest =
        |of: fn(&Choice) -> &str| palette.choices.iter().map(|it| columns(of(it))).max().unwrap_or(0);
    let (names, text) = (widest(|it| &it.name).min(NAMES), widest(|it| &it.text).min(TEXT));
    let key = widest(|it| &it.key).min(KEY);
    let names = if text + names + key + 3 <= list.width { names } else { 0 };
    for ((place, choice), y) in shown {
        let line = Rect { x: list.x - 1, y, width: list.width + 1, height: 1 };
        paint_choice(palette, choice, place == palette.at, (names, key), canvas, line);
        canvas.painted.target(line, Target::Choice(place));
    }
    let panel = around(inner);
    canvas.thumb(panel, list, top, room, palette.choices.len());
    canvas.foot_of_panel(panel, &format!("{} of {}", palette.at + 1, palette.choices.len()));
}

fn paint_choice(
    palette: &Palette,
    choice: &Choice,
    is_selected: bool,
    (names, key): (u16, u16),
    canvas: &mut Canvas<'_>,
    line: Rect,
) {
    let theme = canvas.theme;
    if is_selected {
        canvas.put(line.x, line.y, 1, theme.glyphs.bar, theme.accent);
    }
    let key_x = line.right().saturating_sub(if key > 0 { key + 1 } else { 0 });
    let name_x = key_x.saturating_sub(if names > 0 { names + 1 } else { 0 });
    let style = if is_selected { theme.strong } else { theme.text };
    let room = name_x.saturating_sub(line.x + 2);
    let found = places(&palette.pattern(), &choice.text);
    canvas.put_found(line.x + 1, line.y, room, &choice.text, style, &found);
    canvas.put(name_x, line.y, names, &choice.name, theme.dim);
    canvas.put_right(line.right(), line.y, key, &choice.key, theme.accent);
    if is_selected {
        canvas.select(line);
    }
}
