//! Acknowledged is durable: the binary is killed in the middle of its work again and again, and the sessions, handoffs
//! and claims that it said yes to are there, once, and none that nobody asked for; a subscriber that resumes misses
//! nothing and hears nothing twice.
//!
//! Mutants seen to fail: a resumed stream that begins one event late, a claim that is answered and not written.
//! `just quick_or_soak` kills it a hundred times instead of four.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "shared/server_process.rs"]
mod server_process;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::process::Signal;
use serde_json::{Value, json};
use server_process::start_server;
use tierup_server::admin;
use tokio::sync::Notify;
use tokio::task::JoinSet;

const WRITERS: usize = 8;
/// Who listens meanwhile, and breaks off at any byte.
const LISTENERS: usize = 50;

/// So many sessions are made within this time, or none are made any more.
const TIMEOUT: Duration = Duration::from_mins(2);

fn http_client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(1)).build().unwrap()
}

/// What came of a key, as far as answers arrived.
#[derive(Clone, Default)]
struct AcknowledgedWork {
    session_id: String,
    handoff_id: Option<String>,
    is_claimed: bool,
}

/// What the writers were told of each key whose session was acknowledged.
#[derive(Default)]
struct Acknowledgements {
    by_key: Mutex<BTreeMap<String, AcknowledgedWork>>,
    next_key: AtomicUsize,
    changed: Notify,
}

/// Opens sessions, escalates them and claims the handoffs until the server is gone; the last key, of which an answer did
/// not arrive, is tried first next time.
async fn run_writer(
    http: reqwest::Client,
    url: String,
    token: String,
    acknowledgements: Arc<Acknowledgements>,
    mut key: String,
) -> String {
    let ask = async |path: String, key: String, body: Value| -> Option<Value> {
        let request = http.post(format!("{url}{path}")).bearer_auth(&token);
        let request = request.header("idempotency-key", key);
        let sent = if body.is_null() { request } else { request.json(&body) }.send().await;
        sent.ok().filter(|response| response.status().is_success())?.json().await.ok()
    };
    loop {
        let body = json!({"intake_type": "free_text", "intake_content": {"text": key}});
        let Some(session) = ask("/ai-sessions".into(), key.clone(), body).await else { return key };
        let id = session["id"].as_str().unwrap();
        acknowledgements.record(&key, |made| id.clone_into(&mut made.session_id));
        let body = json!({"intent": "escalate", "engineer_notes": key});
        let path = format!("/ai-sessions/{id}/handoff");
        let Some(handoff) = ask(path, format!("h-{key}"), body).await else { return key };
        let id = handoff["id"].as_str().unwrap();
        acknowledgements.record(&key, |made| made.handoff_id = Some(id.to_owned()));
        let path = format!("/handoffs/{id}/claim");
        let Some(claimed) = ask(path, format!("c-{key}"), Value::Null).await else { return key };
        assert_eq!(claimed["status"], "claimed");
        acknowledgements.record(&key, |made| made.is_claimed = true);
        key = format!("key-{}", acknowledgements.next_key.fetch_add(1, Ordering::Relaxed));
    }
}

impl Acknowledgements {
    /// An answer arrived.
    fn record(&self, key: &str, change: impl FnOnce(&mut AcknowledgedWork)) {
        change(self.by_key.lock().entry(key.into()).or_default());
        self.changed.notify_one();
    }

    /// What is stored is what was acknowledged, and of the keys in flight perhaps a step more.
    fn assert_matches_database(&self, data: &Path, in_flight: &[String]) {
        let checked = admin::check(data).unwrap();
        assert!(checked.is_sound(), "{:?}", checked.problems);
        let database = rusqlite::Connection::open(data.join("tierup.db")).unwrap();
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
            assert!(unasked.is_empty(), "{what} that nobody asked for: {unasked:?}");
        };
        compare("sessions", |_| true, "SELECT content FROM message WHERE seq = 1");
        compare("handoffs", |made| made.handoff_id.is_some(), "SELECT notes FROM handoff");
        let claimed = "SELECT notes FROM handoff WHERE status = 'claimed'";
        compare("claims", |made| made.is_claimed, claimed);
        let logged = "SELECT notes FROM event JOIN handoff ON id = handoff_id WHERE type = 'handoff_claimed'";
        compare("claims in the log", |made| made.is_claimed, logged);
    }
}

/// Hears events after a place until the server is gone, and goes away and comes back in between as it pleases; the
/// places, in the order in which they came.
async fn run_listener(
    http: reqwest::Client,
    url: String,
    token: String,
    mut seqs: Vec<u64>,
    seed: u64,
) -> Vec<u64> {
    let mut random = fastrand::Rng::with_seed(seed);
    loop {
        let request = http.get(format!("{url}/escalations/stream")).bearer_auth(&token);
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
        // A frame that broke off does not count: whoever resumes asks for it again.
        let whole = text.rsplit_once("\n\n").map_or("", |(whole, _)| whole);
        seqs.extend(whole.lines().filter_map(|line| line.strip_prefix("id: ")?.parse::<u64>().ok()));
        if gone {
            return seqs;
        }
    }
}

/// Told to stop in the middle of it, it ends well, in time, and with everything it said yes to.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_after_a_stop_too() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let token = admin::init(&data, "Acme", "ana@acme.test", "Ana Ruiz").unwrap().token;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (told, http) = (Arc::new(Acknowledgements::default()), http_client());
    let server = start_server(&data, &["--assessment-engine", "off"], Stdio::null());
    let url = format!("{}/api/v1", server.url);
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let key = format!("first-{writer}");
        writers.spawn(run_writer(http.clone(), url.clone(), token.clone(), Arc::clone(&told), key));
    }
    let ears = (0..20).map(|seed| run_listener(http.clone(), url.clone(), token.clone(), Vec::new(), seed));
    let ears: Vec<_> = ears.map(tokio::spawn).collect();
    let made = async {
        while told.by_key.lock().len() < 50 {
            told.changed.notified().await;
        }
    };
    tokio::time::timeout(TIMEOUT, made).await.expect("the writers get no further");

    let began = Instant::now();
    let ended = tokio::task::spawn_blocking(move || server.stop(Signal::TERM)).await.unwrap();

    assert!(
        ended.success() && began.elapsed() < Duration::from_secs(5),
        "{ended} after {:?}",
        began.elapsed()
    );
    let in_flight = writers.join_all().await;
    for ear in ears {
        ear.await.unwrap();
    }
    told.assert_matches_database(&data, &in_flight);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_once_however_often_the_server_is_killed() {
    let rounds = if std::env::var_os("TIERUP_SOAK").is_some() { 100 } else { 4 };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let token = admin::init(&data, "Acme", "ana@acme.test", "Ana Ruiz").unwrap().token;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let told = Arc::new(Acknowledgements::default());
    let mut keys: Vec<String> = (0..WRITERS).map(|n| format!("first-{n}")).collect();
    let mut heard = vec![Vec::new(); LISTENERS];
    for round in 0..rounds {
        let http = http_client();
        let server = start_server(&data, &["--assessment-engine", "off"], Stdio::null());
        let url = format!("{}/api/v1", server.url);
        let ears = heard.drain(..).zip(1..).map(|(heard, seed)| {
            tokio::spawn(run_listener(http.clone(), url.clone(), token.clone(), heard, seed))
        });
        let ears: Vec<_> = ears.collect();
        let mut writers = JoinSet::new();
        for key in keys.drain(..) {
            writers.spawn(run_writer(http.clone(), url.clone(), token.clone(), Arc::clone(&told), key));
        }
        let enough = told.by_key.lock().len() + 40 + round % 7 * 13;
        let made = async {
            while told.by_key.lock().len() < enough {
                told.changed.notified().await;
            }
        };
        tokio::time::timeout(TIMEOUT, made).await.expect("the writers get no further");
        drop(server);
        keys = writers.join_all().await;
        for ear in ears {
            heard.push(ear.await.unwrap());
        }
    }

    told.assert_matches_database(&data, &keys);
    let server = start_server(&data, &["--assessment-engine", "off"], Stdio::null());
    let url = format!("{}/api/v1", server.url);
    let http = http_client();
    let made = told.by_key.lock().clone();
    for (key, made) in &made {
        let get = async |path: String| -> Value {
            let response = http.get(format!("{url}{path}")).bearer_auth(&token).send().await.unwrap();
            response.json().await.unwrap()
        };
        let session = get(format!("/ai-sessions/{}", made.session_id)).await;
        assert_eq!(session["intake_content"]["text"], json!(key), "an acknowledged session is not there");
        let Some(handoff) = &made.handoff_id else { continue };
        let handoff = get(format!("/handoffs/{handoff}")).await;
        assert_eq!(handoff["session_id"], json!(made.session_id), "an acknowledged handoff is not there");
        assert!(!made.is_claimed || handoff["claimed_by_name"] == "Ana Ruiz", "{handoff}");
    }
    // What is said in a session goes only to streams that are narrowed to it.
    let log = rusqlite::Connection::open(data.join("tierup.db")).unwrap();
    let mut log = log.prepare("SELECT seq FROM event WHERE type <> 'message_added' ORDER BY seq").unwrap();
    let log: Vec<u64> = log.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for heard in heard {
        assert!(heard.len() > 20 && log.starts_with(&heard), "missed, or came twice: {heard:?} of {log:?}");
    }
    assert!(server.stop(Signal::TERM).success());
}
