//! A session: one troubleshooting conversation, what was said in it and what has been tried.

use serde::{Deserialize, Serialize};

use crate::handoff::{Intent, Priority, Snapshot};
use crate::id::{BranchId, HandoffId, MessageId, Number, SessionId, StepId, UserId};
use crate::string_enum::string_enum;
use crate::time::Timestamp;

string_enum! {
    /// Where a session stands.
    pub enum SessionStatus {
        /// Being worked on.
        Active = "active",
        /// Parked: put aside by whoever worked on it, privately.
        Paused = "paused",
        /// In the queue, waiting to be claimed.
        Escalated = "escalated",
        /// Done.
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

string_enum! {
    /// How the problem came in. There is one way so far.
    pub enum IntakeType {
        /// Somebody's own words.
        FreeText = "free_text",
    }
}

string_enum! {
    /// How far the search for the cause has come.
    pub enum ConfidenceTier {
        /// No hypothesis confirmed or ruled out yet.
        Discovery = "discovery",
        /// Some ruled out.
        Narrowing = "narrowing",
        /// One confirmed.
        Confirmed = "confirmed",
    }
}

string_enum! {
    /// What became of a hypothesis.
    pub enum BranchStatus {
        /// Not settled.
        Open = "open",
        /// It was not that.
        RuledOut = "ruled_out",
        /// It was that.
        Confirmed = "confirmed",
    }
}

string_enum! {
    /// Who speaks.
    pub enum MessageRole {
        /// A person.
        User = "user",
        /// The AI assistant.
        Assistant = "assistant",
        /// The product itself, saying what happened.
        System = "system",
    }
}

string_enum! {
    /// What a message is for.
    pub enum MessageKind {
        /// The assistant answers it.
        Ask = "ask",
        /// The assistant stays silent.
        Note = "note",
    }
}

/// The problem as it came in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct IntakeContent {
    /// Somebody's own words; they are message 1 too.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::MESSAGE), regex(pattern = crate::schema::NON_EMPTY_TEXT)))]
    pub text: String,
}

/// One message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Message {
    /// The message.
    pub id: MessageId,
    /// Its place in the session, from 1, without gaps.
    pub seq: u32,
    /// Who speaks.
    pub role: MessageRole,
    /// The person, when a person speaks.
    pub author_id: Option<UserId>,
    /// Their name.
    pub author_name: Option<String>,
    /// What they say, Markdown.
    pub content: String,
    /// When.
    pub created_at: Timestamp,
}

/// One line of what has been tried: a hypothesis and what became of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Branch {
    /// The branch.
    pub id: BranchId,
    /// What might be the cause, one line.
    pub hypothesis: String,
    /// What became of it.
    pub status: BranchStatus,
    /// Why.
    pub evidence: Option<String>,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A session as lists show it: everything but what was said.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionItem {
    /// The session.
    pub id: SessionId,
    /// What people call it.
    pub number: Number,
    /// How it is run.
    pub session_type: SessionType,
    /// How the problem came in.
    pub intake_type: IntakeType,
    /// The problem as it came in.
    pub intake_content: IntakeContent,
    /// The problem in one line, when somebody wrote one.
    pub problem_summary: Option<String>,
    /// Where it stands.
    pub status: SessionStatus,
    /// How far the search has come.
    pub confidence_tier: ConfidenceTier,
    /// The opener.
    pub user_id: UserId,
    /// The opener's name.
    pub user_name: String,
    /// Whoever works on it now: the opener, or after a claim the claimer.
    pub assignee_id: UserId,
    /// The assignee's name.
    pub assignee_name: String,
    /// How often it was parked or escalated.
    pub handoff_count: u32,
    /// The handoff that stands (open, claimed or parked) if there is one and the caller may see it.
    pub handoff_id: Option<HandoffId>,
    /// How it ended.
    pub resolution: Option<String>,
    /// What has been tried.
    pub branch_map: Vec<Branch>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it ended.
    pub resolved_at: Option<Timestamp>,
    /// Counts its changes.
    pub version: u64,
}

impl SessionItem {
    /// One line that names the problem: its summary, or else how the intake begins.
    pub fn title(&self) -> String {
        title(self.problem_summary.as_deref(), &self.intake_content.text)
    }
}

/// A session with all that was said in it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Session {
    /// Everything but what was said.
    #[serde(flatten)]
    pub item: SessionItem,
    /// What the latest escalation handed over.
    pub escalation_package: Option<EscalationPackage>,
    /// All messages, in order.
    pub conversation_messages: Vec<Message>,
}

/// What an escalation handed over, as the session shows it: the same snapshot and branch map as the handoff.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EscalationPackage {
    /// The handoff that carries the same.
    pub handoff_id: HandoffId,
    /// How urgent it was.
    pub priority: Priority,
    /// What the engineer wrote.
    pub engineer_notes: String,
    /// The session as it was at hand-off.
    pub snapshot: Snapshot,
    /// What had been tried at hand-off.
    pub branch_map: Vec<Branch>,
}

/// One page of sessions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionPage {
    /// The newest change first.
    pub items: Vec<SessionItem>,
    /// Where the next page begins, when there is one.
    pub next_cursor: Option<String>,
}

/// One page of messages.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MessagePage {
    /// In order.
    pub items: Vec<Message>,
    /// What to ask for the page before with, when there is one.
    pub next_before: Option<u32>,
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
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::SUMMARY), regex(pattern = crate::schema::NON_EMPTY_LINE)))]
    pub problem_summary: Option<String>,
}

/// `POST /ai-sessions/{id}/messages`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateMessage {
    /// What is said.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::MESSAGE), regex(pattern = crate::schema::NON_EMPTY_TEXT)))]
    pub content: String,
    /// Whether the assistant answers; it does, by default.
    #[serde(default = "default_message_kind")]
    pub kind: MessageKind,
}

const fn default_message_kind() -> MessageKind {
    MessageKind::Ask
}

/// `PUT /ai-sessions/{id}/branches/{branch_id}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PutBranch {
    /// What might be the cause.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::NOTES), regex(pattern = crate::schema::NON_EMPTY_TEXT)))]
    pub hypothesis: String,
    /// What became of it.
    pub status: BranchStatus,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::NOTES), regex(pattern = crate::schema::TEXT)))]
    pub evidence: Option<String>,
}

/// `POST /ai-sessions/{id}/handoff`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HandOff {
    /// Park or escalate.
    pub intent: Intent,
    /// What the next reader should know.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::NOTES), regex(pattern = crate::schema::TEXT)))]
    pub engineer_notes: String,
    /// How urgent; normal, by default. A park has none to speak of.
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
    /// What it was and what was done.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::NOTES), regex(pattern = crate::schema::NON_EMPTY_TEXT)))]
    pub resolution: String,
    /// Suggested steps that did it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub worked_step_ids: Vec<StepId>,
}

/// One line that names a problem: its summary, or else how the intake begins, cut at a word near 80 characters.
pub fn title(problem_summary: Option<&str>, intake: &str) -> String {
    const LENGTH: usize = 80;
    if let Some(summary) = problem_summary {
        return summary.to_owned();
    }
    let first = intake.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    let first: String = first.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if first.chars().count() <= LENGTH {
        return first;
    }
    let cut: String = first.chars().take(LENGTH).collect();
    let whole_words = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{whole_words}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_without_a_summary_is_named_by_how_its_intake_begins() {
        assert_eq!(title(Some("VPN is down"), "anything"), "VPN is down");
        assert_eq!(title(None, "\n  Printer jams\nsince Monday"), "Printer jams");
        assert_eq!(title(None, "tab\there"), "tab here");
        let long = "word ".repeat(40);
        let cut = title(None, &long);
        assert!(cut.ends_with("word…") && cut.chars().count() <= 81, "{cut}");
    }
}
