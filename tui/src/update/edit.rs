//! Edits the text that has the keys, in whatever field.

use crate::keymap::EditAction;
use crate::state::State;
use crate::state::dialog::Dialog;
use crate::state::open::TextInput;
use crate::update::{command_line, dialog, filter, help, login, palette, search};

/// Runs a command on the text, and what follows from its change.
pub(super) fn run_action(state: &mut State, action: EditAction) {
    if state.is_login_on_top() {
        login::edit(state, action);
    }
    let mut kills = std::mem::take(&mut state.kills);
    if let Some((text, is_single_line)) = state.focused_text_mut() {
        text.edit(action, &mut kills, is_single_line);
    }
    state.kills = kills;
    apply_change(state);
}

/// Empties the text that has the keys; false if there is none. A dialog with text in its other fields asks instead, because
/// to quit would lose it.
pub(super) fn clear(state: &mut State) -> bool {
    let cleared = match state.focused_text_mut() {
        Some((text, _)) if !text.is_empty() => {
            text.clear();
            true
        }
        Some(_) | None => false,
    };
    if cleared {
        apply_change(state);
    } else if state.is_login_on_top() {
        return login::clear_secret(state);
    } else if state.top_dialog_mut().is_some_and(|dialog| Dialog::is_modified(dialog)) {
        dialog::cancel(state);
        return true;
    }
    cleared
}

/// What follows from an edited text.
fn apply_change(state: &mut State) {
    match state.text_input() {
        Some(TextInput::Dialog) => {
            if let Some(dialog) = state.top_dialog_mut() {
                dialog.request.clear_error();
            }
        }
        Some(TextInput::LogIn) => {
            if let Some(login) = state.login_form_mut() {
                login.request.clear_error();
            }
        }
        Some(TextInput::Filter) => filter::apply_input(state),
        Some(TextInput::Palette) => palette::refresh_choices(state),
        Some(TextInput::CommandLine) => command_line::refresh_completions(state),
        Some(TextInput::Help) => help::show_from_top(state),
        Some(TextInput::Search) => search::refresh(state),
        Some(TextInput::Composer) | None => {}
    }
}
