//! A session: one troubleshooting conversation, with its messages and its branches.

pub(crate) mod branch;
mod link;
pub(crate) mod message;

use serde::{Deserialize, Serialize};

use crate::handoff::{HandoffLink, HandoffStatus, Intent, Priority, Snapshot};
use crate::id::{HandoffId, HandoffRef, Number, SessionId, StepId, UserId};
use crate::string_enum::string_enum;
use crate::time::Timestamp;

pub use branch::{Branch, BranchStatus, ConfidenceTier, PutBranch};
pub use link::SessionLink;
pub use message::{CreateMessage, IntakeContent, IntakeType, Message, MessageKind, MessagePage, MessageRole};

string_enum! {
    /// The status of a session.
    pub enum SessionStatus {
        /// Its assignee works on it.
        Active = "active",
        /// Parked: put aside privately by its assignee.
        Paused = "paused",
        /// In the queue, waiting to be claimed.
        Escalated = "escalated",
        /// Finished.
        Resolved = "resolved",
    }
}

string_enum! {
    /// How a session is run. There is one way so far.
    pub enum SessionType {
        /// A conversation with the assistant.
        Guided = "guided",
    }
}

/// A session as lists show it: without its messages.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionItem {
    /// The id.
    pub id: SessionId,
    /// The number that people use: `#42`. Handoffs have numbers of their own.
    pub number: Number,
    /// How the session is run.
    pub session_type: SessionType,
    /// How the problem came in.
    pub intake_type: IntakeType,
    /// The problem as it was described first.
    pub intake_content: IntakeContent,
    /// The problem in one line, if somebody wrote one.
    pub problem_summary: Option<String>,
    /// The status.
    pub status: SessionStatus,
    /// How far the search for the cause has come.
    pub confidence_tier: ConfidenceTier,
    /// The opener.
    pub user_id: UserId,
    /// The opener's name.
    pub user_name: String,
    /// The assignee: the opener, or after a claim the claimer.
    pub assignee_id: UserId,
    /// The assignee's name.
    pub assignee_name: String,
    /// How many times the session was parked or escalated.
    pub handoff_count: u32,
    /// The current handoff (open, claimed or parked), if there is one and the caller may see it.
    pub handoff_id: Option<HandoffId>,
    /// The latest escalation, if it was ever escalated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_escalation: Option<LatestEscalation>,
    /// The cause and the fix, once resolved.
    pub resolution: Option<String>,
    /// The handoff of the same problem, if the session was resolved as its duplicate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<HandoffLink>,
    /// The sessions that were resolved as duplicates of this one, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duplicates: Vec<SessionLink>,
    /// All branches, in the order they were added.
    pub branch_map: Vec<Branch>,
    /// When the session was opened.
    pub created_at: Timestamp,
    /// When the session last changed.
    pub updated_at: Timestamp,
    /// When the session was resolved.
    pub resolved_at: Option<Timestamp>,
    /// Grows by 1 with each change.
    pub version: u64,
}

impl SessionItem {
    /// One line that names the problem: see [`title`].
    pub fn title(&self) -> String {
        title(self.problem_summary.as_deref(), &self.intake_content.text)
    }
}

/// The latest escalation of a session, as lists show it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LatestEscalation {
    /// The handoff.
    pub handoff_id: HandoffId,
    /// Its number.
    pub number: Number,
    /// Its priority.
    pub priority: Priority,
    /// Its status.
    pub status: HandoffStatus,
}

/// A session with its messages.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Session {
    /// Everything but the messages.
    #[serde(flatten)]
    pub item: SessionItem,
    /// What the latest escalation handed over.
    pub escalation_package: Option<EscalationPackage>,
    /// All messages, oldest first.
    pub conversation_messages: Vec<Message>,
}

/// What an escalation handed over: the same snapshot and branches as in the handoff.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EscalationPackage {
    /// The handoff.
    pub handoff_id: HandoffId,
    /// The priority of the handoff.
    pub priority: Priority,
    /// What the engineer wrote at the handoff.
    pub engineer_notes: String,
    /// The session as it was at the handoff.
    pub snapshot: Snapshot,
    /// The branches as they were at the handoff.
    pub branch_map: Vec<Branch>,
}

/// One page of sessions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionPage {
    /// The sessions, newest first.
    pub items: Vec<SessionItem>,
    /// Pass this as `cursor` to get the next page; null on the last page.
    pub next_cursor: Option<String>,
}

/// `POST /ai-sessions`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateSession {
    /// How the problem comes in.
    pub intake_type: IntakeType,
    /// The problem.
    #[serde(deserialize_with = "crate::object::deserialize_object")]
    pub intake_content: IntakeContent,
    /// The problem in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::MAX_SUMMARY_CHARS), regex(pattern = crate::schema::NON_EMPTY_LINE)))]
    pub problem_summary: Option<String>,
}

/// `POST /ai-sessions/{id}/handoff`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HandOff {
    /// Park or escalate.
    pub intent: Intent,
    /// What the next reader should know.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::MAX_NOTES_BYTES), regex(pattern = crate::schema::TEXT)))]
    pub engineer_notes: String,
    /// The priority, `normal` by default. It has no effect on a park.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// For a park: when to be reminded of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake_at: Option<Timestamp>,
}

/// `POST /ai-sessions/{id}/resolve`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Resolve {
    /// The cause and the fix.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::MAX_NOTES_BYTES), regex(pattern = crate::schema::NON_EMPTY_TEXT)))]
    pub resolution: String,
    /// The suggested steps that worked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub worked_step_ids: Vec<StepId>,
    /// A handoff of the same problem, by id or number: the session is its duplicate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<HandoffRef>,
}

/// One line that names a problem: its summary, or else the first line of the intake, cut at a word near 80 characters.
pub fn title(problem_summary: Option<&str>, intake: &str) -> String {
    const MAX_CHARS: usize = 80;
    if let Some(summary) = problem_summary {
        return summary.to_owned();
    }
    let first = intake.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    let first: String = first.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if first.chars().count() <= MAX_CHARS {
        return first;
    }
    let cut: String = first.chars().take(MAX_CHARS).collect();
    let whole_words = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{whole_words}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_without_a_summary_is_titled_by_its_first_intake_line() {
        assert_eq!(title(Some("VPN is down"), "anything"), "VPN is down");
        assert_eq!(title(None, "\n  Printer jams\nsince Monday"), "Printer jams");
        assert_eq!(title(None, "tab\there"), "tab here");
        let long = "word ".repeat(40);
        let cut = title(None, &long);
        assert!(cut.ends_with("word…") && cut.chars().count() <= 81, "{cut}");
    }
}
