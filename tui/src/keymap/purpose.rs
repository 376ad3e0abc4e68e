//! What the actions are for: the headings of the help.

use strum::IntoStaticStr;

use crate::keymap::action::{
    Action, BriefingAction, CaseAction, DialogAction, LineAction, ListAction, SessionAction,
};

/// What an action is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, IntoStaticStr)]
pub enum Purpose {
    /// Take a handoff, pass it on or end it.
    #[strum(serialize = "Work")]
    Work,
    /// Read what others wrote.
    #[strum(serialize = "Read")]
    Read,
    /// Write and send.
    #[strum(serialize = "Write")]
    Write,
    /// Find and filter.
    #[strum(serialize = "Find")]
    Find,
    /// Move, scroll and go back.
    #[strum(serialize = "Move")]
    Move,
    /// The console itself.
    #[strum(serialize = "Console")]
    Console,
}

impl Purpose {
    /// Its heading.
    pub fn title(self) -> &'static str {
        self.into()
    }
}

/// What an action is for.
pub(super) const fn purpose(action: Action) -> Purpose {
    match action {
        Action::List(action) => list_purpose(action),
        Action::Briefing(action) => briefing_purpose(action),
        Action::Session(action) => session_purpose(action),
        Action::Dialog(DialogAction::Submit | DialogAction::Newline)
        | Action::Conflict(_)
        | Action::Tried(_)
        | Action::Outcome(_)
        | Action::Line(LineAction::Accept)
        | Action::Yes => Purpose::Work,
        Action::Case(CaseAction::Read) | Action::Pager | Action::CopyText => Purpose::Read,
        Action::WriteRunbook | Action::Edit(_) => Purpose::Write,
        Action::Line(LineAction::Complete | LineAction::CompleteBack)
        | Action::Palette
        | Action::CommandLine
        | Action::SavedFilter(_)
        | Action::Search(_) => Purpose::Find,
        Action::Move(_)
        | Action::Dialog(DialogAction::NextField | DialogAction::PreviousField | DialogAction::Cancel)
        | Action::Line(LineAction::Cancel)
        | Action::Close => Purpose::Move,
        Action::Quit
        | Action::QuitNow
        | Action::Suspend
        | Action::Help
        | Action::Log
        | Action::ToggleMouse
        | Action::NextTheme
        | Action::Command(_)
        | Action::LogIn => Purpose::Console,
    }
}

const fn list_purpose(action: ListAction) -> Purpose {
    match action {
        ListAction::PickUp
        | ListAction::NewSession
        | ListAction::Release
        | ListAction::Reassess
        | ListAction::Mark
        | ListAction::PassOn
        | ListAction::Change => Purpose::Work,
        ListAction::Open | ListAction::MarkUnread => Purpose::Read,
        ListAction::NextUnread | ListAction::Filter | ListAction::ClearFilter | ListAction::Sort => {
            Purpose::Find
        }
        ListAction::NextTab | ListAction::Tab(_) => Purpose::Move,
        ListAction::Dense => Purpose::Console,
    }
}

const fn briefing_purpose(action: BriefingAction) -> Purpose {
    match action {
        BriefingAction::StartHere
        | BriefingAction::Reassess
        | BriefingAction::Change
        | BriefingAction::Proposed
        | BriefingAction::Assign
        | BriefingAction::SendBack
        | BriefingAction::TakeBack => Purpose::Work,
        BriefingAction::NextEvidence
        | BriefingAction::PreviousEvidence
        | BriefingAction::Cases
        | BriefingAction::Whole => Purpose::Read,
        BriefingAction::Back | BriefingAction::OtherPane | BriefingAction::NextOpen => Purpose::Move,
    }
}

const fn session_purpose(action: SessionAction) -> Purpose {
    match action {
        SessionAction::Resolve
        | SessionAction::Escalate
        | SessionAction::Park
        | SessionAction::Release
        | SessionAction::PickUp
        | SessionAction::TakeBack
        | SessionAction::Assign
        | SessionAction::SendBack
        | SessionAction::Change
        | SessionAction::Tried
        | SessionAction::Proposed
        | SessionAction::Outcomes => Purpose::Work,
        SessionAction::ShowBriefing
        | SessionAction::NextEvidence
        | SessionAction::MarkUp
        | SessionAction::MarkDown
        | SessionAction::Copy
        | SessionAction::CopyCode => Purpose::Read,
        SessionAction::Send
        | SessionAction::Newline
        | SessionAction::UseStep(_)
        | SessionAction::HideSteps
        | SessionAction::StepsRight
        | SessionAction::StepsLeft
        | SessionAction::ToggleNote
        | SessionAction::Editor
        | SessionAction::NextStep
        | SessionAction::PreviousStep
        | SessionAction::Write
        | SessionAction::Older
        | SessionAction::Newer => Purpose::Write,
        SessionAction::Back | SessionAction::Conversation | SessionAction::Menu => Purpose::Move,
    }
}
