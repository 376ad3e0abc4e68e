//! What an operator relies on: metrics, backups, a bounded log, limits.
//!
//! Mutants seen to fail: lost claims that are not counted, pruning that keeps no milestones, limits that never limit, a
//! backup under a guessable name, a server that never checks its folder.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tierup_e2e::{ApiClient, FakeModel, ModelBehavior, TIMEOUT, World, http_client, quick_or_soak};
use tierup_server::clock::Clock;
use tierup_server::config::Settings;
use tierup_server::progress::Progress;
use tierup_server::{Server, admin};

#[tokio::test]
async fn metrics_count_and_time_what_happened() {
    let world = World::new().await;
    let (sam, priya, dana) = (
        world.engineer("Sam Ortiz").await,
        world.engineer("Priya Nair").await,
        world.engineer("Dana Wu").await,
    );
    let _stream = priya.subscribe("").await;
    let vpn = sam.escalate("VPN is down").await;
    sam.escalate("Printer jams").await;
    sam.wait_for_assessment(&vpn).await;
    world.clock().advance(Duration::from_secs(90));

    priya.claim(&vpn).await;
    assert_eq!(dana.try_claim(&vpn).await.status, 409);
    world.clock().advance(Duration::from_hours(1));
    priya.resolve(&vpn.session_id, "renewed the certificate").await;

    let metrics = world.metrics().await;
    let is = |name: &str| metrics.get(name).map_or("none", String::as_str);
    assert_eq!(is(r#"tierup_claims_total{outcome="won"}"#), "1");
    assert_eq!(is(r#"tierup_claims_total{outcome="lost"}"#), "1");
    assert_eq!(is("tierup_claim_seconds_sum"), "90.0");
    assert_eq!(is("tierup_resolve_seconds_sum"), "3690.0");
    assert_eq!(is("tierup_streams"), "1");
    assert_eq!(is(r#"tierup_queue{state="open"}"#), "1");
    assert_eq!(is(r#"tierup_queue{state="claimed"}"#), "0");
    assert_ne!(is(r#"tierup_jobs_total{kind="assess",outcome="done"}"#), "none");
    assert_eq!(is(r#"tierup_events_total{type="handoff_created"}"#), "2");
    assert_ne!(is("tierup_commit_seconds_count"), "0");
    let claims =
        r#"tierup_http_requests_total{method="POST",route="/api/v1/handoffs/{handoff}/claim",status="409"}"#;
    assert_eq!(is(claims), "1");
    assert!(metrics.keys().all(|name| !name.contains(&vpn.handoff_id)), "ids would be a series each");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_taken_under_load_restores_and_serves() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let before = sam.escalate("before the backup").await;
    let escalated = Arc::<AtomicUsize>::default();
    let busy = tokio::spawn({
        let (sam, escalated) = (sam.clone(), Arc::clone(&escalated));
        async move {
            loop {
                sam.escalate("meanwhile").await;
                escalated.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    for round in 0..quick_or_soak(5, 50) {
        let before = escalated.load(Ordering::Relaxed);
        let (data, to) = (world.data_dir(), world.folder().join(format!("{round}.backup")));
        let new = world.folder().join(format!("restored {round}"));
        let made = tokio::task::spawn_blocking(move || {
            let made = admin::backup(&data, &to).unwrap();
            let holds = admin::restore(&to, &new).unwrap();
            (made, holds, admin::check(&new).unwrap())
        });
        let (made, holds, checked) = made.await.unwrap();
        assert!(made.contents.is_sound() && checked.is_sound(), "{:?}", checked.problems);
        assert_eq!((made.contents.handoffs, made.contents.events), (holds.handoffs, holds.events));
        assert!(usize::try_from(holds.handoffs).unwrap() > before, "earlier acknowledged work is in it");
        assert!(!busy.is_finished(), "the load fell over");
    }
    let file = world.folder().join("monday.backup");
    let (data, to) = (world.data_dir(), file.clone());
    let made = tokio::task::spawn_blocking(move || admin::backup(&data, &to)).await.unwrap().unwrap();
    assert!(escalated.load(Ordering::Relaxed) > 0 && !busy.is_finished(), "nothing was written meanwhile");
    busy.abort();
    assert!(admin::backup(&world.data_dir(), &file).unwrap_err().to_string().contains("already exists"));

    // A database without its write-ahead log would lack acknowledged work.
    let bare = world.folder().join("bare.db");
    std::fs::copy(world.data_dir().join("tierup.db"), &bare).unwrap();
    for database in [bare, world.data_dir().join("tierup.db")] {
        let error = admin::restore(&database, &world.folder().join("bare")).unwrap_err().to_string();
        assert!(error.contains("is the database of a server") && error.contains("hint:"), "{error}");
    }
    let restored = world.folder().join("restored");
    let holds = admin::restore(&file, &restored).unwrap();

    assert_eq!((holds.handoffs, holds.events), (made.contents.handoffs, made.contents.events));
    let listen = Settings { listen: Some(([127, 0, 0, 1], 0).into()), ..Settings::default() };
    let server = Server::start(&restored, listen.into_config().unwrap(), Clock::system()).await.unwrap();
    let priya = ApiClient::new("Priya Nair", &server.url(), priya.token());
    priya.claim(&before).await;
    assert!(admin::restore(&file, &restored).unwrap_err().to_string().contains("already"));
    server.stop().await;
    let checked = admin::check(&restored).unwrap();
    assert!(checked.is_sound(), "{:?}", checked.problems);
}

#[tokio::test]
async fn a_backup_and_a_restore_say_how_far_they_are() {
    let world = World::new().await;
    world.engineer("Sam Ortiz").await.escalate("VPN is down").await;
    let (file, folder) = (world.folder().join("a.backup"), world.folder().join("restored"));
    let data = world.data_dir();
    let reported = tokio::task::spawn_blocking(move || {
        let reported = std::cell::RefCell::new(Vec::new());
        let on_progress = |progress| reported.borrow_mut().push(progress);
        admin::backup_with_progress(&data, &file, &on_progress).unwrap();
        admin::restore_with_progress(&file, &folder, &on_progress).unwrap();
        reported.into_inner()
    });
    let reported = reported.await.unwrap();
    let is_whole =
        |progress: &Progress| matches!(progress, Progress::Copying { done, total } if done == total);
    assert!(is_whole(&reported[0]) && is_whole(&reported[3]), "{reported:?}");
    let checks = reported.iter().filter(|progress| **progress == Progress::Checking).count();
    assert_eq!((reported.len(), checks), (5, 3), "{reported:?}");
}

/// The names in a folder.
fn file_names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[cfg(unix)]
#[tokio::test]
async fn a_backup_follows_no_link_overwrites_nothing_and_leaves_no_partial_file() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let world = World::new().await;
    world.engineer("Sam Ortiz").await.escalate("VPN is down").await;
    let shared = world.folder().join("shared");
    std::fs::create_dir(&shared).unwrap();
    let precious = world.folder().join("precious");
    std::fs::write(&precious, "precious").unwrap();
    // Files of others where a backup might write.
    symlink(&precious, shared.join("monday.partial")).unwrap();
    std::fs::write(shared.join("tuesday.partial"), "an innocent file").unwrap();
    symlink(world.folder().join("nothing"), shared.join("wednesday.backup")).unwrap();
    let data = world.data_dir();

    let made = admin::backup(&data, &shared.join("monday.backup")).unwrap();
    admin::backup(&data, &shared.join("tuesday.backup")).unwrap();
    let refused = admin::backup(&data, &shared.join("wednesday.backup")).unwrap_err().to_string();

    assert!(refused.contains("already exists"), "{refused}");
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "precious");
    assert_eq!(std::fs::read_to_string(shared.join("tuesday.partial")).unwrap(), "an innocent file");
    assert!(!world.folder().join("nothing").exists());
    let meta = std::fs::metadata(shared.join("monday.backup")).unwrap();
    assert_eq!((meta.permissions().mode() & 0o777, meta.len()), (0o600, made.bytes));
    let laid_out =
        ["monday.backup", "monday.partial", "tuesday.backup", "tuesday.partial", "wednesday.backup"];
    assert_eq!(file_names(&shared), laid_out);

    // Several at once, some with the same name.
    let several: Vec<_> = std::thread::scope(|scope| {
        let start = |name: String| {
            let (data, to) = (&data, shared.join(name));
            scope.spawn(move || admin::backup(data, &to).is_ok())
        };
        let apart = (0..4).map(|number| start(format!("friday.{number}")));
        let together = (0..4).map(|_| start("saturday.backup".into()));
        let all: Vec<_> = apart.chain(together).collect();
        all.into_iter().map(|backup| backup.join().unwrap()).collect()
    });
    assert_eq!(several[..4], [true; 4]);
    assert_eq!(several[4..].iter().filter(|made| **made).count(), 1, "one of them has the name");
    assert_eq!(file_names(&shared).len(), laid_out.len() + 5, "{:?}", file_names(&shared));
    for name in ["friday.3", "saturday.backup"] {
        let restored = world.folder().join(format!("restored {name}"));
        let holds = admin::restore(&shared.join(name), &restored).unwrap();
        assert_eq!(holds, made.contents);
        assert!(
            !file_names(&restored).iter().any(|name| name.starts_with("restoring")),
            "{:?}",
            file_names(&restored)
        );
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_server_without_its_folder_reports_it_and_acknowledges_nothing() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let before = sam.open_session("before").await;
    let opens = async || {
        let body = json!({"intake_type": "free_text", "intake_content": {"text": "meanwhile"}});
        sam.post("/ai-sessions", body).await
    };
    let health = async |path: &str| {
        let answer = http_client().get(format!("{}/health/{path}", world.url())).send().await.unwrap();
        answer.status().as_u16()
    };
    let (data, aside) = (world.data_dir(), world.folder().join("aside"));
    std::fs::rename(&data, &aside).unwrap();

    assert_eq!(health("ready").await, 503);
    let refused = opens().await;
    assert_eq!((refused.status, refused.problem_code()), (503, "unavailable"));
    assert!(refused.body["detail"].as_str().unwrap().contains("moved, deleted or replaced"), "{refused:?}");
    assert_eq!(health("live").await, 200);
    sam.get(&format!("/ai-sessions/{before}")).await.expect(200);

    // A new folder with the same name is not the opened one.
    admin::init(&data, "Acme", "ana@acme.test", "Ana Ruiz").unwrap();
    assert_eq!((health("ready").await, opens().await.status), (503, 503));
    std::fs::remove_dir_all(&data).unwrap();
    assert_eq!((health("ready").await, opens().await.status), (503, 503));
    std::fs::rename(&aside, &data).unwrap();
    assert_eq!((health("ready").await, opens().await.status), (200, 201));
}

#[tokio::test]
async fn damaged_data_is_found_by_check_and_not_backed_up() {
    let mut world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    sam.escalate("VPN is down").await;
    world.stop().await;
    let path = world.data_dir().join("tierup.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.execute_batch("DELETE FROM snapshot; DELETE FROM event WHERE seq = 1").unwrap();
    drop(database);

    let found = admin::check(&world.data_dir()).unwrap();

    let expected = ["handoffs without a snapshot: 1", "accounts with gaps in their log: 1"];
    assert_eq!(found.problems, expected);
    let refused = admin::backup(&world.data_dir(), &world.folder().join("x.backup"));
    assert!(refused.unwrap_err().to_string().contains("the data is damaged"));
    assert!(!world.folder().join("x.backup").exists());
    let garbage = world.folder().join("garbage");
    std::fs::write(&garbage, "not a database at all, but long enough to look at").unwrap();
    assert!(admin::restore(&garbage, &world.folder().join("new")).is_err());
    assert!(!world.folder().join("new").exists());
}

#[tokio::test]
async fn old_events_are_pruned_but_milestones_stay() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalate("VPN is down").await;
    sam.wait_for_assessment(&vpn).await;
    priya.claim(&vpn).await;
    let mut stream = priya.subscribe("").await;

    world.clock().advance(Duration::from_hours(8 * 24));

    // Pruning runs some time after the clock advanced.
    let oldest = wait_until_log_is_pruned(&priya).await;
    let mut late_stream = priya.subscribe_after("1").await;
    assert_eq!(late_stream.wait_for_event("reset").await["seq"], oldest["seq"]);
    let timeline = priya.get(&format!("/ai-sessions/{}/timeline", vpn.session_id)).await.expect(200);
    let kinds: Vec<_> =
        timeline["items"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["session_created", "handoff_created", "handoff_claimed"]);
    sam.escalate("Printer jams").await;
    assert_eq!(stream.wait_for_event("handoff_created").await["problem_summary"], "Printer jams");
    assert!(admin::check(&world.data_dir()).unwrap().is_sound());
}

/// Waits until the log of an account is pruned; a new stream reports where it begins.
async fn wait_until_log_is_pruned(priya: &ApiClient) -> serde_json::Value {
    let forgets = async {
        loop {
            let mut fresh = priya.subscribe("").await;
            let hello = fresh.wait_for_event("hello").await;
            if hello["oldest_seq"].as_u64() > hello["seq"].as_u64() {
                break hello;
            }
        }
    };
    tokio::time::timeout(TIMEOUT, forgets).await.expect("old events stay for ever")
}

#[tokio::test]
async fn a_failed_assessment_is_no_milestone() {
    let model = FakeModel::start(ModelBehavior::Status(401)).await;
    let world = World::with_settings(model.server_settings(5)).await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let mut stream = priya.subscribe("").await;
    let vpn = sam.escalate("VPN is down").await;
    stream.wait_for_event("handoff_assessment_failed").await;

    world.clock().advance(Duration::from_hours(8 * 24));
    wait_until_log_is_pruned(&priya).await;

    let timeline = priya.get(&format!("/ai-sessions/{}/timeline", vpn.session_id)).await.expect(200);
    let kinds: Vec<_> = timeline["items"].as_array().unwrap().iter().map(|event| &event["type"]).collect();
    assert_eq!(kinds, ["session_created", "handoff_created"]);
}

#[tokio::test]
async fn rate_limits_are_per_user() {
    let model = FakeModel::start(ModelBehavior::Answers("It was the certificate.".into())).await;
    let settings = Settings {
        requests_per_minute: Some(20),
        questions_per_minute: Some(2),
        streams_per_user: Some(1),
        ..model.server_settings(5)
    };
    let world = World::with_settings(settings).await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let session = sam.open_session("VPN is down").await;
    let ask =
        async || sam.post(&format!("/ai-sessions/{session}/messages"), json!({"content": "why?"})).await;
    ask().await.expect(201);
    ask().await.expect(201);

    let third = ask().await;
    assert_eq!((third.status, third.problem_code()), (429, "rate-limited"));
    sam.add_note(&session, "a note costs nothing").await;
    let _open = sam.subscribe("").await;
    assert_eq!(sam.get("/escalations/stream").await.problem_code(), "rate-limited");
    let flood = async {
        loop {
            let response = sam.send_raw(reqwest::Method::GET, "/me", None, &[]).await;
            if response.status() == 429 {
                break response;
            }
        }
    };
    let limited = tokio::time::timeout(TIMEOUT, flood).await.expect("no request was limited");
    let wait: u64 = limited.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
    priya.get("/me").await.expect(200);
}
