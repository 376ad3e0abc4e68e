//! Large data: sessions read in chunks and pages, lists with bounded pages, small stored responses, and the limit on
//! concurrent requests.
//!
//! `server/tests/binary/memory.rs` measures the memory that a large session takes.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tierup_common::user::Role;
use tierup_e2e::{ApiClient, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

/// All pages of a list, in order.
async fn all_pages(
    client: &ApiClient,
    path: &str,
    cursor_field: &str,
    cursor_parameter: &str,
) -> Vec<Vec<Value>> {
    let mut pages = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let more = match &cursor {
            Value::Null => String::new(),
            Value::String(cursor) => format!("&{cursor_parameter}={cursor}"),
            Value::Number(cursor) => format!("&{cursor_parameter}={cursor}"),
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => panic!("no cursor: {cursor}"),
        };
        let mut page = client.get(&format!("{path}{more}")).await.expect(200);
        let Value::Array(items) = page["items"].take() else { panic!("no items: {page}") };
        pages.push(items);
        cursor = page[cursor_field].take();
        if cursor.is_null() {
            return pages;
        }
    }
}

/// Mutant seen to fail: a chunk that begins with the last message of the previous one.
#[tokio::test]
async fn a_session_sent_in_chunks_is_complete_and_its_pages_match() {
    let world = World::without_assessments().await;
    let (sam, vic) = (world.engineer("Sam Ortiz").await, world.user("Vic Low", Role::Viewer).await);
    let session = sam.open_session("VPN is down").await;
    for number in 0..120 {
        // Six and a half chunks of 64 KiB.
        sam.add_note(&session, &format!("{number} {}", "é\"\n".repeat(850))).await;
    }
    let path = format!("/ai-sessions/{session}");
    let whole = sam.session(&session).await;
    let messages = whole["conversation_messages"].as_array().unwrap();
    let seqs: Vec<u64> = messages.iter().map(|message| message["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=121).collect::<Vec<_>>());
    assert!(messages[120]["content"].as_str().unwrap().starts_with("119 é\"\n"));
    assert_eq!(
        (&messages[0]["author_name"], &whole["problem_summary"]),
        (&json!("Sam Ortiz"), &json!("VPN is down"))
    );

    let mut from_the_end =
        all_pages(&vic, &format!("{path}/messages?limit=50"), "next_before", "before").await;
    assert_eq!(from_the_end.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 21]);
    from_the_end.reverse();
    assert_eq!(from_the_end.concat(), *messages);
    let newest = vic.get(&format!("{path}/messages")).await.expect(200);
    assert_eq!(
        (newest["items"].as_array().unwrap().as_slice(), &newest["next_before"]),
        (&messages[71..], &json!(72))
    );
    let nothing = vic.get(&format!("{path}/messages?before=1")).await.expect(200);
    assert_eq!(nothing, json!({"items": [], "next_before": null}));
    let end = vic.get(&format!("{path}?last=3")).await.expect(200);
    assert_eq!(end["conversation_messages"].as_array().unwrap().as_slice(), &messages[118..]);
    assert_eq!(end["intake_content"], whole["intake_content"]);
    for wrong in ["messages?before=abc", "messages?limit=0", "messages?after=3", "?last=0"] {
        let path = if wrong.starts_with('?') { format!("{path}{wrong}") } else { format!("{path}/{wrong}") };
        assert_eq!(vic.get(&path).await.problem_code(), "bad-request", "{wrong}");
    }
    let elsewhere = world.other_account_owner().get(&format!("{path}/messages")).await;
    assert_eq!((elsewhere.status, elsewhere.problem_code()), (404, "not-found"));

    let timeline = sam.get(&format!("{path}/timeline")).await.expect(200);
    let events = timeline["items"].as_array().unwrap();
    let events: Vec<&Value> = events.iter().filter(|event| event["type"] == "message_added").collect();
    assert_eq!(
        events.iter().map(|event| &event["message"]).collect::<Vec<_>>(),
        messages.iter().collect::<Vec<_>>()
    );
}

/// Mutant seen to fail: a page limited by rows only.
#[tokio::test]
async fn a_page_of_large_rows_ends_early() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    let mut opened = Vec::new();
    for number in 0..72 {
        let text = format!("{number} {}", "x".repeat(30_000));
        let body = json!({"intake_type": "free_text", "intake_content": {"text": text}});
        let session = sam.post("/ai-sessions", body).await.expect(201);
        let path = format!("/ai-sessions/{}/handoff", session["id"].as_str().unwrap());
        let notes = json!({"intent": "escalate", "engineer_notes": "y".repeat(16_000)});
        sam.post(&path, notes).await.expect(201);
        opened.push(session["id"].clone());
    }
    let queue = all_pages(&sam, "/escalations?limit=200", "next_cursor", "cursor").await;
    let ids = |page: &[Value], field: &str| page.iter().map(|item| item[field].clone()).collect::<Vec<_>>();
    assert_eq!(queue.iter().map(Vec::len).collect::<Vec<_>>(), [66, 6], "1 MiB of notes and the rest");
    assert_eq!(ids(&queue.concat(), "session_id"), opened);
    let sessions = all_pages(&sam, "/ai-sessions?limit=200", "next_cursor", "cursor").await;
    assert_eq!(sessions.iter().map(Vec::len).collect::<Vec<_>>(), [35, 35, 2], "1 MiB of problems each");
    opened.reverse();
    assert_eq!(ids(&sessions.concat(), "id"), opened);
}

/// Mutant seen to fail: current names and attempts in a stored response.
#[tokio::test]
async fn a_late_retry_gets_the_same_response_from_a_small_stored_outline() {
    let world = World::without_assessments().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let mut first = Vec::new();
    let mut does = async |who: &ApiClient, path: String, body: Value| {
        let key = format!("key {}", first.len());
        let headers = [("idempotency-key", key.as_str())];
        let answer = who.send_json(Method::POST, &path, Some(body.clone()), &headers).await;
        assert!(answer.status < 300, "{path}: {}", answer.body);
        first.push((who.clone(), path, body, key, answer.clone()));
        answer.body
    };
    let large = |c: &str, bytes: usize| c.repeat(bytes);
    let body = json!({"intake_type": "free_text", "intake_content": {"text": large("i", 30_000)}});
    let session = does(&sam, "/ai-sessions".into(), body).await["id"].as_str().unwrap().to_owned();
    let path = format!("/ai-sessions/{session}");
    let branch = format!("{path}/branches/{}", uuid::Uuid::now_v7());
    let tried = |status| json!({"hypothesis": large("h", 10_000), "status": status});
    sam.put(&branch, tried("open")).await.expect(201);
    for _ in 0..5 {
        does(&sam, format!("{path}/messages"), json!({"content": large("m", 30_000), "kind": "note"})).await;
    }
    let hands_off = |intent| json!({"intent": intent, "engineer_notes": large("n", 16_000)});
    does(&sam, format!("{path}/handoff"), hands_off("park")).await;
    does(&sam, format!("{path}/resume"), Value::Null).await;
    let handoff = does(&sam, format!("{path}/handoff"), hands_off("escalate")).await;
    does(&sam, format!("{path}/resume"), Value::Null).await;
    sam.put(&branch, tried("ruled_out")).await.expect(200);
    let again = does(&sam, format!("{path}/handoff"), hands_off("escalate")).await;
    assert_ne!(handoff["snapshot"]["branch_map"], again["snapshot"]["branch_map"]);
    does(&priya, format!("/handoffs/{}/claim", again["id"].as_str().unwrap()), Value::Null).await;
    does(&priya, format!("{path}/messages"), json!({"content": large("p", 30_000), "kind": "note"})).await;
    does(&priya, format!("{path}/resolve"), json!({"resolution": large("r", 16_000)})).await;

    // A renamed user has the new name everywhere except in stored responses.
    let me = sam.get("/me").await.expect(200)["id"].as_str().unwrap().to_owned();
    let name = json!({"name": "Samuel Ortiz"});
    world.owner().send_json(Method::PATCH, &format!("/users/{me}"), Some(name), &[]).await.expect(200);
    assert_eq!(sam.session(&session).await["user_name"], "Samuel Ortiz");
    for (who, path, body, key, first) in &first {
        let headers = [("idempotency-key", key.as_str())];
        let again = who.send_json(Method::POST, path, Some(body.clone()), &headers).await;
        assert_eq!((again.status, again.body == first.body), (first.status, true), "{path}: {}", again.body);
    }

    let database = rusqlite::Connection::open(world.data_dir().join("tierup.db")).unwrap();
    let stored_answers_query = "SELECT count(*), max(length(body)) FROM idempotency";
    let (count, largest): (usize, usize) =
        database.query_row(stored_answers_query, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(count, first.len());
    // Attempts can change when a session is resolved, so that one response stores them.
    assert!(largest < 12_000, "{largest} bytes of a response are stored");
    let sizes = "SELECT length(body) FROM idempotency ORDER BY length(body) DESC LIMIT 1 OFFSET 1";
    let second: usize = database.query_row(sizes, [], |row| row.get(0)).unwrap();
    assert!(second < 2_000, "{second} bytes of a response are stored");
}

/// Mutant seen to fail: later chunks without a new check of the caller.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_user_stops_receiving_a_response() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    let session = sam.open_session("It stops.").await;
    for _ in 0..400 {
        sam.add_note(&session, &"x".repeat(32_000)).await;
    }
    let address = world.url().trim_start_matches("http://").parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    // The buffers are small beside the whole response.
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    let mut socket = socket.connect(address).await.unwrap();
    let path = format!("/api/v1/ai-sessions/{session}");
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n", sam.token());
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut begin = [0; 1024];
    socket.read_exact(&mut begin).await.unwrap();

    let me = sam.get("/me").await.expect(200)["id"].as_str().unwrap().to_owned();
    let deactivation = json!({"active": false});
    world
        .owner()
        .send_json(Method::PATCH, &format!("/users/{me}"), Some(deactivation), &[])
        .await
        .expect(200);
    let mut rest = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(30), socket.read_to_end(&mut rest)).await.unwrap();
    assert!(rest.len() < 400 * 32_000, "{} bytes, {end:?}", rest.len());
    assert!(!rest.ends_with(b"0\r\n\r\n"), "it looks whole");
}

/// Mutant seen to fail: no limit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_requests_are_limited_per_user() {
    let world = World::without_assessments().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let stream = sam.subscribe("").await;
    let body = json!({"intake_type": "free_text", "intake_content": {"text": "x"}});
    let mut all = Vec::new();
    for _ in 0..64 {
        all.push(sam.start_request(&Method::POST, "/ai-sessions", &body).await);
    }
    let rejected = sam.send_raw(Method::GET, "/me", None, &[]).await;
    assert_eq!(
        (rejected.status().as_u16(), &rejected.headers()["retry-after"]),
        (429, &"2".parse().unwrap())
    );
    let problem: Value = rejected.json().await.unwrap();
    assert_eq!(problem["type"], "/problems/rate-limited");
    assert!(problem["detail"].as_str().unwrap().contains("you have 64 requests in flight"), "{problem}");
    assert_eq!(
        (stream.status, sam.subscribe("").await.status),
        (200, 200),
        "streams have a limit of their own"
    );
    priya.get("/me").await.expect(200);

    // One ended, so there is room for one.
    all.pop().unwrap().finish().await.expect(201);
    sam.get("/me").await.expect(200);
}
