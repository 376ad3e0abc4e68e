//! Jobs: slow work, stored as rows by the transaction that asks for it.

use serde::{Deserialize, Serialize};
use tierup_common::event::ReminderReason;
use tierup_common::id::{HandoffId, MessageId, Seq, SessionId, UserId};
use tierup_common::time::Timestamp;

/// A job, and when to run it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScheduledJob {
    /// The work.
    pub job: Job,
    /// The earliest time to run it; `None` for at once.
    pub due_at: Option<Timestamp>,
}

/// A webhook of the settings: a digest of its kind and its address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WebhookId(pub u64);

/// A kind of job. Each kind has workers of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum JobKind {
    /// See [`Job::Assess`].
    Assess,
    /// See [`Job::Reply`].
    Reply,
    /// See [`Job::Announce`].
    Announce,
    /// See [`Job::Mail`].
    Mail,
    /// See [`Job::Reminder`].
    Reminder,
    /// See [`Job::Webhook`].
    Webhook,
}

impl JobKind {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::Assess, Self::Reply, Self::Announce, Self::Mail, Self::Reminder, Self::Webhook];

    /// The name in the database and in metrics. It stays when the variant is renamed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assess => "assess",
            Self::Reply => "reply",
            Self::Announce => "announce",
            Self::Mail => "mail",
            Self::Reminder => "ring",
            Self::Webhook => "call",
        }
    }
}

impl std::fmt::Display for JobKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// Slow work. The JSON is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Job {
    /// Write the assessment of a handoff.
    Assess {
        /// The handoff.
        handoff_id: HandoffId,
    },
    /// Answer a message of a session.
    Reply {
        /// The session.
        session_id: SessionId,
        /// The `seq` of the message to answer.
        to_seq: u32,
        /// The id of the answer.
        message_id: MessageId,
    },
    /// Find the users to notify of a waiting handoff, and add a job for each.
    Announce {
        /// The handoff.
        handoff_id: HandoffId,
        /// The reason for a reminder; `None` the first time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<ReminderReason>,
    },
    /// Mail one user about a handoff.
    Mail {
        /// The handoff.
        handoff_id: HandoffId,
        /// The recipient.
        to: UserId,
        /// The reason for a reminder; `None` the first time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<ReminderReason>,
    },
    /// Send one event to one webhook.
    #[serde(rename = "call")]
    Webhook {
        /// The event.
        seq: Seq,
        /// The webhook.
        hook: WebhookId,
    },
    /// Check whether a reminder about a handoff is due.
    #[serde(rename = "ring")]
    Reminder {
        /// The handoff.
        handoff_id: HandoffId,
        /// When the handoff entered the state that the reminder is about.
        since: Timestamp,
        /// Whether its claimer has been warned.
        warned: bool,
    },
}

impl Job {
    /// The kind of this job.
    pub const fn kind(&self) -> JobKind {
        match self {
            Self::Assess { .. } => JobKind::Assess,
            Self::Reply { .. } => JobKind::Reply,
            Self::Announce { .. } => JobKind::Announce,
            Self::Mail { .. } => JobKind::Mail,
            Self::Reminder { .. } => JobKind::Reminder,
            Self::Webhook { .. } => JobKind::Webhook,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_json_of_a_job_names_its_kind() {
        let (handoff_id, at) = (HandoffId::from_bytes([1; 16]), Timestamp::from_millis(0));
        let session_id = SessionId::from_bytes([2; 16]);
        let jobs = [
            Job::Assess { handoff_id },
            Job::Reply { session_id, to_seq: 1, message_id: MessageId::from_bytes([3; 16]) },
            Job::Announce { handoff_id, reason: None },
            Job::Mail { handoff_id, to: UserId::from_bytes([4; 16]), reason: None },
            Job::Reminder { handoff_id, since: at, warned: false },
            Job::Webhook { seq: Seq(1), hook: WebhookId(1) },
        ];
        for (job, kind) in jobs.iter().zip(JobKind::ALL) {
            assert_eq!(job.kind(), kind);
            assert_eq!(serde_json::to_value(job).unwrap()["kind"], kind.as_str());
        }
    }
}
