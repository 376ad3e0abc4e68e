//! Stalled readers and failing log-ins, in numbers. `resource_usage.rs` has the tests of the whole process.
//!
//! Times are compared with those measured a moment before on the same machine. `just soak` checks the promised bounds
//! on an idle machine; the quick form checks the order of magnitude. Mutant seen to fail: a log-in that does not hash
//! for unknown users.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tierup_e2e::{ApiClient, Escalation, World, http_client, quick_or_soak};
use tokio::io::AsyncReadExt;

/// The 99th percentile of a hundred claims.
async fn p99_claim_time(sam: &ApiClient, priya: &ApiClient) -> Duration {
    let mut times = Vec::new();
    for _ in 0..100 {
        let escalated: Escalation = sam.escalate("VPN is down").await;
        let start = Instant::now();
        priya.claim(&escalated).await;
        times.push(start.elapsed());
        priya.resolve(&escalated.session_id, "done").await;
    }
    times.sort_unstable();
    times[98]
}

/// Claims are only this much slower than before; a few milliseconds are ignored.
#[track_caller]
fn assert_not_slower(before: Duration, now: Duration) {
    let limit = before.max(Duration::from_millis(quick_or_soak(50, 5))) * quick_or_soak(10, 2);
    assert!(now < limit, "a claim took {now:?}, and {before:?} before");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stalled_readers_do_not_slow_claims_and_are_cut_off() {
    let world = World::without_assessments().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let before = p99_claim_time(&sam, &priya).await;
    let session = sam.open_session("VPN is down").await;
    let mut still = Vec::new();
    for _ in 0..quick_or_soak(50, 1_000) {
        still.push(sam.get_without_reading(&format!("/escalations/stream?session_id={session}")).await);
    }
    world.wait_for_metric("tierup_streams", &still.len().to_string()).await;
    // More than the kernel buffers for them: they are stalled from now on.
    let long = "x".repeat(30_000);
    for _ in 0..quick_or_soak(200, 400) {
        sam.add_note(&session, &long).await;
    }

    let now = p99_claim_time(&sam, &priya).await;
    println!("a claim took {before:?} before, and {now:?} beside {} that stand still", still.len());
    assert_not_slower(before, now);

    if quick_or_soak(false, true) {
        let began = Instant::now();
        world.wait_for_metric_within("tierup_streams", "0", Duration::from_secs(90)).await;
        println!("all were cut {:?} after the last claim", began.elapsed());
    }
    drop(still);
    world.wait_for_metric("tierup_streams", "0").await;
}

/// The duration of a failed log-in with this guess.
async fn time_failed_login(world: &World, email: &str, guess: usize) -> Duration {
    // Guesses are delayed more and more, so the clock advances.
    world.clock().advance(Duration::from_hours(2));
    let body = json!({"email": email, "password": format!("guess {guess}")});
    let start = Instant::now();
    let answer =
        http_client().post(format!("{}/api/v1/auth/login", world.url())).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert!(answer.text().await.unwrap().contains("wrong email or password"));
    start.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_log_in_does_not_reveal_which_users_exist() {
    let world = World::without_assessments().await;
    for (name, active) in [("dana", true), ("eve", false)] {
        let email = format!("{name}@acme.test");
        let body = json!({"email": email, "name": name, "role": "engineer", "password": "correct horse"});
        let user = world.owner().post("/users", body).await.expect(201);
        let path = format!("/users/{}", user["id"].as_str().unwrap());
        world.owner().send_json(Method::PATCH, &path, Some(json!({"active": active})), &[]).await.expect(200);
    }
    let all = ["dana@acme.test", "eve@acme.test", "nobody@acme.test"];
    let mut times = all.map(|_| Vec::new());
    // In rotating order, so that the machine's other work affects all three.
    for guess in 0..quick_or_soak(5, 1_001) {
        for turn in 0..all.len() {
            let who = (guess + turn) % all.len();
            times[who].push(time_failed_login(&world, all[who], guess).await);
        }
    }
    let [known, others @ ..] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    println!("known {known:?}, disabled and unknown {others:?}");
    for other in others {
        // Without a hash, a log-in takes a tenth. Beside other tests, a factor of four counts as equal.
        let times = other.as_secs_f64() / known.as_secs_f64();
        let (least, most) = quick_or_soak((0.25, 4.0), (0.95, 1.05));
        assert!((least..most).contains(&times), "{other:?} is not the {known:?} of a known user");
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let world = World::without_assessments().await;
    let mut idle = world.connect("").await;
    let cut = tokio::time::timeout(Duration::from_mins(1), idle.read_to_end(&mut Vec::new())).await;
    assert!(cut.is_ok(), "it stays open");
}
