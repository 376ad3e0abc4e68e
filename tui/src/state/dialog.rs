//! Dialogs: a few fields, one of which has the keys, and what is asked of the server when they are done.

use tierup_common::handoff::Priority;
use tierup_common::id::{HandoffId, SessionId, StepId};

use crate::effect::Ticket;
use crate::state::composer::Composer;

/// What a dialog is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Open a session.
    NewSession,
    /// Park one.
    Park(SessionId),
    /// Escalate one.
    Escalate(SessionId),
    /// Give a claim back.
    Release(HandoffId),
    /// End a session.
    Resolve(SessionId),
}

/// A dialog.
#[derive(Clone, Debug)]
pub struct Dialog {
    /// What it is for.
    pub purpose: Purpose,
    /// Its fields, from top to bottom.
    pub fields: Vec<Field>,
    /// Which of them has the keys.
    pub focus: usize,
    /// The request under way, once it is done.
    pub sending: Option<Ticket>,
    /// Why it could not be done.
    pub error: Option<String>,
}

/// A field of a dialog.
#[derive(Clone, Debug)]
pub struct Field {
    /// What it asks for.
    pub label: &'static str,
    /// What to write there.
    pub hint: &'static str,
    /// What it holds.
    pub input: Input,
}

/// What a field holds.
#[derive(Clone, Debug)]
pub enum Input {
    /// One line.
    Line(Composer),
    /// Text of several lines.
    Text(Composer),
    /// One of some words.
    Choice {
        /// The words.
        words: Vec<&'static str>,
        /// Which is chosen.
        chosen: usize,
    },
    /// Any of some lines.
    Checks {
        /// The lines.
        lines: Vec<Check>,
        /// Which the keys are on.
        at: usize,
    },
}

/// A line that can be ticked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    /// The step it stands for.
    pub step: StepId,
    /// What it says.
    pub text: String,
    /// Whether it is ticked.
    pub ticked: bool,
}

/// After how long a parked session wakes; the words that the dialog offers.
pub const WAKE: [(&str, Option<u64>); 5] = [
    ("never", None),
    ("in 1 hour", Some(1)),
    ("in 4 hours", Some(4)),
    ("tomorrow", Some(24)),
    ("next week", Some(168)),
];

impl Dialog {
    fn new(purpose: Purpose, fields: Vec<Field>) -> Self {
        Self { purpose, fields, focus: 0, sending: None, error: None }
    }

    /// Asks for a new problem.
    pub fn new_session() -> Self {
        Self::new(
            Purpose::NewSession,
            vec![
                text("Problem", "What happens, since when, and what the exact error says"),
                line("Summary", "The problem in one line; optional"),
            ],
        )
    }

    /// Asks for the notes of a park.
    pub fn park(session: SessionId) -> Self {
        let words = WAKE.iter().map(|(word, _)| *word).collect();
        let wake = Field {
            label: "Wake me",
            hint: "A reminder, for you alone",
            input: Input::Choice { words, chosen: 0 },
        };
        Self::new(
            Purpose::Park(session),
            vec![text("Notes", "What you are waiting for; only you see this"), wake],
        )
    }

    /// Asks for the notes of an escalation.
    pub fn escalate(session: SessionId) -> Self {
        let words: Vec<&'static str> = Priority::ALL.iter().map(|priority| priority.word()).collect();
        let chosen = Priority::ALL.iter().position(|priority| *priority == Priority::Normal).unwrap_or(0);
        let priority =
            Field { label: "Priority", hint: "How long it can wait", input: Input::Choice { words, chosen } };
        Self::new(
            Purpose::Escalate(session),
            vec![text("Notes", "Where you are stuck, and what you ruled out"), priority],
        )
    }

    /// Asks why a claim is given back.
    pub fn release(handoff: HandoffId) -> Self {
        Self::new(Purpose::Release(handoff), vec![text("Reason", "For whoever picks it up next")])
    }

    /// Asks how a session ended. `steps` are those that were suggested.
    pub fn resolve(session: SessionId, steps: Vec<Check>) -> Self {
        let mut fields =
            vec![text("Resolution", "What it was, and what you did: the next one will be found by it")];
        if !steps.is_empty() {
            fields.push(Field {
                label: "What worked",
                hint: "Space ticks a step",
                input: Input::Checks { lines: steps, at: 0 },
            });
        }
        Self::new(Purpose::Resolve(session), fields)
    }

    /// What its border says.
    pub const fn title(&self) -> &'static str {
        match self.purpose {
            Purpose::NewSession => "New session",
            Purpose::Park(_) => "Park",
            Purpose::Escalate(_) => "Escalate",
            Purpose::Release(_) => "Release",
            Purpose::Resolve(_) => "Resolve",
        }
    }

    /// The field that has the keys.
    pub fn focused(&mut self) -> Option<&mut Field> {
        self.fields.get_mut(self.focus)
    }

    /// The text of a field, without blanks around it.
    pub fn text(&self, field: usize) -> String {
        match self.fields.get(field).map(|field| &field.input) {
            Some(Input::Line(composer) | Input::Text(composer)) => composer.text().trim().to_owned(),
            Some(Input::Choice { .. } | Input::Checks { .. }) | None => String::new(),
        }
    }

    /// Which word of a field is chosen.
    pub fn choice(&self, field: usize) -> usize {
        match self.fields.get(field).map(|field| &field.input) {
            Some(Input::Choice { chosen, .. }) => *chosen,
            Some(Input::Line(_) | Input::Text(_) | Input::Checks { .. }) | None => 0,
        }
    }

    /// The steps that are ticked.
    pub fn ticked(&self) -> Vec<StepId> {
        let lines = self.fields.iter().flat_map(|field| match &field.input {
            Input::Checks { lines, .. } => lines.as_slice(),
            Input::Line(_) | Input::Text(_) | Input::Choice { .. } => &[],
        });
        lines.filter(|check| check.ticked).map(|check| check.step).collect()
    }
}

fn text(label: &'static str, hint: &'static str) -> Field {
    Field { label, hint, input: Input::Text(Composer::default()) }
}

fn line(label: &'static str, hint: &'static str) -> Field {
    Field { label, hint, input: Input::Line(Composer::default()) }
}
