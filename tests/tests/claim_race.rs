//! Exactly one winner, however many claim at once.

use futures_util::future::join_all;
use tierup_e2e::World;

/// Quick: enough for two cores to meet in every way that matters. `just soak` tells it with bigger numbers.
const CONTENDERS: usize = 16;
const HANDOFFS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_claim_at_once_one_wins_and_the_others_are_told_who() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let names: Vec<String> = (0..CONTENDERS).map(|number| format!("Engineer {number}")).collect();
    let contenders = join_all(names.iter().map(|name| world.engineer(name))).await;
    for round in 0..HANDOFFS {
        let handoff = sam.escalates(&format!("Problem {round}")).await;

        let answers = join_all(contenders.iter().map(|contender| contender.tries_to_claim(&handoff))).await;

        let winners: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(winners.len(), 1, "round {round}");
        let winner = &winners[0].body["claimed_by_name"];
        for lost in answers.iter().filter(|answer| answer.status != 200) {
            assert_eq!((lost.status, lost.problem()), (409, "handoff-already-claimed"));
            assert_eq!(lost.body["claimed_by_name"], *winner);
        }
    }
    let mut stream = sam.resumes("0").await;
    let heard = stream.hears_all_until("caught_up").await;
    let claims = heard.iter().filter(|frame| frame.name == "handoff_claimed").count();
    assert_eq!(claims, HANDOFFS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_sent_many_times_at_once_has_one_effect_and_one_answer() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let body = serde_json::json!({"intake_type": "free_text", "intake_content": {"text": "VPN"}});
    let once = |body: serde_json::Value| {
        sam.ask(reqwest::Method::POST, "/ai-sessions", Some(body), &[("idempotency-key", "the one")])
    };

    let answers = join_all((0..20).map(|_| once(body.clone()))).await;

    assert!(answers.iter().all(|answer| answer.status == 201 && answer.body == answers[0].body));
    let sessions = sam.get("/ai-sessions").await.expect(200);
    assert_eq!(sessions["items"].as_array().unwrap().len(), 1);
    let other = serde_json::json!({"intake_type": "free_text", "intake_content": {"text": "Printer"}});
    let reused = once(other).await;
    assert_eq!((reused.status, reused.problem()), (422, "idempotency-key-reused"));
}

#[tokio::test]
async fn a_claim_sent_again_with_its_key_is_still_the_claim() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalates("VPN is down").await;
    let path = format!("/handoffs/{}/claim", vpn.handoff);
    let claim = || priya.ask(reqwest::Method::POST, &path, None, &[("idempotency-key", "k")]);

    let first = claim().await.expect(200);
    let reason = serde_json::json!({"reason": "lunch"});
    priya.post(&format!("/handoffs/{}/release", vpn.handoff), reason).await.expect(200);

    assert_eq!(claim().await.expect(200), first);
    assert_eq!(priya.handoff(&vpn).await["status"], "open");
}
