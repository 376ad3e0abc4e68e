//! Saved filters and commands of the user's own.

use crate::effect::{Effect, ProgramCall};
use crate::state::State;
use crate::state::toast::ToastLevel;
use crate::text::safe;
use crate::update::{filter, navigate};

/// Filters the list by a saved filter; if it is in force already, shows all rows.
pub(super) fn apply_filter(state: &mut State, number: u8) {
    let Some(saved) = nth(&state.settings.shortcuts.filters, number).cloned() else { return };
    navigate::to_queue(state);
    let is_here = saved.tab.is_none_or(|tab| tab == state.queue.tab);
    if is_here && state.queue.filter.text() == saved.query {
        return filter::clear(state);
    }
    if let Some(tab) = saved.tab {
        state.queue.tab = tab;
    }
    state.queue.filter.is_open = false;
    filter::set(state, &saved.query);
}

/// Runs a command on the selected row, or on what is open.
pub(super) fn run_command(state: &mut State, number: u8, effects: &mut Vec<Effect>) {
    let Some(subject) = state.command_subject() else { return };
    let Some(command) = nth(&state.settings.shortcuts.commands, number) else { return };
    let call = ProgramCall {
        name: command.name.clone(),
        program: command.program.clone(),
        arguments: command.arguments(&subject),
        in_terminal: command.in_terminal,
    };
    if !call.in_terminal {
        let text = format!("{} #{}", call.name, subject.number);
        state.show_toast(ToastLevel::Info, text);
    }
    effects.push(Effect::RunProgram(call));
}

/// A command has ended.
pub(super) fn apply_program_end(state: &mut State, name: &str, result: Result<(), String>) {
    if let Err(reason) = result {
        state.show_toast(ToastLevel::Error, format!("{name}: {}", safe::sanitize_line(&reason)));
    }
}

fn nth<T>(list: &[T], number: u8) -> Option<&T> {
    list.get(usize::from(number).checked_sub(1)?)
}
