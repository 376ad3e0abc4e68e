//! Runs an action: checks that it is available, then calls the file of its place (a screen or a layer).

use crate::availability;
use crate::effect::Effect;
use crate::keymap::{Action, Context, LineAction, Move};
use crate::state::State;
use crate::state::layer::{ConfirmedAction, Layer};
use crate::state::login::LogInReason;
use crate::state::open::TextInput;
use crate::update::command_line::ChosenAction;
use crate::update::scroll::scroll_offset_after;
use crate::update::{
    appearance, briefing, command_line, conflict, dialog, edit, filter, help, inbox, login, outcomes, pager,
    palette, picker, queue, reassess, resume, runbook, search, session, shortcuts, transcript,
};

/// Runs an action, or tells the user why it is unavailable.
pub(super) fn dispatch_action(
    state: &mut State,
    context: Context,
    action: Action,
    effects: &mut Vec<Effect>,
) {
    if let Err(reason) = availability::check(state, context, action) {
        return outcomes::show_unavailable(state, reason);
    }
    // The menu closes with the choice.
    if context == Context::SessionMenu
        && matches!(action, Action::Session(_) | Action::Log | Action::Search(_) | Action::Pager)
    {
        state.layers.pop();
    }
    match action {
        Action::QuitNow if edit::clear(state) => {}
        Action::Quit | Action::QuitNow => {
            inbox::store_position(state, effects);
            effects.push(Effect::Quit);
        }
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Help => help::open(state, context),
        Action::Log => {
            inbox::fetch_history(state, effects);
            state.layers.push(Layer::Log { scroll_offset: 0 });
        }
        Action::Palette => palette::open(state, context),
        Action::CommandLine => command_line::open(state, context),
        Action::WriteRunbook => runbook::edit(state, effects),
        Action::SavedFilter(number) => shortcuts::apply_filter(state, number),
        Action::Command(number) => shortcuts::run_command(state, number, effects),
        Action::LogIn => login::open(state, LogInReason::Requested),
        Action::NextTheme => appearance::next_theme(state),
        Action::ToggleMouse => appearance::set_mouse_capture(state, !state.settings.mouse_enabled, effects),
        Action::Move(to) => dispatch_move(state, context, to),
        Action::Line(action) => dispatch_line_action(state, action, effects),
        Action::List(action) => queue::run_action(state, action, effects),
        Action::Briefing(action) => briefing::run_action(state, action, effects),
        Action::Session(action) => session::run_action(state, action, effects),
        Action::Edit(action) => edit::run_action(state, action),
        Action::Dialog(action) if state.is_login_on_top() => login::run_action(state, action, effects),
        Action::Dialog(action) => dialog::run_action(state, action, effects),
        Action::Conflict(action) => conflict::run_action(state, action, effects),
        Action::Tried(action) => picker::run_branch_action(state, action, effects),
        Action::Outcome(action) => picker::run_outcome_action(state, action, effects),
        Action::Case(action) => picker::run_case_action(state, action, effects),
        Action::Search(action) => search::run_action(state, action),
        Action::Pager => pager::open(state),
        Action::CopyText => pager::copy(state, effects),
        Action::Yes if context == Context::SecretWarning => send_anyway(state, effects),
        Action::Yes => run_confirmed_action(state, effects),
        Action::Close if context == Context::Help => help::close(state),
        Action::Close => {
            state.layers.pop();
        }
    }
}

pub(super) fn dispatch_move(state: &mut State, context: Context, movement: Move) {
    search::settle(state);
    match context {
        Context::Queue | Context::Filter => queue::move_selection(state, movement),
        Context::Palette => palette::move_selection(state, movement),
        Context::CommandLine => command_line::browse_history(state, movement),
        Context::Briefing | Context::BriefingOverlay => briefing::scroll(state, movement),
        Context::Session | Context::Conversation => transcript::scroll(state, movement),
        Context::Branches | Context::Steps | Context::SimilarCases => picker::move_selection(state, movement),
        Context::Help | Context::Log | Context::Pager | Context::SessionMenu => scroll_layer(state, movement),
        Context::SearchLine
        | Context::Search
        | Context::Global
        | Context::Editing
        | Context::Dialog
        | Context::Conflict
        | Context::Confirm
        | Context::SecretWarning => {}
    }
}

fn scroll_layer(state: &mut State, movement: Move) {
    let (end, page) = (state.last_paint.layer_max_scroll, state.last_paint.page_height);
    let top = match state.layers.last_mut() {
        Some(
            Layer::Help { scroll_offset, .. }
            | Layer::Log { scroll_offset }
            | Layer::SessionMenu { scroll_offset },
        ) => scroll_offset,
        Some(Layer::Pager(pager)) => &mut pager.scroll_offset,
        Some(_) | None => return,
    };
    *top = scroll_offset_after(*top, movement, end, page);
}

fn dispatch_line_action(state: &mut State, action: LineAction, effects: &mut Vec<Effect>) {
    let chosen = match state.text_input() {
        Some(TextInput::Filter) => {
            filter::run_action(state, action);
            None
        }
        Some(TextInput::Palette) => palette::run_action(state, action, effects),
        Some(TextInput::CommandLine) => command_line::run_action(state, action, effects),
        Some(TextInput::Search) => {
            search::run_line_action(state, action);
            None
        }
        Some(TextInput::Composer | TextInput::LogIn | TextInput::Dialog | TextInput::Help) | None => None,
    };
    run_chosen(state, chosen, effects);
}

/// Runs the action that was chosen by its name.
pub(super) fn run_chosen(state: &mut State, chosen: Option<ChosenAction>, effects: &mut Vec<Effect>) {
    if let Some(ChosenAction { context, action }) = chosen {
        dispatch_action(state, context, action, effects);
    }
}

/// Sends the text of a warning: what sends it is available if it still is.
fn send_anyway(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Layer::SecretWarning(warning)) = state.layers.pop() else { return };
    state.outbox.confirm(warning.text);
    dispatch_action(state, warning.context, warning.action, effects);
}

fn run_confirmed_action(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Layer::Confirm(confirm)) = state.layers.pop() else { return };
    match confirm.action {
        ConfirmedAction::DiscardDialog => {
            state.layers.pop();
        }
        ConfirmedAction::SubmitDialog => dialog::submit(state, true, effects),
        ConfirmedAction::TakeBack(session) => resume::request_resume(state, session, effects),
        ConfirmedAction::Reassess(handoff) => reassess::request_confirmed(state, handoff, effects),
    }
}
