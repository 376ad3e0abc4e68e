//! Events: what happened in an account, as rows of its log and as frames of its stream.
//!
//! A [`Event`] is durable: it was written in the transaction of the change it tells of, has a [`Seq`], and is
//! replayed to whoever missed it. A [`Signal`] is ephemeral: it has no place in the log, and everything it tells
//! is told again by a later signal or a durable event.

mod signal;

use serde::{Deserialize, Serialize};

use crate::assessment::{Assessment, AssessmentStatus, Step};
use crate::handoff::Priority;
use crate::id::{HandoffId, Number, Seq, SessionId};
use crate::session::{Branch, ConfidenceTier, Message, SessionStatus};
use crate::string_enum::string_enum;
use crate::time::Timestamp;
use crate::user::Person;

pub use signal::{Signal, StreamFrame};

/// A durable event.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Event {
    /// Its place in the account's log.
    pub seq: Seq,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub body: EventBody,
}

/// The handoff that an event tells of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HandoffSummary {
    /// The handoff.
    pub handoff_id: HandoffId,
    /// Its session.
    pub session_id: SessionId,
    /// What people call the handoff.
    pub number: Number,
    /// How urgent it is.
    pub priority: Priority,
    /// The problem in one line.
    pub problem_summary: String,
    /// Since when the problem has been the team's.
    pub created_at: Timestamp,
    /// The version of the handoff after the event: what was read of an older one is out of date.
    pub version: u64,
}

string_enum! {
    /// Why a handoff rings again.
    pub enum ReminderReason {
        /// Nobody has claimed it for long.
        Unclaimed = "unclaimed",
        /// A park whose time has come; told to whoever parked, alone.
        Wake = "wake",
        /// Its claimer has done nothing for long, and it will go back to the queue; told to them alone.
        StaleClaim = "stale_claim",
    }
}

/// The session that an event tells of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionSummary {
    /// The session.
    pub session_id: SessionId,
    /// What people call the session.
    pub number: Number,
    /// The problem in one line.
    pub problem_summary: String,
    /// Where it stands after the event.
    pub status: SessionStatus,
    /// How far the search has come.
    pub confidence_tier: ConfidenceTier,
    /// Whoever works on it after the event.
    pub assignee: Person,
}

/// What happened. The name of each is its `type` on the wire.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventBody {
    /// A session entered the queue.
    HandoffCreated {
        /// Which.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// Who escalated.
        by: Person,
        /// Whether an assessment will follow.
        assessment_status: AssessmentStatus,
        /// The handoff that this one replaces, when its claimer escalated again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        supersedes: Option<HandoffId>,
    },
    /// Its assessment is done.
    HandoffAssessmentReady {
        /// Which.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// The assessment as text.
        ai_assessment: String,
        /// The assessment as data.
        ai_assessment_data: Box<Assessment>,
    },
    /// Its assessment could not be made.
    HandoffAssessmentFailed {
        /// Which.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// Why: one sentence.
        assessment_error: String,
    },
    /// Somebody claimed it.
    HandoffClaimed {
        /// Which.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// Who.
        by: Person,
        /// When.
        claimed_at: Timestamp,
    },
    /// It went back to the queue.
    HandoffReleased {
        /// Which.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// Who released it.
        by: Person,
        /// Why.
        reason: String,
    },
    /// It was passed to a named person.
    HandoffAssigned {
        /// Which.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// Who passed it.
        by: Person,
        /// Who works on it now.
        to: Person,
        /// Since when.
        claimed_at: Timestamp,
    },
    /// It was returned to whoever handed it off, with a question.
    HandoffSentBack {
        /// Which.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// Who returned it.
        by: Person,
        /// What they ask.
        question: String,
    },
    /// It was taken back before anybody claimed it.
    HandoffWithdrawn {
        /// Which.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// Who took it back.
        by: Person,
    },
    /// Somebody said what came of one of its suggested steps.
    HandoffStepUpdated {
        /// Which.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// Who.
        by: Person,
        /// The step, as it is now.
        step: Step,
    },
    /// It rings again.
    HandoffReminder {
        /// Which.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// Why.
        reason: ReminderReason,
    },
    /// Its session was resolved.
    HandoffResolved {
        /// Which.
        #[serde(flatten)]
        handoff: HandoffSummary,
        /// Who resolved it.
        by: Person,
        /// How.
        resolution: String,
    },
    /// A session was opened.
    SessionCreated {
        /// Which.
        #[serde(flatten)]
        session: SessionSummary,
        /// By whom.
        by: Person,
    },
    /// A session changed other than by what the other events tell: parked, resumed, a branch settled.
    SessionUpdated {
        /// Which.
        #[serde(flatten)]
        session: SessionSummary,
        /// Who changed it.
        by: Person,
        /// The branch that changed, if one did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<Branch>,
        /// The park or resume that changed it, if one did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        handoff_id: Option<HandoffId>,
    },
    /// A session ended.
    SessionResolved {
        /// Which.
        #[serde(flatten)]
        session: SessionSummary,
        /// Who ended it.
        by: Person,
        /// How.
        resolution: String,
    },
    /// Something was said in a session; goes only to streams narrowed to it.
    MessageAdded {
        /// The session.
        session_id: SessionId,
        /// What was said.
        message: Message,
    },
}

/// For whom an event is, beyond its account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Audience {
    /// Every stream of the account.
    Team,
    /// Only streams narrowed to its session.
    Session,
}

impl EventBody {
    /// The `type` on the wire, which is the SSE `event:` name too.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::HandoffCreated { .. } => "handoff_created",
            Self::HandoffAssessmentReady { .. } => "handoff_assessment_ready",
            Self::HandoffAssessmentFailed { .. } => "handoff_assessment_failed",
            Self::HandoffClaimed { .. } => "handoff_claimed",
            Self::HandoffReleased { .. } => "handoff_released",
            Self::HandoffAssigned { .. } => "handoff_assigned",
            Self::HandoffSentBack { .. } => "handoff_sent_back",
            Self::HandoffWithdrawn { .. } => "handoff_withdrawn",
            Self::HandoffStepUpdated { .. } => "handoff_step_updated",
            Self::HandoffReminder { .. } => "handoff_reminder",
            Self::HandoffResolved { .. } => "handoff_resolved",
            Self::SessionCreated { .. } => "session_created",
            Self::SessionUpdated { .. } => "session_updated",
            Self::SessionResolved { .. } => "session_resolved",
            Self::MessageAdded { .. } => "message_added",
        }
    }

    /// The handoff it tells of, if it tells of one.
    pub const fn handoff(&self) -> Option<&HandoffSummary> {
        match self.subject() {
            EventSubject::Handoff(handoff) => Some(handoff),
            EventSubject::Session(_) | EventSubject::Message(..) => None,
        }
    }

    /// The message that it brings, if it brings one.
    pub const fn message(&self) -> Option<&Message> {
        match self.subject() {
            EventSubject::Message(_, message) => Some(message),
            EventSubject::Handoff(_) | EventSubject::Session(_) => None,
        }
    }

    /// The session it tells of; every event tells of one.
    pub const fn session_id(&self) -> SessionId {
        match self.subject() {
            EventSubject::Handoff(handoff) => handoff.session_id,
            EventSubject::Session(session) => session.session_id,
            EventSubject::Message(session_id, _) => session_id,
        }
    }

    /// Which streams of the account carry it.
    pub const fn audience(&self) -> Audience {
        match self.subject() {
            EventSubject::Handoff(_) | EventSubject::Session(_) => Audience::Team,
            EventSubject::Message(..) => Audience::Session,
        }
    }

    const fn subject(&self) -> EventSubject<'_> {
        match self {
            Self::HandoffCreated { handoff, .. }
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
            Self::MessageAdded { session_id, message } => EventSubject::Message(*session_id, message),
        }
    }
}

/// What an event tells of.
enum EventSubject<'e> {
    Handoff(&'e HandoffSummary),
    Session(&'e SessionSummary),
    /// Something said in a session.
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
                    version: 3,
                },
                by: Person { id: crate::id::UserId::from_bytes(id(3)), name: "Sam Ortiz".into() },
            },
        };
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["type"], event.body.name());
        assert_eq!(json["seq"], 7);
        assert_eq!(json["number"], 42);
        assert_eq!(json["by"]["name"], "Sam Ortiz");
        assert_eq!(StreamFrame::parse(&json.to_string()), StreamFrame::Event(Box::new(event)));
    }

    #[test]
    fn a_frame_of_a_newer_server_is_passed_over_but_keeps_its_place() {
        let data = r#"{"type":"handoff_painted","seq":9,"colour":"red"}"#;
        assert_eq!(StreamFrame::parse(data), StreamFrame::Unknown { seq: Some(Seq(9)) });
        assert_eq!(StreamFrame::parse("{"), StreamFrame::Unknown { seq: None });
    }
}
