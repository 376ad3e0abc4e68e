//! Events: the changes of an account, as rows of its log and as frames of its streams.
//!
//! An [`Event`] is durable: it is written in the transaction of its change, has a [`Seq`], and is replayed to streams
//! that missed it. A [`Signal`] is ephemeral: it is not in the log, and a later signal or event repeats what it says.

mod kind;
mod signal;
mod summary;

use serde::{Deserialize, Serialize};

use crate::assessment::{Assessment, AssessmentStatus, Step};
use crate::handoff::{HandoffLink, Priority};
use crate::id::{HandoffId, Number, Seq, SessionId};
use crate::session::{Branch, Message, SessionLink};
use crate::string_enum::string_enum;
use crate::time::Timestamp;
use crate::user::Person;

pub use kind::{Audience, Kind};
pub use signal::{Signal, StreamFrame};
pub use summary::{HandoffSummary, SessionSummary};

/// A durable event.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Event {
    /// Its position in the account's log.
    pub seq: Seq,
    /// The time of the change.
    pub at: Timestamp,
    /// The change.
    #[serde(flatten)]
    pub body: EventBody,
}

/// One page of events.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventPage {
    /// The events, oldest first.
    pub items: Vec<Event>,
    /// Pass this as `before` to get the previous page; null on the first page.
    pub next_before: Option<Seq>,
    /// The newest event of the account when the page was read.
    pub as_of_seq: Seq,
}

string_enum! {
    /// The reason for a reminder.
    pub enum ReminderReason {
        /// Nobody has claimed the handoff for a while.
        Unclaimed = "unclaimed",
        /// The `wake_at` of a park has come. Only the user who parked gets this event.
        Wake = "wake",
        /// The claimer has not worked on it for a while; the handoff will go back to the queue. Only the claimer gets
        /// this event.
        StaleClaim = "stale_claim",
    }
}

/// The change that an event reports, with its data. Its [`Kind`] is the `type` on the wire.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventBody {
    /// A session was escalated and entered the queue.
    HandoffCreated {
        /// The handoff after the event.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// The user who escalated.
        by: Person,
        /// What they wrote for the next engineer.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        engineer_notes: String,
        /// `pending` if an assessment will follow.
        assessment_status: AssessmentStatus,
        /// The handoff that this one replaces, if its claimer escalated again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        supersedes: Option<HandoffId>,
        /// The user whose question it answers, if they sent the escalation before back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asked_by: Option<Person>,
    },
    /// The priority or the summary of a handoff was changed.
    HandoffChanged {
        /// The handoff after the event.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// The user who changed it.
        by: Person,
        /// The priority before, if it changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous_priority: Option<Priority>,
        /// The problem in one line before, if it changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous_summary: Option<String>,
    },
    /// The assessment of a handoff is ready.
    HandoffAssessmentReady {
        /// The handoff after the event.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// The assessment as text, Markdown.
        ai_assessment: String,
        /// The assessment as data.
        ai_assessment_data: Box<Assessment>,
    },
    /// The assessment of a handoff failed.
    HandoffAssessmentFailed {
        /// The handoff after the event.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// The reason, one sentence.
        assessment_error: String,
    },
    /// A handoff was claimed.
    HandoffClaimed {
        /// The handoff after the event.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// The claimer.
        by: Person,
        /// When it was claimed.
        claimed_at: Timestamp,
    },
    /// A claim was released; the handoff is back in the queue.
    HandoffReleased {
        /// The handoff after the event.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// The user who released it, or the server if the claim was stale.
        by: Person,
        /// The reason that they gave.
        reason: String,
    },
    /// A handoff was assigned to somebody, who is its claimer now.
    HandoffAssigned {
        /// The handoff after the event.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// The user who assigned it.
        by: Person,
        /// The new claimer.
        to: Person,
        /// When it was assigned.
        claimed_at: Timestamp,
    },
    /// A handoff was sent back, with a question to the user who handed it off.
    HandoffSentBack {
        /// The handoff after the event.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// The user who sent it back.
        by: Person,
        /// The question.
        question: String,
    },
    /// An escalation was taken back before it was claimed.
    HandoffWithdrawn {
        /// The handoff after the event.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// The user who took it back.
        by: Person,
    },
    /// The outcome of a suggested step was recorded or removed.
    HandoffStepUpdated {
        /// The handoff after the event.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// The user who changed it.
        by: Person,
        /// The step after the event.
        step: Step,
    },
    /// A reminder about a handoff.
    HandoffReminder {
        /// The handoff after the event.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// The reason for the reminder.
        reason: ReminderReason,
    },
    /// The session of a handoff was resolved.
    HandoffResolved {
        /// The handoff after the event.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// The user who resolved it.
        by: Person,
        /// The cause and the fix.
        resolution: String,
        /// The handoff of the same problem, if the session was a duplicate.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        duplicate_of: Option<HandoffLink>,
    },
    /// A session was opened.
    SessionCreated {
        /// The session after the event.
        #[serde(flatten)]
        session: SessionSummary,
        /// The opener.
        by: Person,
    },
    /// A session was parked or taken back, one of its branches changed, or another session was resolved as its duplicate.
    SessionUpdated {
        /// The session after the event.
        #[serde(flatten)]
        session: SessionSummary,
        /// The user who changed it.
        by: Person,
        /// The branch that changed, if one did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<Branch>,
        /// The park that began or ended, if one did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        handoff_id: Option<HandoffId>,
        /// The session that was resolved as a duplicate of this one, if one was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        duplicate: Option<SessionLink>,
    },
    /// A session was resolved.
    SessionResolved {
        /// The session after the event.
        #[serde(flatten)]
        session: SessionSummary,
        /// The user who resolved it.
        by: Person,
        /// The cause and the fix.
        resolution: String,
        /// The handoff of the same problem, if the session was a duplicate.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        duplicate_of: Option<HandoffLink>,
    },
    /// A message was added to a session. Streams of that session carry this event, and the team's streams of the users
    /// whom the session concerns.
    MessageAdded {
        /// The session.
        session_id: SessionId,
        /// The message.
        message: Message,
        /// The number of the session. Events of earlier versions lack it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session_number: Option<Number>,
        /// The problem in one line. Events of earlier versions lack it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem_summary: Option<String>,
    },
}

impl EventBody {
    /// The kind of this event.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::HandoffCreated { .. } => Kind::HandoffCreated,
            Self::HandoffChanged { .. } => Kind::HandoffChanged,
            Self::HandoffAssessmentReady { .. } => Kind::HandoffAssessmentReady,
            Self::HandoffAssessmentFailed { .. } => Kind::HandoffAssessmentFailed,
            Self::HandoffClaimed { .. } => Kind::HandoffClaimed,
            Self::HandoffReleased { .. } => Kind::HandoffReleased,
            Self::HandoffAssigned { .. } => Kind::HandoffAssigned,
            Self::HandoffSentBack { .. } => Kind::HandoffSentBack,
            Self::HandoffWithdrawn { .. } => Kind::HandoffWithdrawn,
            Self::HandoffStepUpdated { .. } => Kind::HandoffStepUpdated,
            Self::HandoffReminder { .. } => Kind::HandoffReminder,
            Self::HandoffResolved { .. } => Kind::HandoffResolved,
            Self::SessionCreated { .. } => Kind::SessionCreated,
            Self::SessionUpdated { .. } => Kind::SessionUpdated,
            Self::SessionResolved { .. } => Kind::SessionResolved,
            Self::MessageAdded { .. } => Kind::MessageAdded,
        }
    }

    /// The handoff of the event, if it is about one.
    pub const fn handoff(&self) -> Option<&HandoffSummary> {
        match self.subject() {
            EventSubject::Handoff(handoff) => Some(handoff),
            EventSubject::Session(_) | EventSubject::Message(..) => None,
        }
    }

    /// The message that was added, if one was.
    pub const fn message(&self) -> Option<&Message> {
        match self.subject() {
            EventSubject::Message(_, message) => Some(message),
            EventSubject::Handoff(_) | EventSubject::Session(_) => None,
        }
    }

    /// The session of the event; every event has one.
    pub const fn session_id(&self) -> SessionId {
        match self.subject() {
            EventSubject::Handoff(handoff) => handoff.session_id,
            EventSubject::Session(session) => session.session_id,
            EventSubject::Message(session_id, _) => session_id,
        }
    }

    /// The number of the session, if the event has it.
    pub const fn session_number(&self) -> Option<Number> {
        if let Self::MessageAdded { session_number, .. } = self {
            return *session_number;
        }
        match self.subject() {
            EventSubject::Session(session) => Some(session.number),
            EventSubject::Handoff(_) | EventSubject::Message(..) => None,
        }
    }

    /// The problem in one line, if the event has it.
    pub fn problem_summary(&self) -> Option<&str> {
        if let Self::MessageAdded { problem_summary, .. } = self {
            return problem_summary.as_deref();
        }
        match self.subject() {
            EventSubject::Handoff(handoff) => Some(&handoff.problem_summary),
            EventSubject::Session(session) => Some(&session.problem_summary),
            EventSubject::Message(..) => None,
        }
    }

    const fn subject(&self) -> EventSubject<'_> {
        match self {
            Self::HandoffCreated { handoff, .. }
            | Self::HandoffChanged { handoff, .. }
            | Self::HandoffAssessmentReady { handoff, .. }
            | Self::HandoffAssessmentFailed { handoff, .. }
            | Self::HandoffClaimed { handoff, .. }
            | Self::HandoffReleased { handoff, .. }
            | Self::HandoffAssigned { handoff, .. }
            | Self::HandoffSentBack { handoff, .. }
            | Self::HandoffWithdrawn { handoff, .. }
            | Self::HandoffStepUpdated { handoff, .. }
            | Self::HandoffReminder { handoff, .. }
            | Self::HandoffResolved { handoff, .. } => EventSubject::Handoff(handoff),
            Self::SessionCreated { session, .. }
            | Self::SessionUpdated { session, .. }
            | Self::SessionResolved { session, .. } => EventSubject::Session(session),
            Self::MessageAdded { session_id, message, .. } => EventSubject::Message(*session_id, message),
        }
    }
}

/// What an event is about.
enum EventSubject<'e> {
    Handoff(&'e HandoffSummary),
    Session(&'e SessionSummary),
    Message(SessionId, &'e Message),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_flat_on_the_wire_and_named_by_its_type() {
        let at = Timestamp::from_millis(0);
        let id = |n| [n; 16];
        let event = Event {
            seq: Seq(7),
            at,
            body: EventBody::HandoffWithdrawn {
                handoff: HandoffSummary {
                    handoff_id: HandoffId::from_bytes(id(1)),
                    session_id: SessionId::from_bytes(id(2)),
                    number: Number(42),
                    priority: Priority::Urgent,
                    problem_summary: "VPN is down".into(),
                    created_at: at,
                    due_at: None,
                    version: 3,
                    handed_off_by: None,
                },
                by: Person { id: crate::id::UserId::from_bytes(id(3)), name: "Sam Ortiz".into() },
            },
        };
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["type"], event.body.kind().as_str());
        assert_eq!(json["seq"], 7);
        assert_eq!(json["number"], 42);
        assert_eq!(json["by"]["name"], "Sam Ortiz");
        assert_eq!(StreamFrame::parse(&json.to_string()), StreamFrame::Event(Box::new(event)));
    }

    #[test]
    fn an_unknown_frame_is_skipped_but_its_seq_counts() {
        let data = r#"{"type":"handoff_painted","seq":9,"colour":"red"}"#;
        assert_eq!(StreamFrame::parse(data), StreamFrame::Unknown { seq: Some(Seq(9)) });
        assert_eq!(StreamFrame::parse("{"), StreamFrame::Unknown { seq: None });
    }
}
