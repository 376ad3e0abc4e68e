//! Keys and pasted text: a key runs the action that it is bound to; other input goes to the text that is being typed.

use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};

use crate::effect::Effect;
use crate::keymap::{Action, Context, is_text_key};
use crate::state::State;
use crate::state::open::TextInput;
use crate::update::dispatch::dispatch_action;
use crate::update::{command_line, dialog, filter, help, login, palette, search, session};

pub(super) fn handle_key(state: &mut State, key: KeyEvent, effects: &mut Vec<Effect>) {
    if key.kind == KeyEventKind::Release || state.input_blocked_until().is_some() {
        return;
    }
    let context = state.context();
    let combination = KeyCombination::from(key);
    if state.has_standing_search() {
        if let Some(action) = state.settings.keymap.own_action_for(Context::Search, combination) {
            return dispatch_action(state, context, action, effects);
        }
        // A letter that is no key of the search must not become part of the message.
        if context == Context::Session && is_text_key(combination) {
            return;
        }
    }
    let action = state.settings.keymap.action_for(context, combination);
    let is_command =
        |action: &Action| context != Context::Session || session::is_command(state, combination, *action);
    if let Some(action) = action.filter(is_command) {
        return dispatch_action(state, context, action, effects);
    }
    match state.text_input() {
        Some(TextInput::Composer) => session::handle_key(state, key),
        Some(TextInput::LogIn) => login::handle_key(state, key),
        Some(TextInput::Dialog) => dialog::handle_key(state, key),
        Some(TextInput::Filter) => filter::handle_key(state, key),
        Some(TextInput::Palette) => handle_line_key(state, key, palette::refresh_choices),
        Some(TextInput::CommandLine) => handle_line_key(state, key, command_line::refresh_completions),
        Some(TextInput::Help) => help::handle_key(state, key),
        Some(TextInput::Search) => search::handle_key(state, key),
        None => {}
    }
}

pub(super) fn paste(state: &mut State, text: &str) {
    if state.input_blocked_until().is_some() {
        return;
    }
    match state.text_input() {
        Some(TextInput::Composer) => session::paste(state, text),
        Some(TextInput::LogIn) => login::paste(state, text),
        Some(TextInput::Dialog) => dialog::paste(state, text),
        Some(TextInput::Filter) => filter::paste(state, text),
        Some(TextInput::Palette) => paste_line(state, text, palette::refresh_choices),
        Some(TextInput::CommandLine) => paste_line(state, text, command_line::refresh_completions),
        Some(TextInput::Help) => help::paste(state, text),
        Some(TextInput::Search) => search::paste(state, text),
        None => {}
    }
}

/// Edits the line of the palette or of the command line. Backspace in an empty line closes it.
fn handle_line_key(state: &mut State, key: KeyEvent, refresh: fn(&mut State)) {
    let Some(line) = state.top_line_mut() else { return };
    if key.code == KeyCode::Backspace && line.is_empty() {
        state.layers.pop();
        return;
    }
    line.handle_key_single_line(key);
    refresh(state);
}

fn paste_line(state: &mut State, text: &str, refresh: fn(&mut State)) {
    if let Some(line) = state.top_line_mut() {
        line.paste_single_line(text);
        refresh(state);
    }
}
