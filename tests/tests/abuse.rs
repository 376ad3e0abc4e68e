//! Clients that misuse connections harm nobody else.
//!
//! Mutants seen to fail: no time limit for headers, no reason for the client that exceeds it, no limit for bodies or
//! for requests in flight at shutdown, a stream that reads everything its client sends.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use tierup_e2e::{ApiClient, FakeModel, ModelBehavior, World};
use tierup_server::config::Settings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Claims in flight when the server stops.
const CLAIM_COUNT: usize = 400;
/// Concurrent claims of one user.
const CLAIMS_PER_USER: usize = 50;

#[tokio::test]
async fn unfinished_requests_are_cut_off_and_others_are_served() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let began = Instant::now();
    let mut slow = JoinSet::new();
    for _ in 0..200 {
        let mut socket = world.connect("GET /api/v1/me HTTP/1.1\r\nHost: x\r\nX-Slow: ").await;
        slow.spawn(async move {
            let mut answer = String::new();
            socket.read_to_string(&mut answer).await.map(|_| answer)
        });
    }
    // A connection without a request gets no response.
    let mut idle = world.connect("").await;

    for _ in 0..50 {
        sam.get("/me").await.expect(200);
    }

    let all = tokio::time::timeout(Duration::from_secs(20), slow.join_all()).await;
    let all = all.expect("some were not cut off within 20 seconds");
    for answer in all {
        let answer = answer.unwrap();
        assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
        assert!(answer.contains("/problems/request-timeout"), "{answer}");
    }
    let mut nothing = String::new();
    idle.read_to_string(&mut nothing).await.unwrap();
    assert_eq!(nothing, "");
    assert!(began.elapsed() > Duration::from_secs(5), "slow clients were cut off at once");
}

/// `server/src/search/pool.rs` tests what happens to each search and to a log-in beside them.
///
/// Mutants seen to fail: a permit that is lost with its caller.
#[tokio::test]
async fn abandoned_searches_do_not_slow_searches_and_log_ins() {
    const SEARCHES: usize = 1_200;
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    for number in 0..50 {
        sam.open_session(&format!("Problem {number} with a printer, a phone and the VPN")).await;
    }
    let owner = world.owner();
    let me = owner.get("/me").await.expect(200);
    let password = serde_json::json!({"password": "correct horse battery"});
    let path = format!("/users/{}", me["id"].as_str().unwrap());
    owner.send_json(Method::PATCH, &path, Some(password), &[]).await.expect(200);
    for number in 0..SEARCHES {
        drop(sam.get_without_reading(&format!("/ai-sessions?q=p+v+t+w+a+{number}")).await);
    }

    let log_in = serde_json::json!({"email": me["email"], "password": "correct horse battery"});
    let as_before = async {
        owner.post("/auth/login", log_in).await.expect(200);
        sam.get("/ai-sessions?q=printer+vpn").await.expect(200)
    };
    let found = tokio::time::timeout(Duration::from_mins(1), as_before).await.unwrap();
    assert_eq!(found["items"].as_array().unwrap().len(), 50);
}

#[tokio::test]
async fn a_stalled_body_is_cut_off_after_exactly_thirty_seconds() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let body = json!({"intake_type": "free_text", "intake_content": {"text": "VPN is down"}});
    let begins = async || {
        let mut held = sam.start_request(&Method::POST, "/ai-sessions", &body).await;
        held.send_body_part(10).await;
        held
    };
    let (slow, mut stalled) = (begins().await, begins().await);
    world.clock().advance(Duration::from_millis(29_999));
    // Both have a millisecond left.
    slow.finish().await.expect(201);
    stalled.send_body_part(10).await;
    world.clock().advance(Duration::from_millis(1));
    let answer = stalled.read_response().await;
    assert_eq!((answer.status, answer.problem_code()), (400, "bad-request"), "{answer:?}");
    assert!(answer.body["detail"].as_str().unwrap().contains("too long to arrive"), "{answer:?}");
    sam.get("/me").await.expect(200);
}

#[tokio::test]
async fn stalled_readers_delay_nobody() {
    const MESSAGES: usize = 300;
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let session = sam.open_session("VPN is down").await;
    let mut stalled = Vec::new();
    for _ in 0..50 {
        stalled.push(sam.get_without_reading(&format!("/escalations/stream?session_id={session}")).await);
    }
    let mut healthy = priya.subscribe(&format!("?session_id={session}")).await;
    let long = "x".repeat(30_000);

    for number in 0..MESSAGES {
        sam.add_note(&session, &format!("{number} {long}")).await;
        let event = healthy.wait_for_event("message_added").await;
        let content = event["message"]["content"].as_str().unwrap();
        assert!(content.starts_with(&format!("{number} ")), "a message was missed");
    }

    let vpn = sam.escalate_session(&session, "normal").await;
    priya.claim(&vpn).await;
    drop(stalled);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_writes_on_a_stream_is_cut_off() {
    const MAX_SENT_BYTES: usize = 64 * 1024 * 1024;
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let mut healthy = priya.subscribe("").await;
    let mut idle_stream = sam.get_without_reading("/escalations/stream").await;
    let mut talks = sam.get_without_reading("/escalations/stream").await;
    world.wait_for_metric("tierup_streams", "3").await;

    // Some clients send an extra line break after a request.
    idle_stream.write_all(b"\r\n").await.unwrap();
    let words = "x".repeat(64 * 1024);
    let mut sent_bytes = 0;
    while sent_bytes < MAX_SENT_BYTES
        && let Ok(more) = talks.write(words.as_bytes()).await
    {
        sent_bytes += more;
    }

    assert!(sent_bytes < MAX_SENT_BYTES, "everything was read");
    world.wait_for_metric("tierup_streams", "2").await;
    sam.escalate("VPN is down").await;
    healthy.wait_for_event("handoff_created").await;
    let mut received = Vec::new();
    while !String::from_utf8_lossy(&received).contains("event: handoff_created") {
        assert!(idle_stream.read_buf(&mut received).await.unwrap() > 0, "the idle stream was cut off");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_sends_too_much_still_gets_the_reason() {
    let world = World::new().await;
    let limited =
        World::with_settings(Settings { requests_per_minute: Some(1), ..Settings::default() }).await;
    limited.owner().get("/me").await.expect(200);
    let (ana, limited_token) = (world.owner().token().to_owned(), limited.owner().token().to_owned());
    let wrong = format!("tup_{}", "a".repeat(49));
    for (world, path, token, status) in [
        (&world, "/api/v1/ai-sessions", &wrong, 401),
        (&world, "/api/v1/ai-sessions", &ana, 413),
        (&limited, "/api/v1/ai-sessions", &limited_token, 429),
        (&world, "/api/v1/nothing", &ana, 404),
        (&world, "/health/live", &ana, 405),
    ] {
        for round in 0..10 {
            let answer = tokio::task::spawn_blocking({
                let (address, length) =
                    (world.url().replace("http://", ""), (1 + round % 2 * 2) * 1024 * 1024);
                let head = format!(
                    "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
                     Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
                );
                move || send_then_read(&address, &head, length)
            });
            let answer = answer.await.unwrap().unwrap_or_else(|error| panic!("{status}: {error}"));
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
            assert!(answer.contains("application/problem+json"), "{answer}");
        }
    }
}

/// Sends the whole request before reading, as simple clients do.
fn send_then_read(address: &str, head: &str, length: usize) -> std::io::Result<String> {
    let mut socket = std::net::TcpStream::connect(address)?;
    socket.write_all(head.as_bytes())?;
    socket.write_all(&vec![b'x'; length])?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer)?;
    Ok(answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_stops_in_time_and_has_stored_what_it_acknowledged() {
    let model = FakeModel::start(ModelBehavior::NeverAnswers).await;
    let mut world = World::with_settings(model.server_settings(60)).await;
    let sam = world.engineer("Sam Ortiz").await;
    let (sam_, world_) = (&sam, &world);
    let escalates = |number| async move { sam_.escalate(&format!("Problem {number}")).await };
    // Within the limit of concurrent requests per user.
    let mut handoffs = Vec::new();
    for first in (0..CLAIM_COUNT).step_by(CLAIMS_PER_USER) {
        handoffs.extend(join_all((first..first + CLAIMS_PER_USER).map(escalates)).await);
    }
    let claimers = join_all(
        (0..CLAIM_COUNT / CLAIMS_PER_USER)
            .map(|number| async move { world_.engineer(&format!("Claimer {number}")).await }),
    );
    let claimers = claimers.await;
    let streams = join_all((0..200).map(|_| sam.subscribe(""))).await;
    assert!(streams.iter().all(|stream| stream.status == 200));
    let half = format!(
        "POST /api/v1/ai-sessions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{",
        sam.token()
    );
    let _half = world.connect(&half).await;
    let (success_count, mut successes) = watch::channel(0);
    let said_yes = &success_count;
    let repeated_claimers = claimers.iter().flat_map(|claimer| [claimer; CLAIMS_PER_USER]);
    let claims = repeated_claimers.zip(&handoffs).map(|(claimer, handoff)| async move {
        let path = format!("/handoffs/{}/claim", handoff.handoff_id);
        let answer = claimer.try_send_json(Method::POST, &path, None, &[]).await?;
        // A request during shutdown gets 503.
        assert!([200, 503].contains(&answer.status), "{}", answer.body);
        said_yes.send_modify(|count| *count += usize::from(answer.status == 200));
        (answer.status == 200).then_some((claimer, handoff))
    });
    let mut took = Duration::ZERO;
    let stops = async {
        successes.wait_for(|count| *count >= CLAIM_COUNT / 10).await.unwrap();
        let began = Instant::now();
        world.stop().await;
        took = began.elapsed();
    };

    let (claimed, ()) = tokio::join!(join_all(claims), stops);

    assert!(took < Duration::from_secs(5), "it took {took:?}");
    world.start(0).await;
    let sam = ApiClient::new("Sam Ortiz", &world.url(), sam.token());
    let claimed: Vec<_> = claimed.into_iter().flatten().collect();
    for (claimer, handoff) in &claimed {
        let by = &sam.handoff(handoff).await["claimed_by_name"];
        assert_eq!(by, claimer.name.as_str(), "of {}", claimed.len());
    }
}
