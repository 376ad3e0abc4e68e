//! Acknowledged work is durable: the server is killed again and again during its work. Every acknowledged session,
//! handoff and claim exists once, nothing else does, and a resuming subscriber misses and repeats nothing.
//!
//! Mutants seen to fail: a resumed stream that begins one event late, a claim that is acknowledged but not written.
//! `just soak` kills the server a hundred times instead of four.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::fixture::{Fixture, OwnerClient, intake_body};
use crate::server_process::ServerProcess;
use crate::{TIMEOUT, is_soak};

const WRITERS: usize = 8;
/// Clients that listen meanwhile and disconnect at any byte.
const LISTENERS: usize = 50;

/// The acknowledged work of one idempotency key.
#[derive(Clone, Default)]
struct AcknowledgedWork {
    session_id: String,
    handoff_id: Option<String>,
    is_claimed: bool,
}

/// The acknowledged work of every key.
#[derive(Default)]
struct Acknowledgements {
    by_key: Mutex<BTreeMap<String, AcknowledgedWork>>,
    next_key: AtomicUsize,
    changed: Notify,
}

/// Opens, escalates and claims until the server exits. Returns the last key, whose response did not arrive, to be
/// retried.
async fn run_writer(client: OwnerClient, acknowledgements: Arc<Acknowledgements>, mut key: String) -> String {
    let post = async |path: &str, key: &str, body: Value| -> Option<Value> {
        let (status, body) = client.try_send_json(Method::POST, path, body, key).await.ok()?;
        (200..300).contains(&status).then_some(body).filter(Value::is_object)
    };
    loop {
        let Some(session) = post("/ai-sessions", &key, intake_body(&key)).await else { return key };
        let id = session["id"].as_str().unwrap();
        acknowledgements.record(&key, |made| id.clone_into(&mut made.session_id));
        let body = json!({"intent": "escalate", "engineer_notes": key});
        let path = format!("/ai-sessions/{id}/handoff");
        let Some(handoff) = post(&path, &format!("h-{key}"), body).await else { return key };
        let id = handoff["id"].as_str().unwrap();
        acknowledgements.record(&key, |made| made.handoff_id = Some(id.to_owned()));
        let path = format!("/handoffs/{id}/claim");
        let Some(claimed) = post(&path, &format!("c-{key}"), Value::Null).await else { return key };
        assert_eq!(claimed["status"], "claimed");
        acknowledgements.record(&key, |made| made.is_claimed = true);
        key = format!("key-{}", acknowledgements.next_key.fetch_add(1, Ordering::Relaxed));
    }
}

impl Acknowledgements {
    /// Waits until this many sessions are acknowledged.
    async fn wait_for(&self, sessions: usize) {
        let wait = async {
            while self.by_key.lock().len() < sessions {
                self.changed.notified().await;
            }
        };
        tokio::time::timeout(TIMEOUT, wait).await.expect("the writers get no further");
    }

    /// Records a response.
    fn record(&self, key: &str, change: impl FnOnce(&mut AcknowledgedWork)) {
        change(self.by_key.lock().entry(key.into()).or_default());
        self.changed.notify_one();
    }

    /// The database holds what was acknowledged, and at most one step more of the keys in flight.
    fn assert_matches_database(&self, fixture: &Fixture, in_flight: &[String]) {
        fixture.stored_sessions();
        let database = rusqlite::Connection::open(fixture.data.join("tierup.db")).unwrap();
        let stored = |sql: &str| -> BTreeSet<String> {
            let mut rows = database.prepare(sql).unwrap();
            let keys: Vec<String> =
                rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            let distinct: BTreeSet<_> = keys.iter().cloned().collect();
            assert_eq!(keys.len(), distinct.len(), "a key has had two effects: {sql}");
            distinct
        };
        let made = self.by_key.lock();
        let acknowledged = |is: fn(&AcknowledgedWork) -> bool| -> BTreeSet<String> {
            made.iter().filter(|(_, made)| is(made)).map(|(key, _)| key.clone()).collect()
        };
        let compare = |what: &str, is: fn(&AcknowledgedWork) -> bool, sql: &str| {
            let (acknowledged, stored) = (acknowledged(is), stored(sql));
            assert!(acknowledged.len() > 20, "hardly any {what} were acknowledged");
            let lost: Vec<_> = acknowledged.difference(&stored).collect();
            assert!(lost.is_empty(), "acknowledged {what} are not there: {lost:?}");
            let unasked: Vec<_> =
                stored.difference(&acknowledged).filter(|key| !in_flight.contains(key)).collect();
            assert!(unasked.is_empty(), "{what} that nobody requested: {unasked:?}");
        };
        compare("sessions", |_| true, "SELECT content FROM message WHERE seq = 1");
        compare("handoffs", |made| made.handoff_id.is_some(), "SELECT notes FROM handoff");
        let claimed = "SELECT notes FROM handoff WHERE status = 'claimed'";
        compare("claims", |made| made.is_claimed, claimed);
        let logged = "SELECT notes FROM event JOIN handoff ON id = handoff_id WHERE type = 'handoff_claimed'";
        compare("claims in the log", |made| made.is_claimed, logged);
    }
}

/// Follows events until the server is gone, disconnecting and resuming at random. Returns their numbers in the order of
/// arrival.
async fn run_listener(client: OwnerClient, mut seqs: Vec<u64>, seed: u64) -> Vec<u64> {
    let mut random = fastrand::Rng::with_seed(seed);
    loop {
        let request =
            client.http.get(format!("{}/api/v1/escalations/stream", client.url)).bearer_auth(&client.token);
        let after = seqs.last().copied().unwrap_or(0);
        let Ok(mut response) = request.header("last-event-id", after).send().await else { return seqs };
        let enough = random.usize(1..8_000);
        let mut text = String::new();
        let gone = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => text.push_str(&String::from_utf8_lossy(&chunk)),
                Ok(None) | Err(_) => break true,
            }
            if text.len() > enough {
                break false;
            }
        };
        // A partial frame does not count: a resuming client requests it again.
        let whole = text.rsplit_once("\n\n").map_or("", |(whole, _)| whole);
        seqs.extend(whole.lines().filter_map(|line| line.strip_prefix("id: ")?.parse::<u64>().ok()));
        if gone {
            return seqs;
        }
    }
}

fn start(fixture: &Fixture) -> (ServerProcess, OwnerClient) {
    fixture.start(&["--assessment-engine", "off"], Stdio::null())
}

/// One writer for each key.
fn spawn_writers(
    client: &OwnerClient,
    acknowledgements: &Arc<Acknowledgements>,
    keys: impl IntoIterator<Item = String>,
) -> JoinSet<String> {
    let writers = keys.into_iter().map(|key| run_writer(client.clone(), Arc::clone(acknowledgements), key));
    writers.collect()
}

fn first_keys() -> impl Iterator<Item = String> {
    (0..WRITERS).map(|writer| format!("first-{writer}"))
}

/// The server handles SIGTERM under load: it exits with success, in time.
#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_work_survives_a_stop() {
    let (fixture, acknowledgements) = (Fixture::new(), Arc::new(Acknowledgements::default()));
    let (server, client) = start(&fixture);
    let writers = spawn_writers(&client, &acknowledgements, first_keys());
    let listeners: JoinSet<_> = (0..20).map(|seed| run_listener(client.clone(), Vec::new(), seed)).collect();
    acknowledgements.wait_for(50).await;
    let began = Instant::now();

    let status = tokio::task::spawn_blocking(move || server.stop(Signal::TERM)).await.unwrap();

    let took = began.elapsed();
    assert!(status.success() && took < Duration::from_secs(5), "{status} after {took:?}");
    let in_flight = writers.join_all().await;
    listeners.join_all().await;
    acknowledgements.assert_matches_database(&fixture, &in_flight);
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_work_survives_kills_and_exists_once() {
    let rounds = if is_soak() { 100 } else { 4 };
    let (fixture, acknowledgements) = (Fixture::new(), Arc::new(Acknowledgements::default()));
    let mut keys: Vec<String> = first_keys().collect();
    let mut received = vec![Vec::new(); LISTENERS];
    for round in 0..rounds {
        let (server, client) = start(&fixture);
        let listeners = received.drain(..).zip(1..);
        let listeners: Vec<_> =
            listeners.map(|(seqs, seed)| tokio::spawn(run_listener(client.clone(), seqs, seed))).collect();
        let writers = spawn_writers(&client, &acknowledgements, keys);
        let enough = acknowledgements.by_key.lock().len() + 40 + round % 7 * 13;
        acknowledgements.wait_for(enough).await;
        drop(server);
        keys = writers.join_all().await;
        for listener in listeners {
            received.push(listener.await.unwrap());
        }
    }

    acknowledgements.assert_matches_database(&fixture, &keys);
    let (server, client) = start(&fixture);
    let made = acknowledgements.by_key.lock().clone();
    for (key, made) in &made {
        let (_, session) = client.get(&format!("/ai-sessions/{}", made.session_id)).await;
        assert_eq!(session["intake_content"]["text"], json!(key), "an acknowledged session is missing");
        let Some(handoff) = &made.handoff_id else { continue };
        let (_, handoff) = client.get(&format!("/handoffs/{handoff}")).await;
        assert_eq!(handoff["session_id"], json!(made.session_id), "an acknowledged handoff is missing");
        assert!(!made.is_claimed || handoff["claimed_by_name"] == "Ana Ruiz", "{handoff}");
    }
    // Every session is the listener's own, so that their stream has its messages too.
    let log = rusqlite::Connection::open(fixture.data.join("tierup.db")).unwrap();
    let mut log = log.prepare("SELECT seq FROM event ORDER BY seq").unwrap();
    let log: Vec<u64> = log.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for seqs in received {
        assert!(seqs.len() > 20 && log.starts_with(&seqs), "missed or repeated: {seqs:?} of {log:?}");
    }
    assert!(server.stop(Signal::TERM).success());
}
