//! Acknowledged is durable: the binary is killed in the middle of its work again and again, and everything it said yes
//! to is there, once; a subscriber that resumes misses nothing and hears nothing twice.
//!
//! A mutant seen to fail: a resumed stream that begins one event late.
//! `just soak` kills it a hundred times instead of four.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "shared/serving.rs"]
mod serving;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};
use serving::serve;
use tierup_server::admin;
use tokio::sync::Notify;
use tokio::task::JoinSet;

const WRITERS: usize = 8;
/// Who listens meanwhile, and breaks off at any byte.
const LISTENERS: usize = 50;

/// So many sessions are made within this time, or none are made any more.
const SOON: Duration = Duration::from_mins(2);

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(1)).build().unwrap()
}

/// What the writers were told: the session that each key made, where the answer arrived.
#[derive(Default)]
struct Told {
    made: Mutex<BTreeMap<String, String>>,
    count: AtomicUsize,
    more: Notify,
}

/// Opens sessions and escalates them until the server is gone; the last key, whose answer did not arrive, is tried first next time.
async fn write(
    http: reqwest::Client,
    url: String,
    token: String,
    told: Arc<Told>,
    mut key: String,
) -> String {
    loop {
        let body = json!({"intake_type": "free_text", "intake_content": {"text": key}});
        let request = http.post(format!("{url}/ai-sessions")).bearer_auth(&token);
        let sent = request.header("idempotency-key", &key).json(&body).send().await;
        let Ok(response) = sent else { return key };
        if response.status() != 201 {
            return key;
        }
        let Ok(session) = response.json::<Value>().await else { return key };
        let id = session["id"].as_str().unwrap().to_owned();
        let path = format!("{url}/ai-sessions/{id}/handoff");
        told.made.lock().unwrap().insert(key.clone(), id);
        told.more.notify_one();
        let body = json!({"intent": "escalate", "engineer_notes": "stuck"});
        let request = http.post(path).bearer_auth(&token).header("idempotency-key", format!("h-{key}"));
        match request.json(&body).send().await {
            Ok(response) if response.status() == 201 => {}
            Ok(_) | Err(_) => return key,
        }
        key = format!("key-{}", told.count.fetch_add(1, Ordering::Relaxed));
    }
}

/// Hears events after a place until the server is gone, and goes away and comes back in between as it pleases; the
/// places, in the order in which they came.
async fn listen(
    http: reqwest::Client,
    url: String,
    token: String,
    mut heard: Vec<u64>,
    seed: u64,
) -> Vec<u64> {
    let mut random = fastrand::Rng::with_seed(seed);
    loop {
        let request = http.get(format!("{url}/escalations/stream")).bearer_auth(&token);
        let after = heard.last().copied().unwrap_or(0);
        let Ok(mut response) = request.header("last-event-id", after).send().await else { return heard };
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
        heard.extend(whole.lines().filter_map(|line| line.strip_prefix("id: ")?.parse::<u64>().ok()));
        if gone {
            return heard;
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
    let (told, http) = (Arc::new(Told::default()), http());
    let server = serve(&data, &["--assessment-engine", "off"], Stdio::null());
    let url = format!("{}/api/v1", server.url);
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let key = format!("first-{writer}");
        writers.spawn(write(http.clone(), url.clone(), token.clone(), Arc::clone(&told), key));
    }
    let ears = (0..20).map(|seed| listen(http.clone(), url.clone(), token.clone(), Vec::new(), seed));
    let ears: Vec<_> = ears.map(tokio::spawn).collect();
    let made = async {
        while told.made.lock().unwrap().len() < 50 {
            told.more.notified().await;
        }
    };
    tokio::time::timeout(SOON, made).await.expect("the writers get no further");

    let began = Instant::now();
    let ended = tokio::task::spawn_blocking(move || server.stops(Signal::TERM)).await.unwrap();

    assert!(
        ended.success() && began.elapsed() < Duration::from_secs(5),
        "{ended} after {:?}",
        began.elapsed()
    );
    let asked_last = writers.join_all().await.len();
    for ear in ears {
        ear.await.unwrap();
    }
    let checked = admin::check(&data).unwrap();
    assert!(checked.is_sound(), "{:?}", checked.problems);
    let made = told.made.lock().unwrap().len();
    let sessions = usize::try_from(checked.sessions).unwrap();
    assert!((made..=made + asked_last).contains(&sessions), "{made} were acknowledged, {sessions} are there");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_once_however_often_the_server_is_killed() {
    let rounds = if std::env::var_os("TIERUP_SOAK").is_some() { 100 } else { 4 };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let token = admin::init(&data, "Acme", "ana@acme.test", "Ana Ruiz").unwrap().token;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let told = Arc::new(Told::default());
    let mut keys: Vec<String> = (0..WRITERS).map(|n| format!("first-{n}")).collect();
    let mut heard = vec![Vec::new(); LISTENERS];
    for round in 0..rounds {
        let http = http();
        let server = serve(&data, &["--assessment-engine", "off"], Stdio::null());
        let url = format!("{}/api/v1", server.url);
        let ears = heard
            .drain(..)
            .zip(1..)
            .map(|(heard, seed)| tokio::spawn(listen(http.clone(), url.clone(), token.clone(), heard, seed)));
        let ears: Vec<_> = ears.collect();
        let mut writers = JoinSet::new();
        for key in keys.drain(..) {
            writers.spawn(write(http.clone(), url.clone(), token.clone(), Arc::clone(&told), key));
        }
        let enough = told.made.lock().unwrap().len() + 40 + round % 7 * 13;
        let made = async {
            while told.made.lock().unwrap().len() < enough {
                told.more.notified().await;
            }
        };
        tokio::time::timeout(SOON, made).await.expect("the writers get no further");
        drop(server);
        keys = writers.join_all().await;
        for ear in ears {
            heard.push(ear.await.unwrap());
        }
    }

    let checked = admin::check(&data).unwrap();
    assert!(checked.is_sound(), "{:?}", checked.problems);
    let server = serve(&data, &["--assessment-engine", "off"], Stdio::null());
    let url = format!("{}/api/v1", server.url);
    let http = http();
    let made = told.made.lock().unwrap().clone();
    for (key, id) in &made {
        let response = http.get(format!("{url}/ai-sessions/{id}")).bearer_auth(&token).send().await.unwrap();
        let session: Value = response.json().await.unwrap();
        assert_eq!(session["intake_content"]["text"], json!(key), "an acknowledged session is not there");
    }
    let distinct: BTreeSet<_> = made.values().collect();
    assert_eq!(distinct.len(), made.len(), "two keys made one session");
    let maybe = u64::try_from(keys.len()).unwrap();
    let acknowledged = u64::try_from(made.len()).unwrap();
    assert!((acknowledged..=acknowledged + maybe).contains(&checked.sessions), "{checked}");
    // What is said in a session goes only to streams that are narrowed to it.
    let log = rusqlite::Connection::open(data.join("tierup.db")).unwrap();
    let mut log = log.prepare("SELECT seq FROM event WHERE type <> 'message_added' ORDER BY seq").unwrap();
    let log: Vec<u64> = log.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for heard in heard {
        assert!(heard.len() > 20 && log.starts_with(&heard), "missed, or came twice: {heard:?} of {log:?}");
    }
    assert!(server.stops(Signal::TERM).success());
}
