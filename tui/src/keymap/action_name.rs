//! The names of actions: for the settings, for `:` and for the palette. They are public and stay.

use crate::keymap::{Action, Context, ListAction, SessionAction, Tab};

/// An action's name in a place: `list.pick-up`, `session.send`, `quit`.
pub fn action_name(context: Context, action: Action) -> String {
    let verb = action_suffix(action);
    match context_prefix(context) {
        "" => verb,
        place => format!("{place}.{verb}"),
    }
}

/// What stands before the dot.
const fn context_prefix(context: Context) -> &'static str {
    match context {
        Context::Global => "",
        Context::Queue => "list",
        Context::Filter => "filter",
        Context::Briefing => "briefing",
        Context::BriefingOverlay => "overlay",
        Context::Session => "session",
        Context::Dialog => "dialog",
        Context::Conflict => "conflict",
        Context::Tried => "tried",
        Context::Outcomes => "outcomes",
        Context::Cases => "cases",
        Context::Confirm => "confirm",
        Context::Help => "help",
        Context::Log => "log",
        Context::Palette => "palette",
        Context::CommandLine => "command",
    }
}

/// What stands behind it: the variant, in small letters.
fn action_suffix(action: Action) -> String {
    let name: &'static str = match action {
        Action::Move(to) => to.into(),
        Action::List(ListAction::Tab(tab)) => match tab {
            Tab::Queue => "queue",
            Tab::Mine => "mine",
            Tab::Parked => "parked",
        },
        Action::List(verb) => verb.into(),
        Action::Briefing(verb) => verb.into(),
        Action::Session(SessionAction::UseStep(number)) => return format!("use-step-{number}"),
        Action::Session(verb) => verb.into(),
        Action::Dialog(verb) => verb.into(),
        Action::Conflict(verb) => verb.into(),
        Action::Line(verb) => verb.into(),
        Action::Tried(verb) => verb.into(),
        Action::Outcome(verb) => verb.into(),
        Action::Case(verb) => verb.into(),
        Action::Quit
        | Action::QuitNow
        | Action::Suspend
        | Action::Help
        | Action::Log
        | Action::Palette
        | Action::CommandLine
        | Action::ToggleMouse
        | Action::NextTheme
        | Action::LogIn
        | Action::Yes
        | Action::Close => action.into(),
    };
    name.to_owned()
}
