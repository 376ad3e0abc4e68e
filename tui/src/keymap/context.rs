//! Where a key is pressed, and which of the global keys apply there.

use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyModifiers};

use crate::keymap::action::Action;

/// Where a key is pressed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Context {
    /// Everywhere, except that letters are text where the user types.
    Global,
    /// The list.
    Queue,
    /// The filter line of the list.
    Filter,
    /// The briefing, as a screen.
    Briefing,
    /// The briefing, over a session.
    BriefingOverlay,
    /// The message of a session, where the user types.
    Session,
    /// The conversation of a session, where single letters act.
    Conversation,
    /// The menu of what a session does.
    SessionMenu,
    /// Every place where the user types, in addition to its own keys.
    Editing,
    /// A dialog with fields.
    Dialog,
    /// The popup after a lost claim.
    Conflict,
    /// The picker of branches.
    Branches,
    /// The picker of step outcomes.
    Steps,
    /// The picker of similar cases.
    SimilarCases,
    /// A yes-or-no question.
    Confirm,
    /// The question before a secret is sent.
    SecretWarning,
    /// The list of keys.
    Help,
    /// The log of toasts.
    Log,
    /// The palette.
    Palette,
    /// The command line.
    CommandLine,
    /// A long text.
    Pager,
    /// The text of a search that is typed.
    SearchLine,
    /// What is read, while a search stands in it: its keys come before those of the place.
    Search,
}

impl Context {
    /// Whether a global action applies here. Where the user types or is asked something, few do.
    pub(super) const fn allows_global(self, action: Action) -> bool {
        let is_exit = matches!(action, Action::Suspend | Action::QuitNow);
        let is_harmless = matches!(action, Action::ToggleMouse);
        match self {
            Self::Global | Self::Queue => true,
            Self::Briefing
            | Self::BriefingOverlay
            | Self::Conversation
            | Self::Branches
            | Self::Steps
            | Self::SimilarCases => !matches!(action, Action::Quit),
            // A session has a help action of its own.
            Self::Session => is_exit || is_harmless || matches!(action, Action::Palette),
            Self::Help => is_exit || is_harmless,
            Self::Dialog
            | Self::Filter
            | Self::SessionMenu
            | Self::Conflict
            | Self::Confirm
            | Self::SecretWarning
            | Self::Log
            | Self::Palette
            | Self::CommandLine
            | Self::Pager
            | Self::SearchLine => is_exit || is_harmless || matches!(action, Action::Help),
            // They apply in the place below.
            Self::Search | Self::Editing => false,
        }
    }

    /// Whether a global key applies here. Where the user types, a letter is text.
    pub(super) fn allows_global_key(self, action: Action, key: KeyCombination) -> bool {
        self.allows_global(action) && !(self.accepts_text() && is_text_key(key))
    }

    /// Whether the user types here.
    pub(super) const fn accepts_text(self) -> bool {
        match self {
            Self::Session
            | Self::Editing
            | Self::Dialog
            | Self::Filter
            | Self::Help
            | Self::Palette
            | Self::CommandLine
            | Self::SearchLine => true,
            Self::Global
            | Self::Queue
            | Self::Briefing
            | Self::BriefingOverlay
            | Self::Conversation
            | Self::SessionMenu
            | Self::Conflict
            | Self::Branches
            | Self::Steps
            | Self::SimilarCases
            | Self::Confirm
            | Self::SecretWarning
            | Self::Log
            | Self::Pager
            | Self::Search => false,
        }
    }
}

/// Whether a key types a character: a letter, a digit or a sign.
pub fn is_text_key(key: KeyCombination) -> bool {
    matches!(key.codes.first(), KeyCode::Char(_))
        && !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
}
