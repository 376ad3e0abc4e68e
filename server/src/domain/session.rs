//! A session and its size limits.

use tierup_common::event::{EventBody, SessionSummary};
use tierup_common::id::{HandoffId, Number, SessionId};
use tierup_common::limit;
use tierup_common::session::{Branch, ConfidenceTier, SessionStatus};
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::domain::refusal::{CapacityLimit, Refusal};

/// A session without its messages and branches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// The id.
    pub id: SessionId,
    /// The number that people use.
    pub number: Number,
    /// The problem in one line.
    pub title: String,
    /// Whether somebody wrote the title; otherwise it is the first line of the intake.
    pub has_summary: bool,
    /// The status.
    pub status: SessionStatus,
    /// How far the search for the cause has come.
    pub confidence_tier: ConfidenceTier,
    /// The user who opened it.
    pub opener: Person,
    /// The user who works on it.
    pub assignee: Person,
    /// How many times it was parked or escalated.
    pub handoff_count: u32,
    /// The handoff that has not ended: open, claimed or parked.
    pub current_handoff: Option<HandoffId>,
    /// The latest escalation, whether it has ended or not.
    pub latest_escalation: Option<HandoffId>,
    /// The number of messages; the next one has this `seq` plus 1.
    pub message_count: u32,
    /// The text of its messages and branches, in bytes.
    pub text_bytes: u64,
    /// The cause and the fix, once resolved.
    pub resolution: Option<String>,
    /// When the session was opened.
    pub created_at: Timestamp,
    /// When the session last changed.
    pub updated_at: Timestamp,
    /// When the session was resolved.
    pub resolved_at: Option<Timestamp>,
    /// The version that was loaded; 0 for a session that is not stored yet. The store adds 1 with each write.
    pub version: u64,
}

impl Session {
    /// The problem in one line, if somebody wrote one.
    pub fn problem_summary(&self) -> Option<String> {
        self.has_summary.then(|| self.title.clone())
    }

    /// The session in an event about it.
    pub fn summary(&self) -> SessionSummary {
        SessionSummary {
            session_id: self.id,
            number: self.number,
            problem_summary: self.title.clone(),
            status: self.status,
            confidence_tier: self.confidence_tier,
            assignee: self.assignee.clone(),
        }
    }

    /// The event that the session was parked or taken back, or that a branch changed.
    pub fn updated_event(
        &self,
        by: Person,
        branch: Option<Branch>,
        handoff_id: Option<HandoffId>,
    ) -> EventBody {
        EventBody::SessionUpdated { session: self.summary(), by, branch, handoff_id }
    }

    /// This session with another time of its last change.
    #[must_use]
    pub fn with_updated_at(&self, now: Timestamp) -> Self {
        Self { updated_at: now, ..self.clone() }
    }

    /// This session, active again, with this assignee and current handoff.
    #[must_use]
    pub fn with_assignee(
        &self,
        assignee: Person,
        current_handoff: Option<HandoffId>,
        now: Timestamp,
    ) -> Self {
        Self { status: SessionStatus::Active, assignee, current_handoff, ..self.with_updated_at(now) }
    }

    /// Checks that this many more messages and bytes of text fit.
    pub(super) fn ensure_room_for(&self, messages: u32, bytes: u64) -> Result<(), Refusal> {
        let fits = self.message_count.saturating_add(messages) <= limit::SESSION_MESSAGES
            && self.text_bytes.saturating_add(bytes) <= limit::SESSION_TEXT;
        if fits { Ok(()) } else { Err(Refusal::SessionFull(CapacityLimit::Session)) }
    }
}
