//! Of many concurrent claims, one wins. A repeated request has one effect.
//!
//! Mutants seen to fail: a claim that takes a claimed handoff, a repeated claim that logs an event, a stored response
//! that is not found, a key that is accepted with another body.

use std::sync::Arc;

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};
use tierup_e2e::api_client::ApiResponse;
use tierup_e2e::{ApiClient, Escalation, World, quick_or_soak};
use tokio::sync::Barrier;

/// All claim at the same moment. Returns the winner and all responses.
async fn race_claims(contenders: &[ApiClient], handoff: &Escalation) -> (ApiClient, Vec<ApiResponse>) {
    let barrier = Arc::new(Barrier::new(contenders.len()));
    let claims = contenders.iter().map(|contender| {
        let (barrier, contender, handoff) = (Arc::clone(&barrier), contender.clone(), handoff.clone());
        tokio::spawn(async move {
            barrier.wait().await;
            contender.try_claim(&handoff).await
        })
    });
    let answers: Vec<ApiResponse> = join_all(claims).await.into_iter().map(Result::unwrap).collect();
    let winners: Vec<_> = answers.iter().zip(contenders).filter(|(answer, _)| answer.status == 200).collect();
    assert_eq!(winners.len(), 1, "exactly one wins");
    (winners[0].1.clone(), answers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_one_of_many_simultaneous_claims_wins() {
    let (contenders, handoffs) = quick_or_soak((32, 50), (200, 1_000));
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    // One at a time: their owner may have 64 concurrent requests.
    let names = stream::iter((0..contenders).map(|number| format!("Engineer {number}")));
    let contenders: Vec<_> = names.then(async |name| world.engineer(&name).await).collect().await;
    for round in 0..handoffs {
        let handoff = sam.escalate(&format!("Problem {round}")).await;

        let (winner, answers) = race_claims(&contenders, &handoff).await;

        for lost in answers.iter().filter(|answer| answer.status != 200) {
            assert_eq!((lost.status, lost.problem_code()), (409, "handoff-already-claimed"));
            assert_eq!(lost.body["claimed_by_name"], winner.name.as_str());
        }
        // Every tenth winner claims again, and nothing changes.
        if round % 10 == 0 {
            let before = sam.handoff(&handoff).await;
            assert_eq!(winner.claim(&handoff).await["version"], before["version"]);
        }
    }
    let events = sam.subscribe_after("0").await.collect_until("caught_up").await;
    let claims = events.iter().filter(|frame| frame.name == "handoff_claimed").count();
    assert_eq!(claims, handoffs);
}

/// Sends a request fifty times at once with one key, and returns the one response.
async fn send_fifty_times(client: &ApiClient, path: &str, body: Option<Value>) -> ApiResponse {
    let headers = [("idempotency-key", path)];
    let once = || client.send_json(Method::POST, path, body.clone(), &headers);
    let answers = join_all((0..50).map(|_| once())).await;
    let responses = answers.iter().map(|answer| (answer.status, &answer.body));
    assert!(responses.clone().all(|answer| answer == (answers[0].status, &answers[0].body)), "{answers:?}");
    answers[0].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn simultaneous_requests_with_one_key_have_one_effect() {
    let world = World::without_assessments().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);

    let body = json!({"intake_type": "free_text", "intake_content": {"text": "VPN"}});
    let session = send_fifty_times(&sam, "/ai-sessions", Some(body)).await.expect(201);
    let id = session["id"].as_str().unwrap();
    let other = json!({"intake_type": "free_text", "intake_content": {"text": "Printer"}});
    let headers = [("idempotency-key", "/ai-sessions")];
    let reused = sam.send_json(Method::POST, "/ai-sessions", Some(other), &headers).await;
    assert_eq!((reused.status, reused.problem_code()), (422, "idempotency-key-reused"));
    let body = json!({"intent": "escalate", "engineer_notes": "I am stuck."});
    let handoff = send_fifty_times(&sam, &format!("/ai-sessions/{id}/handoff"), Some(body)).await.expect(201);
    let claim = format!("/handoffs/{}/claim", handoff["id"].as_str().unwrap());
    let claimed = send_fifty_times(&priya, &claim, None).await.expect(200);

    assert_eq!(claimed["claimed_by_name"], "Priya Nair");
    assert_eq!(sam.get("/ai-sessions").await.expect(200)["items"].as_array().unwrap().len(), 1);
    let mut log = sam.subscribe(&format!("?session_id={id}&last_event_id=0&caught_up=true")).await;
    let events = log.collect_until("caught_up").await;
    let happened: Vec<_> =
        events.iter().filter(|frame| frame.id.is_some()).map(|frame| &frame.name).collect();
    assert_eq!(happened, ["session_created", "message_added", "handoff_created", "handoff_claimed"]);
}

#[tokio::test]
async fn a_claim_retried_with_its_key_stays_won() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalate("VPN is down").await;
    let path = format!("/handoffs/{}/claim", vpn.handoff_id);
    let claim = || priya.send_json(Method::POST, &path, None, &[("idempotency-key", "k")]);

    let first = claim().await.expect(200);
    let reason = json!({"reason": "lunch"});
    priya.post(&format!("/handoffs/{}/release", vpn.handoff_id), reason).await.expect(200);

    assert_eq!(claim().await.expect(200), first);
    assert_eq!(priya.handoff(&vpn).await["status"], "open");
}
