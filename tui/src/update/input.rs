//! Keys and pasted text: a key runs the action that it is bound to; other input goes to the text that is being typed.

use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};

use crate::effect::Effect;
use crate::keymap::{Action, Context, EditAction};
use crate::state::State;
use crate::state::open::TextInput;
use crate::update::dispatch::dispatch_action;
use crate::update::{command_line, dialog, filter, help, login, palette, search, session, vi};

pub(super) fn handle_key(state: &mut State, key: KeyEvent, effects: &mut Vec<Effect>) {
    if key.kind == KeyEventKind::Release || state.input_blocked_until().is_some() {
        return;
    }
    let context = state.context();
    let combination = KeyCombination::from(key);
    if state.has_standing_search()
        && context != Context::Session
        && let Some(action) = state.settings.keymap.own_action_for(Context::Search, combination)
    {
        return dispatch_action(state, context, action, effects);
    }
    let action = state.settings.keymap.action_for(context, combination);
    if vi::handle_key(state, key, action, effects) {
        return;
    }
    let is_command = |_: &Action| context != Context::Session || session::is_command(state, combination);
    match action.filter(is_command) {
        // It is Backspace under another name, wherever that is more than an edit.
        Some(Action::Edit(EditAction::DeleteBack)) => {
            state.kills.end_run();
            type_key(state, KeyCode::Backspace.into());
        }
        Some(action) => {
            if !matches!(action, Action::Edit(_)) {
                state.kills.end_run();
            }
            dispatch_action(state, context, action, effects);
        }
        None => {
            state.kills.end_run();
            type_key(state, key);
        }
    }
}

/// A key that is bound to no action: for the text that is being typed.
fn type_key(state: &mut State, key: KeyEvent) {
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
        // A paste is text, and no letters that act.
        None if state.context() == Context::Conversation => session::paste(state, text),
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
