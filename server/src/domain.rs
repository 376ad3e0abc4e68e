//! The rules: who may do what to a session, a handoff or a user, and what follows.
//!
//! Pure: no IO, no clock, no await. A rule takes the current state, the caller and the time, and returns a [`Decision`]
//! or a [`Refusal`]. The store applies decisions. Types are in files of their own, below the rules that use them.

pub mod access;
pub mod assessment;
pub mod branch;
pub mod briefing;
mod caller;
pub mod change;
pub mod changes;
pub mod claim;
mod decision;
pub mod hand_off;
pub mod handoff;
mod job;
pub mod message;
mod policy;
mod refusal;
pub mod remind;
pub mod reminder_schedule;
pub mod resolve;
mod respond_within;
pub mod resume;
pub mod session;
pub mod stats;
pub mod user;
pub mod validation;

pub use caller::Caller;
pub use decision::{
    AssessmentChange, Change, Decision, NewUser, PendingEvent, Revocation, TokenRecord, UserUpdate,
};
pub use job::{Job, JobKind, ScheduledJob, WebhookId};
pub use policy::Policy;
pub use refusal::{CapacityLimit, Refusal};
pub use respond_within::RespondWithin;

#[cfg(test)]
pub(crate) mod tests {
    //! Users, sessions and handoffs for the tests of the rules.

    use tierup_common::assessment::AssessmentStatus;
    use tierup_common::handoff::{Intent, Priority};
    use tierup_common::id::{AccountId, HandoffId, Number, SessionId, TokenId, UserId};
    use tierup_common::session::ConfidenceTier;
    use tierup_common::time::Timestamp;
    use tierup_common::user::Role;

    use super::{Caller, Policy, RespondWithin};
    use crate::domain::handoff::{Handoff, HandoffState};
    use crate::domain::session::{Session, SessionState};

    /// A server without engine, mail and reminders.
    pub(crate) const POLICY: Policy = Policy {
        assessment_enabled: false,
        announcements_enabled: false,
        mail_enabled: false,
        remind_after: None,
        respond_within: RespondWithin::NONE,
        stale_claim_after: None,
    };

    /// A number of seconds after the start of the test.
    pub(crate) fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000 + seconds * 1000)
    }

    /// An engineer with this name; the same name is the same user.
    pub(crate) fn caller(name: &str) -> Caller {
        let mut bytes = [0; 16];
        bytes[..name.len().min(16)].copy_from_slice(&name.as_bytes()[..name.len().min(16)]);
        Caller {
            account: AccountId::from_bytes([1; 16]),
            id: UserId::from_bytes(bytes),
            name: name.into(),
            role: Role::Engineer,
            token: TokenId::from_bytes(bytes),
            expires_at: None,
        }
    }

    /// An active session with this opener.
    pub(crate) fn session(opener: &Caller) -> Session {
        Session {
            id: SessionId::from_bytes([2; 16]),
            number: Number(1),
            title: "VPN is down".into(),
            has_summary: true,
            state: SessionState::Active { claimed: None },
            confidence_tier: ConfidenceTier::Discovery,
            opener: opener.person(),
            assignee: opener.person(),
            handoff_count: 0,
            latest_escalation: None,
            message_count: 1,
            text_bytes: 0,
            created_at: at(0),
            updated_at: at(0),
            version: 1,
        }
    }

    /// An escalation of a session, in this state.
    pub(crate) fn handoff(session: &Session, state: HandoffState) -> Handoff {
        Handoff {
            id: HandoffId::from_bytes([3; 16]),
            number: Number(42),
            session_id: session.id,
            intent: Intent::Escalate,
            state,
            state_since: at(0),
            priority: Priority::Normal,
            title: session.title.clone(),
            notes: "stuck".into(),
            assessment_status: AssessmentStatus::Pending,
            handed_off_by: session.opener.clone(),
            wake_at: None,
            asked_by: None,
            due_at: None,
            created_at: at(0),
            updated_at: at(0),
            version: 1,
        }
    }
}
