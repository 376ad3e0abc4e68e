//! What only time and numbers show: readers that never read, floods of log-ins, a server that has been used a lot.
//!
//! Times are compared with what the same machine took a moment before; the promised bounds hold in `just soak`, where
//! nothing else runs, and the quick form holds the order of magnitude. A mutant seen to fail: a log-in that does
//! not hash for users that are not there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tierup_e2e::{Engineer, Escalated, World, http, soak};
use tierup_server::config::Settings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

async fn world() -> World {
    World::with(Settings { assessment_engine: Some("off".into()), ..Settings::default() }).await
}

/// What of a hundred claims the slowest but one took.
async fn p99(sam: &Engineer, priya: &Engineer) -> Duration {
    let mut times = Vec::new();
    for _ in 0..100 {
        let escalated: Escalated = sam.escalates("VPN is down").await;
        let began = Instant::now();
        priya.claims(&escalated).await;
        times.push(began.elapsed());
        priya.resolves(&escalated.session, "done").await;
    }
    times.sort_unstable();
    times[98]
}

/// Claims are at most so much slower than before; never mind what is below a few milliseconds.
#[track_caller]
fn is_not_felt(before: Duration, now: Duration) {
    let most = before.max(Duration::from_millis(soak(50, 5))) * soak(10, 2);
    assert!(now < most, "a claim took {now:?}, and {before:?} before");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_that_stand_still_are_not_felt_and_are_cut() {
    let world = world().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let before = p99(&sam, &priya).await;
    let session = sam.opens("VPN is down").await;
    let mut still = Vec::new();
    for _ in 0..soak(50, 1_000) {
        let mut socket = TcpStream::connect(world.url().trim_start_matches("http://")).await.unwrap();
        let request = format!(
            "GET /api/v1/escalations/stream?session_id={session} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
            sam.token()
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        still.push(socket);
    }
    world.counts("tierup_streams", &still.len().to_string()).await;
    // More than the kernel keeps for them: from now on they stand still.
    let long = "x".repeat(30_000);
    for _ in 0..soak(200, 400) {
        sam.notes(&session, &long).await;
    }

    let now = p99(&sam, &priya).await;
    println!("a claim took {before:?} before, and {now:?} beside {} that stand still", still.len());
    is_not_felt(before, now);

    if soak(false, true) {
        let began = Instant::now();
        world.counts_within("tierup_streams", "0", Duration::from_secs(90)).await;
        println!("all were cut {:?} after the last claim", began.elapsed());
    }
    drop(still);
    world.counts("tierup_streams", "0").await;
}

/// How long a log-in with this guess took, which was refused.
async fn log_in(world: &World, email: &str, guess: usize) -> Duration {
    // Whoever guesses waits longer each time; here time goes on.
    world.clock().advance(Duration::from_hours(2));
    let body = json!({"email": email, "password": format!("guess {guess}")});
    let began = Instant::now();
    let answer = http().post(format!("{}/api/v1/auth/login", world.url())).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert!(answer.text().await.unwrap().contains("do not belong together"));
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_in_that_fails_tells_nobody_who_is_there() {
    let world = world().await;
    for (name, active) in [("dana", true), ("eve", false)] {
        let email = format!("{name}@acme.test");
        let body = json!({"email": email, "name": name, "role": "engineer", "password": "correct horse"});
        let user = world.owner().post("/users", body).await.expect(201);
        let path = format!("/users/{}", user["id"].as_str().unwrap());
        world.owner().ask(Method::PATCH, &path, Some(json!({"active": active})), &[]).await.expect(200);
    }
    let all = ["dana@acme.test", "eve@acme.test", "nobody@acme.test"];
    let mut times = all.map(|_| Vec::new());
    // In turn, and another first each time, so that whatever else the machine does is felt by all three.
    for guess in 0..soak(5, 1_001) {
        for turn in 0..all.len() {
            let who = (guess + turn) % all.len();
            times[who].push(log_in(&world, all[who], guess).await);
        }
    }
    let [known, others @ ..] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    println!("known {known:?}, disabled and unknown {others:?}");
    for other in others {
        let apart = other.abs_diff(known).as_secs_f64() / known.as_secs_f64();
        assert!(apart < soak(0.8, 0.05), "{other:?} is not the {known:?} of a known user");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_log_ins_is_not_felt() {
    let off = Some("off".into());
    let settings = Settings { behind_proxy: Some(true), assessment_engine: off, ..Settings::default() };
    let world = World::with(settings).await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let before = p99(&sam, &priya).await;
    let mut flood = JoinSet::new();
    for guesser in 0..soak(8_u8, 16) {
        let (url, http) = (format!("{}/api/v1/auth/login", world.url()), http());
        flood.spawn(async move {
            for guess in 0_u32.. {
                // Everybody from everywhere: nobody is made to wait for what others did.
                let [_, a, b, c] = guess.to_be_bytes();
                let from = format!("{}.{a}.{b}.{c}", guesser + 1);
                let body = json!({"email": format!("{guesser}-{guess}@acme.test"), "password": "wrong"});
                let answer =
                    http.post(&url).header("x-forwarded-for", from).json(&body).send().await.unwrap();
                assert!([401, 503].contains(&answer.status().as_u16()), "{}", answer.status());
            }
        });
    }

    let now = p99(&sam, &priya).await;

    println!("a claim took {before:?} before, and {now:?} in the flood");
    is_not_felt(before, now);
    assert_eq!(flood.try_join_next().map(|ended| ended.is_ok()), None, "the flood ended");
}

/// Descriptors and kilobytes of this process, which the server is a part of.
#[cfg(target_os = "linux")]
fn holds() -> (usize, usize) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kilobytes = line.trim().trim_end_matches("kB").trim().parse().unwrap();
    (std::fs::read_dir("/proc/self/fd").unwrap().count(), kilobytes)
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_has_been_used_a_lot_holds_what_it_held() {
    let world = world().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let uses = async |times: usize| {
        for _ in 0..times {
            let mut stream = priya.listens("").await;
            let vpn = sam.escalates("VPN is down").await;
            stream.hears("handoff_created").await;
            priya.claims(&vpn).await;
            assert_eq!(sam.tries_to_claim(&vpn).await.status, 409);
            assert_eq!(sam.get("/nowhere").await.status, 404);
            // Somebody who goes in the middle of a word.
            let mut socket = TcpStream::connect(world.url().trim_start_matches("http://")).await.unwrap();
            socket.write_all(b"GET /api/v1/me HTT").await.unwrap();
            drop(socket);
            priya.resolves(&vpn.session, "done").await;
        }
        world.counts("tierup_streams", "0").await;
    };
    uses(soak(50, 1_000)).await;
    let (descriptors, kilobytes) = holds();

    uses(soak(200, 20_000)).await;

    let (descriptors_now, kilobytes_now) = holds();
    println!("{descriptors} descriptors, then {descriptors_now}; {kilobytes} kB, then {kilobytes_now}");
    // Other tests of this file run in the same process, unless it is soaked.
    assert!(soak(true, descriptors_now <= descriptors + 10), "{descriptors} became {descriptors_now}");
    assert!(soak(true, kilobytes_now < kilobytes + 64 * 1024), "{kilobytes} kB became {kilobytes_now}");
    let log = std::fs::metadata(world.data().join("tierup.db-wal")).unwrap().len();
    assert!(log <= 80 * 1024 * 1024, "the write-ahead log has {log} bytes");
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_cut() {
    let world = world().await;
    let mut idle = TcpStream::connect(world.url().trim_start_matches("http://")).await.unwrap();
    let cut = tokio::time::timeout(Duration::from_mins(1), idle.read_to_end(&mut Vec::new())).await;
    assert!(cut.is_ok(), "it is kept for ever");
}
