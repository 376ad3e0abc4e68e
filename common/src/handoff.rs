//! A handoff: a session handed off, either parked for oneself or escalated to the team's queue.

pub(crate) mod changes;
mod link;

use serde::{Deserialize, Serialize};

use crate::assessment::{Assessment, AssessmentStatus, Outcome};
use crate::id::{HandoffId, Number, Seq, SessionId, UserId};
use crate::session::branch::{Branch, ConfidenceTier};
use crate::session::message::{IntakeContent, Message};
use crate::string_enum::string_enum;
use crate::time::Timestamp;
use crate::user::Person;

pub use changes::{AnsweredQuestion, BranchChange, ChangesSince, StepOutcome};
pub use link::HandoffLink;

string_enum! {
    /// What a handoff is for.
    pub enum Intent {
        /// Put the session aside, privately.
        Park = "park",
        /// Put the session in the team's queue.
        Escalate = "escalate",
    }
}

string_enum! {
    /// The priority of a handoff; the queue shows the highest first.
    pub enum Priority {
        /// Work on it when there is time.
        Low = "low",
        /// The default.
        Normal = "normal",
        /// Work on it soon.
        High = "high",
        /// Work on it now.
        Urgent = "urgent",
    }
}

string_enum! {
    /// The status of a handoff.
    pub enum HandoffStatus {
        /// Escalated, waiting to be claimed.
        Open = "open",
        /// Claimed by somebody.
        Claimed = "claimed",
        /// Its session was resolved.
        Resolved = "resolved",
        /// Taken back before a claim, or sent back with a question.
        Withdrawn = "withdrawn",
        /// Replaced: its claimer escalated the session again.
        Superseded = "superseded",
        /// A park that lasts.
        Parked = "parked",
        /// A park that ended.
        Resumed = "resumed",
    }
}

string_enum! {
    /// Which handoffs to list.
    pub enum QueueState {
        /// Waiting to be claimed.
        Open = "open",
        /// Claimed by anybody.
        Claimed = "claimed",
        /// Claimed by the caller.
        Mine = "mine",
        /// Every escalation, also those that ended.
        All = "all",
    }
}

/// The session as it was at the handoff. It never changes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Snapshot {
    /// The problem in one line, if somebody wrote one.
    pub problem_summary: Option<String>,
    /// The problem as it was described first.
    pub intake_content: IntakeContent,
    /// How far the search for the cause had come.
    pub confidence_tier: ConfidenceTier,
    /// All branches.
    pub branch_map: Vec<Branch>,
    /// The last 20 messages, oldest first.
    pub messages: Vec<Message>,
    /// How many messages the session had.
    pub message_count: u32,
    /// When the snapshot was taken.
    pub taken_at: Timestamp,
    /// What changed since the escalation before. Absent at the first escalation, and at a park.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes_since: Option<ChangesSince>,
}

/// A handoff as the queue shows it: everything but the snapshot.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QueueItem {
    /// The id.
    pub id: HandoffId,
    /// The number that people use: `#42`. Sessions have numbers of their own.
    pub number: Number,
    /// The session that was handed off.
    pub session_id: SessionId,
    /// Park or escalate.
    pub intent: Intent,
    /// The status.
    pub status: HandoffStatus,
    /// The priority.
    pub priority: Priority,
    /// The problem in one line, always present: see [`crate::session::title`].
    pub problem_summary: String,
    /// What the engineer wrote at the handoff.
    pub engineer_notes: String,
    /// The status of the assessment.
    pub assessment_status: AssessmentStatus,
    /// Why the assessment failed: one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment_error: Option<String>,
    /// What the model's endpoint said when the assessment failed: one line, for admins only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment_error_detail: Option<String>,
    /// The assessment as text, Markdown.
    pub ai_assessment: Option<String>,
    /// The assessment as data.
    pub ai_assessment_data: Option<Box<Assessment>>,
    /// The user who handed the session off.
    pub handed_off_by: UserId,
    /// The name of that user.
    pub handed_off_by_name: String,
    /// The claimer.
    pub claimed_by: Option<UserId>,
    /// The claimer's name.
    pub claimed_by_name: Option<String>,
    /// When it was claimed.
    pub claimed_at: Option<Timestamp>,
    /// For a park: when to be reminded of it.
    pub wake_at: Option<Timestamp>,
    /// The user whose question this escalation answers, if they sent the one before back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<UserId>,
    /// The name of that user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by_name: Option<String>,
    /// By when it should be claimed, if the server has a target for its priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// When the session was handed off.
    pub created_at: Timestamp,
    /// When the handoff last changed.
    pub updated_at: Timestamp,
    /// Grows by 1 with each change; it is the `ETag` of the handoff.
    pub version: u64,
    /// The users who have the handoff open now.
    #[serde(default)]
    pub viewers: Vec<Person>,
}

/// A handoff with its snapshot `S`: parsed, or the stored JSON as it is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Handoff"))]
pub struct Handoff<S = Snapshot> {
    /// Everything but the snapshot.
    #[serde(flatten)]
    pub item: QueueItem,
    /// The session as it was at the handoff.
    pub snapshot: S,
}

/// How many handoffs are in the queue.
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
    /// The handoffs: highest priority first, then oldest first.
    pub items: Vec<QueueItem>,
    /// Pass this as `cursor` to get the next page; null on the last page.
    pub next_cursor: Option<String>,
    /// Counts of the whole queue, not of this page.
    pub counts: QueueCounts,
    /// The page includes every event up to this one; a stream that starts after it has no gap.
    pub as_of_seq: Seq,
}

/// `POST /handoffs/{id}/release`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The reason, for the next reader.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::MAX_NOTES_BYTES), regex(pattern = crate::schema::TEXT)))]
    pub reason: String,
}

/// `PATCH /handoffs/{id}`. What is absent stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeHandoff {
    /// The new priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// The problem in one line, also of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::MAX_SUMMARY_CHARS), regex(pattern = crate::schema::NON_EMPTY_LINE)))]
    pub problem_summary: Option<String>,
}

/// `POST /handoffs/{id}/assign`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// The new claimer.
    pub user_id: UserId,
    /// What they should know: it becomes a message of the session. A blank note is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::MAX_NOTES_BYTES), regex(pattern = crate::schema::TEXT)))]
    pub note: Option<String>,
}

/// `POST /handoffs/{id}/send-back`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SendBack {
    /// A question to the user who handed the session off.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::MAX_NOTES_BYTES), regex(pattern = crate::schema::NON_EMPTY_TEXT)))]
    pub question: String,
}

/// `PUT /handoffs/{id}/steps/{step_id}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PutStep {
    /// The outcome of the step; null removes it. The field is required.
    #[serde(deserialize_with = "Option::deserialize")]
    pub outcome: Option<Outcome>,
}
