//! The disk under the real server: no change is answered before it is synced; a full disk refuses changes at their
//! COMMIT, with the log on it too, and loses nothing; a disk that fails to sync ends the process.
//!
//! Mutants seen to fail: `synchronous=OFF`, `synchronous=NORMAL`, a search that fails when its index cannot take in what
//! is new, a full disk at COMMIT that is told as unknown.
//! `just quick_or_soak` asks for more changes, with the same code.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "shared/faulty_disk.rs"]
mod faulty_disk;
#[path = "shared/server_process.rs"]
mod server_process;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use faulty_disk::{FaultyDisk, TraceEvent};
use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use server_process::{ServerProcess, start_server_with, tierup_server};
use tierup_server::admin;
use tokio::task::JoinSet;

/// A folder with an account, a server on a disk of its own, and its owner.
struct DiskTest {
    _folder: tempfile::TempDir,
    data: PathBuf,
    disk: FaultyDisk,
    client: ApiClient,
}

/// Somebody with a token.
#[derive(Clone)]
struct ApiClient {
    url: String,
    token: String,
    http: reqwest::Client,
}

impl DiskTest {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let token = admin::init(&data, "Acme", "ana@acme.test", "Ana Ruiz").unwrap().token;
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(1)).build().unwrap();
        let disk = FaultyDisk::new(&data);
        Self { _folder: folder, data, disk, client: ApiClient { url: String::new(), token, http } }
    }

    fn start_server(&mut self, more: &[&str], log: Stdio) -> ServerProcess {
        let server = start_server_with(self.disk.preload_into(tierup_server()), &self.data, more, log);
        self.client.url.clone_from(&server.url);
        server
    }

    /// How many sessions are there, when nobody serves.
    fn stored_sessions(&self) -> u64 {
        let checked = admin::check(&self.data).unwrap();
        assert!(checked.is_sound(), "{:?}", checked.problems);
        checked.sessions
    }
}

impl ApiClient {
    async fn try_request(
        &self,
        method: Method,
        path: &str,
        body: Value,
        key: &str,
    ) -> reqwest::Result<(u16, Value)> {
        let url = format!("{}{path}", self.url);
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if !body.is_null() {
            request = request.json(&body);
        }
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        Ok((status, serde_json::from_slice(&response.bytes().await?).unwrap_or_default()))
    }

    async fn request(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        self.try_request(method, &format!("/api/v1{path}"), body, "").await.unwrap()
    }

    /// Asks for a change that is made.
    async fn expect_success(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.request(method, path, body).await;
        assert!((200..300).contains(&status), "{status} {answer}");
        answer
    }

    async fn open_session(&self, text: &str) -> (u16, Value) {
        self.request(Method::POST, "/ai-sessions", intake_body(text)).await
    }
}

fn intake_body(text: &str) -> Value {
    json!({"intake_type": "free_text", "intake_content": {"text": text}})
}

/// Marks in some bytes, like `mark-7;`.
fn find_marks(bytes: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(bytes);
    let parts = text.split("mark-").skip(1).filter_map(|rest| rest.split_once(';'));
    parts.map(|(mark, _)| mark.to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_change_is_acknowledged_before_it_is_synced() {
    let (writers, rounds) = if std::env::var_os("TIERUP_SOAK").is_some() { (16, 100) } else { (8, 12) };
    let mut desk = DiskTest::new();
    let server = desk.start_server(&["--assessment-engine", "off"], Stdio::null());
    let caller = desk.client.clone();
    let mut all = JoinSet::new();
    for writer in 0..writers {
        let caller = caller.clone();
        all.spawn(async move {
            for round in 0..rounds {
                let (status, session) = caller.open_session(&format!("mark-s{writer}x{round};")).await;
                assert_eq!(status, 201, "{session}");
                let path = format!("/ai-sessions/{}/handoff", session["id"].as_str().unwrap());
                let notes = format!("mark-h{writer}x{round};");
                let body = json!({"intent": "escalate", "engineer_notes": notes});
                caller.expect_success(Method::POST, &path, body).await;
            }
        });
    }
    all.join_all().await;
    // One after the other, what has no text of its own: an answer stands after a sync of what was written for it.
    let apart = desk.disk.trace().len();
    let (_, queue) = caller.request(Method::GET, "/escalations?limit=2", Value::Null).await;
    let user = json!({"email": "sam@acme.test", "name": "Sam", "role": "engineer"});
    let user = caller.expect_success(Method::POST, "/users", user).await;
    let path = format!("/users/{}", user["id"].as_str().unwrap());
    caller.expect_success(Method::PATCH, &path, json!({"role": "viewer"})).await;
    let token = caller.expect_success(Method::POST, &format!("{path}/tokens"), json!({"name": "t"})).await;
    caller
        .expect_success(Method::DELETE, &format!("/tokens/{}", token["id"].as_str().unwrap()), Value::Null)
        .await;
    let handoff = &queue["items"][0];
    let path = format!("/handoffs/{}", handoff["id"].as_str().unwrap());
    caller.expect_success(Method::POST, &format!("{path}/claim"), Value::Null).await;
    caller.expect_success(Method::POST, &format!("{path}/release"), json!({"reason": "lunch"})).await;
    caller.expect_success(Method::POST, &format!("{path}/claim"), Value::Null).await;
    let path = format!("/ai-sessions/{}", handoff["session_id"].as_str().unwrap());
    caller
        .expect_success(Method::POST, &format!("{path}/messages"), json!({"content": "hm", "kind": "note"}))
        .await;
    caller.expect_success(Method::POST, &format!("{path}/resolve"), json!({"resolution": "renewed"})).await;
    assert!(server.stop(Signal::TERM).success());

    let (mut written, mut begun, mut synced) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let (mut is_written, mut is_begun, mut is_synced) = (false, false, false);
    let (mut told, mut apart_told) = (BTreeSet::new(), Vec::new());
    for (place, did) in desk.disk.trace().into_iter().enumerate() {
        match did {
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
                told.extend(marks);
                if place >= apart && bytes.starts_with(b"HTTP/1.1 2") {
                    apart_told.push(std::mem::take(&mut is_synced));
                }
            }
        }
    }
    assert_eq!(told.len(), 2 * writers * rounds, "not every answer was seen");
    // The read of the queue stands first.
    assert_eq!(apart_told[1..], [true; 9], "an answer without a sync of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_with_the_log_on_it_refuses_changes_at_their_commit_and_loses_nothing() {
    let mut desk = DiskTest::new();
    let log = desk.data.join("log");
    let server = desk.start_server(&["--log", "debug"], File::create(&log).unwrap().into());
    let caller = desk.client.clone();
    let mut stored = 0;
    for _ in 0..3 {
        assert_eq!(caller.open_session("the printer jams").await.0, 201);
        stored += 1;
    }
    // The index has taken them in.
    let search = "/ai-sessions?q=printer";
    let (status, found) = caller.request(Method::GET, search, Value::Null).await;
    assert_eq!((status, found["items"].as_array().map(Vec::len)), (200, Some(3)), "{found}");

    // Room for a part of a change, then for none: the disk becomes full within a COMMIT.
    for room in (0..24).rev().map(|part| part * 2_500) {
        desk.disk.set_free_space(room);
        let (status, answer) = caller.open_session("the printer jams again").await;
        match status {
            201 => stored += 1,
            _ => assert_eq!(
                (status, answer["type"].as_str()),
                (507, Some("/problems/storage-full")),
                "{answer}"
            ),
        }
    }
    assert!(desk.disk.refused_writes() > 0, "the disk was never full at a COMMIT");
    assert_eq!(caller.open_session("no room at all").await.0, 507);
    let (status, found) = caller.request(Method::GET, search, Value::Null).await;
    assert!(status == 200 && found["items"].as_array().unwrap().len() >= 3, "{status} {found}");
    let ready = caller.try_request(Method::GET, "/health/ready", Value::Null, "").await.unwrap();
    assert_eq!(ready.0, 200, "{}", ready.1);
    let figures = caller.http.get(format!("{}/metrics", caller.url)).send().await.unwrap();
    let figures = figures.text().await.unwrap();
    let lost = figures.lines().find_map(|line| line.strip_prefix("tierup_log_lines_lost_total "));
    assert!(lost.unwrap().parse::<u64>().unwrap() > 0, "there was room for the log");

    desk.disk.set_free_space(-1);
    assert_eq!(caller.open_session("the scanner too").await.0, 201);
    stored += 1;
    let (_, found) = caller.request(Method::GET, "/ai-sessions?q=scanner", Value::Null).await;
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "the index has caught up");
    assert!(server.stop(Signal::TERM).success());
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("lines of the log could not be written and are lost"), "{log}");
    assert_eq!(desk.stored_sessions(), stored, "what is there is what was acknowledged");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_to_sync_ends_the_server_and_asking_again_has_one_effect() {
    let mut desk = DiskTest::new();
    let log = desk.data.join("log");
    let server = desk.start_server(&[], File::create(&log).unwrap().into());
    let caller = desk.client.clone();
    assert_eq!(caller.open_session("before").await.0, 201);

    desk.disk.set_sync_error(5);
    // Nobody can promise an answer.
    if let Ok((status, answer)) =
        caller.try_request(Method::POST, "/api/v1/ai-sessions", intake_body("x"), "key").await
    {
        assert_eq!(status, 503, "{answer}");
    }
    assert_eq!(server.wait_for_exit().code(), Some(1));
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("error: a commit ended in a state nobody knows"), "{log}");

    desk.disk.set_sync_error(0);
    let server = desk.start_server(&[], Stdio::null());
    let caller = desk.client.clone();
    let again =
        caller.try_request(Method::POST, "/api/v1/ai-sessions", intake_body("x"), "key").await.unwrap();
    assert_eq!(again.0, 201, "{}", again.1);
    assert!(server.stop(Signal::TERM).success());
    assert_eq!(desk.stored_sessions(), 2);
}
