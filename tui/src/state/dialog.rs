//! Dialogs: a form with one focused field, and the request that submits it.

mod field;

use tierup_common::handoff::Priority;
use tierup_common::id::{BranchId, HandoffId, SessionId};
use tierup_common::session::{Branch, BranchStatus};
use tierup_common::user::Person;

use crate::effect::CallId;
use crate::state::request::Request;

pub use field::{
    Caption, ChecklistField, ChecklistItem, ChoiceField, Field, FieldInput, PeopleList, PersonField,
    TextField,
};

/// A dialog.
#[derive(Clone, Debug)]
pub struct Dialog {
    /// The fields and their subject.
    pub form: Form,
    /// The index of the field that has the keys, from top to bottom.
    pub focus_index: usize,
    /// The request that submits it.
    pub request: Request,
    /// The typed texts when it was opened.
    initial_texts: Vec<String>,
}

/// The fields of a dialog, by what it does.
#[derive(Clone, Debug)]
pub enum Form {
    /// Opens a session.
    NewSession {
        /// The problem in one line.
        summary: TextField,
        /// The error; may be empty if the summary says it all.
        problem: TextField,
    },
    /// Parks a session.
    Park {
        /// The session.
        session_id: SessionId,
        /// Notes that only the user sees.
        notes: TextField,
        /// When to remind them; empty for never.
        wake_at: TextField,
    },
    /// Escalates a session.
    Escalate {
        /// The session.
        session_id: SessionId,
        /// Notes for the next engineer.
        notes: TextField,
        /// How urgent it is.
        priority: ChoiceField<Priority>,
    },
    /// Releases a claim.
    Release {
        /// The handoff.
        handoff_id: HandoffId,
        /// Why, for the next engineer.
        reason: TextField,
    },
    /// Changes the priority and the summary of a handoff.
    Change {
        /// The handoff.
        handoff_id: HandoffId,
        /// The problem in one line.
        summary: TextField,
        /// How urgent it is.
        priority: ChoiceField<Priority>,
    },
    /// Resolves a session.
    Resolve {
        /// The session.
        session_id: SessionId,
        /// Cause and fix.
        resolution: TextField,
        /// The number of a handoff of the same problem; may be empty.
        duplicate_of: TextField,
        /// The suggested steps, if there are any.
        worked_steps: Option<ChecklistField>,
    },
    /// Assigns handoffs to a person.
    Assign {
        /// The handoffs that were not assigned yet.
        handoff_ids: Vec<HandoffId>,
        /// How many were assigned.
        done_count: usize,
        /// To whom.
        assignee: PersonField,
        /// What they should know; may be empty.
        note: TextField,
    },
    /// Returns a handoff to its opener.
    SendBack {
        /// The handoff.
        handoff_id: HandoffId,
        /// What they should find out.
        question: TextField,
    },
    /// Adds or changes a hypothesis.
    Branch {
        /// In which session.
        session_id: SessionId,
        /// Which branch.
        branch_id: BranchId,
        /// The possible cause.
        hypothesis: TextField,
        /// What became of it.
        status: ChoiceField<BranchStatus>,
        /// What speaks for or against it; may be empty.
        evidence: TextField,
    },
    /// Saves the runbook of the session that was resolved last.
    Runbook {
        /// The file.
        path: TextField,
    },
}

impl Form {
    /// The fields, from top to bottom.
    pub fn fields(&self) -> Vec<&dyn Field> {
        match self {
            Self::NewSession { summary, problem } => vec![summary, problem],
            Self::Park { notes, wake_at, .. } => vec![notes, wake_at],
            Self::Escalate { notes, priority, .. } => vec![notes, priority],
            Self::Release { reason, .. } => vec![reason],
            Self::Change { summary, priority, .. } => vec![summary, priority],
            Self::Resolve { resolution, duplicate_of, worked_steps: Some(steps), .. } => {
                vec![resolution, steps, duplicate_of]
            }
            Self::Resolve { resolution, duplicate_of, worked_steps: None, .. } => {
                vec![resolution, duplicate_of]
            }
            Self::Assign { assignee, note, .. } => vec![assignee, note],
            Self::SendBack { question, .. } => vec![question],
            Self::Branch { hypothesis, status, evidence, .. } => vec![hypothesis, status, evidence],
            Self::Runbook { path } => vec![path],
        }
    }

    /// The fields, to change them.
    fn fields_mut(&mut self) -> Vec<&mut dyn Field> {
        match self {
            Self::NewSession { summary, problem } => vec![summary, problem],
            Self::Park { notes, wake_at, .. } => vec![notes, wake_at],
            Self::Escalate { notes, priority, .. } => vec![notes, priority],
            Self::Release { reason, .. } => vec![reason],
            Self::Change { summary, priority, .. } => vec![summary, priority],
            Self::Resolve { resolution, duplicate_of, worked_steps: Some(steps), .. } => {
                vec![resolution, steps, duplicate_of]
            }
            Self::Resolve { resolution, duplicate_of, worked_steps: None, .. } => {
                vec![resolution, duplicate_of]
            }
            Self::Assign { assignee, note, .. } => vec![assignee, note],
            Self::SendBack { question, .. } => vec![question],
            Self::Branch { hypothesis, status, evidence, .. } => vec![hypothesis, status, evidence],
            Self::Runbook { path } => vec![path],
        }
    }

    fn typed_texts(&self) -> Vec<String> {
        self.fields().into_iter().map(Field::typed_text).collect()
    }
}

impl Dialog {
    fn new(form: Form) -> Self {
        let initial_texts = form.typed_texts();
        Self { form, focus_index: 0, request: Request::Idle, initial_texts }
    }

    /// Whether text was typed that would be lost.
    pub fn is_modified(&self) -> bool {
        self.form.typed_texts() != self.initial_texts
    }

    /// The typed texts, one a line.
    pub fn typed_text(&self) -> String {
        self.form.typed_texts().join("\n")
    }

    /// Asks for a new problem.
    pub fn new_session() -> Self {
        Self::new(Form::NewSession {
            summary: TextField::single_line("Summary", "The problem in one line", ""),
            problem: TextField::multi_line(
                "Problem",
                "What is going wrong, since when, and the exact error (optional)",
                "",
            ),
        })
    }

    /// Asks for the notes of a park.
    pub fn park(session_id: SessionId) -> Self {
        Self::new(Form::Park {
            session_id,
            notes: TextField::multi_line("Notes", "What you are waiting for; only you can see this", ""),
            wake_at: TextField::time("Wake time", "2h, tomorrow 9:00, fri 14:30 (optional)"),
        })
    }

    /// Asks for the notes of an escalation.
    pub fn escalate(session_id: SessionId) -> Self {
        let options = Priority::ALL.iter().map(|priority| (*priority, priority.as_str())).collect();
        Self::new(Form::Escalate {
            session_id,
            notes: TextField::multi_line("Notes", "Where you are stuck, and what you ruled out", ""),
            priority: ChoiceField::new("Priority", "How urgent it is", options, Priority::Normal),
        })
    }

    /// Asks why a claim is released.
    pub fn release(handoff_id: HandoffId) -> Self {
        let reason = TextField::multi_line("Reason", "What the next engineer should know", "");
        Self::new(Form::Release { handoff_id, reason })
    }

    /// Asks how a session ended. `steps` are those that were suggested.
    pub fn resolve(session_id: SessionId, steps: Vec<ChecklistItem>) -> Self {
        let worked_steps =
            (!steps.is_empty()).then(|| ChecklistField::new("What worked", "Space ticks a step", steps));
        let hint = "The cause and the fix, for the next similar case";
        let resolution = TextField::multi_line("Resolution", hint, "");
        let hint = "The number of a handoff of the same problem, like #12 (optional)";
        let duplicate_of = TextField::single_line("Duplicate of", hint, "");
        Self::new(Form::Resolve { session_id, resolution, duplicate_of, worked_steps })
    }

    /// Asks for another priority and summary.
    pub fn change(handoff_id: HandoffId, summary: &str, priority: Priority) -> Self {
        let options = Priority::ALL.iter().map(|priority| (*priority, priority.as_str())).collect();
        Self::new(Form::Change {
            handoff_id,
            summary: TextField::single_line("Summary", "The problem in one line", summary),
            priority: ChoiceField::new("Priority", "How urgent it is", options, priority),
        })
    }

    /// Asks who is to work on handoffs. `call_id` fetches the people.
    pub fn assign(handoff_ids: Vec<HandoffId>, call_id: CallId) -> Self {
        let assignee = PersonField::new("To", "Type part of a name", call_id);
        let hint = "What they should know; it is added to the conversation (optional)";
        let note = TextField::multi_line("Note", hint, "");
        Self::new(Form::Assign { handoff_ids, done_count: 0, assignee, note })
    }

    /// Asks what the opener should find out.
    pub fn send_back(handoff_id: HandoffId) -> Self {
        let hint = "What they should find out first; it is added to the conversation";
        Self::new(Form::SendBack { handoff_id, question: TextField::multi_line("Question", hint, "") })
    }

    /// Asks for a possible cause: a new branch, or one that exists.
    pub fn branch(session_id: SessionId, branch_id: BranchId, existing: Option<&Branch>) -> Self {
        let hypothesis = existing.map_or("", |branch| branch.hypothesis.as_str());
        let evidence = existing.and_then(|branch| branch.evidence.as_deref()).unwrap_or_default();
        let status = existing.map_or(BranchStatus::Open, |branch| branch.status);
        let options = vec![
            (BranchStatus::Open, "open"),
            (BranchStatus::RuledOut, "ruled out"),
            (BranchStatus::Confirmed, "confirmed"),
        ];
        // Other programs may have written more than a line.
        let hypothesis_field =
            if hypothesis.contains('\n') { TextField::multi_line } else { TextField::single_line };
        let hint = "One line: the MTU, the certificate, the last update";
        Self::new(Form::Branch {
            session_id,
            branch_id,
            hypothesis: hypothesis_field("Possible cause", hint, hypothesis),
            status: ChoiceField::new("Status", "", options, status),
            evidence: TextField::multi_line("Evidence", "What you saw (optional)", evidence),
        })
    }

    /// Asks where to save a runbook.
    pub fn runbook(path: &str) -> Self {
        let hint = "Whoever runs the server can add it to the runbooks folder";
        Self::new(Form::Runbook { path: TextField::single_line("File", hint, path) })
    }

    /// Its title.
    pub const fn title(&self) -> &'static str {
        match self.form {
            Form::NewSession { .. } => "New session",
            Form::Park { .. } => "Park",
            Form::Escalate { .. } => "Escalate",
            Form::Release { .. } => "Release",
            Form::Change { .. } => "Change the handoff",
            Form::Resolve { .. } => "Resolve",
            Form::Assign { .. } => "Assign",
            Form::SendBack { .. } => "Send back with a question",
            Form::Branch { .. } => "Tried",
            Form::Runbook { .. } => "Save the runbook",
        }
    }

    /// The value of the focused field.
    pub fn focused_input(&self) -> Option<FieldInput<'_>> {
        self.form.fields().get(self.focus_index).map(|field| field.input())
    }

    /// The field that has the keys, to change it.
    pub fn focused_field_mut(&mut self) -> Option<&mut dyn Field> {
        let index = self.focus_index;
        self.form.fields_mut().into_iter().nth(index)
    }

    /// Moves within the field that has the keys, or to another field, around the end.
    pub fn move_focus(&mut self, step: isize) {
        if self.focused_field_mut().is_some_and(|field| field.move_line(step)) {
            return;
        }
        let count = self.form.fields().len().max(1);
        self.focus_index = self.focus_index.checked_add_signed(step).unwrap_or(count - 1) % count;
    }

    /// Whether a field is moved through with the keys that move between fields.
    pub fn has_field_with_lines(&self) -> bool {
        let has_lines = |field: &&dyn Field| {
            matches!(field.input(), FieldInput::Person { .. } | FieldInput::Checklist { .. })
        };
        self.form.fields().iter().any(has_lines)
    }

    /// Takes the people that a call fetched, if the dialog waits for them.
    pub fn set_people(&mut self, call_id: CallId, result: &Result<Vec<Person>, String>) {
        if let Form::Assign { assignee, .. } = &mut self.form
            && assignee.people == PeopleList::Loading(call_id)
        {
            assignee.people = match result {
                Ok(people) => PeopleList::Loaded(people.clone()),
                Err(error) => PeopleList::Failed(error.clone()),
            };
        }
    }
}
