//! Every error is a problem that names the fault and reveals nothing else.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use reqwest::Method;
use serde_json::{Value, json};
use tierup_common::user::Role;
use tierup_e2e::{ApiClient, World, http_client};

/// Sends a raw body.
async fn post_raw(
    client: &ApiClient,
    server: &str,
    path: &str,
    content_type: &str,
    body: impl Into<reqwest::Body>,
) -> (u16, Value) {
    let request = http_client().post(format!("{server}/api/v1{path}")).bearer_auth(client.token());
    let response = request.header("content-type", content_type).body(body).send().await.unwrap();
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/problem+json", "{status}");
    (status, response.json().await.unwrap())
}

#[tokio::test]
async fn an_unreadable_body_is_refused_with_the_reason() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let json = "application/json";
    let large = format!("\"{}\"", "x".repeat(1024 * 1024));
    let right = r#"{"intake_type":"free_text","intake_content":{"text":"x"}}"#;
    for (kind, body, status, code, says) in [
        (json, "{", 400, "bad-request", "EOF"),
        (json, r#"["free_text", {"text": "x"}]"#, 400, "bad-request", "expected an object"),
        (
            json,
            r#"{"intake_type":"free_text","intake_content":["x"]}"#,
            400,
            "bad-request",
            "expected an object",
        ),
        (json, "{} trailing", 400, "bad-request", "intake_type"),
        (json, r#"{"intake_type":"voice"}"#, 400, "bad-request", "intake_type"),
        (
            json,
            r#"{"intake_type":"free_text","intake_content":{"text":7}}"#,
            400,
            "bad-request",
            "intake_content.text",
        ),
        (
            json,
            r#"{"intake_type":"free_text","intake_content":{"text":"x"},"claimed_by":"me"}"#,
            400,
            "bad-request",
            "claimed_by",
        ),
        (
            json,
            r#"{"intake_type":"free_text","intake_content":{"text":" "}}"#,
            422,
            "invalid",
            "intake_content.text",
        ),
        (json, &large, 413, "payload-too-large", "256 KiB"),
        ("text/plain", right, 415, "unsupported-media-type", "application/json"),
    ] {
        let (got, problem) = post_raw(&sam, &world.url(), "/ai-sessions", kind, body.to_owned()).await;
        assert_eq!(
            (got, problem["type"].as_str()),
            (status, Some(format!("/problems/{code}").as_str())),
            "{problem}"
        );
        assert_eq!(problem["status"], status);
        assert!(problem["detail"].as_str().unwrap().contains(says), "{problem}");
        assert!(!problem["request_id"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn one_answer_names_every_field_that_breaks_a_rule() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let body = json!({
        "intake_type": "free_text",
        "intake_content": {"text": "a\0b"},
        "problem_summary": "two\nlines",
    });
    let answer = sam.post("/ai-sessions", body).await;
    assert_eq!((answer.status, answer.problem_code()), (422, "invalid"));
    let fields: Vec<_> =
        answer.body["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, ["intake_content.text", "problem_summary"]);
}

#[tokio::test]
async fn an_unreadable_field_is_named_in_errors() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    for (body, field, message) in [
        (json!({"intake_content": {"text": "x"}}), "intake_type", "missing field `intake_type`"),
        (
            json!({"intake_type": "free_text", "intake_content": {}}),
            "intake_content.text",
            "missing field `text`",
        ),
        (
            json!({"intake_type": "free_text", "intake_content": {"text": 7}}),
            "intake_content.text",
            "invalid type",
        ),
        (json!({"intake_type": "voice", "intake_content": {"text": "x"}}), "intake_type", "voice"),
        (
            json!({"intake_type": "free_text", "intake_content": {"text": "x"}, "claimed_by": "me"}),
            "claimed_by",
            "unknown field",
        ),
        (
            json!({"intake_type": "free_text", "intake_content": {"text": "x", "html": ""}}),
            "intake_content.html",
            "unknown field",
        ),
    ] {
        let answer = sam.post("/ai-sessions", body).await;
        assert_eq!((answer.status, answer.problem_code()), (400, "bad-request"));
        let errors = answer.body["errors"].as_array().unwrap_or_else(|| panic!("{}", answer.body));
        assert_eq!((errors.len(), &errors[0]["field"]), (1, &json!(field)), "{}", answer.body);
        let error_message = errors[0]["message"].as_str().unwrap();
        assert!(error_message.contains(message) && !error_message.contains("line"), "{error_message}");
    }
    let query = sam.get("/escalations?state=lost").await.expect(400);
    assert_eq!(query["errors"][0]["field"], "state", "{query}");
    let (_, broken) = post_raw(&sam, &world.url(), "/ai-sessions", "application/json", "{").await;
    assert!(broken.get("errors").is_none(), "{broken}");
}

#[tokio::test]
async fn an_outcome_must_be_given_even_if_null() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = sam.escalate("VPN is down").await;
    let path = format!("/handoffs/{}/steps/{}", vpn.handoff_id, uuid::Uuid::now_v7());
    let silent = sam.put(&path, json!({})).await;
    assert_eq!((silent.status, &silent.body["errors"][0]["field"]), (400, &json!("outcome")));
    assert_eq!(sam.put(&path, json!({"outcome": null})).await.status, 404);
}

#[tokio::test]
async fn a_hypothesis_may_have_several_lines() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let session = sam.open_session("VPN is down").await;
    let path = format!("/ai-sessions/{session}/branches/{}", uuid::Uuid::now_v7());
    let text = format!("the client\n\u{1b}[2J\t{}", "é".repeat(400));
    let put = async |text: &str| sam.put(&path, json!({"hypothesis": text, "status": "open"})).await;
    assert_eq!(put(&text).await.expect(201)["hypothesis"], text.as_str());
    assert_eq!(put(&"x".repeat(16 * 1024)).await.status, 200);
    for wrong in ["a\0b", " \n", &"x".repeat(16 * 1024 + 1)] {
        assert_eq!(put(wrong).await.problem_code(), "invalid");
    }
}

#[tokio::test]
async fn text_is_stored_unchanged() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let text = "esc\u{1b}[2J bidi\u{202e} tab\t\r\nCJK 日本語 👩\u{200d}💻 <b>&amp;</b> 'quotes\" \\";
    let body = json!({"intake_type": "free_text", "intake_content": {"text": text}});
    let session = sam.post("/ai-sessions", body).await.expect(201);
    assert_eq!(session["intake_content"]["text"], text);
    assert_eq!(session["conversation_messages"][0]["content"], text);
}

#[tokio::test]
async fn errors_of_the_framework_are_problems_too() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    for (method, path, status, code) in [
        (Method::GET, "/nope", 404, "not-found"),
        (Method::DELETE, "/me", 405, "method-not-allowed"),
        (Method::GET, "/handoffs/not-an-id", 404, "not-found"),
        (Method::GET, "/ai-sessions/%00", 404, "not-found"),
        (Method::GET, "/escalations?limit=many", 400, "bad-request"),
        (Method::GET, "/escalations?state=lost", 400, "bad-request"),
        (Method::GET, "/escalations?stat=open", 400, "bad-request"),
        (Method::GET, "/escalations?cursor=rubbish", 400, "bad-request"),
        (Method::GET, "/escalations?limit=0", 400, "bad-request"),
        (Method::GET, "/escalations?limit=-1", 400, "bad-request"),
    ] {
        let answer = sam.send_json(method, path, None, &[]).await;
        assert_eq!((answer.status, answer.problem_code()), (status, code), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_valid_token_is_required() {
    let world = World::new().await;
    let url = world.url();
    let mistyped = format!("tup_{}", "a".repeat(49));
    for header in ["", "Basic YTpi", "Bearer", "Bearer x", &format!("Bearer {mistyped}")] {
        let mut request = http_client().get(format!("{url}/api/v1/me"));
        if !header.is_empty() {
            request = request.header("authorization", header);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401, "{header}");
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["type"], "/problems/unauthenticated");
        assert!(!problem.to_string().contains(&mistyped));
    }
}

#[tokio::test]
async fn a_viewer_can_only_read() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let vic = world.user("Vic Low", Role::Viewer).await;
    let vpn = sam.escalate("VPN is down").await;

    assert_eq!(vic.queue_summaries().await, ["VPN is down"]);
    vic.handoff(&vpn).await;
    vic.session(&vpn.session_id).await;
    assert_eq!(vic.subscribe("").await.status, 200);
    let session = format!("/ai-sessions/{}", vpn.session_id);
    let new = json!({"intake_type": "free_text", "intake_content": {"text": "x"}});
    for (path, body) in [
        ("/ai-sessions", new),
        (&format!("/handoffs/{}/claim", vpn.handoff_id), json!({})),
        (&format!("{session}/messages"), json!({"content": "x"})),
        (&format!("{session}/resolve"), json!({"resolution": "x"})),
        ("/users", json!({"email": "x@acme.test", "name": "X", "role": "viewer"})),
    ] {
        let answer = vic.post(path, body).await;
        assert_eq!((answer.status, answer.problem_code()), (403, "forbidden"), "{path}");
    }
}

#[tokio::test]
async fn objects_of_another_account_do_not_exist() {
    let world = World::new().await;
    let (sam, hank) = (world.engineer("Sam Ortiz").await, world.other_account_owner());
    let vpn = sam.escalate("VPN is down").await;
    let nothing = uuid::Uuid::now_v7().to_string();
    let resolve = json!({"resolution": "x"});
    for (path, body) in [
        ("/handoffs/{handoff}", None),
        ("/handoffs/{handoff}/claim", Some(json!({}))),
        ("/handoffs/{handoff}/release", Some(json!({"reason": "x"}))),
        ("/ai-sessions/{session}", None),
        ("/ai-sessions/{session}/timeline", None),
        ("/ai-sessions/{session}/messages", Some(json!({"content": "x"}))),
        ("/ai-sessions/{session}/resolve", Some(resolve)),
        ("/ai-sessions/{session}/resume", Some(json!({}))),
    ] {
        let ask = async |handoff: &str, session: &str| {
            let path = path.replace("{handoff}", handoff).replace("{session}", session);
            let method = if body.is_some() { Method::POST } else { Method::GET };
            let mut answer = hank.send_json(method, &path, body.clone(), &[]).await;
            answer.body["request_id"] = Value::Null;
            answer
        };
        let foreign_status = ask(&vpn.handoff_id, &vpn.session_id).await;
        assert_eq!(foreign_status.status, 404, "{path}");
        assert_eq!(foreign_status, ask(&nothing, &nothing).await, "{path}");
    }
    assert!(hank.queue_summaries().await.is_empty());
    assert_eq!(sam.handoff(&vpn).await["status"], "open");
}

#[tokio::test]
async fn only_participants_can_write() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let session = sam.open_session("VPN is down").await;
    let say = json!({"content": "hello"});
    let path = format!("/ai-sessions/{session}/messages");
    let answer = priya.post(&path, say.clone()).await;
    assert_eq!((answer.status, answer.problem_code()), (403, "not-a-participant"));

    let vpn = sam.escalate_session(&session, "normal").await;
    let answer = sam.post(&path, say.clone()).await;
    assert_eq!((answer.status, answer.problem_code()), (409, "session-not-active"));
    priya.claim(&vpn).await;
    priya.post(&path, say.clone()).await.expect(201);
    sam.post(&path, say).await.expect(201);
    let answer = sam.post(&format!("/ai-sessions/{session}/resume"), json!({})).await;
    assert_eq!((answer.status, answer.problem_code()), (409, "handoff-already-claimed"));
}

#[tokio::test]
async fn the_claimer_may_escalate_again_and_supersede_the_handoff() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let dana = world.engineer("Dana Wu").await;
    let first = sam.escalate("VPN is down").await;
    priya.claim(&first).await;
    let mut stream = dana.subscribe("").await;

    let second = priya.escalate_session(&first.session_id, "urgent").await;

    assert_eq!(stream.wait_for_event("handoff_created").await["supersedes"], first.handoff_id.as_str());
    assert_eq!(dana.handoff(&first).await["status"], "superseded");
    assert_eq!(dana.queue_summaries().await, ["VPN is down"]);
    let late_claim = dana.try_claim(&first).await;
    assert_eq!((late_claim.status, late_claim.problem_code()), (409, "handoff-closed"));
    dana.claim(&second).await;
    assert_eq!(dana.session(&first.session_id).await["handoff_count"], 2);
}

#[tokio::test]
async fn releasing_sending_back_and_assigning() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let dana = world.engineer("Dana Wu").await;
    let vpn = sam.escalate("VPN is down").await;
    let path = |verb: &str| format!("/handoffs/{}/{verb}", vpn.handoff_id);
    priya.claim(&vpn).await;

    let refused = dana.post(&path("release"), json!({"reason": "mine"})).await;
    assert_eq!((refused.status, refused.problem_code()), (403, "forbidden"));
    let released = priya.post(&path("release"), json!({"reason": "lunch"})).await.expect(200);
    assert_eq!((&released["status"], &released["claimed_by"]), (&json!("open"), &Value::Null));
    assert_eq!(sam.session(&vpn.session_id).await["status"], "escalated");

    priya.claim(&vpn).await;
    let dana_id = dana.get("/me").await.expect(200)["id"].clone();
    let nobody = priya.post(&path("assign"), json!({"user_id": uuid::Uuid::now_v7()})).await;
    assert_eq!((nobody.status, nobody.problem_code()), (404, "not-found"));
    let vic = world.user("Vic Low", Role::Viewer).await.get("/me").await.expect(200)["id"].clone();
    let viewer = priya.post(&path("assign"), json!({"user_id": vic})).await;
    assert_eq!((viewer.status, viewer.problem_code()), (422, "invalid"));
    let assigned = priya.post(&path("assign"), json!({"user_id": dana_id})).await.expect(200);
    assert_eq!(assigned["claimed_by_name"], "Dana Wu");
    let back = dana.post(&path("send-back"), json!({"question": "Which build?"})).await.expect(200);
    assert_eq!(back["status"], "withdrawn");
    let session = sam.session(&vpn.session_id).await;
    assert_eq!((&session["status"], &session["assignee_name"]), (&json!("active"), &json!("Sam Ortiz")));
    assert_eq!(session["conversation_messages"][1]["content"], "Which build?");
    let timeline = sam.get(&format!("/ai-sessions/{}/timeline", vpn.session_id)).await.expect(200);
    let types: Vec<_> =
        timeline["items"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    for event in ["handoff_claimed", "handoff_released", "handoff_assigned", "handoff_sent_back"] {
        assert!(types.contains(&event), "{types:?}");
    }
}

#[tokio::test]
async fn the_queue_is_ordered_by_priority_then_age() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    for (problem, priority) in
        [("one", "normal"), ("two", "urgent"), ("three", "low"), ("four", "high"), ("five", "normal")]
    {
        sam.escalate_with_priority(problem, priority).await;
    }
    assert_eq!(sam.queue_summaries().await, ["two", "four", "one", "five", "three"]);

    let mut all = Vec::new();
    let mut path = "/escalations?limit=2".to_owned();
    loop {
        let page = sam.get(&path).await.expect(200);
        assert_eq!(page["counts"], json!({"open": 5, "claimed": 0, "mine": 0}));
        all.extend(page["items"].as_array().unwrap().iter().map(|item| item["problem_summary"].clone()));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/escalations?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(all, ["two", "four", "one", "five", "three"]);
}

/// Mutants seen to fail: notes for participants only; notes in a parked session.
#[tokio::test]
async fn every_engineer_may_leave_a_note_while_a_session_is_active_or_escalated() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let session = sam.open_session("VPN is down").await;
    let path = format!("/ai-sessions/{session}/messages");
    let note = json!({"content": "Do not restart it", "kind": "note"});
    priya.post(&path, note.clone()).await.expect(201);
    let ask = json!({"content": "Why?"});
    assert_eq!(priya.post(&path, ask).await.problem_code(), "not-a-participant");

    sam.park(&session).await;
    assert_eq!(priya.post(&path, note.clone()).await.problem_code(), "session-not-active");
    sam.post(&format!("/ai-sessions/{session}/resume"), json!({})).await.expect(200);
    sam.escalate_session(&session, "normal").await;
    priya.post(&path, note.clone()).await.expect(201);
    sam.post(&path, note.clone()).await.expect(201);
    let viewer = world.user("Vic Reader", Role::Viewer).await;
    assert_eq!(viewer.post(&path, note.clone()).await.problem_code(), "forbidden");
    sam.resolve(&session, "Done.").await;
    assert_eq!(priya.post(&path, note).await.problem_code(), "session-not-active");
    let messages = sam.session(&session).await["conversation_messages"].as_array().unwrap().len();
    assert_eq!(messages, 4, "the assistant is silent");
}
