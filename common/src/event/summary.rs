//! What events say of the handoff or the session that they are about.

use serde::{Deserialize, Serialize};

use crate::assessment::AssessmentStatus;
use crate::handoff::{HandoffStatus, Intent, Priority, QueueItem};
use crate::id::{HandoffId, Number, SessionId};
use crate::session::{ConfidenceTier, SessionStatus};
use crate::time::Timestamp;
use crate::user::Person;

/// The handoff of an event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HandoffSummary {
    /// The id of the handoff.
    pub handoff_id: HandoffId,
    /// The session that was handed off.
    pub session_id: SessionId,
    /// The number of the handoff.
    pub number: Number,
    /// The priority.
    pub priority: Priority,
    /// The problem in one line.
    pub problem_summary: String,
    /// When the session was handed off.
    pub created_at: Timestamp,
    /// By when it should be claimed, if the server has a target for its priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// The version of the handoff after the event; a copy with a lower version is out of date.
    pub version: u64,
    /// The user who handed the session off. Events of earlier versions lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_off_by: Option<Person>,
}

/// The session of an event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionSummary {
    /// The id of the session.
    pub session_id: SessionId,
    /// The number of the session.
    pub number: Number,
    /// The problem in one line.
    pub problem_summary: String,
    /// The status after the event.
    pub status: SessionStatus,
    /// How far the search for the cause has come.
    pub confidence_tier: ConfidenceTier,
    /// The assignee after the event.
    pub assignee: Person,
}

impl HandoffSummary {
    /// The queue's row of a handoff that this user has just escalated: unclaimed, without notes and assessment.
    pub fn into_open_item(self, by: Person) -> QueueItem {
        QueueItem {
            id: self.handoff_id,
            number: self.number,
            session_id: self.session_id,
            intent: Intent::Escalate,
            status: HandoffStatus::Open,
            priority: self.priority,
            problem_summary: self.problem_summary,
            engineer_notes: String::new(),
            assessment_status: AssessmentStatus::NotRequested,
            assessment_error: None,
            assessment_error_detail: None,
            ai_assessment: None,
            ai_assessment_data: None,
            handed_off_by: by.id,
            handed_off_by_name: by.name,
            claimed_by: None,
            claimed_by_name: None,
            claimed_at: None,
            wake_at: None,
            asked_by: None,
            asked_by_name: None,
            due_at: self.due_at,
            created_at: self.created_at,
            updated_at: self.created_at,
            version: self.version,
            viewers: Vec::new(),
        }
    }
}
