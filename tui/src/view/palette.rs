//! The palette: an input line, and the choices that match it.

use ratatui::layout::Rect;

use crate::state::filter::match_indices;
use crate::state::paint_output::ClickTarget;
use crate::state::palette::{Palette, PaletteChoice};
use crate::text::{safe, safe_format};
use crate::view::canvas::{Canvas, panel_around};
use crate::view::composer;
use crate::view::measure::display_width;

/// Columns, at most.
const MAX_WIDTH: u16 = 90;
/// Rows of choices, at most.
const MAX_CHOICES: u16 = 14;
/// Columns of a name, at most.
const MAX_NAME_WIDTH: u16 = 20;
/// Columns of a label for which names give way.
const MAX_LABEL_WIDTH: u16 = 53;
/// Columns of a key, at most.
const MAX_KEY_WIDTH: u16 = 9;

pub(super) fn paint(palette: &Palette, is_top: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let tallest = MAX_CHOICES.min(area.height.saturating_sub(4)).max(1);
    let rows = u16::try_from(palette.choices.len()).unwrap_or(tallest).clamp(1, tallest);
    let inner =
        canvas.paint_resizable_dialog(area, MAX_WIDTH.min(area.width), rows + 4, tallest + 4, "Palette");
    let input = Rect { height: 1, ..inner };
    composer::paint(&palette.input, is_top, "an action, a command or a handoff", canvas, input);
    let list = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    let visible = usize::from(list.height).max(1);
    canvas.output.page_height = visible;
    if palette.choices.is_empty() {
        canvas.put_text(list.x, list.y, list.width, "No matches", canvas.theme.dim);
        return;
    }
    let top = (palette.selected_index + 1).saturating_sub(visible);
    let columns = ChoiceColumns::new(&palette.choices, list.width);
    let shown = palette.choices.iter().enumerate().skip(top).zip(list.top()..list.bottom());
    for ((index, choice), y) in shown {
        let line = Rect { x: list.x - 1, y, width: list.width + 1, height: 1 };
        paint_choice(palette, choice, index == palette.selected_index, &columns, canvas, line);
        canvas.output.add_click_target(line, ClickTarget::PaletteChoice(index));
    }
    let panel = panel_around(inner);
    canvas.paint_scrollbar(panel, list, top, visible, palette.choices.len());
    let position = safe_format!("{} of {}", palette.selected_index + 1, palette.choices.len());
    canvas.paint_panel_footer(panel, position);
}

/// Columns beside the labels.
struct ChoiceColumns {
    /// Zero where names would cut the labels.
    names: u16,
    keys: u16,
}

impl ChoiceColumns {
    fn new(choices: &[PaletteChoice], available: u16) -> Self {
        let widest = |text: fn(&PaletteChoice) -> &str| {
            choices.iter().map(|choice| display_width(text(choice))).max().unwrap_or(0)
        };
        let names = widest(|choice| &choice.name).min(MAX_NAME_WIDTH);
        let labels = widest(|choice| &choice.label).min(MAX_LABEL_WIDTH);
        let keys = widest(|choice| &choice.key_label).min(MAX_KEY_WIDTH);
        Self { names: if labels + names + keys + 3 <= available { names } else { 0 }, keys }
    }
}

fn paint_choice(
    palette: &Palette,
    choice: &PaletteChoice,
    is_selected: bool,
    columns: &ChoiceColumns,
    canvas: &mut Canvas<'_>,
    line: Rect,
) {
    let theme = canvas.theme;
    if is_selected {
        canvas.put_text(line.x, line.y, 1, theme.glyphs.selection_bar, theme.accent);
    }
    let with_gap = |width: u16| if width > 0 { width + 1 } else { 0 };
    let key_x = line.right().saturating_sub(with_gap(columns.keys));
    let name_x = key_x.saturating_sub(with_gap(columns.names));
    let style = if is_selected { theme.strong } else { theme.text };
    let label_width = name_x.saturating_sub(line.x + 2);
    let label = safe::sanitize_line(&choice.label);
    let highlighted = match_indices(&palette.pattern(), &label);
    canvas.put_text_highlighted(line.x + 1, line.y, label_width, &label, style, &highlighted);
    canvas.put_text(name_x, line.y, columns.names, safe::sanitize_line(&choice.name), theme.dim);
    let key = safe::sanitize_line(&choice.key_label);
    canvas.put_text_right(line.right(), line.y, columns.keys, key, theme.accent);
    if is_selected {
        canvas.highlight_selected(line);
    }
}
