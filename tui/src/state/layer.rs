//! The layers over the screen: a stack whose top has the focus.

use std::time::Duration;

use tierup_common::handoff::QueueItem;
use tierup_common::id::{HandoffId, SessionId};
use tierup_common::time::Timestamp;

use crate::effect::CallId;
use crate::keymap::Context;
use crate::state::command_line::CommandLine;
use crate::state::composer::Composer;
use crate::state::dialog::Dialog;
use crate::state::login::LogInForm;
use crate::state::pager::Pager;
use crate::state::palette::Palette;
use crate::state::secret_warning::SecretWarning;

/// How long what changed by itself ignores keys, which were not meant for it.
pub const INPUT_DELAY: Duration = Duration::from_millis(300);

/// A layer.
#[derive(Clone, Debug)]
pub enum Layer {
    /// All keys of a place.
    Help {
        /// The place.
        context: Context,
        /// The first visible row.
        scroll_offset: usize,
        /// The words that the shown keys have.
        filter: Box<Composer>,
    },
    /// Past toasts, the newest first.
    Log {
        /// The first visible row.
        scroll_offset: usize,
    },
    /// A search for actions and handoffs.
    Palette(Box<Palette>),
    /// Actions by name.
    CommandLine(Box<CommandLine>),
    /// A claim was lost to someone else.
    Conflict(Conflict),
    /// Fields to fill in.
    Dialog(Box<Dialog>),
    /// A question before something that cannot be undone.
    Confirm(Confirmation),
    /// A question before a text that looks like it holds a secret is sent.
    SecretWarning(Box<SecretWarning>),
    /// The briefing, over its session.
    Briefing,
    /// The log-in form.
    LogIn(Box<LogInForm>),
    /// Rows to choose from.
    Picker(Picker),
    /// What can be done with the session below, by letters.
    SessionMenu {
        /// The first visible row.
        scroll_offset: usize,
    },
    /// A long text, over the place that has it.
    Pager(Box<Pager>),
}

/// A claim that someone else won.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// The handoff.
    pub handoff_id: HandoffId,
    /// Its session, if it is known.
    pub session_id: Option<SessionId>,
    /// Its title, like `#42 VPN is down`.
    pub title: String,
    /// The winner's name.
    pub winner_name: String,
    /// When it was claimed.
    pub claimed_at: Timestamp,
    /// When the popup opened, which it does by itself.
    pub opened_at: Timestamp,
    /// What happens to the user's draft.
    pub draft: ConflictDraft,
}

/// The draft in the session of a lost claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConflictDraft {
    /// Nothing was typed.
    None,
    /// It is saved, and can be sent to the winner.
    Saved,
    /// It is being sent to the winner.
    Sending(CallId),
    /// It could not be sent, for this reason, and stays saved.
    Rejected(String),
}

/// Rows to choose from. Their content is that of the open session or briefing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picker {
    /// The subject of the rows.
    pub kind: PickerKind,
    /// The index of the selected row.
    pub selected: usize,
    /// Why the last change failed.
    pub error: Option<String>,
}

/// The subject of a picker's rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PickerKind {
    /// The hypotheses of the session.
    Branches,
    /// The suggested steps.
    Steps,
    /// Similar resolved sessions.
    SimilarCases,
}

impl Picker {
    /// Rows of this kind, with the first selected.
    pub const fn new(kind: PickerKind) -> Self {
        Self { kind, selected: 0, error: None }
    }
}

/// A yes-or-no question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Confirmation {
    /// The question.
    pub question: String,
    /// The action that a yes runs.
    pub action: ConfirmedAction,
}

/// The action that a yes runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConfirmedAction {
    /// Close the dialog below without submitting it.
    DiscardDialog,
    /// Submit the dialog below.
    SubmitDialog,
    /// Take back the escalation of this session.
    TakeBack(SessionId),
    /// Run the assessment of this handoff again.
    Reassess(HandoffId),
}

impl Layer {
    /// The filter of the help.
    pub fn help_filter_mut(&mut self) -> Option<&mut Composer> {
        if let Self::Help { filter, .. } = self { Some(filter) } else { None }
    }

    /// The context of its keys.
    pub const fn context(&self) -> Context {
        match self {
            Self::Help { .. } => Context::Help,
            Self::Log { .. } => Context::Log,
            Self::Palette(_) => Context::Palette,
            Self::CommandLine(_) => Context::CommandLine,
            Self::Conflict(_) => Context::Conflict,
            Self::Dialog(_) | Self::LogIn(_) => Context::Dialog,
            Self::Confirm(_) => Context::Confirm,
            Self::SecretWarning(_) => Context::SecretWarning,
            Self::Briefing => Context::BriefingOverlay,
            Self::SessionMenu { .. } => Context::SessionMenu,
            Self::Pager(_) => Context::Pager,
            Self::Picker(picker) => match picker.kind {
                PickerKind::Branches => Context::Branches,
                PickerKind::Steps => Context::Steps,
                PickerKind::SimilarCases => Context::SimilarCases,
            },
        }
    }

    /// When it opened, if it opened by itself: after a lost claim or an expired token, or instead of sending.
    pub fn auto_opened_at_mut(&mut self) -> Option<&mut Timestamp> {
        if let Self::Conflict(conflict) = self {
            Some(&mut conflict.opened_at)
        } else if let Self::SecretWarning(warning) = self {
            Some(&mut warning.opened_at)
        } else {
            self.as_login_mut().and_then(|login| login.opened_at.as_mut())
        }
    }

    /// When it begins to take keys, if it opened by itself.
    pub fn accepts_input_from(&self) -> Option<Timestamp> {
        let opened_at = if let Self::LogIn(login) = self {
            login.opened_at
        } else if let Self::SecretWarning(warning) = self {
            Some(warning.opened_at)
        } else {
            self.as_conflict().map(|conflict| conflict.opened_at)
        };
        opened_at.map(|at| at.plus(INPUT_DELAY))
    }

    /// Whether it is about the screen below and closes with it. A dialog keeps what was typed into it.
    pub const fn closes_with_screen(&self) -> bool {
        matches!(
            self,
            Self::Briefing
                | Self::Picker(_)
                | Self::Confirm(_)
                | Self::SecretWarning(_)
                | Self::SessionMenu { .. }
                | Self::Pager(_)
        )
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

    /// The line of the palette or of the command line, if it is one, to change it.
    pub fn as_line_mut(&mut self) -> Option<&mut Composer> {
        if let Self::CommandLine(line) = self {
            Some(&mut line.input)
        } else {
            self.as_palette_mut().map(|palette| &mut palette.input)
        }
    }

    /// The log-in form, if it is one, to change it.
    pub fn as_login_mut(&mut self) -> Option<&mut LogInForm> {
        if let Self::LogIn(login) = self { Some(login) } else { None }
    }
}

impl Confirmation {
    /// Asks before an escalation is taken back.
    pub fn take_back(session: SessionId) -> Self {
        let question = "Take back your escalation? It leaves the queue.".into();
        Self { question, action: ConfirmedAction::TakeBack(session) }
    }

    /// Asks before a finished assessment is replaced.
    pub fn reassess(item: &QueueItem) -> Self {
        let mut steps = item.ai_assessment_data.iter().flat_map(|data| &data.suggested_steps);
        let has_outcomes = steps.any(|step| step.outcome.is_some());
        let lost = if has_outcomes { " and the outcomes of its steps" } else { "" };
        let question = format!("Assess #{} again? The new assessment replaces this one{lost}.", item.number);
        Self { question, action: ConfirmedAction::Reassess(item.id) }
    }
}
