//! Dialogs: a few fields, one of which has the keys, and what is asked of the server when they are done.

use tierup_common::handoff::Priority;
use tierup_common::id::{BranchId, HandoffId, SessionId, StepId};
use tierup_common::session::{Branch, BranchStatus};
use tierup_common::user::Person;

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
    /// Pass a handoff to a person.
    Assign(HandoffId),
    /// Return a handoff to its opener.
    SendBack(HandoffId),
    /// Note what might be the cause, and what became of it.
    Branch {
        /// In which session.
        session: SessionId,
        /// Which line of its map.
        branch: BranchId,
    },
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
    /// What its fields said when it was opened.
    before: Vec<String>,
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
    /// A moment to come, as people write it; see [`crate::state::wake`].
    When(Composer),
    /// A person, found by typing a part of their name.
    Person {
        /// What was typed.
        filter: Composer,
        /// Who there is.
        people: People,
        /// Which of those found the keys are on.
        at: usize,
    },
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

/// People to choose from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum People {
    /// Being fetched.
    Asked(Ticket),
    /// Here they are, by name.
    Here(Vec<Person>),
    /// They could not be fetched.
    Failed(String),
}

impl People {
    /// Those whose name has what was typed.
    pub fn found(&self, typed: &str) -> Vec<&Person> {
        let typed = typed.trim().to_lowercase();
        match self {
            Self::Here(people) => {
                people.iter().filter(|person| person.name.to_lowercase().contains(&typed)).collect()
            }
            Self::Asked(_) | Self::Failed(_) => Vec::new(),
        }
    }
}

impl Dialog {
    fn new(purpose: Purpose, fields: Vec<Field>) -> Self {
        let mut dialog = Self { purpose, fields, focus: 0, sending: None, error: None, before: Vec::new() };
        dialog.before = dialog.texts();
        dialog
    }

    fn texts(&self) -> Vec<String> {
        (0..self.fields.len()).map(|field| self.text(field)).collect()
    }

    /// Whether it holds text that would be lost.
    pub fn is_typed_into(&self) -> bool {
        self.texts() != self.before
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
        let wake = Field {
            label: "Wake me",
            hint: "2h, tomorrow 9:00, fri 14:30; never, if empty",
            input: Input::When(Composer::default()),
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

    /// Asks who is to work on a handoff. The request for the people is under way.
    pub fn assign(handoff: HandoffId, asked: Ticket) -> Self {
        let people = People::Asked(asked);
        let input = Input::Person { filter: Composer::default(), people, at: 0 };
        let to = Field { label: "To", hint: "Type a part of a name", input };
        Self::new(Purpose::Assign(handoff), vec![to])
    }

    /// Asks what the opener should find out.
    pub fn send_back(handoff: HandoffId) -> Self {
        let question = text("Question", "What they should find out first; it goes into the conversation");
        Self::new(Purpose::SendBack(handoff), vec![question])
    }

    /// Asks what might be the cause: a new line of the map, or one that is there.
    pub fn branch(session: SessionId, branch: BranchId, known: Option<&Branch>) -> Self {
        let hypothesis = known.map(|known| known.hypothesis.as_str()).unwrap_or_default();
        let evidence = known.and_then(|known| known.evidence.as_deref()).unwrap_or_default();
        let status = known.map_or(BranchStatus::Open, |known| known.status);
        let chosen = BranchStatus::ALL.iter().position(|other| *other == status).unwrap_or(0);
        let words = vec!["open", "ruled out", "confirmed"];
        Self::new(
            Purpose::Branch { session, branch },
            vec![
                Field {
                    label: "What might be the cause",
                    hint: "One line: the MTU, the certificate, the last update",
                    // Other programs may have written more than a line.
                    input: if hypothesis.contains('\n') {
                        Input::Text(Composer::with(hypothesis))
                    } else {
                        Input::Line(Composer::with(hypothesis))
                    },
                },
                Field { label: "What became of it", hint: "", input: Input::Choice { words, chosen } },
                Field {
                    label: "Why",
                    hint: "What you saw; optional",
                    input: Input::Text(Composer::with(evidence)),
                },
            ],
        )
    }

    /// What its border says.
    pub const fn title(&self) -> &'static str {
        match self.purpose {
            Purpose::NewSession => "New session",
            Purpose::Park(_) => "Park",
            Purpose::Escalate(_) => "Escalate",
            Purpose::Release(_) => "Release",
            Purpose::Resolve(_) => "Resolve",
            Purpose::Assign(_) => "Pass on",
            Purpose::SendBack(_) => "Send back with a question",
            Purpose::Branch { .. } => "Tried",
        }
    }

    /// The field that has the keys.
    pub fn focused(&mut self) -> Option<&mut Field> {
        self.fields.get_mut(self.focus)
    }

    /// The text of a field, without blanks around it.
    pub fn text(&self, field: usize) -> String {
        match self.fields.get(field).map(|field| &field.input) {
            Some(Input::Line(composer) | Input::Text(composer) | Input::When(composer)) => {
                composer.text().trim().to_owned()
            }
            Some(Input::Choice { .. } | Input::Checks { .. } | Input::Person { .. }) | None => String::new(),
        }
    }

    /// Which word of a field is chosen.
    pub fn choice(&self, field: usize) -> usize {
        match self.fields.get(field).map(|field| &field.input) {
            Some(Input::Choice { chosen, .. }) => *chosen,
            Some(
                Input::Line(_)
                | Input::Text(_)
                | Input::When(_)
                | Input::Checks { .. }
                | Input::Person { .. },
            )
            | None => 0,
        }
    }

    /// The person that the keys are on.
    pub fn person(&self) -> Option<&Person> {
        self.fields.iter().find_map(|field| match &field.input {
            Input::Person { filter, people, at } => people.found(&filter.text()).get(*at).copied(),
            Input::Line(_)
            | Input::Text(_)
            | Input::When(_)
            | Input::Choice { .. }
            | Input::Checks { .. } => None,
        })
    }

    /// Takes the people that were asked for: everybody but whoever asks.
    pub fn take_people(&mut self, ticket: Ticket, found: &Result<Vec<Person>, String>) {
        for field in &mut self.fields {
            if let Input::Person { people, .. } = &mut field.input
                && *people == People::Asked(ticket)
            {
                *people = match found {
                    Ok(all) => People::Here(all.clone()),
                    Err(why) => People::Failed(why.clone()),
                };
            }
        }
    }

    /// The steps that are ticked.
    pub fn ticked(&self) -> Vec<StepId> {
        let lines = self.fields.iter().flat_map(|field| match &field.input {
            Input::Checks { lines, .. } => lines.as_slice(),
            Input::Line(_)
            | Input::Text(_)
            | Input::When(_)
            | Input::Choice { .. }
            | Input::Person { .. } => &[],
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
