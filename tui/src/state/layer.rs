//! What lies over the screen. One stack: the top one has the keys.

use std::time::Duration;

use tierup_common::id::{HandoffId, SessionId};
use tierup_common::time::Timestamp;

use crate::effect::CallId;
use crate::keymap::Context;
use crate::state::command_line::CommandLine;
use crate::state::dialog::Dialog;
use crate::state::login::LogInForm;
use crate::state::palette::Palette;

/// A layer that opened by itself takes no key for so long: what was typed was not meant for it.
const INPUT_DELAY: Duration = Duration::from_millis(300);

/// A layer.
#[derive(Clone, Debug)]
pub enum Layer {
    /// Every key of a place.
    Help {
        /// Which place.
        context: Context,
        /// The first line shown.
        scroll_offset: usize,
    },
    /// What happened, as it was told, the newest first.
    Log {
        /// The first line shown.
        scroll_offset: usize,
    },
    /// Any action or handoff, by what it is called.
    Palette(Box<Palette>),
    /// An action by its name.
    CommandLine(Box<CommandLine>),
    /// Somebody else was first.
    Conflict(Conflict),
    /// A few fields to fill in.
    Dialog(Box<Dialog>),
    /// Something that cannot be undone.
    Confirm(Confirmation),
    /// The briefing, over its session.
    Briefing,
    /// Who one is, and where.
    LogIn(Box<LogInForm>),
    /// Some rows, one of which the keys are on.
    Picker(Picker),
}

/// A claim that somebody else won.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// Which handoff.
    pub handoff_id: HandoffId,
    /// Its session, if it is known.
    pub session_id: Option<SessionId>,
    /// What it is called: `#42 VPN is down`.
    pub title: String,
    /// The winner's name.
    pub winner_name: String,
    /// Since when.
    pub claimed_at: Timestamp,
    /// When it opened: always by itself, for an answer is as little expected as an event.
    pub opened_at: Timestamp,
    /// What became of the draft that was typed for it.
    pub draft: ConflictDraft,
}

/// A draft that was typed into the session of a lost claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConflictDraft {
    /// Nothing was typed.
    None,
    /// It is kept; the winner can have it.
    Saved,
    /// It is on its way to the winner.
    Sending(CallId),
    /// The winner's session did not take it; it is kept.
    Rejected(String),
}

/// Some rows, one of which the keys are on. What the rows say is read from what is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picker {
    /// What the rows are.
    pub kind: PickerKind,
    /// Which the keys are on.
    pub selected: usize,
    /// Why the last change was not made.
    pub error: Option<String>,
}

/// What one picks from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PickerKind {
    /// What has been tried in the session.
    Branches,
    /// The suggested steps.
    Steps,
    /// What was seen before.
    SimilarCases,
}

impl Picker {
    /// Rows of this kind, the keys on the first.
    pub const fn new(kind: PickerKind) -> Self {
        Self { kind, selected: 0, error: None }
    }
}

/// A question with yes and no.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Confirmation {
    /// What is asked.
    pub question: String,
    /// What yes does.
    pub action: ConfirmedAction,
}

/// What a yes does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConfirmedAction {
    /// Throw away what was typed into the dialog below.
    DiscardDialog,
    /// Do what the dialog below asks for.
    SubmitDialog,
    /// Take back the escalation of this session.
    TakeBack(SessionId),
}

impl Layer {
    /// Which keys it takes.
    pub const fn context(&self) -> Context {
        match self {
            Self::Help { .. } => Context::Help,
            Self::Log { .. } => Context::Log,
            Self::Palette(_) => Context::Palette,
            Self::CommandLine(_) => Context::CommandLine,
            Self::Conflict(_) => Context::Conflict,
            Self::Dialog(_) | Self::LogIn(_) => Context::Dialog,
            Self::Confirm(_) => Context::Confirm,
            Self::Briefing => Context::BriefingOverlay,
            Self::Picker(pick) => match pick.kind {
                PickerKind::Branches => Context::Tried,
                PickerKind::Steps => Context::Outcomes,
                PickerKind::SimilarCases => Context::Cases,
            },
        }
    }

    /// When it opened, if it opened by itself: neither a lost claim nor an expired token is asked for.
    pub fn opened_by_itself_at(&mut self) -> Option<&mut Timestamp> {
        if let Self::Conflict(conflict) = self {
            Some(&mut conflict.opened_at)
        } else {
            self.as_login_mut().and_then(|login| login.opened_at.as_mut())
        }
    }

    /// When it begins to take keys, if it opened by itself.
    pub fn accepts_input_from(&self) -> Option<Timestamp> {
        let opened_at = if let Self::LogIn(login) = self {
            login.opened_at
        } else {
            self.as_conflict().map(|conflict| conflict.opened_at)
        };
        opened_at.map(|at| at.plus(INPUT_DELAY))
    }

    /// Whether it is about the screen below and closes with it. A dialog keeps what was typed into it.
    pub const fn closes_with_screen(&self) -> bool {
        matches!(self, Self::Briefing | Self::Picker(_) | Self::Confirm(_))
    }

    /// The dialog, if it is one.
    pub fn as_dialog(&self) -> Option<&Dialog> {
        if let Self::Dialog(dialog) = self { Some(dialog) } else { None }
    }

    /// The dialog, if it is one, to change it.
    pub fn as_dialog_mut(&mut self) -> Option<&mut Dialog> {
        if let Self::Dialog(dialog) = self { Some(dialog) } else { None }
    }

    /// The picker, if it is one.
    pub const fn as_picker(&self) -> Option<&Picker> {
        if let Self::Picker(picker) = self { Some(picker) } else { None }
    }

    /// The picker, if it is one, to change it.
    pub const fn as_picker_mut(&mut self) -> Option<&mut Picker> {
        if let Self::Picker(picker) = self { Some(picker) } else { None }
    }

    /// The popup about a lost claim, if it is one.
    pub const fn as_conflict(&self) -> Option<&Conflict> {
        if let Self::Conflict(conflict) = self { Some(conflict) } else { None }
    }

    /// The popup about a lost claim, if it is one, to change it.
    pub const fn as_conflict_mut(&mut self) -> Option<&mut Conflict> {
        if let Self::Conflict(conflict) = self { Some(conflict) } else { None }
    }

    /// The palette, if it is one, to change it.
    pub fn as_palette_mut(&mut self) -> Option<&mut Palette> {
        if let Self::Palette(palette) = self { Some(palette) } else { None }
    }

    /// The command line, if it is one, to change it.
    pub fn as_command_line_mut(&mut self) -> Option<&mut CommandLine> {
        if let Self::CommandLine(line) = self { Some(line) } else { None }
    }

    /// The log-in form, if it is one, to change it.
    pub fn as_login_mut(&mut self) -> Option<&mut LogInForm> {
        if let Self::LogIn(login) = self { Some(login) } else { None }
    }
}

impl Confirmation {
    /// Asks before an escalation leaves the queue.
    pub fn take_back(session: SessionId) -> Self {
        let question = "Take back your escalation? It leaves the queue.".into();
        Self { question, action: ConfirmedAction::TakeBack(session) }
    }
}
