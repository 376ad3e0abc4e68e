//! Claim, release and resolve are linearizable: some sequential order explains every response, even across a restart of
//! the server. A request without a definite response may or may not have taken effect.
//!
//! stateright searches for the order. Mutants seen to fail: a claim that takes a claimed handoff, a release by someone
//! who does not hold it.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::sync::Arc;

use futures_util::future::join_all;
use parking_lot::Mutex;
use serde_json::json;
use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};
use tierup_e2e::{ApiClient, Escalation, World, quick_or_soak};

/// A user, by index in the team.
type MemberIndex = usize;

/// An operation.
#[derive(Clone, Copy, Debug)]
enum HandoffOperation {
    Claim(MemberIndex),
    Release(MemberIndex),
    Resolve(MemberIndex),
}

/// A response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum OperationOutcome {
    Succeeded,
    AlreadyClaimedBy(MemberIndex),
    Refused,
}

/// The rules, as a sequential specification.
#[derive(Clone, PartialEq, Eq, Debug)]
enum HandoffModel {
    Open,
    Claimed(MemberIndex),
    Resolved,
}

impl SequentialSpec for HandoffModel {
    type Op = HandoffOperation;
    type Ret = OperationOutcome;

    fn invoke(&mut self, ask: &HandoffOperation) -> OperationOutcome {
        let (next, outcome) = match (&*self, *ask) {
            (Self::Open, HandoffOperation::Claim(who)) => (Self::Claimed(who), OperationOutcome::Succeeded),
            (Self::Claimed(holder), HandoffOperation::Claim(who)) if *holder != who => {
                (self.clone(), OperationOutcome::AlreadyClaimedBy(*holder))
            }
            (Self::Claimed(_), HandoffOperation::Claim(_)) => (self.clone(), OperationOutcome::Succeeded),
            (Self::Claimed(holder), HandoffOperation::Release(who)) if *holder == who => {
                (Self::Open, OperationOutcome::Succeeded)
            }
            (Self::Claimed(holder), HandoffOperation::Resolve(who)) if *holder == who => {
                (Self::Resolved, OperationOutcome::Succeeded)
            }
            (Self::Open | Self::Claimed(_), HandoffOperation::Release(_) | HandoffOperation::Resolve(_))
            | (Self::Resolved, _) => (self.clone(), OperationOutcome::Refused),
        };
        *self = next;
        outcome
    }
}

type History = Arc<Mutex<LinearizabilityTester<usize, HandoffModel>>>;

/// Sends an operation; none if its effect is unknown.
async fn perform(
    team: &[ApiClient],
    handoff: &Escalation,
    operation: HandoffOperation,
) -> Option<OperationOutcome> {
    let (index, path, body) = match operation {
        HandoffOperation::Claim(who) => (who, format!("/handoffs/{}/claim", handoff.handoff_id), None),
        HandoffOperation::Release(who) => {
            (who, format!("/handoffs/{}/release", handoff.handoff_id), Some(json!({"reason": "lunch"})))
        }
        HandoffOperation::Resolve(who) => {
            let path = format!("/ai-sessions/{}/resolve", handoff.session_id);
            (who, path, Some(json!({"resolution": "done"})))
        }
    };
    let answer = team[index].try_send_json(reqwest::Method::POST, &path, body, &[]).await?;
    match (answer.status, answer.problem_code()) {
        (200, _) => Some(OperationOutcome::Succeeded),
        (409, "handoff-already-claimed") => {
            let winner =
                team.iter().position(|member| answer.body["claimed_by_name"] == member.name.as_str());
            Some(OperationOutcome::AlreadyClaimedBy(winner.unwrap()))
        }
        (403 | 409, _) => Some(OperationOutcome::Refused),
        (500.., _) => None,
        _ => panic!("{operation:?}: {} {}", answer.status, answer.body),
    }
}

/// Runs random operations of one user. After an unknown response the user continues as a new `thread`. Returns the
/// responses.
async fn perform_random_operations(
    history: &History,
    team: &[ApiClient],
    handoff: &Escalation,
    member: MemberIndex,
    seed: u64,
) -> Vec<OperationOutcome> {
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut thread, mut outcomes) = (member, Vec::new());
    for _ in 0..4 {
        let operation = match random.u8(0..8) {
            0..=3 => HandoffOperation::Claim(member),
            4..=6 => HandoffOperation::Release(member),
            _ => HandoffOperation::Resolve(member),
        };
        history.lock().on_invoke(thread, operation).unwrap();
        match perform(team, handoff, operation).await {
            Some(outcome) => {
                history.lock().on_return(thread, outcome).unwrap();
                outcomes.push(outcome);
            }
            None => thread += team.len(),
        }
    }
    outcomes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_operations_are_linearizable() {
    let mut world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    let mut team = Vec::new();
    for name in ["Priya Nair", "Dana Wu", "Lee Chan"] {
        team.push(world.engineer(name).await);
    }
    let (rounds, mut all_outcomes) = (quick_or_soak(100, 3_000), Vec::new());
    for round in 0..rounds {
        let handoff = sam.escalate("VPN is down").await;
        let history = History::new(Mutex::new(LinearizabilityTester::new(HandoffModel::Open)));
        let acting = (0..team.len())
            .map(|who| perform_random_operations(&history, &team, &handoff, who, round * 10 + who as u64));
        let restarts = async {
            if round % 10 == 0 {
                world.restart().await;
            }
        };

        let (outcomes, ()) = tokio::join!(join_all(acting), restarts);
        all_outcomes.extend(outcomes.into_iter().flatten());

        let history = history.lock();
        assert!(history.serialized_history().is_some(), "round {round}: {history:?}");
    }
    // An empty history is always linearizable.
    let count = |of: fn(&OperationOutcome) -> bool| all_outcomes.iter().filter(|outcome| of(outcome)).count();
    let known = [
        count(|outcome| *outcome == OperationOutcome::Succeeded),
        count(|outcome| matches!(outcome, OperationOutcome::AlreadyClaimedBy(_))),
        count(|outcome| *outcome == OperationOutcome::Refused),
    ];
    assert!(known.iter().all(|count| *count as u64 >= rounds / 4), "done, lost, refused: {known:?}");
}

#[test]
fn two_winners_are_not_linearizable() {
    let mut history = LinearizabilityTester::new(HandoffModel::Open);
    history.on_invret(0, HandoffOperation::Claim(0), OperationOutcome::Succeeded).unwrap();
    history.on_invret(1, HandoffOperation::Claim(1), OperationOutcome::Succeeded).unwrap();
    assert!(history.serialized_history().is_none());
}
