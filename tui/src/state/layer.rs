//! What lies over the screen. One stack: the top one has the keys.

use std::time::Duration;

use tierup_common::id::{HandoffId, SessionId};
use tierup_common::time::Timestamp;

use crate::effect::Ticket;
use crate::keymap::Context;
use crate::state::command::CommandLine;
use crate::state::dialog::Dialog;
use crate::state::login::LogIn;
use crate::state::palette::Palette;

/// A layer that opened by itself takes no key for so long: what was typed was not meant for it.
const DEAF: Duration = Duration::from_millis(300);

/// A layer.
#[derive(Clone, Debug)]
pub enum Layer {
    /// Every key of a place.
    Help {
        /// Which place.
        of: Context,
        /// The first line shown.
        top: usize,
    },
    /// What happened, as it was told, the newest first.
    Log {
        /// The first line shown.
        top: usize,
    },
    /// Any action or handoff, by what it is called.
    Palette(Box<Palette>),
    /// An action by its name.
    Command(Box<CommandLine>),
    /// Somebody else was first.
    Conflict(Conflict),
    /// A few fields to fill in.
    Dialog(Box<Dialog>),
    /// Something that cannot be undone.
    Confirm(Confirm),
    /// The briefing, over its session.
    Briefing,
    /// Who one is, and where.
    LogIn(Box<LogIn>),
    /// Some rows, one of which the keys are on.
    Pick(Pick),
}

/// A claim that somebody else won.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// Which handoff.
    pub handoff: HandoffId,
    /// Its session, if it is known.
    pub session: Option<SessionId>,
    /// What it is called: `#42 VPN is down`.
    pub title: String,
    /// The winner's name.
    pub by: String,
    /// Since when.
    pub since: Timestamp,
    /// When it opened: always by itself, for an answer is as little expected as an event.
    pub came_at: Timestamp,
    /// What became of the draft that was typed for it.
    pub draft: Draft,
}

/// A draft that was typed into the session of a lost claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Draft {
    /// Nothing was typed.
    None,
    /// It is kept; the winner can have it.
    Kept,
    /// It is on its way to the winner.
    Sending(Ticket),
    /// The winner's session did not take it; it is kept.
    Refused(String),
}

/// Some rows, one of which the keys are on. What the rows say is read from what is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pick {
    /// What the rows are.
    pub of: PickOf,
    /// Which the keys are on.
    pub at: usize,
    /// Why the last change was not made.
    pub error: Option<String>,
}

/// What one picks from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PickOf {
    /// What has been tried in the session.
    Tried,
    /// The suggested steps.
    Outcomes,
    /// What was seen before.
    Cases,
}

impl Pick {
    /// Rows of this kind, the keys on the first.
    pub const fn new(of: PickOf) -> Self {
        Self { of, at: 0, error: None }
    }
}

/// A question with yes and no.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Confirm {
    /// What is asked.
    pub question: String,
    /// What yes does.
    pub on_yes: OnYes,
}

/// What a yes does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnYes {
    /// Throw away what was typed into the dialog below.
    CloseDialog,
    /// Do what the dialog below asks for.
    Submit,
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
            Self::Command(_) => Context::CommandLine,
            Self::Conflict(_) => Context::Conflict,
            Self::Dialog(_) | Self::LogIn(_) => Context::Dialog,
            Self::Confirm(_) => Context::Confirm,
            Self::Briefing => Context::BriefingOverlay,
            Self::Pick(pick) => match pick.of {
                PickOf::Tried => Context::Tried,
                PickOf::Outcomes => Context::Outcomes,
                PickOf::Cases => Context::Cases,
            },
        }
    }

    /// When it begins to take keys, if it does not from its beginning on.
    pub fn hears_from(&self) -> Option<Timestamp> {
        let came_at = match self {
            Self::Conflict(conflict) => Some(conflict.came_at),
            Self::LogIn(login) => login.came_at,
            Self::Help { .. }
            | Self::Log { .. }
            | Self::Palette(_)
            | Self::Command(_)
            | Self::Dialog(_)
            | Self::Confirm(_)
            | Self::Briefing
            | Self::Pick(_) => None,
        };
        came_at.map(|came| came.plus(DEAF))
    }
}

impl Confirm {
    /// Asks before an escalation leaves the queue.
    pub fn take_back(session: SessionId) -> Self {
        let question = "Take your escalation back? It leaves the queue.".into();
        Self { question, on_yes: OnYes::TakeBack(session) }
    }
}
