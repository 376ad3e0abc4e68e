//! Claim, release and resolve are linearizable: whatever several did at once, and while the server was restarted, there is
//! an order of one after the other that explains every answer. An answer that did not arrive, or that says nothing
//! certain, may have had its effect or not.
//!
//! stateright looks for the order. Mutants seen to fail: a claim that takes what is claimed already, a release by somebody
//! who does not hold it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use serde_json::json;
use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};
use tierup_e2e::{Engineer, Escalated, World, soak};
use tierup_server::config::Settings;

/// Somebody, by their place in the team.
type Who = usize;

/// What can be asked for.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Claim(Who),
    Release(Who),
    Resolve(Who),
}

/// What is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Told {
    Done,
    Lost(Who),
    Refused,
}

/// The rules, as people understand them.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Rules {
    Open,
    Claimed(Who),
    Resolved,
}

impl SequentialSpec for Rules {
    type Op = Ask;
    type Ret = Told;

    fn invoke(&mut self, ask: &Ask) -> Told {
        let (next, told) = match (&*self, *ask) {
            (Self::Open, Ask::Claim(who)) => (Self::Claimed(who), Told::Done),
            (Self::Claimed(holder), Ask::Claim(who)) if *holder != who => (self.clone(), Told::Lost(*holder)),
            (Self::Claimed(_), Ask::Claim(_)) => (self.clone(), Told::Done),
            (Self::Claimed(holder), Ask::Release(who)) if *holder == who => (Self::Open, Told::Done),
            (Self::Claimed(holder), Ask::Resolve(who)) if *holder == who => (Self::Resolved, Told::Done),
            (Self::Open | Self::Claimed(_), Ask::Release(_) | Ask::Resolve(_)) | (Self::Resolved, _) => {
                (self.clone(), Told::Refused)
            }
        };
        *self = next;
        told
    }
}

type History = Arc<Mutex<LinearizabilityTester<usize, Rules>>>;

/// Asks the server; none if what it did is not known.
async fn asks(team: &[Engineer], handoff: &Escalated, ask: Ask) -> Option<Told> {
    let (who, path, body) = match ask {
        Ask::Claim(who) => (who, format!("/handoffs/{}/claim", handoff.handoff), None),
        Ask::Release(who) => {
            (who, format!("/handoffs/{}/release", handoff.handoff), Some(json!({"reason": "lunch"})))
        }
        Ask::Resolve(who) => {
            let path = format!("/ai-sessions/{}/resolve", handoff.session);
            (who, path, Some(json!({"resolution": "done"})))
        }
    };
    let answer = team[who].may_ask(reqwest::Method::POST, &path, body, &[]).await?;
    match (answer.status, answer.problem()) {
        (200, _) => Some(Told::Done),
        (409, "handoff-already-claimed") => {
            let winner =
                team.iter().position(|member| answer.body["claimed_by_name"] == member.name.as_str());
            Some(Told::Lost(winner.unwrap()))
        }
        (403 | 409, _) => Some(Told::Refused),
        (500.., _) => None,
        _ => panic!("{ask:?}: {} {}", answer.status, answer.body),
    }
}

/// One of the team does this and that; `thread` is theirs until an answer is not known, then another. What they were told.
async fn acts(history: &History, team: &[Engineer], handoff: &Escalated, who: Who, seed: u64) -> Vec<Told> {
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut thread, mut heard) = (who, Vec::new());
    for _ in 0..4 {
        let ask = match random.u8(0..8) {
            0..=3 => Ask::Claim(who),
            4..=6 => Ask::Release(who),
            _ => Ask::Resolve(who),
        };
        history.lock().unwrap().on_invoke(thread, ask).unwrap();
        match asks(team, handoff, ask).await {
            Some(told) => {
                history.lock().unwrap().on_return(thread, told).unwrap();
                heard.push(told);
            }
            None => thread += team.len(),
        }
    }
    heard
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_many_did_at_once_could_have_been_done_one_after_the_other() {
    let mut world =
        World::with(Settings { assessment_engine: Some("off".into()), ..Settings::default() }).await;
    let sam = world.engineer("Sam Ortiz").await;
    let mut team = Vec::new();
    for name in ["Priya Nair", "Dana Wu", "Lee Chan"] {
        team.push(world.engineer(name).await);
    }
    let (rounds, mut heard) = (soak(100, 3_000), Vec::new());
    for round in 0..rounds {
        let handoff = sam.escalates("VPN is down").await;
        let history = History::new(Mutex::new(LinearizabilityTester::new(Rules::Open)));
        let acting = (0..team.len()).map(|who| acts(&history, &team, &handoff, who, round * 10 + who as u64));
        let restarts = async {
            if round % 10 == 0 {
                world.restarts().await;
            }
        };

        let (told, ()) = tokio::join!(join_all(acting), restarts);
        heard.extend(told.into_iter().flatten());

        let history = history.lock().unwrap();
        assert!(history.serialized_history().is_some(), "round {round}: {history:?}");
    }
    // Anything explains answers that nobody had.
    let count = |of: fn(&Told) -> bool| heard.iter().filter(|told| of(told)).count();
    let known = [
        count(|told| *told == Told::Done),
        count(|told| matches!(told, Told::Lost(_))),
        count(|told| *told == Told::Refused),
    ];
    assert!(known.iter().all(|count| *count as u64 >= rounds / 4), "done, lost, refused: {known:?}");
}

#[test]
fn two_winners_have_no_order() {
    let mut history = LinearizabilityTester::new(Rules::Open);
    history.on_invret(0, Ask::Claim(0), Told::Done).unwrap();
    history.on_invret(1, Ask::Claim(1), Told::Done).unwrap();
    assert!(history.serialized_history().is_none());
}
