//! Decisions: the changes that a rule makes. The store applies a decision in one transaction, completely or not at all.

use tierup_common::assessment::Assessment;
use tierup_common::event::EventBody;
use tierup_common::handoff::Snapshot;
use tierup_common::id::{HandoffId, SessionId, TokenId, UserId};
use tierup_common::session::{Branch, Message};
use tierup_common::time::Timestamp;
use tierup_common::user::User;

use crate::domain::handoff::Handoff;
use crate::domain::job::{Job, ScheduledJob};
use crate::domain::session::Session;

/// The changes, events and jobs that follow from a request.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Decision {
    /// Rows to write, in order.
    pub changes: Vec<Change>,
    /// Events to append to the log, in order.
    pub events: Vec<PendingEvent>,
    /// Jobs to add.
    pub jobs: Vec<ScheduledJob>,
}

impl Decision {
    /// An empty decision: the state is already as requested.
    pub fn unchanged() -> Self {
        Self::default()
    }

    /// Adds a row to write.
    #[must_use]
    pub fn with_change(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// Adds an event for the whole account.
    #[must_use]
    pub fn with_event(mut self, body: EventBody) -> Self {
        self.events.push(PendingEvent { body, recipient: None });
        self
    }

    /// Adds an event for one user only.
    #[must_use]
    pub fn with_event_for(mut self, user: UserId, body: EventBody) -> Self {
        self.events.push(PendingEvent { body, recipient: Some(user) });
        self
    }

    /// Adds a job to run at once, if there is one.
    #[must_use]
    pub fn with_job(mut self, job: Option<Job>) -> Self {
        self.jobs.extend(job.map(|job| ScheduledJob { job, due_at: None }));
        self
    }

    /// Adds a job to run at some time, if there is one.
    #[must_use]
    pub fn with_scheduled_job(mut self, job: impl Into<Option<ScheduledJob>>) -> Self {
        self.jobs.extend(job.into());
        self
    }

    /// Notes whom the message that this adds mentions.
    #[must_use]
    pub fn with_mentions(mut self, mentions: &[UserId]) -> Self {
        for change in &mut self.changes {
            if let Change::InsertMessage(_, message) = change {
                message.mentions = mentions.to_vec();
            }
        }
        for event in &mut self.events {
            if let EventBody::MessageAdded { message, .. } = &mut event.body {
                message.mentions = mentions.to_vec();
            }
        }
        self
    }

    /// Adds everything of another decision.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.changes.extend(other.changes);
        self.events.extend(other.events);
        self.jobs.extend(other.jobs);
        self
    }

    /// A handoff as it is after this decision; `None` if the decision does not change it.
    pub fn updated_handoff(&self, id: HandoffId) -> Option<Handoff> {
        let written = self.changes.iter().find_map(|change| change.handoff().filter(|it| it.id == id))?;
        Some(Handoff { version: written.version + 1, ..written.clone() })
    }

    /// The session as it is after this decision; `None` if the decision does not change one.
    pub fn session_after(&self) -> Option<&Session> {
        self.changes.iter().rev().find_map(Change::session)
    }
}

/// One row to write. An update holds the new row with the `version` that was loaded.
#[derive(Clone, PartialEq, Debug)]
pub enum Change {
    /// Adds a session.
    InsertSession(Session),
    /// Updates a session.
    UpdateSession(Session),
    /// Adds a message to a session.
    InsertMessage(SessionId, Message),
    /// Adds or updates a branch of a session.
    PutBranch(SessionId, Branch),
    /// Adds a handoff with its snapshot.
    InsertHandoff(Handoff, Box<Snapshot>),
    /// Updates a handoff.
    UpdateHandoff(Handoff),
    /// Writes the assessment of a handoff.
    PutAssessment(HandoffId, AssessmentChange),
    /// Adds a user, refused if the email address is taken.
    InsertUser(NewUser),
    /// Updates a user.
    UpdateUser(UserUpdate),
    /// Adds a token.
    InsertToken(TokenRecord),
    /// Ends a token and its streams.
    DeleteToken(TokenId),
}

impl Change {
    /// The session that this writes.
    pub const fn session(&self) -> Option<&Session> {
        match self {
            Self::InsertSession(session) | Self::UpdateSession(session) => Some(session),
            Self::InsertMessage(..)
            | Self::PutBranch(..)
            | Self::InsertHandoff(..)
            | Self::UpdateHandoff(_)
            | Self::PutAssessment(..)
            | Self::InsertUser(_)
            | Self::UpdateUser(_)
            | Self::InsertToken(_)
            | Self::DeleteToken(_) => None,
        }
    }

    /// The handoff that this writes.
    pub const fn handoff(&self) -> Option<&Handoff> {
        match self {
            Self::InsertHandoff(handoff, _) | Self::UpdateHandoff(handoff) => Some(handoff),
            Self::InsertSession(_)
            | Self::UpdateSession(_)
            | Self::InsertMessage(..)
            | Self::PutBranch(..)
            | Self::PutAssessment(..)
            | Self::InsertUser(_)
            | Self::UpdateUser(_)
            | Self::InsertToken(_)
            | Self::DeleteToken(_) => None,
        }
    }
}

/// How the stored assessment of a handoff changes.
#[derive(Clone, PartialEq, Debug)]
pub enum AssessmentChange {
    /// A new assessment, as text and as data.
    Ready(String, Assessment),
    /// The engine failed: the reason for everybody, and more for admins. An earlier assessment stays.
    Failed(String, Option<String>),
    /// The same assessment with other step outcomes.
    StepsUpdated(Assessment),
}

/// A user to add.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewUser {
    /// The user.
    pub user: User,
    /// The argon2 hash of the password, if the user has one.
    pub password_hash: Option<String>,
}

/// A user to update.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserUpdate {
    /// The user after the update.
    pub user: User,
    /// The argon2 hash of a new password.
    pub password_hash: Option<String>,
    /// The tokens that the update ends.
    pub revoked_tokens: Revocation,
    /// The streams that the update ends.
    pub revoked_streams: Revocation,
}

/// Which tokens or streams of a user a change ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Revocation {
    /// None.
    None,
    /// All except those of one token.
    AllExcept(TokenId),
    /// All.
    All,
}

/// A token to add; its secret is not stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenRecord {
    /// The token.
    pub id: TokenId,
    /// Its user.
    pub user: UserId,
    /// The SHA-256 of the secret.
    pub hash: [u8; 32],
    /// What the token is for.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
}

/// An event without its position in the log.
#[derive(Clone, PartialEq, Debug)]
pub struct PendingEvent {
    /// The change that it reports.
    pub body: EventBody,
    /// The only user who may see it; `None` foreverybody in the account.
    pub recipient: Option<UserId>,
}
