//! Tests of the entries that the assessment proposes: a key makes them branches.

use super::assessments::assessed;
use super::*;
use crate::state::layer::PickerKind;
use tierup_common::session::{Branch, BranchStatus, PutBranch};

const CAUSE: &str = "The gateway rejects the new issuer.";
const QUESTION: &str = "Does it fail on another network?";

fn with_proposals(number: u8) -> QueueItem {
    assessed(with_steps(item(number), 1), |data| {
        data.likely_cause = CAUSE.into();
        data.find_out = vec![QUESTION.into()];
    })
}

fn is_put(call: &Call) -> bool {
    matches!(call, Call::PutBranch { .. })
}

/// The branch that a pending call adds, and the call.
fn take_put(console: &mut TestConsole) -> (CallId, Branch) {
    let call_id = console.take_call(is_put);
    let Call::PutBranch { branch_id, request, .. } = console.state.pending_calls[&call_id].clone() else {
        unreachable!("a branch")
    };
    let PutBranch { hypothesis, status, evidence } = request;
    (call_id, Branch { id: branch_id, hypothesis, status, evidence, updated_at: NOW })
}

fn selected_row(console: &TestConsole) -> usize {
    let Some(Layer::Picker(picker)) = console.state.layers.last() else { panic!("the list is gone") };
    assert_eq!(picker.kind, PickerKind::Branches);
    picker.selected
}

#[test]
fn a_key_in_the_assessment_makes_its_likely_cause_an_open_entry() {
    let mut priya = TestConsole::in_claimed_session(with_proposals(1), Vec::new());
    priya.press_keys("<alt-v>o");
    let screen = priya.paint();
    assert!(screen.contains("issuer.  proposed: o adds it") && screen.contains(QUESTION), "{screen}");
    priya.press_keys("o");
    let (call_id, branch) = take_put(&mut priya);
    assert_eq!((branch.hypothesis.as_str(), branch.status), (CAUSE, BranchStatus::Open));
    priya.reply(call_id, Ok(ReplyBody::Branch(branch)));
    let screen = priya.paint();
    assert!(screen.contains("? The gateway rejects the new issuer.  open"), "{screen}");
    assert_eq!(selected_row(&priya), 0);
    // The next row is still a proposal.
    priya.press_keys("jo");
    assert_eq!(take_put(&mut priya).1.hypothesis, QUESTION);
}

#[test]
fn the_same_works_from_the_conversation() {
    let mut priya = TestConsole::in_claimed_session(with_proposals(1), Vec::new());
    priya.press_keys("<alt-o>x");
    let (_, branch) = take_put(&mut priya);
    assert_eq!((branch.hypothesis.as_str(), branch.status), (CAUSE, BranchStatus::RuledOut));
}

/// Mutant seen to fail: an id for every press.
#[test]
fn a_proposal_that_is_pressed_twice_is_one_branch() {
    let mut priya = TestConsole::in_claimed_session(with_proposals(1), Vec::new());
    priya.press_keys("<alt-o>oo");
    assert_eq!(priya.count_calls(is_put), 1);
    let (call_id, branch) = take_put(&mut priya);
    priya.press_keys("x");
    priya.reply(call_id, Ok(ReplyBody::Branch(branch.clone())));
    let (_, again) = take_put(&mut priya);
    assert_eq!((again.id, again.status), (branch.id, BranchStatus::RuledOut));
    assert_eq!(priya.count_calls(is_put), 0);
}

#[test]
fn the_selection_stays_on_a_branch_whose_event_comes_before_the_reply() {
    let mut priya = TestConsole::in_claimed_session(with_proposals(1), Vec::new());
    priya.press_keys("<alt-o>jo");
    let (call_id, branch) = take_put(&mut priya);
    assert_eq!(branch.hypothesis, QUESTION);
    priya.receive_filtered_event(EventBody::SessionUpdated {
        session: session_summary(&session(1, SessionStatus::Active, PRIYA, Vec::new())),
        by: person(PRIYA),
        branch: Some(branch.clone()),
        handoff_id: None,
        duplicate: None,
    });
    assert_eq!(selected_row(&priya), 0, "the branch, before the other proposal");
    priya.reply(call_id, Ok(ReplyBody::Branch(branch)));
    assert_eq!(selected_row(&priya), 0);
}

#[test]
fn what_is_recorded_or_ruled_out_or_unknown_is_not_proposed() {
    let recorded = Branch {
        id: tierup_common::id::BranchId::from_bytes([7; 16]),
        hypothesis: "the gateway  rejects the new issuer".into(),
        status: BranchStatus::RuledOut,
        evidence: None,
        updated_at: NOW,
    };
    let mut priya = TestConsole::in_claimed_session(with_proposals(1), Vec::new());
    priya.state.upsert_branch(session_id(1), &recorded);
    assert_eq!(priya.state.proposed_entries(), [QUESTION]);
    let unknown = assessed(with_proposals(1), |data| data.confidence = Confidence::Inconclusive);
    let ruled_out = assessed(with_proposals(1), |data| data.contradicted_by = Some("the issuer".into()));
    for item in [unknown, ruled_out] {
        let priya = TestConsole::in_claimed_session(item, Vec::new());
        assert_eq!(priya.state.proposed_entries(), [QUESTION]);
    }
}

#[test]
fn a_session_that_cannot_be_written_has_no_proposals() {
    let mut priya = TestConsole::with_items(vec![with_proposals(1)]);
    priya.press_keys("<enter>v");
    let call_id = priya.take_call(|call| matches!(call, Call::Session(_)));
    priya.reply(call_id, Ok(ReplyBody::Session(session(1, SessionStatus::Escalated, SAM, Vec::new()))));
    priya.press_keys("<alt-o>");
    assert!(priya.state.layers.is_empty());
    assert_eq!(priya.state.proposed_entries(), [""; 0]);
}
