//! A faulty disk under the real server: no change is acknowledged before it is synced; a full disk, with the log on it
//! too, refuses changes at COMMIT and loses nothing; a failed sync ends the process.
//!
//! Mutants seen to fail: `synchronous=OFF`, `synchronous=NORMAL`, a search that fails when its index cannot be updated,
//! a full disk at COMMIT that is reported as an unknown outcome. `just soak` makes more changes with the same code.

use std::collections::BTreeSet;
use std::fs::File;
use std::process::Stdio;

use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::faulty_disk::{FaultyDisk, TraceEvent};
use crate::fixture::{Fixture, OwnerClient, intake_body};
use crate::is_soak;
use crate::server_process::{ServerProcess, tierup_server};

/// A fixture with a faulty disk under its folder.
fn fixture_on_faulty_disk() -> (Fixture, FaultyDisk) {
    let fixture = Fixture::new();
    let disk = FaultyDisk::new(&fixture.data);
    (fixture, disk)
}

fn start(fixture: &Fixture, disk: &FaultyDisk, args: &[&str], log: Stdio) -> (ServerProcess, OwnerClient) {
    fixture.start_with(disk.preload_into(tierup_server()), args, log)
}

impl OwnerClient {
    /// Sends a change that must be made.
    async fn change(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.try_send_json(method, path, body, "").await.unwrap();
        assert!((200..300).contains(&status), "{status} {answer}");
        answer
    }
}

/// The marks in some bytes, like `mark-7;`.
fn find_marks(bytes: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(bytes);
    let parts = text.split("mark-").skip(1).filter_map(|rest| rest.split_once(';'));
    parts.map(|(mark, _)| mark.to_owned()).collect()
}

/// Asserts that every mark was synced before it was sent. Returns the marks that were sent, and for each response from
/// position `apart` on whether it followed a sync of its own.
fn assert_synced_before_sent(trace: Vec<TraceEvent>, apart: usize) -> (BTreeSet<String>, Vec<bool>) {
    let (mut written, mut begun, mut synced) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let (mut is_written, mut is_begun, mut is_synced) = (false, false, false);
    let (mut acknowledged, mut apart_synced) = (BTreeSet::new(), Vec::new());
    for (position, event) in trace.into_iter().enumerate() {
        match event {
            TraceEvent::Written(bytes) => {
                written.append(&mut find_marks(&bytes));
                is_written = true;
            }
            TraceEvent::SyncBegan => {
                begun.append(&mut written);
                is_begun |= std::mem::take(&mut is_written);
            }
            TraceEvent::Synced => {
                synced.append(&mut begun);
                is_synced |= std::mem::take(&mut is_begun);
            }
            TraceEvent::Sent(bytes) => {
                let marks = find_marks(&bytes);
                assert!(marks.is_subset(&synced), "answered before it was synced: {marks:?}");
                acknowledged.extend(marks);
                if position >= apart && bytes.starts_with(b"HTTP/1.1 2") {
                    apart_synced.push(std::mem::take(&mut is_synced));
                }
            }
        }
    }
    (acknowledged, apart_synced)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_change_is_acknowledged_before_it_is_synced() {
    let (writers, rounds) = if is_soak() { (16, 100) } else { (8, 12) };
    let (fixture, disk) = fixture_on_faulty_disk();
    let (server, client) = start(&fixture, &disk, &["--assessment-engine", "off"], Stdio::null());
    let mut changes = JoinSet::new();
    for writer in 0..writers {
        let client = client.clone();
        changes.spawn(async move {
            for round in 0..rounds {
                let (status, session) = client.open_session(&format!("mark-s{writer}x{round};")).await;
                assert_eq!(status, 201, "{session}");
                let path = format!("/ai-sessions/{}/handoff", session["id"].as_str().unwrap());
                let notes = format!("mark-h{writer}x{round};");
                let body = json!({"intent": "escalate", "engineer_notes": notes});
                client.change(Method::POST, &path, body).await;
            }
        });
    }
    changes.join_all().await;
    // Changes without a mark, one at a time: each response must follow its own sync.
    let apart = disk.trace().len();
    let (_, queue) = client.get("/escalations?limit=2").await;
    let user = json!({"email": "sam@acme.test", "name": "Sam", "role": "engineer"});
    let user = client.change(Method::POST, "/users", user).await;
    let path = format!("/users/{}", user["id"].as_str().unwrap());
    client.change(Method::PATCH, &path, json!({"role": "viewer"})).await;
    let token = client.change(Method::POST, &format!("{path}/tokens"), json!({"name": "t"})).await;
    client.change(Method::DELETE, &format!("/tokens/{}", token["id"].as_str().unwrap()), Value::Null).await;
    let handoff = &queue["items"][0];
    let path = format!("/handoffs/{}", handoff["id"].as_str().unwrap());
    client.change(Method::POST, &format!("{path}/claim"), Value::Null).await;
    client.change(Method::POST, &format!("{path}/release"), json!({"reason": "lunch"})).await;
    client.change(Method::POST, &format!("{path}/claim"), Value::Null).await;
    let path = format!("/ai-sessions/{}", handoff["session_id"].as_str().unwrap());
    client.change(Method::POST, &format!("{path}/messages"), json!({"content": "hm", "kind": "note"})).await;
    client.change(Method::POST, &format!("{path}/resolve"), json!({"resolution": "renewed"})).await;
    assert!(server.stop(Signal::TERM).success());

    let (acknowledged, apart_synced) = assert_synced_before_sent(disk.trace(), apart);
    assert_eq!(acknowledged.len(), 2 * writers * rounds, "not every answer was seen");
    // The first is the read of the queue.
    assert_eq!(apart_synced[1..], [true; 9], "an answer without a sync of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_changes_and_loses_nothing() {
    let (fixture, disk) = fixture_on_faulty_disk();
    let log = fixture.data.join("log");
    let (server, client) = start(&fixture, &disk, &["--log", "debug"], File::create(&log).unwrap().into());
    let mut stored = 0;
    for _ in 0..3 {
        assert_eq!(client.open_session("the printer jams").await.0, 201);
        stored += 1;
    }
    // The index has them.
    let search = "/ai-sessions?q=printer";
    let (status, found) = client.get(search).await;
    assert_eq!((status, found["items"].as_array().map(Vec::len)), (200, Some(3)), "{found}");

    // Room for part of a change, then for none: the disk fills up during a COMMIT.
    for room in (0..24).rev().map(|part| part * 2_500) {
        disk.set_free_space(room);
        let (status, answer) = client.open_session("the printer jams again").await;
        match status {
            201 => stored += 1,
            _ => assert_eq!(
                (status, answer["type"].as_str()),
                (507, Some("/problems/storage-full")),
                "{answer}"
            ),
        }
    }
    assert!(disk.refused_writes() > 0, "the disk was never full at a COMMIT");
    assert_eq!(client.open_session("no room at all").await.0, 507);
    let (status, found) = client.get(search).await;
    assert!(status == 200 && found["items"].as_array().unwrap().len() >= 3, "{status} {found}");
    let (status, ready) = client.get_text("/health/ready").await;
    assert_eq!(status, 200, "{ready}");
    assert!(client.lost_log_lines().await > 0, "there was room for the log");

    disk.set_free_space(-1);
    assert_eq!(client.open_session("the scanner too").await.0, 201);
    stored += 1;
    let (_, found) = client.get("/ai-sessions?q=scanner").await;
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "the index has caught up");
    assert!(server.stop(Signal::TERM).success());
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("log lines could not be written and were dropped"), "{log}");
    assert_eq!(fixture.stored_sessions(), stored, "exactly the acknowledged sessions are stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_sync_ends_the_server_and_a_retry_has_one_effect() {
    let (fixture, disk) = fixture_on_faulty_disk();
    let log = fixture.data.join("log");
    let (server, client) = start(&fixture, &disk, &[], File::create(&log).unwrap().into());
    assert_eq!(client.open_session("before").await.0, 201);

    disk.set_sync_error(5);
    // There may be no response.
    if let Ok((status, answer)) =
        client.try_send_json(Method::POST, "/ai-sessions", intake_body("x"), "key").await
    {
        assert_eq!(status, 503, "{answer}");
    }
    assert_eq!(server.wait_for_exit().code(), Some(1));
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("error: the outcome of a commit is unknown"), "{log}");

    disk.set_sync_error(0);
    let (server, client) = start(&fixture, &disk, &[], Stdio::null());
    let again = client.try_send_json(Method::POST, "/ai-sessions", intake_body("x"), "key").await.unwrap();
    assert_eq!(again.0, 201, "{}", again.1);
    assert!(server.stop(Signal::TERM).success());
    assert_eq!(fixture.stored_sessions(), 2);
}
