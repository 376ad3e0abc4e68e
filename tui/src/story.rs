//! What happened to a session, in words: for the conversation, `tierup timeline` and `tierup export`.
//!
//! The words are raw: they hold names and texts of people, which whoever shows them makes safe.

use tierup_common::assessment::Outcome;
use tierup_common::event::{EventBody, HandoffSummary, Kind, ReminderReason};
use tierup_common::handoff::{HandoffLink, Priority};
use tierup_common::id::HandoffRef;
use tierup_common::session::{Branch, BranchStatus, Message, MessageRole, SessionStatus};
use tierup_common::user::Person;

/// The kinds of events that the conversation shows between its messages.
pub const CONVERSATION_KINDS: &[Kind] = &[
    Kind::HandoffCreated,
    Kind::HandoffChanged,
    Kind::HandoffClaimed,
    Kind::HandoffReleased,
    Kind::HandoffAssigned,
    Kind::HandoffSentBack,
    Kind::HandoffWithdrawn,
    Kind::HandoffStepUpdated,
    Kind::HandoffReminder,
    Kind::SessionUpdated,
    Kind::SessionResolved,
];

/// The name of the server, where no person acted.
const SERVER: &str = "tierup";

/// One thing that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoryLine {
    /// Who did it.
    pub who: String,
    /// What they did: `claimed #42`.
    pub what: String,
    /// What they wrote with it; empty if they wrote nothing.
    pub detail: String,
}

impl StoryLine {
    fn new(who: &str, what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { who: who.into(), what: what.into(), detail: detail.into() }
    }
}

/// Whether an event is for one user only: a park, its end, and reminders of it or of a claim. It is in no export.
pub const fn is_private(event: &EventBody) -> bool {
    match event {
        EventBody::SessionUpdated { handoff_id, .. } => handoff_id.is_some(),
        EventBody::HandoffReminder { reason, .. } => match reason {
            ReminderReason::Wake | ReminderReason::StaleClaim => true,
            ReminderReason::Unclaimed => false,
        },
        EventBody::HandoffCreated { .. }
        | EventBody::HandoffChanged { .. }
        | EventBody::HandoffAssessmentReady { .. }
        | EventBody::HandoffAssessmentFailed { .. }
        | EventBody::HandoffClaimed { .. }
        | EventBody::HandoffReleased { .. }
        | EventBody::HandoffAssigned { .. }
        | EventBody::HandoffSentBack { .. }
        | EventBody::HandoffWithdrawn { .. }
        | EventBody::HandoffStepUpdated { .. }
        | EventBody::HandoffResolved { .. }
        | EventBody::SessionCreated { .. }
        | EventBody::SessionResolved { .. }
        | EventBody::MessageAdded { .. } => false,
    }
}

/// An event in words; none if another event says the same.
pub fn describe(event: &EventBody) -> Option<StoryLine> {
    Some(match event {
        EventBody::HandoffCreated { handoff, by, engineer_notes, asked_by, .. } => {
            StoryLine::new(&by.name, escalation_text(handoff, asked_by.as_ref()), engineer_notes)
        }
        EventBody::HandoffChanged { handoff, by, previous_priority, previous_summary } => {
            let what = change_text(handoff, *previous_priority, previous_summary.is_some());
            let summary = previous_summary.as_ref().map(|_| handoff.problem_summary.as_str());
            StoryLine::new(&by.name, what, summary.unwrap_or_default())
        }
        EventBody::HandoffAssessmentReady { handoff, ai_assessment_data, .. } => {
            let what = format!("assessed #{}", handoff.number);
            StoryLine::new("assistant", what, &ai_assessment_data.likely_cause)
        }
        EventBody::HandoffAssessmentFailed { handoff, assessment_error } => {
            StoryLine::new("assistant", format!("could not assess #{}", handoff.number), assessment_error)
        }
        EventBody::HandoffClaimed { handoff, by, .. } => {
            StoryLine::new(&by.name, format!("claimed #{}", handoff.number), "")
        }
        EventBody::HandoffReleased { handoff, by, reason } => {
            StoryLine::new(&by.name, format!("released #{} to the queue", handoff.number), reason)
        }
        EventBody::HandoffAssigned { handoff, by, to, .. } => {
            StoryLine::new(&by.name, format!("assigned #{} to {}", handoff.number, to.name), "")
        }
        EventBody::HandoffSentBack { handoff, by, question } => {
            StoryLine::new(&by.name, format!("sent #{} back with a question", handoff.number), question)
        }
        EventBody::HandoffWithdrawn { handoff, by } => {
            StoryLine::new(&by.name, format!("took #{} back", handoff.number), "")
        }
        EventBody::HandoffStepUpdated { by, step, .. } => {
            StoryLine::new(&by.name, outcome_text(step.outcome), &step.text)
        }
        EventBody::HandoffReminder { handoff, reason } => reminder(handoff, *reason),
        EventBody::SessionCreated { session, by } => {
            let what = format!("opened session {}", session.number);
            StoryLine::new(&by.name, what, &session.problem_summary)
        }
        EventBody::SessionUpdated { session, by, branch: None, handoff_id: Some(_), duplicate: None } => {
            StoryLine::new(&by.name, park_text(session.status), "")
        }
        EventBody::SessionUpdated { by, branch: Some(branch), .. } => branch_line(&by.name, branch),
        EventBody::SessionUpdated { by, duplicate: Some(duplicate), .. } => {
            let what = format!("resolved session {} as a duplicate of this", duplicate.number);
            StoryLine::new(&by.name, what, "")
        }
        EventBody::SessionUpdated { .. } | EventBody::HandoffResolved { .. } => return None,
        EventBody::SessionResolved { by, resolution, duplicate_of, .. } => {
            StoryLine::new(&by.name, resolved_text(*duplicate_of), resolution)
        }
        EventBody::MessageAdded { message, .. } => {
            StoryLine::new(author_name(message), "wrote", &message.content)
        }
    })
}

fn escalation_text(handoff: &HandoffSummary, asked_by: Option<&Person>) -> String {
    let urgency = match handoff.priority {
        Priority::Normal => String::new(),
        Priority::Low | Priority::High | Priority::Urgent => format!(", {}", handoff.priority),
    };
    let answered = asked_by.map(|asker| format!(", in answer to {}", asker.name)).unwrap_or_default();
    format!("escalated as #{}{urgency}{answered}", handoff.number)
}

const fn outcome_text(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Worked) => "tried a step that worked",
        Some(Outcome::Failed) => "tried a step that failed",
        None => "cleared the outcome of a step",
    }
}

const fn park_text(status: SessionStatus) -> &'static str {
    match status {
        SessionStatus::Paused => "parked it; only you see this",
        SessionStatus::Active | SessionStatus::Escalated | SessionStatus::Resolved => {
            "ended the park; only you see this"
        }
    }
}

fn author_name(message: &Message) -> &str {
    match (&message.author_name, message.role) {
        (Some(name), _) => name,
        (None, MessageRole::Assistant) => "assistant",
        (None, MessageRole::System | MessageRole::User) => SERVER,
    }
}

fn change_text(handoff: &HandoffSummary, before: Option<Priority>, has_new_summary: bool) -> String {
    let number = handoff.number;
    let priority = before.map(|before| format!("{}, was {before}", handoff.priority));
    match (priority, has_new_summary) {
        (Some(priority), true) => format!("changed #{number}: {priority}, and its summary"),
        (Some(priority), false) => format!("changed #{number}: {priority}"),
        (None, _) => format!("changed the summary of #{number}"),
    }
}

fn reminder(handoff: &HandoffSummary, reason: ReminderReason) -> StoryLine {
    let number = handoff.number;
    let what = match reason {
        ReminderReason::Unclaimed => format!("reminded the team: nobody has claimed #{number}"),
        ReminderReason::Wake => "reminded you of your park".into(),
        ReminderReason::StaleClaim => format!("warned you: #{number} returns to the queue soon"),
    };
    StoryLine::new(SERVER, what, "")
}

fn branch_line(who: &str, branch: &Branch) -> StoryLine {
    let what = match branch.status {
        BranchStatus::Open => "considers a cause",
        BranchStatus::RuledOut => "ruled out a cause",
        BranchStatus::Confirmed => "confirmed a cause",
    };
    let evidence = branch.evidence.as_deref().filter(|evidence| !evidence.trim().is_empty());
    let detail = match evidence {
        Some(evidence) => format!("{}: {evidence}", branch.hypothesis),
        None => branch.hypothesis.clone(),
    };
    StoryLine::new(who, what, detail)
}

fn resolved_text(duplicate_of: Option<HandoffLink>) -> String {
    match duplicate_of {
        Some(original) => format!("resolved it as a duplicate of #{}", original.number),
        None => "resolved it".into(),
    }
}

/// The resolution of a duplicate, where nobody wrote one.
pub fn duplicate_resolution(original: HandoffRef) -> String {
    match original {
        HandoffRef::Number(number) => format!("Duplicate of #{number}"),
        HandoffRef::Id(id) => format!("Duplicate of handoff {id}"),
    }
}
