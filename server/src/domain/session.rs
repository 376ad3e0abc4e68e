//! A session, its states and its size limits.

use tierup_common::event::{EventBody, SessionSummary};
use tierup_common::handoff::HandoffLink;
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
    /// The state.
    pub state: SessionState,
    /// How far the search for the cause has come.
    pub confidence_tier: ConfidenceTier,
    /// The user who opened it.
    pub opener: Person,
    /// The user who works on it.
    pub assignee: Person,
    /// How many times it was parked or escalated.
    pub handoff_count: u32,
    /// The latest escalation, whether it has ended or not.
    pub latest_escalation: Option<HandoffId>,
    /// The number of messages; the next one has this `seq` plus 1.
    pub message_count: u32,
    /// The text of its messages and branches, in bytes.
    pub text_bytes: u64,
    /// When the session was opened.
    pub created_at: Timestamp,
    /// When the session last changed.
    pub updated_at: Timestamp,
    /// The version that was loaded; 0 for a session that is not stored yet. The store adds 1 with each write.
    pub version: u64,
}

/// The state of a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SessionState {
    /// Its assignee works on it.
    Active {
        /// The handoff that the assignee claimed, if it was escalated.
        claimed: Option<HandoffId>,
    },
    /// Put aside by this park. The claim of an escalation lasts meanwhile.
    Paused(HandoffId),
    /// Waiting in the queue as this handoff.
    Escalated(HandoffId),
    /// Finished.
    Resolved(Resolution),
}

/// How a session ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resolution {
    /// The cause and the fix.
    pub text: String,
    /// When the session was resolved.
    pub at: Timestamp,
    /// The handoff of the same problem, if the session was its duplicate.
    pub duplicate_of: Option<HandoffLink>,
}

impl SessionState {
    /// The state of the columns of a row; `None` if they contradict each other.
    pub fn from_parts(
        status: SessionStatus,
        current_handoff: Option<HandoffId>,
        resolution: Option<Resolution>,
    ) -> Option<Self> {
        match (status, current_handoff, resolution) {
            (SessionStatus::Active, claimed, None) => Some(Self::Active { claimed }),
            (SessionStatus::Paused, Some(park), None) => Some(Self::Paused(park)),
            (SessionStatus::Escalated, Some(handoff), None) => Some(Self::Escalated(handoff)),
            (SessionStatus::Resolved, None, Some(resolution)) => Some(Self::Resolved(resolution)),
            (
                SessionStatus::Active
                | SessionStatus::Paused
                | SessionStatus::Escalated
                | SessionStatus::Resolved,
                _,
                _,
            ) => None,
        }
    }

    /// The status on the wire and in the database.
    pub const fn status(&self) -> SessionStatus {
        match self {
            Self::Active { .. } => SessionStatus::Active,
            Self::Paused(_) => SessionStatus::Paused,
            Self::Escalated(_) => SessionStatus::Escalated,
            Self::Resolved(_) => SessionStatus::Resolved,
        }
    }

    /// The handoff that has not ended: open, claimed or parked.
    pub const fn current_handoff(&self) -> Option<HandoffId> {
        match self {
            Self::Active { claimed } => *claimed,
            Self::Paused(handoff) | Self::Escalated(handoff) => Some(*handoff),
            Self::Resolved(_) => None,
        }
    }

    /// How the session ended, if it did.
    pub const fn resolution(&self) -> Option<&Resolution> {
        match self {
            Self::Resolved(resolution) => Some(resolution),
            Self::Active { .. } | Self::Paused(_) | Self::Escalated(_) => None,
        }
    }
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
            status: self.state.status(),
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
        EventBody::SessionUpdated { session: self.summary(), by, branch, handoff_id, duplicate: None }
    }

    /// This session with another time of its last change.
    #[must_use]
    pub fn with_updated_at(&self, now: Timestamp) -> Self {
        Self { updated_at: now, ..self.clone() }
    }

    /// This session, active, with this assignee, who may have claimed a handoff of it.
    #[must_use]
    pub fn with_assignee(&self, assignee: Person, claimed: Option<HandoffId>, now: Timestamp) -> Self {
        Self { state: SessionState::Active { claimed }, assignee, ..self.with_updated_at(now) }
    }

    /// Checks that this many more messages and bytes of text fit.
    pub(super) fn ensure_room_for(&self, messages: u32, bytes: u64) -> Result<(), Refusal> {
        let fits = self.message_count.saturating_add(messages) <= limit::MAX_SESSION_MESSAGES
            && self.text_bytes.saturating_add(bytes) <= limit::MAX_SESSION_BYTES;
        if fits { Ok(()) } else { Err(Refusal::SessionFull(CapacityLimit::Session)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tests::at;

    #[test]
    fn a_session_state_survives_its_columns_and_contradictions_are_refused() {
        let handoff = HandoffId::from_bytes([3; 16]);
        let resolution = Resolution { text: "renewed the certificate".into(), at: at(1), duplicate_of: None };
        for state in [
            SessionState::Active { claimed: None },
            SessionState::Active { claimed: Some(handoff) },
            SessionState::Paused(handoff),
            SessionState::Escalated(handoff),
            SessionState::Resolved(resolution.clone()),
        ] {
            let (status, current) = (state.status(), state.current_handoff());
            let columns = SessionState::from_parts(status, current, state.resolution().cloned());
            assert_eq!(columns, Some(state));
        }
        for status in [SessionStatus::Paused, SessionStatus::Escalated, SessionStatus::Resolved] {
            assert_eq!(SessionState::from_parts(status, None, None), None, "{status}");
        }
        assert_eq!(SessionState::from_parts(SessionStatus::Active, None, Some(resolution)), None);
    }
}
