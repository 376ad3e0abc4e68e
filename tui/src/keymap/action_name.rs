//! The names of actions, for the settings, the command line and the palette. They are public and must not change.

use crate::keymap::action::{Action, ListAction, SessionAction};
use crate::keymap::context::Context;
use crate::keymap::tab::Tab;

/// Names that actions had in earlier versions, which settings may still have, and their names now.
pub(super) const OLD_NAMES: [(&str, &str); 2] =
    [("session.undo", "edit.undo"), ("session.redo", "edit.redo")];

/// The name of an action in a context: `list.pick-up`, `session.send`, `quit`. What a session does has one name, wherever
/// its key is pressed.
pub fn action_name(context: Context, action: Action) -> String {
    let suffix = action_suffix(action);
    let context = match (context, action) {
        (
            Context::Conversation | Context::SessionMenu,
            Action::Session(_) | Action::Log | Action::Search(_) | Action::Pager,
        ) => Context::Session,
        _ => context,
    };
    match context_prefix(context) {
        "" => suffix,
        prefix => format!("{prefix}.{suffix}"),
    }
}

/// The part before the dot.
const fn context_prefix(context: Context) -> &'static str {
    match context {
        Context::Global => "",
        Context::Queue => "list",
        Context::Filter => "filter",
        Context::Briefing => "briefing",
        Context::BriefingOverlay => "overlay",
        Context::Session => "session",
        Context::Conversation => "conversation",
        Context::SessionMenu => "menu",
        Context::Editing => "edit",
        Context::Dialog => "dialog",
        Context::Conflict => "conflict",
        Context::Branches => "tried",
        Context::Steps => "outcomes",
        Context::SimilarCases => "cases",
        Context::Confirm => "confirm",
        Context::SecretWarning => "secret",
        Context::Help => "help",
        Context::Log => "log",
        Context::Palette => "palette",
        Context::CommandLine => "command",
        Context::Pager => "pager",
        Context::SearchLine => "search-line",
        Context::Search => "search",
    }
}

/// The part after the dot: the variant in kebab case.
fn action_suffix(action: Action) -> String {
    let name: &'static str = match action {
        Action::Move(movement) => movement.into(),
        Action::List(ListAction::Tab(tab)) => match tab {
            Tab::Queue => "queue",
            Tab::Mine => "mine",
            Tab::Parked => "parked",
            Tab::History => "history",
        },
        Action::List(action) => action.into(),
        Action::Briefing(action) => action.into(),
        Action::Session(SessionAction::UseStep(number)) => return format!("use-step-{number}"),
        Action::SavedFilter(number) => return format!("filter-{number}"),
        Action::Command(number) => return format!("run-{number}"),
        Action::Session(action) => action.into(),
        Action::Edit(action) => action.into(),
        Action::Dialog(action) => action.into(),
        Action::Conflict(action) => action.into(),
        Action::Line(action) => action.into(),
        Action::Tried(action) => action.into(),
        Action::Outcome(action) => action.into(),
        Action::Case(action) => action.into(),
        Action::Search(action) => action.into(),
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
        | Action::WriteRunbook
        | Action::Pager
        | Action::CopyText
        | Action::Yes
        | Action::Close => action.into(),
    };
    name.to_owned()
}
