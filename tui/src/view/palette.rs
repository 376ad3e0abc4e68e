//! The palette: a line to type in, and what fits below it.

use ratatui::layout::Rect;

use crate::state::filter::match_indices;
use crate::state::paint_output::ClickTarget;
use crate::state::palette::{Palette, PaletteChoice};
use crate::view::canvas::{Canvas, panel_around};
use crate::view::composer;
use crate::view::document::display_width;

/// Columns, at most.
const MAX_WIDTH: u16 = 90;
/// Rows of choices, at most.
const MAX_CHOICES: u16 = 14;
/// Columns of a name, at most.
const MAX_NAME_WIDTH: u16 = 20;
/// Columns of what an action says that it does, at most. Where names would cut it they are left out.
const MAX_TEXT_WIDTH: u16 = 53;
/// Columns of a key, at most.
const MAX_KEY_WIDTH: u16 = 9;

pub(super) fn paint(palette: &Palette, is_top: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let tallest = MAX_CHOICES.min(area.height.saturating_sub(4)).max(1);
    let rows = u16::try_from(palette.choices.len()).unwrap_or(tallest).clamp(1, tallest);
    let inner =
        canvas.paint_resizable_dialog(area, MAX_WIDTH.min(area.width), rows + 4, tallest + 4, "Palette");
    composer::paint(
        &palette.input,
        is_top,
        "an action, a command or a handoff",
        canvas,
        Rect { height: 1, ..inner },
    );
    let list = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    let room = usize::from(list.height).max(1);
    canvas.output.page_height = room;
    if palette.choices.is_empty() {
        canvas.put_text(list.x, list.y, list.width, "Nothing is called that.", canvas.theme.dim);
        return;
    }
    let top = (palette.selected_index + 1).saturating_sub(room);
    let shown = palette.choices.iter().enumerate().skip(top).zip(list.top()..list.bottom());
    let widest = |of: fn(&PaletteChoice) -> &str| {
        palette.choices.iter().map(|it| display_width(of(it))).max().unwrap_or(0)
    };
    let (names, text) =
        (widest(|it| &it.name).min(MAX_NAME_WIDTH), widest(|it| &it.label).min(MAX_TEXT_WIDTH));
    let key = widest(|it| &it.key_label).min(MAX_KEY_WIDTH);
    let names = if text + names + key + 3 <= list.width { names } else { 0 };
    for ((place, choice), y) in shown {
        let line = Rect { x: list.x - 1, y, width: list.width + 1, height: 1 };
        paint_choice(palette, choice, place == palette.selected_index, (names, key), canvas, line);
        canvas.output.add_click_target(line, ClickTarget::PaletteChoice(place));
    }
    let panel = panel_around(inner);
    canvas.paint_scrollbar(panel, list, top, room, palette.choices.len());
    canvas.paint_panel_footer(panel, &format!("{} of {}", palette.selected_index + 1, palette.choices.len()));
}

fn paint_choice(
    palette: &Palette,
    choice: &PaletteChoice,
    is_selected: bool,
    (names, key): (u16, u16),
    canvas: &mut Canvas<'_>,
    line: Rect,
) {
    let theme = canvas.theme;
    if is_selected {
        canvas.put_text(line.x, line.y, 1, theme.glyphs.selection_bar, theme.accent);
    }
    let key_x = line.right().saturating_sub(if key > 0 { key + 1 } else { 0 });
    let name_x = key_x.saturating_sub(if names > 0 { names + 1 } else { 0 });
    let style = if is_selected { theme.strong } else { theme.text };
    let room = name_x.saturating_sub(line.x + 2);
    let found = match_indices(&palette.pattern(), &choice.label);
    canvas.put_text_highlighted(line.x + 1, line.y, room, &choice.label, style, &found);
    canvas.put_text(name_x, line.y, names, &choice.name, theme.dim);
    canvas.put_text_right(line.right(), line.y, key, &choice.key_label, theme.accent);
    if is_selected {
        canvas.highlight_selected(line);
    }
}
