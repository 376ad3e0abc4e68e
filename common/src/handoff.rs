//! A handoff: a session passed on, parked for oneself or escalated to the team's queue.

use serde::{Deserialize, Serialize};

use crate::assessment::{Assessment, AssessmentStatus, Outcome};
use crate::id::{HandoffId, Number, Seq, SessionId, UserId};
use crate::session::{Branch, ConfidenceTier, IntakeContent, Message};
use crate::string_enum::string_enum;
use crate::time::Timestamp;
use crate::user::Person;

string_enum! {
    /// Why a session is handed off.
    pub enum Intent {
        /// Put aside, privately.
        Park = "park",
        /// Passed to the team's queue.
        Escalate = "escalate",
    }
}

string_enum! {
    /// How urgent a handoff is; the queue shows the most urgent first.
    pub enum Priority {
        /// When there is time.
        Low = "low",
        /// The usual.
        Normal = "normal",
        /// Soon.
        High = "high",
        /// Now.
        Urgent = "urgent",
    }
}

string_enum! {
    /// Where a handoff stands.
    pub enum HandoffStatus {
        /// Escalated and waiting for somebody to claim it.
        Open = "open",
        /// Somebody works on it.
        Claimed = "claimed",
        /// Its session was resolved.
        Resolved = "resolved",
        /// Taken back, or sent back with a question.
        Withdrawn = "withdrawn",
        /// Its claimer escalated again.
        Superseded = "superseded",
        /// Put aside.
        Parked = "parked",
        /// No longer put aside.
        Resumed = "resumed",
    }
}

string_enum! {
    /// Which handoffs a page of the queue shows.
    pub enum QueueState {
        /// Waiting to be claimed.
        Open = "open",
        /// Claimed by anybody.
        Claimed = "claimed",
        /// Claimed by the caller.
        Mine = "mine",
        /// Every escalation, ended ones too.
        All = "all",
    }
}

/// The session as it was at hand-off; it never changes afterwards.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Snapshot {
    /// The problem in one line, when somebody wrote one.
    pub problem_summary: Option<String>,
    /// The problem as it came in.
    pub intake_content: IntakeContent,
    /// How far the search had come.
    pub confidence_tier: ConfidenceTier,
    /// What had been tried.
    pub branch_map: Vec<Branch>,
    /// The last 20 messages.
    pub messages: Vec<Message>,
    /// How many messages there were in all.
    pub message_count: u32,
    /// When it was taken.
    pub taken_at: Timestamp,
}

/// A handoff as the queue shows it: everything but the snapshot.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QueueItem {
    /// The handoff.
    pub id: HandoffId,
    /// What people call it.
    pub number: Number,
    /// The session that was handed off.
    pub session_id: SessionId,
    /// Why.
    pub intent: Intent,
    /// Where it stands.
    pub status: HandoffStatus,
    /// How urgent it is.
    pub priority: Priority,
    /// The problem in one line, always present: see [`crate::session::title`].
    pub problem_summary: String,
    /// What the engineer wrote.
    pub engineer_notes: String,
    /// Where its assessment stands.
    pub assessment_status: AssessmentStatus,
    /// Why the assessment failed: one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment_error: Option<String>,
    /// The assessment as text, Markdown.
    pub ai_assessment: Option<String>,
    /// The assessment as data.
    pub ai_assessment_data: Option<Box<Assessment>>,
    /// Who handed it off.
    pub handed_off_by: UserId,
    /// Their name.
    pub handed_off_by_name: String,
    /// Who claimed it.
    pub claimed_by: Option<UserId>,
    /// Their name.
    pub claimed_by_name: Option<String>,
    /// When they claimed it.
    pub claimed_at: Option<Timestamp>,
    /// For a park: when to be reminded of it.
    pub wake_at: Option<Timestamp>,
    /// When it was handed off.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts its changes; the `ETag` of the handoff.
    pub version: u64,
    /// Who is reading it right now.
    #[serde(default)]
    pub viewers: Vec<Person>,
}

/// A handoff with what was handed over: read, or as whoever passes it on has it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Handoff"))]
pub struct Handoff<S = Snapshot> {
    /// Everything but the snapshot.
    #[serde(flatten)]
    pub item: QueueItem,
    /// The session as it was at hand-off.
    pub snapshot: S,
}

/// How many handoffs there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QueueCounts {
    /// Waiting to be claimed.
    pub open: u64,
    /// Claimed by anybody.
    pub claimed: u64,
    /// Claimed by the caller.
    pub mine: u64,
}

/// One page of the queue.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QueuePage {
    /// By priority, then the oldest first.
    pub items: Vec<QueueItem>,
    /// Where the next page begins, when there is one.
    pub next_cursor: Option<String>,
    /// How many there are in the whole queue.
    pub counts: QueueCounts,
    /// Every event up to here is in this page; stream from here and there is no gap.
    pub as_of_seq: Seq,
}

/// `POST /handoffs/{id}/release`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Why, for the next reader.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::NOTES), regex(pattern = crate::schema::TEXT)))]
    pub reason: String,
}

/// `POST /handoffs/{id}/assign`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// Who is to work on it.
    pub user_id: UserId,
}

/// `POST /handoffs/{id}/send-back`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SendBack {
    /// What the opener should find out.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::NOTES), regex(pattern = crate::schema::NON_EMPTY_TEXT)))]
    pub question: String,
}

/// `PUT /handoffs/{id}/steps/{step_id}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PutStep {
    /// What came of the step; null takes it back. It must be there.
    #[serde(deserialize_with = "Option::deserialize")]
    pub outcome: Option<Outcome>,
}
