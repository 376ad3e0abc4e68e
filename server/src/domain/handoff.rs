//! A handoff and its states.

use tierup_common::assessment::AssessmentStatus;
use tierup_common::event::HandoffSummary;
use tierup_common::handoff::{HandoffStatus, Intent, Priority};
use tierup_common::id::{HandoffId, Number, SessionId};
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

/// A handoff without its snapshot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Handoff {
    /// The id.
    pub id: HandoffId,
    /// The number that people use.
    pub number: Number,
    /// The session that was handed off.
    pub session_id: SessionId,
    /// Park or escalate.
    pub intent: Intent,
    /// The state.
    pub state: HandoffState,
    /// When the state began.
    pub state_since: Timestamp,
    /// The priority.
    pub priority: Priority,
    /// The problem in one line.
    pub title: String,
    /// What the engineer wrote at the handoff.
    pub notes: String,
    /// The status of its assessment.
    pub assessment_status: AssessmentStatus,
    /// The user who handed the session off.
    pub handed_off_by: Person,
    /// For a park: when to be reminded of it.
    pub wake_at: Option<Timestamp>,
    /// The user whose question it answers, if they sent the escalation before back.
    pub asked_by: Option<Person>,
    /// By when it should be claimed, if there was a target for its priority.
    pub due_at: Option<Timestamp>,
    /// When the session was handed off.
    pub created_at: Timestamp,
    /// When the handoff last changed.
    pub updated_at: Timestamp,
    /// The version that was loaded; 0 for a handoff that is not stored yet. The store adds 1 with each write.
    pub version: u64,
}

/// The state of a handoff. An ended handoff keeps its claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HandoffState {
    /// Waiting in the queue.
    Open,
    /// Claimed: its claimer works on it.
    Claimed(Claim),
    /// Its session was resolved.
    Resolved(Option<Claim>),
    /// Taken back before a claim, or sent back with a question.
    Withdrawn(Option<Claim>),
    /// Replaced: its claimer escalated the session again.
    Superseded(Option<Claim>),
    /// A park that lasts.
    Parked,
    /// A park that ended.
    Resumed,
}

/// A claim of a handoff.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// The claimer.
    pub by: Person,
    /// When it was claimed.
    pub since: Timestamp,
}

impl HandoffState {
    /// The status on the wire and in the database.
    pub const fn status(&self) -> HandoffStatus {
        match self {
            Self::Open => HandoffStatus::Open,
            Self::Claimed(_) => HandoffStatus::Claimed,
            Self::Resolved(_) => HandoffStatus::Resolved,
            Self::Withdrawn(_) => HandoffStatus::Withdrawn,
            Self::Superseded(_) => HandoffStatus::Superseded,
            Self::Parked => HandoffStatus::Parked,
            Self::Resumed => HandoffStatus::Resumed,
        }
    }

    /// The state of a status and a claim; `None` if they contradict each other.
    pub fn from_parts(status: HandoffStatus, claim: Option<Claim>) -> Option<Self> {
        Some(match (status, claim) {
            (HandoffStatus::Open, None) => Self::Open,
            (HandoffStatus::Claimed, Some(claim)) => Self::Claimed(claim),
            (HandoffStatus::Resolved, claim) => Self::Resolved(claim),
            (HandoffStatus::Withdrawn, claim) => Self::Withdrawn(claim),
            (HandoffStatus::Superseded, claim) => Self::Superseded(claim),
            (HandoffStatus::Parked, None) => Self::Parked,
            (HandoffStatus::Resumed, None) => Self::Resumed,
            (HandoffStatus::Open | HandoffStatus::Parked | HandoffStatus::Resumed, Some(_))
            | (HandoffStatus::Claimed, None) => return None,
        })
    }

    /// The claim, if there is or was one.
    pub const fn claim(&self) -> Option<&Claim> {
        match self {
            Self::Claimed(claim) => Some(claim),
            Self::Resolved(claim) | Self::Withdrawn(claim) | Self::Superseded(claim) => claim.as_ref(),
            Self::Open | Self::Parked | Self::Resumed => None,
        }
    }

    /// Whether the handoff has not ended: it is open, claimed or parked.
    pub const fn is_ongoing(&self) -> bool {
        match self {
            Self::Open | Self::Claimed(_) | Self::Parked => true,
            Self::Resolved(_) | Self::Withdrawn(_) | Self::Superseded(_) | Self::Resumed => false,
        }
    }
}

impl Handoff {
    /// The handoff in an event about a change to it: with the version after the change.
    pub fn summary(&self) -> HandoffSummary {
        HandoffSummary {
            handoff_id: self.id,
            session_id: self.session_id,
            number: self.number,
            priority: self.priority,
            problem_summary: self.title.clone(),
            created_at: self.created_at,
            due_at: self.due_at,
            version: self.version + 1,
            handed_off_by: Some(self.handed_off_by.clone()),
        }
    }

    /// The handoff in an event that does not change it.
    pub fn summary_unchanged(&self) -> HandoffSummary {
        HandoffSummary { version: self.version, ..self.summary() }
    }

    /// This handoff in another state.
    #[must_use]
    pub fn with_state(&self, state: HandoffState, now: Timestamp) -> Self {
        Self { state, state_since: now, updated_at: now, ..self.clone() }
    }

    /// This handoff with another priority and title.
    #[must_use]
    pub fn with_details(&self, priority: Priority, title: String, now: Timestamp) -> Self {
        Self { priority, title, updated_at: now, ..self.clone() }
    }

    /// This handoff with another status of its assessment.
    #[must_use]
    pub fn with_assessment_status(&self, assessment_status: AssessmentStatus, now: Timestamp) -> Self {
        Self { assessment_status, updated_at: now, ..self.clone() }
    }
}
