//! What changed in a session between two of its escalations.

use std::collections::HashMap;

use tierup_common::handoff::{AnsweredQuestion, BranchChange, ChangesSince, Snapshot, StepOutcome};
use tierup_common::id::{BranchId, UserId};
use tierup_common::session::{Branch, BranchStatus, Message};
use tierup_common::text::{truncate, truncate_to_line};
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::domain::handoff::Handoff;

/// The longest hypothesis, in characters: it names the branch, whose whole text is in the branch map.
const MAX_HYPOTHESIS_CHARS: usize = 300;

/// The longest question and the longest answer, in characters: both are messages of the session, whole.
const MAX_QUESTION_CHARS: usize = 1_000;

/// The latest escalation of a session, with what the next one is compared with.
#[derive(Clone, Debug)]
pub struct EarlierEscalation {
    /// The handoff.
    pub handoff: Handoff,
    /// The session as it was then.
    pub snapshot: Snapshot,
    /// The steps suggested since that have an outcome.
    pub steps: Vec<StepOutcome>,
    /// The question with which it was sent back, if it was.
    pub question: Option<AskedQuestion>,
}

/// A question with which an escalation was sent back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskedQuestion {
    /// Who asked.
    pub by: Person,
    /// When they asked.
    pub at: Timestamp,
    /// The question.
    pub text: String,
}

/// What a user answered to a question: their last message after it. `messages` are the last ones of the session.
pub fn answer(asked: &AskedQuestion, messages: &[Message], by: UserId) -> Option<String> {
    let asked_seq = messages.iter().rev().find(|message| message.content == asked.text).map(|it| it.seq);
    let is_after = |message: &&Message| match asked_seq {
        Some(seq) => message.seq > seq,
        None => message.created_at >= asked.at,
    };
    let last = messages.iter().rev().filter(is_after).find(|message| message.author_id == Some(by))?;
    Some(truncate(&last.content, MAX_QUESTION_CHARS))
}

/// What changed since an escalation. `branches` and `message_count` are those of now; `answer` is what was answered to its
/// question.
pub fn changes_since(
    earlier: &EarlierEscalation,
    branches: &[Branch],
    message_count: u32,
    answer: Option<String>,
) -> ChangesSince {
    let before: HashMap<BranchId, BranchStatus> =
        earlier.snapshot.branch_map.iter().map(|branch| (branch.id, branch.status)).collect();
    let change = |branch: &Branch| {
        let previous_status = before.get(&branch.id).copied();
        (previous_status != Some(branch.status)).then(|| BranchChange {
            branch_id: branch.id,
            hypothesis: truncate_to_line(&branch.hypothesis, MAX_HYPOTHESIS_CHARS),
            status: branch.status,
            previous_status,
        })
    };
    ChangesSince {
        handoff_id: earlier.handoff.id,
        number: earlier.handoff.number,
        handed_off_at: earlier.snapshot.taken_at,
        new_messages: message_count.saturating_sub(earlier.snapshot.message_count),
        branches: branches.iter().filter_map(change).collect(),
        steps: earlier.steps.clone(),
        question: earlier.question.as_ref().map(|asked| AnsweredQuestion {
            by: asked.by.clone(),
            asked_at: asked.at,
            text: truncate(&asked.text, MAX_QUESTION_CHARS),
            answer,
        }),
    }
}

#[cfg(test)]
mod tests {
    use tierup_common::assessment::Outcome;
    use tierup_common::session::{ConfidenceTier, IntakeContent};

    use super::*;
    use crate::domain::handoff::HandoffState;
    use crate::domain::tests::{at, caller, handoff, session};

    fn branch(id: u8, status: BranchStatus) -> Branch {
        let id = BranchId::from_bytes([id; 16]);
        Branch { id, hypothesis: "the\nMTU".into(), status, evidence: None, updated_at: at(0) }
    }

    fn escalated_with(branches: Vec<Branch>) -> EarlierEscalation {
        let session = session(&caller("sam"));
        EarlierEscalation {
            handoff: handoff(&session, HandoffState::Open),
            snapshot: Snapshot {
                problem_summary: None,
                intake_content: IntakeContent { text: "VPN".into() },
                confidence_tier: ConfidenceTier::Discovery,
                branch_map: branches,
                messages: Vec::new(),
                message_count: 3,
                taken_at: at(5),
                changes_since: None,
            },
            steps: Vec::new(),
            question: None,
        }
    }

    /// Mutants seen to fail: every branch; only new ones; all messages.
    #[test]
    fn new_branches_changed_statuses_and_new_messages_are_changes() {
        let earlier = escalated_with(vec![branch(1, BranchStatus::Open), branch(2, BranchStatus::RuledOut)]);
        let now = [
            branch(1, BranchStatus::Confirmed),
            branch(2, BranchStatus::RuledOut),
            branch(3, BranchStatus::Open),
        ];
        let changes = changes_since(&earlier, &now, 8, None);
        let of: Vec<_> = changes.branches.iter().map(|it| (it.previous_status, it.status)).collect();
        assert_eq!(of, [(Some(BranchStatus::Open), BranchStatus::Confirmed), (None, BranchStatus::Open)]);
        assert_eq!(changes.branches[0].hypothesis, "the MTU");
        assert_eq!((changes.new_messages, changes.handed_off_at), (5, at(5)));
        assert!(!changes.is_empty());
    }

    #[test]
    fn outcomes_are_a_change_and_nothing_is_none() {
        let mut earlier = escalated_with(vec![branch(1, BranchStatus::Open)]);
        let same = [branch(1, BranchStatus::Open)];
        assert!(changes_since(&earlier, &same, 3, None).is_empty());
        earlier.steps.push(StepOutcome { text: "Reboot".into(), outcome: Outcome::Failed });
        assert!(!changes_since(&earlier, &same, 3, None).is_empty());
    }

    #[test]
    fn the_answer_is_the_last_message_of_whoever_escalates_after_the_question() {
        let (sam, priya) = (caller("Sam Ortiz"), caller("Priya Nair"));
        let message = |seq, by: &crate::domain::Caller, text: &str| Message {
            id: tierup_common::id::MessageId::from_bytes([1; 16]),
            seq,
            role: tierup_common::session::MessageRole::User,
            author_id: Some(by.id),
            author_name: Some(by.name.clone()),
            content: text.into(),
            created_at: at(0),
            mentions: Vec::new(),
        };
        let asked = AskedQuestion { by: priya.person(), at: at(0), text: "Which build?".into() };
        let mut messages = vec![message(4, &sam, "It fails"), message(5, &priya, "Which build?")];
        assert_eq!(answer(&asked, &messages, sam.id), None);
        messages.extend([message(6, &sam, "I look"), message(7, &sam, "4711"), message(8, &priya, "Thanks")]);
        assert_eq!(answer(&asked, &messages, sam.id).as_deref(), Some("4711"));
    }
}
