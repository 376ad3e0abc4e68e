//! The disk under the real server: no change is answered before it is synced; a full disk refuses changes at their
//! COMMIT, with the log on it too, and loses nothing; a disk that fails to sync ends the process.
//!
//! Mutants seen to fail: `synchronous=OFF`, `synchronous=NORMAL`, a search that fails when its index cannot take in what
//! is new, a full disk at COMMIT that is told as unknown.
//! `just soak` asks for more changes, with the same code.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "shared/disk.rs"]
mod disk;
#[path = "shared/serving.rs"]
mod serving;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use disk::{Did, Disk};
use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use serving::{Serving, serve_by, tierup_server};
use tierup_server::admin;
use tokio::task::JoinSet;

/// A folder with an account, a server on a disk of its own, and its owner.
struct Desk {
    _folder: tempfile::TempDir,
    data: PathBuf,
    disk: Disk,
    caller: Caller,
}

/// Somebody with a token.
#[derive(Clone)]
struct Caller {
    url: String,
    token: String,
    http: reqwest::Client,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let token = admin::init(&data, "Acme", "ana@acme.test", "Ana Ruiz").unwrap().token;
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(1)).build().unwrap();
        let disk = Disk::new(&data);
        Self { _folder: folder, data, disk, caller: Caller { url: String::new(), token, http } }
    }

    fn serves(&mut self, more: &[&str], log: Stdio) -> Serving {
        let server = serve_by(self.disk.under(tierup_server()), &self.data, more, log);
        self.caller.url.clone_from(&server.url);
        server
    }

    /// How many sessions are there, when nobody serves.
    fn sessions(&self) -> u64 {
        let checked = admin::check(&self.data).unwrap();
        assert!(checked.is_sound(), "{:?}", checked.problems);
        checked.sessions
    }
}

impl Caller {
    async fn tries(
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

    async fn asks(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        self.tries(method, &format!("/api/v1{path}"), body, "").await.unwrap()
    }

    /// Asks for a change that is made.
    async fn changes(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.asks(method, path, body).await;
        assert!((200..300).contains(&status), "{status} {answer}");
        answer
    }

    async fn opens(&self, text: &str) -> (u16, Value) {
        self.asks(Method::POST, "/ai-sessions", intake(text)).await
    }
}

fn intake(text: &str) -> Value {
    json!({"intake_type": "free_text", "intake_content": {"text": text}})
}

/// Marks in some bytes, like `mark-7;`.
fn marks(bytes: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(bytes);
    let parts = text.split("mark-").skip(1).filter_map(|rest| rest.split_once(';'));
    parts.map(|(mark, _)| mark.to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_change_is_acknowledged_before_it_is_synced() {
    let (writers, rounds) = if std::env::var_os("TIERUP_SOAK").is_some() { (16, 100) } else { (8, 12) };
    let mut desk = Desk::new();
    let server = desk.serves(&["--assessment-engine", "off"], Stdio::null());
    let caller = desk.caller.clone();
    let mut all = JoinSet::new();
    for writer in 0..writers {
        let caller = caller.clone();
        all.spawn(async move {
            for round in 0..rounds {
                let (status, session) = caller.opens(&format!("mark-s{writer}x{round};")).await;
                assert_eq!(status, 201, "{session}");
                let path = format!("/ai-sessions/{}/handoff", session["id"].as_str().unwrap());
                let notes = format!("mark-h{writer}x{round};");
                let body = json!({"intent": "escalate", "engineer_notes": notes});
                caller.changes(Method::POST, &path, body).await;
            }
        });
    }
    all.join_all().await;
    // One after the other, what has no text of its own: an answer stands after a sync of what was written for it.
    let apart = desk.disk.trace().len();
    let (_, queue) = caller.asks(Method::GET, "/escalations?limit=2", Value::Null).await;
    let user = json!({"email": "sam@acme.test", "name": "Sam", "role": "engineer"});
    let user = caller.changes(Method::POST, "/users", user).await;
    let path = format!("/users/{}", user["id"].as_str().unwrap());
    caller.changes(Method::PATCH, &path, json!({"role": "viewer"})).await;
    let token = caller.changes(Method::POST, &format!("{path}/tokens"), json!({"name": "t"})).await;
    caller.changes(Method::DELETE, &format!("/tokens/{}", token["id"].as_str().unwrap()), Value::Null).await;
    let handoff = &queue["items"][0];
    let path = format!("/handoffs/{}", handoff["id"].as_str().unwrap());
    caller.changes(Method::POST, &format!("{path}/claim"), Value::Null).await;
    caller.changes(Method::POST, &format!("{path}/release"), json!({"reason": "lunch"})).await;
    caller.changes(Method::POST, &format!("{path}/claim"), Value::Null).await;
    let path = format!("/ai-sessions/{}", handoff["session_id"].as_str().unwrap());
    caller.changes(Method::POST, &format!("{path}/messages"), json!({"content": "hm", "kind": "note"})).await;
    caller.changes(Method::POST, &format!("{path}/resolve"), json!({"resolution": "renewed"})).await;
    assert!(server.stops(Signal::TERM).success());

    let (mut written, mut begun, mut synced) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let (mut is_written, mut is_begun, mut is_synced) = (false, false, false);
    let (mut told, mut apart_told) = (BTreeSet::new(), Vec::new());
    for (place, did) in desk.disk.trace().into_iter().enumerate() {
        match did {
            Did::Wrote(bytes) => {
                written.append(&mut marks(&bytes));
                is_written = true;
            }
            Did::BeganToSync => {
                begun.append(&mut written);
                is_begun |= std::mem::take(&mut is_written);
            }
            Did::Synced => {
                synced.append(&mut begun);
                is_synced |= std::mem::take(&mut is_begun);
            }
            Did::Sent(bytes) => {
                let marks = marks(&bytes);
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
    let mut desk = Desk::new();
    let log = desk.data.join("log");
    let server = desk.serves(&["--log", "debug"], File::create(&log).unwrap().into());
    let caller = desk.caller.clone();
    let mut stored = 0;
    for _ in 0..3 {
        assert_eq!(caller.opens("the printer jams").await.0, 201);
        stored += 1;
    }
    // The index has taken them in.
    let search = "/ai-sessions?q=printer";
    let (status, found) = caller.asks(Method::GET, search, Value::Null).await;
    assert_eq!((status, found["items"].as_array().map(Vec::len)), (200, Some(3)), "{found}");

    // Room for a part of a change, then for none: the disk becomes full within a COMMIT.
    for room in (0..24).rev().map(|part| part * 2_500) {
        desk.disk.has_room(room);
        let (status, answer) = caller.opens("the printer jams again").await;
        match status {
            201 => stored += 1,
            _ => assert_eq!(
                (status, answer["type"].as_str()),
                (507, Some("/problems/storage-full")),
                "{answer}"
            ),
        }
    }
    assert!(desk.disk.refused() > 0, "the disk was never full at a COMMIT");
    assert_eq!(caller.opens("no room at all").await.0, 507);
    let (status, found) = caller.asks(Method::GET, search, Value::Null).await;
    assert!(status == 200 && found["items"].as_array().unwrap().len() >= 3, "{status} {found}");
    let ready = caller.tries(Method::GET, "/health/ready", Value::Null, "").await.unwrap();
    assert_eq!(ready.0, 200, "{}", ready.1);
    let figures = caller.http.get(format!("{}/metrics", caller.url)).send().await.unwrap();
    let figures = figures.text().await.unwrap();
    let lost = figures.lines().find_map(|line| line.strip_prefix("tierup_log_lines_lost_total "));
    assert!(lost.unwrap().parse::<u64>().unwrap() > 0, "there was room for the log");

    desk.disk.has_room(-1);
    assert_eq!(caller.opens("the scanner too").await.0, 201);
    stored += 1;
    let (_, found) = caller.asks(Method::GET, "/ai-sessions?q=scanner", Value::Null).await;
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "the index has caught up");
    assert!(server.stops(Signal::TERM).success());
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("lines of the log could not be written and are lost"), "{log}");
    assert_eq!(desk.sessions(), stored, "what is there is what was acknowledged");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_to_sync_ends_the_server_and_asking_again_has_one_effect() {
    let mut desk = Desk::new();
    let log = desk.data.join("log");
    let server = desk.serves(&[], File::create(&log).unwrap().into());
    let caller = desk.caller.clone();
    assert_eq!(caller.opens("before").await.0, 201);

    desk.disk.syncs_fail_with(5);
    // Nobody can promise an answer.
    if let Ok((status, answer)) = caller.tries(Method::POST, "/api/v1/ai-sessions", intake("x"), "key").await
    {
        assert_eq!(status, 503, "{answer}");
    }
    assert_eq!(server.ends().code(), Some(1));
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("error: a commit ended in a state nobody knows"), "{log}");

    desk.disk.syncs_fail_with(0);
    let server = desk.serves(&[], Stdio::null());
    let caller = desk.caller.clone();
    let again = caller.tries(Method::POST, "/api/v1/ai-sessions", intake("x"), "key").await.unwrap();
    assert_eq!(again.0, 201, "{}", again.1);
    assert!(server.stops(Signal::TERM).success());
    assert_eq!(desk.sessions(), 2);
}
