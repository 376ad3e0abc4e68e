//! The rules: who may do what to a session or a handoff, and what follows from it.
//!
//! Pure: no IO, no clock, no await. A rule takes what is, the caller and the moment, and gives back a
//! [`Decision`] or a [`Refusal`] that says everything an answer needs. The store carries decisions out.

pub mod access;
pub mod assessment;
pub mod briefing;
pub mod claim;
pub mod handoff;
pub mod reminder;
pub mod session;
pub mod user;
pub mod validation;

use std::time::Duration;

use tierup_common::assessment::Assessment;
use tierup_common::event::{EventBody, ReminderReason};
use tierup_common::handoff::{HandoffStatus, Snapshot};
use tierup_common::id::{AccountId, HandoffId, MessageId, Seq, SessionId, TokenId, UserId};
use tierup_common::limit;
use tierup_common::permission::Actor;
use tierup_common::problem::{FieldError, Winner};
use tierup_common::session::{Branch, Message, SessionStatus};
use tierup_common::time::Timestamp;
use tierup_common::user::{Person, Role};

use crate::domain::handoff::Handoff;
use crate::domain::session::Session;

/// Who asks, as their token says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Caller {
    /// The account that everything they see belongs to.
    pub account: AccountId,
    /// The user.
    pub id: UserId,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The token they came with.
    pub token: TokenId,
    /// When that token stops working.
    pub expires_at: Option<Timestamp>,
}

impl Caller {
    /// The caller as others see them.
    pub fn person(&self) -> Person {
        Person { id: self.id, name: self.name.clone() }
    }

    /// The caller as the rules of [`tierup_common::permission`] see them.
    pub const fn actor(&self) -> Actor {
        Actor { id: self.id, role: self.role }
    }
}

/// What this server does beyond answering, by its settings: decides which jobs follow from a decision.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    /// An assessment engine is on.
    pub assessment_enabled: bool,
    /// There is somewhere to announce a handoff.
    pub announcements_enabled: bool,
    /// There is somebody to carry mail.
    pub mail_enabled: bool,
    /// An escalation that nobody claims rings again after so long.
    pub remind_after: Option<Duration>,
    /// A claim that stands still goes back to the queue after so long.
    pub stale_after: Option<Duration>,
}

/// What follows from a request: all of it is committed together, or none.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Decision {
    /// Rows to write.
    pub changes: Vec<Change>,
    /// What to tell, in order.
    pub events: Vec<PendingEvent>,
    /// Work to do afterwards.
    pub jobs: Vec<ScheduledJob>,
}

impl Decision {
    /// Nothing follows: what was asked for is already so.
    pub fn unchanged() -> Self {
        Self::default()
    }

    /// Adds a row to write.
    #[must_use]
    pub fn with_change(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// Adds something to tell the whole team.
    #[must_use]
    pub fn with_event(mut self, body: EventBody) -> Self {
        self.events.push(PendingEvent { body, recipient: None });
        self
    }

    /// Adds something to tell one user alone.
    #[must_use]
    pub fn with_event_for(mut self, user: UserId, body: EventBody) -> Self {
        self.events.push(PendingEvent { body, recipient: Some(user) });
        self
    }

    /// Adds work to do at once, if there is any.
    #[must_use]
    pub fn with_job(mut self, job: Option<Job>) -> Self {
        self.jobs.extend(job.map(|job| ScheduledJob { job, due: None }));
        self
    }

    /// Adds work for some moment, if there is any.
    #[must_use]
    pub fn with_scheduled_job(mut self, task: impl Into<Option<ScheduledJob>>) -> Self {
        self.jobs.extend(task.into());
        self
    }

    /// A handoff as it is once this is carried out; none if it stays as it is.
    pub fn handoff_after(&self, id: HandoffId) -> Option<Handoff> {
        let written = self.changes.iter().find_map(|change| match change {
            Change::InsertHandoff(handoff, _) | Change::UpdateHandoff(handoff) => {
                Some(handoff).filter(|handoff| handoff.id == id)
            }
            Change::InsertSession(_)
            | Change::UpdateSession(_)
            | Change::InsertMessage(..)
            | Change::PutBranch(..)
            | Change::PutAssessment(..) => None,
        })?;
        Some(Handoff { version: written.version + 1, ..written.clone() })
    }
}

/// One row to write. An update holds the row as it is to be, and the `version` it was loaded with.
#[derive(Clone, PartialEq, Debug)]
pub enum Change {
    /// A new session.
    InsertSession(Session),
    /// A session as it is to be.
    UpdateSession(Session),
    /// Something said.
    InsertMessage(SessionId, Message),
    /// What has been tried: one line of it.
    PutBranch(SessionId, Branch),
    /// A new handoff, with what it hands over.
    InsertHandoff(Handoff, Box<Snapshot>),
    /// A handoff as it is to be.
    UpdateHandoff(Handoff),
    /// What the assessment of a handoff says.
    PutAssessment(HandoffId, AssessmentChange),
}

impl Change {
    /// The session as it is to be, if this is its row.
    pub const fn session_after(&self) -> Option<&Session> {
        match self {
            Self::InsertSession(session) | Self::UpdateSession(session) => Some(session),
            Self::InsertMessage(..)
            | Self::PutBranch(..)
            | Self::InsertHandoff(..)
            | Self::UpdateHandoff(_)
            | Self::PutAssessment(..) => None,
        }
    }
}

/// What is kept beside a handoff of its assessment. An assessment that fails leaves what an earlier one said.
#[derive(Clone, PartialEq, Debug)]
pub enum AssessmentChange {
    /// It says this, as text and as data.
    Ready(String, Assessment),
    /// It could not be made, for this reason.
    Failed(String),
    /// The same assessment, with what came of its steps.
    StepsUpdated(Assessment),
}

/// An event to be, before it has its place in the log.
#[derive(Clone, PartialEq, Debug)]
pub struct PendingEvent {
    /// What happened.
    pub body: EventBody,
    /// The one user who may know of it; everybody in the account, if none is named.
    pub recipient: Option<UserId>,
}

/// Work to do, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScheduledJob {
    /// What.
    pub job: Job,
    /// Not before this moment; at once, if none is named.
    pub due: Option<Timestamp>,
}

/// A webhook of the settings: the same for as long as its kind and its address are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct WebhookId(pub u64);

/// Slow work, kept as a row of the transaction that asked for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Job {
    /// Make the assessment of a handoff.
    Assess {
        /// Which.
        handoff_id: HandoffId,
    },
    /// Answer a message of a session.
    Reply {
        /// In which session.
        session_id: SessionId,
        /// The message to answer, by its place.
        to_seq: u32,
        /// The message that the answer will be.
        message_id: MessageId,
    },
    /// Find out whom to tell of a handoff that waits, and make one job for each.
    Announce {
        /// Which.
        handoff_id: HandoffId,
        /// Why again; nothing for the first time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<ReminderReason>,
    },
    /// Mail one user about a handoff.
    Mail {
        /// Which.
        handoff_id: HandoffId,
        /// To whom.
        to: UserId,
        /// Why again; nothing for the first time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<ReminderReason>,
    },
    /// Tell one webhook of an event.
    #[serde(rename = "call")]
    Webhook {
        /// Which event.
        seq: Seq,
        /// Which webhook.
        hook: WebhookId,
    },
    /// Look whether a handoff is to ring again.
    #[serde(rename = "ring")]
    Reminder {
        /// Which.
        handoff_id: HandoffId,
        /// Since when it has been in the state that this is about.
        since: Timestamp,
        /// Its claimer has been warned.
        warned: bool,
    },
}

/// Why the answer is no. Everything that the answer says is in it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such thing in the caller's account.
    #[error("not found")]
    NotFound,
    /// The token does not work, or no longer.
    #[error("this token does not work: it was revoked, or its user is inactive")]
    InvalidToken,
    /// The token's time is over.
    #[error("this token has expired; ask an admin for a new one, or log in")]
    TokenExpired,
    /// The caller's role or relation to the thing does not allow it; the sentence says who may.
    #[error("{0}")]
    Forbidden(String),
    /// The caller does not take part in the session.
    #[error("only the opener, the assignee and admins write in this session")]
    NotAParticipant,
    /// The session is neither parked nor escalated.
    #[error("only a parked or escalated session is taken back; this one {}", not_resumable_reason(*.0))]
    NothingToResume(SessionStatus),
    /// The session does not take this now.
    #[error("the session is {}", status_label(*.0))]
    SessionNotActive(SessionStatus),
    /// The session has no room for more.
    #[error("{0}")]
    SessionFull(CapacityLimit),
    /// Somebody else was first, so long ago.
    #[error("already claimed by {}", .0.claimed_by_name)]
    AlreadyClaimed(Winner, Duration),
    /// The handoff has ended.
    #[error("the handoff is {0}")]
    HandoffClosed(HandoffStatus),
    /// One assessment at a time.
    #[error("an assessment of this handoff is under way")]
    AssessmentRunning,
    /// Another user has this email address.
    #[error("another user has this email address")]
    EmailTaken,
    /// Fields that break a rule.
    #[error("{}", join_field_errors(.0))]
    Invalid(Vec<FieldError>),
    /// The idempotency key was used for another request.
    #[error("this Idempotency-Key was used for another request; make a new key for a new request")]
    IdempotencyKeyReused,
}

/// What of a session has reached its limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CapacityLimit {
    /// The whole of it.
    #[error(
        "this session is full: a session holds at most {} messages and {} MiB of text; resolve it or hand it on, and go on in a new one",
        limit::SESSION_MESSAGES,
        limit::SESSION_TEXT / MIB
    )]
    Session,
    /// What was tried.
    #[error("what was tried in a session holds at most {} MiB of text; shorten it, and say the rest in a message", limit::BRANCH_TEXT / MIB)]
    Branches,
}

const MIB: u64 = 1024 * 1024;

/// Where a session stands, as people say it.
const fn status_label(status: SessionStatus) -> &'static str {
    match status {
        SessionStatus::Paused => "parked",
        SessionStatus::Active | SessionStatus::Escalated | SessionStatus::Resolved => status.as_str(),
    }
}

fn not_resumable_reason(status: SessionStatus) -> String {
    match status {
        SessionStatus::Active => "is being worked on already".into(),
        SessionStatus::Paused | SessionStatus::Escalated | SessionStatus::Resolved => format!("is {status}"),
    }
}

fn join_field_errors(errors: &[FieldError]) -> String {
    let each: Vec<String> =
        errors.iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
    each.join("; ")
}

#[cfg(test)]
pub(crate) mod tests {
    //! People and things for the tests of the rules.

    use tierup_common::assessment::AssessmentStatus;
    use tierup_common::handoff::{Intent, Priority};
    use tierup_common::id::Number;
    use tierup_common::session::ConfidenceTier;

    use super::*;
    use crate::domain::handoff::HandoffState;

    /// A server that only answers.
    pub(crate) const POLICY: Policy = Policy {
        assessment_enabled: false,
        announcements_enabled: false,
        mail_enabled: false,
        remind_after: None,
        stale_after: None,
    };

    /// So many seconds into the story.
    pub(crate) fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000 + seconds * 1000)
    }

    /// An engineer of this name; the same name is the same user.
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

    /// An active session that this caller opened.
    pub(crate) fn session(opener: &Caller) -> Session {
        Session {
            id: SessionId::from_bytes([2; 16]),
            number: Number(1),
            title: "VPN is down".into(),
            has_summary: true,
            status: SessionStatus::Active,
            confidence_tier: ConfidenceTier::Discovery,
            opener: opener.person(),
            assignee: opener.person(),
            handoff_count: 0,
            current_handoff: None,
            latest_escalation: None,
            message_count: 1,
            text_bytes: 0,
            resolution: None,
            created_at: at(0),
            updated_at: at(0),
            resolved_at: None,
            version: 1,
        }
    }

    /// An escalation of this session, in this state.
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
            created_at: at(0),
            updated_at: at(0),
            version: 1,
        }
    }
}
