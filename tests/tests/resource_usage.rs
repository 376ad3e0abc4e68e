//! Memory, descriptors, tasks and metric series of a server after heavy use and misuse.
//!
//! The server runs in this process, so each test has the whole process to itself. Mutants seen to fail: a metric label
//! taken from the request, a connection that is kept, concurrent password hashes, a hash on a serving thread.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tierup_e2e::{ApiClient, World, http_client, quick_or_soak};
use tierup_server::config::Settings;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;

/// Locked by the test that measures the process.
static PROCESS_LOCK: Mutex<()> = Mutex::const_new(());

const KIB_PER_MIB: usize = 1024;

fn settings_without_assessments() -> Settings {
    Settings { assessment_engine: Some("off".into()), ..Settings::default() }
}

/// A memory figure of this process, in KiB.
fn process_memory_kib(field: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim_matches([':', ' ', '\t']).trim_end_matches("kB").trim().parse().unwrap()
}

/// Resets the peak memory.
fn reset_peak_memory() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

/// The resources of this process, which includes the server.
#[derive(Clone, Copy, Debug)]
struct ResourceUsage {
    descriptors: usize,
    tasks: usize,
    metric_series: usize,
    memory_kib: usize,
}

/// The resources after a hundred distinct requests, and after many more.
async fn usage_before_and_after(
    world: &World,
    send_request: impl AsyncFn(usize),
) -> (ResourceUsage, ResourceUsage) {
    for number in 0..100 {
        send_request(number).await;
    }
    let before = resource_usage(world).await;
    for number in 100..quick_or_soak(1_000, 30_000) {
        send_request(number).await;
    }
    let now = resource_usage(world).await;
    println!("{before:?}, then {now:?}");
    (before, now)
}

async fn resource_usage(world: &World) -> ResourceUsage {
    // The request for metrics is itself counted: read them twice.
    world.metrics().await;
    ResourceUsage {
        metric_series: world.metrics().await.len(),
        descriptors: std::fs::read_dir("/proc/self/fd").unwrap().count(),
        tasks: tokio::runtime::Handle::current().metrics().num_alive_tasks(),
        memory_kib: process_memory_kib("VmRSS"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resource_usage_does_not_grow_with_use() {
    let _alone = PROCESS_LOCK.lock().await;
    let world = World::without_assessments().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let uses = async |times: usize| {
        for _ in 0..times {
            let mut stream = priya.subscribe("").await;
            let vpn = sam.escalate("VPN is down").await;
            stream.wait_for_event("handoff_created").await;
            priya.claim(&vpn).await;
            assert_eq!(sam.try_claim(&vpn).await.status, 409);
            assert_eq!(sam.get("/nowhere").await.status, 404);
            // A client that disconnects in the middle of a request.
            drop(world.connect("GET /api/v1/me HTT").await);
            priya.resolve(&vpn.session_id, "done").await;
        }
        world.wait_for_metric("tierup_streams", "0").await;
    };
    uses(quick_or_soak(100, 1_000)).await;
    let before = resource_usage(&world).await;

    uses(quick_or_soak(200, 20_000)).await;

    let now = resource_usage(&world).await;
    let log = std::fs::metadata(world.data_dir().join("tierup.db-wal")).unwrap().len();
    println!("{before:?}, then {now:?}; {log} bytes of write-ahead log");
    // Some connections of this test are still closing.
    assert!(now.descriptors <= before.descriptors + 20, "{before:?} became {now:?}");
    assert!(now.tasks <= before.tasks + 20, "{before:?} became {now:?}");
    assert_eq!(now.metric_series, before.metric_series, "{before:?} became {now:?}");
    assert!(
        now.memory_kib < before.memory_kib + quick_or_soak(24, 64) * KIB_PER_MIB,
        "{before:?} became {now:?}"
    );
    assert!(log <= quick_or_soak(24, 80) * 1024 * 1024, "the write-ahead log has {log} bytes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn made_up_methods_and_paths_take_no_memory() {
    const LONG: usize = 24 * 1024;
    let _alone = PROCESS_LOCK.lock().await;
    let world = World::without_assessments().await;
    let http = http_client();
    let asks = async |number: usize| {
        let method = format!("{}{number}", "M".repeat(LONG));
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let url = format!("{}/api/v1/nowhere{number}", world.url());
        let answer = http.request(method, url).send().await.unwrap();
        assert_eq!(answer.status(), 404);
        let path = format!("{}/{number}{}", world.url(), "p".repeat(LONG));
        assert_eq!(http.get(path).send().await.unwrap().status(), 404);
    };
    let (before, now) = usage_before_and_after(&world, asks).await;
    assert_eq!(now.metric_series, before.metric_series, "a series for a made-up value");
    assert!(now.memory_kib < before.memory_kib + 12 * KIB_PER_MIB, "{before:?} became {now:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_queue_cache_ignores_unknown_parameters() {
    const LONG: usize = 24 * 1024;
    let _alone = PROCESS_LOCK.lock().await;
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    let asks = async |number: usize| {
        // A parameter without a value is ignored.
        let page = sam.get(&format!("/escalations?limit=50&state{number}{}=", "x".repeat(LONG))).await;
        page.expect(200);
    };
    let (before, now) = usage_before_and_after(&world, asks).await;
    assert!(now.memory_kib < before.memory_kib + 12 * KIB_PER_MIB, "{before:?} became {now:?}");
}

/// The duration of a claim.
async fn time_claim(sam: &ApiClient, priya: &ApiClient) -> Duration {
    let vpn = sam.escalate("VPN is down").await;
    let start = Instant::now();
    priya.claim(&vpn).await;
    let elapsed = start.elapsed();
    priya.resolve(&vpn.session_id, "done").await;
    elapsed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_log_ins_does_not_slow_claims() {
    // Hashing all at once would take 900 MiB.
    const GUESSERS: u8 = 48;
    let _alone = PROCESS_LOCK.lock().await;
    let world =
        World::with_settings(Settings { behind_proxy: Some(true), ..settings_without_assessments() }).await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let (flows, flow) = watch::channel(false);
    let (guessing, mut guesses) = watch::channel(0);
    let mut flood = JoinSet::new();
    for guesser in 0..GUESSERS {
        let (url, http) = (format!("{}/api/v1/auth/login", world.url()), http_client());
        let (mut flow, guessing) = (flow.clone(), guessing.clone());
        flood.spawn(async move {
            for guess in 0_u32.. {
                flow.wait_for(|flows| *flows).await.unwrap();
                // Each guess has its own address and user, so none is throttled.
                let [_, a, b, c] = guess.to_be_bytes();
                let from = format!("{}.{a}.{b}.{c}", guesser + 1);
                let body = json!({"email": format!("{guesser}-{guess}@acme.test"), "password": "wrong"});
                guessing.send_modify(|guessing| *guessing += 1);
                let answer = http.post(&url).header("x-forwarded-for", from).json(&body).send().await;
                guessing.send_modify(|guessing| *guessing -= 1);
                assert_eq!(answer.unwrap().status(), 401);
            }
        });
    }
    // Alternating, so that the machine's other work affects both.
    let (mut before, mut beside, mut most) = (Vec::new(), Vec::new(), 0);
    for _ in 0..quick_or_soak(4, 20) {
        guesses.wait_for(|guessing| *guessing == 0).await.unwrap();
        for _ in 0..5 {
            before.push(time_claim(&sam, &priya).await);
        }
        reset_peak_memory();
        let memory_before = process_memory_kib("VmRSS");
        flows.send_replace(true);
        guesses.wait_for(|guessing| *guessing > i32::from(GUESSERS) / 2).await.unwrap();
        for _ in 0..5 {
            beside.push(time_claim(&sam, &priya).await);
        }
        flows.send_replace(false);
        most = most.max(process_memory_kib("VmHWM").saturating_sub(memory_before));
        assert!(flood.try_join_next().is_none(), "the flood ended");
    }
    for times in [&mut before, &mut beside] {
        times.sort_unstable();
    }
    let (before, beside) = (before[before.len() / 2], beside[beside.len() / 2]);
    println!("a claim took {before:?}, and {beside:?} in the flood, which took {most} KiB");
    let least = Duration::from_millis(5);
    assert!(
        beside < before.max(least) * quick_or_soak(10, 3),
        "a claim took {beside:?}, and {before:?} without"
    );
    // A hash takes 19 MiB, and the allocator may keep that per thread.
    assert!(most < 320 * KIB_PER_MIB, "the flood took {most} KiB");
}
