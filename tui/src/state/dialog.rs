//! Dialogs: a few fields, one of which has the keys, and what is asked of the server when they are done.

use tierup_common::handoff::Priority;
use tierup_common::id::{BranchId, HandoffId, SessionId, StepId};
use tierup_common::session::{Branch, BranchStatus};
use tierup_common::user::Person;

use crate::effect::CallId;
use crate::state::composer::Composer;

/// What a dialog is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DialogKind {
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
        session_id: SessionId,
        /// Which line of its map.
        branch_id: BranchId,
    },
}

/// A dialog.
#[derive(Clone, Debug)]
pub struct Dialog {
    /// What it is for.
    pub kind: DialogKind,
    /// Its fields, from top to bottom.
    pub fields: Vec<DialogField>,
    /// Which of them has the keys.
    pub focus_index: usize,
    /// The request under way, once it is done.
    pub pending_call: Option<CallId>,
    /// Why it could not be done.
    pub error: Option<String>,
    /// What its fields said when it was opened.
    initial_texts: Vec<String>,
}

/// A field of a dialog.
#[derive(Clone, Debug)]
pub struct DialogField {
    /// What it asks for.
    pub label: &'static str,
    /// What to write there.
    pub hint: &'static str,
    /// What it holds.
    pub input: FieldInput,
}

/// What a field holds.
#[derive(Clone, Debug)]
pub enum FieldInput {
    /// One line.
    SingleLine(Composer),
    /// Text of several lines.
    MultiLine(Composer),
    /// A moment to come, as people write it; see [`crate::state::wake`].
    Time(Composer),
    /// A person, found by typing a part of their name.
    Person {
        /// What was typed.
        query: Composer,
        /// Who there is.
        people: PeopleList,
        /// Which of those found the keys are on.
        selected: usize,
    },
    /// One of some words.
    Choice {
        /// The words.
        options: Vec<&'static str>,
        /// Which is chosen.
        selected: usize,
    },
    /// Any of some lines.
    Checklist {
        /// The lines.
        items: Vec<ChecklistItem>,
        /// Which the keys are on.
        selected: usize,
    },
}

/// A line that can be ticked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChecklistItem {
    /// The step it stands for.
    pub step_id: StepId,
    /// What it says.
    pub text: String,
    /// Whether it is ticked.
    pub is_checked: bool,
}

/// People to choose from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PeopleList {
    /// Being fetched.
    Loading(CallId),
    /// Here they are, by name.
    Loaded(Vec<Person>),
    /// They could not be fetched.
    Failed(String),
}

impl PeopleList {
    /// Those whose name has what was typed.
    pub fn matching(&self, query: &str) -> Vec<&Person> {
        let typed = query.trim().to_lowercase();
        match self {
            Self::Loaded(people) => {
                people.iter().filter(|person| person.name.to_lowercase().contains(&typed)).collect()
            }
            Self::Loading(_) | Self::Failed(_) => Vec::new(),
        }
    }
}

impl Dialog {
    fn new(purpose: DialogKind, fields: Vec<DialogField>) -> Self {
        let mut dialog = Self {
            kind: purpose,
            fields,
            focus_index: 0,
            pending_call: None,
            error: None,
            initial_texts: Vec::new(),
        };
        dialog.initial_texts = dialog.field_texts();
        dialog
    }

    fn field_texts(&self) -> Vec<String> {
        (0..self.fields.len()).map(|field| self.field_text(field)).collect()
    }

    /// Whether it holds text that would be lost.
    pub fn is_modified(&self) -> bool {
        self.field_texts() != self.initial_texts
    }

    /// Asks for a new problem.
    pub fn new_session() -> Self {
        Self::new(
            DialogKind::NewSession,
            vec![
                text_field("Problem", "What happens, since when, and what the exact error says"),
                line_field("Summary", "The problem in one line; optional"),
            ],
        )
    }

    /// Asks for the notes of a park.
    pub fn park(session: SessionId) -> Self {
        let wake = DialogField {
            label: "Wake me",
            hint: "2h, tomorrow 9:00, fri 14:30; never, if empty",
            input: FieldInput::Time(Composer::default()),
        };
        Self::new(
            DialogKind::Park(session),
            vec![text_field("Notes", "What you are waiting for; only you see this"), wake],
        )
    }

    /// Asks for the notes of an escalation.
    pub fn escalate(session: SessionId) -> Self {
        let words: Vec<&'static str> = Priority::ALL.iter().map(|priority| priority.as_str()).collect();
        let chosen = Priority::ALL.iter().position(|priority| *priority == Priority::Normal).unwrap_or(0);
        let priority = DialogField {
            label: "Priority",
            hint: "How long it can wait",
            input: FieldInput::Choice { options: words, selected: chosen },
        };
        Self::new(
            DialogKind::Escalate(session),
            vec![text_field("Notes", "Where you are stuck, and what you ruled out"), priority],
        )
    }

    /// Asks why a claim is given back.
    pub fn release(handoff: HandoffId) -> Self {
        Self::new(DialogKind::Release(handoff), vec![text_field("Reason", "For whoever picks it up next")])
    }

    /// Asks how a session ended. `steps` are those that were suggested.
    pub fn resolve(session: SessionId, steps: Vec<ChecklistItem>) -> Self {
        let mut fields =
            vec![text_field("Resolution", "What it was, and what you did: the next one will be found by it")];
        if !steps.is_empty() {
            fields.push(DialogField {
                label: "What worked",
                hint: "Space ticks a step",
                input: FieldInput::Checklist { items: steps, selected: 0 },
            });
        }
        Self::new(DialogKind::Resolve(session), fields)
    }

    /// Asks who is to work on a handoff. The request for the people is under way.
    pub fn assign(handoff: HandoffId, call_id: CallId) -> Self {
        let people = PeopleList::Loading(call_id);
        let input = FieldInput::Person { query: Composer::default(), people, selected: 0 };
        let to = DialogField { label: "To", hint: "Type a part of a name", input };
        Self::new(DialogKind::Assign(handoff), vec![to])
    }

    /// Asks what the opener should find out.
    pub fn send_back(handoff: HandoffId) -> Self {
        let question =
            text_field("Question", "What they should find out first; it goes into the conversation");
        Self::new(DialogKind::SendBack(handoff), vec![question])
    }

    /// Asks what might be the cause: a new line of the map, or one that is there.
    pub fn branch(session: SessionId, branch: BranchId, existing: Option<&Branch>) -> Self {
        let hypothesis = existing.map(|known| known.hypothesis.as_str()).unwrap_or_default();
        let evidence = existing.and_then(|known| known.evidence.as_deref()).unwrap_or_default();
        let status = existing.map_or(BranchStatus::Open, |known| known.status);
        let chosen = BranchStatus::ALL.iter().position(|other| *other == status).unwrap_or(0);
        let words = vec!["open", "ruled out", "confirmed"];
        Self::new(
            DialogKind::Branch { session_id: session, branch_id: branch },
            vec![
                DialogField {
                    label: "What might be the cause",
                    hint: "One line: the MTU, the certificate, the last update",
                    // Other programs may have written more than a line.
                    input: if hypothesis.contains('\n') {
                        FieldInput::MultiLine(Composer::with_text(hypothesis))
                    } else {
                        FieldInput::SingleLine(Composer::with_text(hypothesis))
                    },
                },
                DialogField {
                    label: "What became of it",
                    hint: "",
                    input: FieldInput::Choice { options: words, selected: chosen },
                },
                DialogField {
                    label: "Why",
                    hint: "What you saw; optional",
                    input: FieldInput::MultiLine(Composer::with_text(evidence)),
                },
            ],
        )
    }

    /// What its border says.
    pub const fn title(&self) -> &'static str {
        match self.kind {
            DialogKind::NewSession => "New session",
            DialogKind::Park(_) => "Park",
            DialogKind::Escalate(_) => "Escalate",
            DialogKind::Release(_) => "Release",
            DialogKind::Resolve(_) => "Resolve",
            DialogKind::Assign(_) => "Pass on",
            DialogKind::SendBack(_) => "Send back with a question",
            DialogKind::Branch { .. } => "Tried",
        }
    }

    /// The field that has the keys.
    pub fn focused_field(&mut self) -> Option<&mut DialogField> {
        self.fields.get_mut(self.focus_index)
    }

    /// The text of a field, without blanks around it.
    pub fn field_text(&self, field: usize) -> String {
        match self.fields.get(field).map(|field| &field.input) {
            Some(
                FieldInput::SingleLine(composer)
                | FieldInput::MultiLine(composer)
                | FieldInput::Time(composer),
            ) => composer.text().trim().to_owned(),
            Some(FieldInput::Choice { .. } | FieldInput::Checklist { .. } | FieldInput::Person { .. })
            | None => String::new(),
        }
    }

    /// Which word of a field is chosen.
    pub fn selected_option(&self, field: usize) -> usize {
        match self.fields.get(field).map(|field| &field.input) {
            Some(FieldInput::Choice { selected: chosen, .. }) => *chosen,
            Some(
                FieldInput::SingleLine(_)
                | FieldInput::MultiLine(_)
                | FieldInput::Time(_)
                | FieldInput::Checklist { .. }
                | FieldInput::Person { .. },
            )
            | None => 0,
        }
    }

    /// The person that the keys are on.
    pub fn selected_person(&self) -> Option<&Person> {
        self.fields.iter().find_map(|field| match &field.input {
            FieldInput::Person { query: filter, people, selected: at } => {
                people.matching(&filter.text()).get(*at).copied()
            }
            FieldInput::SingleLine(_)
            | FieldInput::MultiLine(_)
            | FieldInput::Time(_)
            | FieldInput::Choice { .. }
            | FieldInput::Checklist { .. } => None,
        })
    }

    /// Takes the people that were asked for: everybody but whoever asks.
    pub fn set_people(&mut self, call_id: CallId, result: &Result<Vec<Person>, String>) {
        for field in &mut self.fields {
            if let FieldInput::Person { people, .. } = &mut field.input
                && *people == PeopleList::Loading(call_id)
            {
                *people = match result {
                    Ok(all) => PeopleList::Loaded(all.clone()),
                    Err(why) => PeopleList::Failed(why.clone()),
                };
            }
        }
    }

    /// The steps that are ticked.
    pub fn checked_steps(&self) -> Vec<StepId> {
        let lines = self.fields.iter().flat_map(|field| match &field.input {
            FieldInput::Checklist { items: lines, .. } => lines.as_slice(),
            FieldInput::SingleLine(_)
            | FieldInput::MultiLine(_)
            | FieldInput::Time(_)
            | FieldInput::Choice { .. }
            | FieldInput::Person { .. } => &[],
        });
        lines.filter(|check| check.is_checked).map(|check| check.step_id).collect()
    }
}

fn text_field(label: &'static str, hint: &'static str) -> DialogField {
    DialogField { label, hint, input: FieldInput::MultiLine(Composer::default()) }
}

fn line_field(label: &'static str, hint: &'static str) -> DialogField {
    DialogField { label, hint, input: FieldInput::SingleLine(Composer::default()) }
}
