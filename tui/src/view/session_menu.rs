//! The menu of what can be done with a session: a letter and its verb a row, from the keymap. Where not all rows fit,
//! there are two columns, and on very low screens it scrolls.

use ratatui::layout::Rect;

use crate::availability::{Unavailable, check};
use crate::keymap::{Action, Binding, Context, SessionAction};
use crate::state::State;
use crate::text::{Safe, SafeLine, SafeSpan, TextRole, safe, safe_format};
use crate::view::canvas::Canvas;

/// Columns of a box with one column of verbs, at most.
const MAX_WIDTH: u16 = 78;
/// Columns of a box with two, at most.
const MAX_WIDTH_OF_TWO: u16 = 72;

/// A row of the menu.
struct MenuRow {
    key: Safe<'static>,
    description: Safe<'static>,
    /// The same in a word or two.
    label: Safe<'static>,
    is_available: bool,
}

pub(super) fn paint(state: &State, top: usize, canvas: &mut Canvas<'_>, area: Rect) {
    let rows = menu_rows(state);
    let fits = rows.len() + 2 <= usize::from(area.height);
    let (column_count, width) = if fits { (1, MAX_WIDTH) } else { (2, MAX_WIDTH_OF_TWO) };
    let line_count = rows.len().div_ceil(column_count);
    let columns = usize::from(width.min(area.width).saturating_sub(4)) / column_count;
    let key_columns = rows.iter().map(|row| row.key.width()).max().unwrap_or(0);
    let cell = |row: &MenuRow| {
        // A narrow column has room for a word or two.
        row.spans(if fits { &row.description } else { &row.label }, key_columns, columns)
    };
    let line =
        |line: usize| SafeLine(rows.iter().skip(line).step_by(line_count.max(1)).flat_map(cell).collect());
    let lines: Vec<SafeLine> = (0..line_count).map(line).collect();
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let inner = canvas.paint_dialog(area, width, height, "What to do with this session");
    canvas.put_scrolled_lines(inner, &lines, top);
}

impl MenuRow {
    /// The key and a text, as wide as the column.
    fn spans(&self, text: &Safe<'static>, key_columns: usize, columns: usize) -> [SafeSpan; 3] {
        let (key_role, role) = if self.is_available {
            (TextRole::Accent, TextRole::Plain)
        } else {
            (TextRole::Dim, TextRole::Dim)
        };
        let gap = Safe::spaces(key_columns + 2 - self.key.width());
        let text = text.ellipsized(columns.saturating_sub(key_columns + 3)).into_owned();
        let rest = Safe::spaces(columns.saturating_sub(key_columns + 2 + text.width()));
        [
            SafeSpan::new(safe_format!("{}{gap}", self.key), key_role),
            SafeSpan::new(text, role),
            SafeSpan::new(rest, TextRole::Plain),
        ]
    }
}

/// What this session has a use for; dim if not now.
fn menu_rows(state: &State) -> Vec<MenuRow> {
    let keymap = &state.settings.keymap;
    let is_row = |binding: &Binding| {
        let is_one_of_many = matches!(binding.action, Action::Session(SessionAction::UseStep(2..)));
        let is_verb =
            matches!(binding.action, Action::Session(_) | Action::Log | Action::Search(_) | Action::Pager);
        binding.context == Context::SessionMenu && is_verb && !is_one_of_many
    };
    let row = |binding: Binding| {
        let availability = check(state, Context::SessionMenu, binding.action);
        if availability == Err(Unavailable::NotApplicable) || binding.keys.is_empty() {
            return None;
        }
        Some(MenuRow {
            key: keymap.key_for(Context::SessionMenu, binding.action),
            label: match binding.hint_label {
                "" => safe::sanitize_line(verb(&binding.description)).into_owned(),
                label => label.into(),
            },
            description: safe::sanitize_line(&binding.description).into_owned(),
            is_available: availability.is_ok(),
        })
    };
    keymap.bindings_in(Context::SessionMenu).filter(is_row).filter_map(row).collect()
}

/// The first words of a description.
fn verb(description: &str) -> &str {
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
