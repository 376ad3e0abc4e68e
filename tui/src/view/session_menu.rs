//! The menu of what can be done with a session: a letter and its verb a row, from the keymap.

use ratatui::layout::Rect;

use crate::availability::{Unavailable, check};
use crate::keymap::{Action, Binding, Context, SessionAction};
use crate::state::State;
use crate::text::Safe;
use crate::view::canvas::Canvas;
use crate::view::measure::display_width;

/// Columns of a box with one column of verbs, at most.
const MAX_WIDTH: u16 = 78;
/// Columns of a box with two, at most.
const MAX_WIDTH_OF_TWO: u16 = 72;

/// A row of the menu.
struct MenuRow {
    key: Safe<'static>,
    description: &'static str,
    /// The same in a word or two.
    label: &'static str,
    is_available: bool,
}

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let rows = menu_rows(state);
    let count = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    let has_two_columns = count + 2 > area.height;
    let (height, width) =
        if has_two_columns { (count.div_ceil(2), MAX_WIDTH_OF_TWO) } else { (count, MAX_WIDTH) };
    let title = "What to do with this session";
    let inner = canvas.paint_dialog(area, width, height + 2, title);
    let key_width = rows.iter().map(|row| display_width(&row.key)).max().unwrap_or(0);
    let column_width = if has_two_columns { inner.width / 2 } else { inner.width };
    for (index, row) in (0..).zip(&rows) {
        let (column, line) = (index / height.max(1), index % height.max(1));
        let (x, y) = (inner.x + column * column_width, inner.y + line);
        if y >= inner.bottom() {
            continue;
        }
        let theme = canvas.theme;
        let (key_style, style) =
            if row.is_available { (theme.accent, theme.text) } else { (theme.dim, theme.dim) };
        canvas.put_text(x, y, key_width, &row.key, key_style);
        let text = if has_two_columns { row.label } else { row.description };
        canvas.put_text(x + key_width + 2, y, column_width.saturating_sub(key_width + 3), text, style);
    }
}

/// What this session has a use for; dim if not now.
fn menu_rows(state: &State) -> Vec<MenuRow> {
    let keymap = &state.settings.keymap;
    let is_row = |binding: &Binding| {
        let is_one_of_many = matches!(binding.action, Action::Session(SessionAction::UseStep(2..)));
        binding.context == Context::SessionMenu && binding.action != Action::Close && !is_one_of_many
    };
    let row = |binding: Binding| {
        let availability = check(state, Context::SessionMenu, binding.action);
        if availability == Err(Unavailable::NotApplicable) || binding.keys.is_empty() {
            return None;
        }
        Some(MenuRow {
            key: keymap.key_for(Context::SessionMenu, binding.action),
            description: binding.description,
            label: if binding.hint_label.is_empty() { verb(binding.description) } else { binding.hint_label },
            is_available: availability.is_ok(),
        })
    };
    keymap.bindings_in(Context::SessionMenu).filter(is_row).filter_map(row).collect()
}

/// The first words of a description.
fn verb(description: &'static str) -> &'static str {
    let end = description.find([':', ';', ',', '(']).unwrap_or(description.len());
    description[..end].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verb_is_the_beginning_of_its_description() {
        assert_eq!(verb("Park: put it aside, visible only to you"), "Park");
        assert_eq!(
            verb("Write the message in your own editor ($VISUAL, $EDITOR)"),
            "Write the message in your own editor"
        );
        assert_eq!(verb("Resolve the session"), "Resolve the session");
    }
}
