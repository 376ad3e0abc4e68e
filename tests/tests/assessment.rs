//! Assessments and replies of well-behaved and misbehaving endpoints; what the playbook finds is in `playbook.rs`.
//!
//! Mutants seen to fail: a response of unlimited size, whole or streamed; a step in JSON that has not ended; a cause that
//! is not compared with what was ruled out; a quote that is not compared with its message.

use serde_json::json;
use tierup_e2e::{FakeModel, ModelBehavior, World};
use tierup_server::config::Settings;

#[tokio::test]
async fn an_instant_assessment_still_streams_before_it_is_ready() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = sam.escalate("VPN is down").await;
    // Live, and later by replay.
    for _ in 0..2 {
        let mut stream = sam.subscribe(&format!("?handoff_id={}&last_event_id=0", vpn.handoff_id)).await;
        let events = stream.collect_until("handoff_assessment_ready").await;
        let (ready, before) = events.split_last().unwrap();
        let deltas: Vec<_> = before.iter().filter(|frame| frame.name == "handoff_assessment_delta").collect();
        assert_eq!(deltas.len(), 1, "{events:?}");
        let delta = &deltas[0].data;
        assert_eq!((&delta["offset"], &delta["text"]), (&json!(0), &ready.data["ai_assessment"]));
        sam.wait_for_assessment(&vpn).await;
    }

    // A stream that opens later gets no deltas.
    let mut late_stream = sam.subscribe(&format!("?handoff_id={}", vpn.handoff_id)).await;
    late_stream.wait_for_event("presence").await;
    sam.post(&format!("/handoffs/{}/reassess", vpn.handoff_id), json!({})).await.expect(202);
    let again = late_stream.collect_until("handoff_assessment_ready").await;
    let deltas = again.iter().filter(|frame| frame.name == "handoff_assessment_delta");
    assert_eq!(deltas.count(), 1, "the second assessment's alone: {again:?}");

    let session = sam.open_session("Printer jams").await;
    let mut stream = sam.subscribe(&format!("?session_id={session}")).await;
    sam.ask_assistant(&session, "What next?").await;
    let delta = stream.wait_for_event("message_delta").await;
    let message = stream.wait_for_event("message_added").await["message"].clone();
    assert_eq!((&message["role"], &message["content"]), (&json!("assistant"), &delta["text"]));
}

#[tokio::test]
async fn a_misbehaving_model_fails_the_assessment_with_one_sentence() {
    let elsewhere = FakeModel::start(ModelBehavior::Answers("I should never be asked".into())).await;
    let elsewhere_url = elsewhere.server_settings(1).assessment_url.unwrap().to_string();
    let behaviors = [
        (ModelBehavior::Status(500), "returned 500"),
        (ModelBehavior::Status(429), "rate limited"),
        (ModelBehavior::Status(401), "rejected the API key"),
        (ModelBehavior::NeverAnswers, "did not finish within 1 seconds"),
        (ModelBehavior::Stalls, "did not finish within 1 seconds"),
        (ModelBehavior::HtmlPage, "neither a stream nor JSON"),
        (ModelBehavior::InvalidEvents, "returned no text"),
        (ModelBehavior::EndlessStream, "wrote more than 16 KiB"),
        (ModelBehavior::OnlyComments, "was too long"),
        (ModelBehavior::EndlessBody, "too long"),
        (ModelBehavior::DeeplyNestedJson, "valid JSON"),
        (ModelBehavior::GzipBomb, "valid JSON"),
        (ModelBehavior::Redirects(elsewhere_url), "redirect"),
        (ModelBehavior::Answers("{\"wrong\": \"schema\"}".into()), "requested format"),
        (ModelBehavior::Answers(String::new()), "returned no text"),
    ];
    for (temper, expected) in behaviors {
        let model = FakeModel::start(temper.clone()).await;
        // Only the slow one times out.
        let limit =
            if matches!(temper, ModelBehavior::NeverAnswers | ModelBehavior::Stalls) { 1 } else { 60 };
        let world = World::with_settings(model.server_settings(limit)).await;
        let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
        let vpn = sam.escalate("VPN is down").await;

        let handoff = sam.wait_for_assessment(&vpn).await;

        assert_eq!(handoff["assessment_status"], "failed", "{temper:?}");
        let error = handoff["assessment_error"].as_str().unwrap();
        assert!(error.contains(expected) && error.matches(". ").count() == 0, "{temper:?}: {error}");
        assert!(!error.contains("sk-very-secret") && !error.contains("127.0.0.1"), "{error}");
        // The size of the socket buffers, not the gigabyte.
        assert!(model.bytes_sent() < 32 * 1024 * 1024, "{temper:?}: {} bytes were taken", model.bytes_sent());
        priya.claim(&vpn).await;
    }
    assert!(elsewhere.requests().await.is_empty());
}

#[tokio::test]
async fn an_unreachable_endpoint_fails_the_assessment() {
    let settings = Settings {
        assessment_url: Some("http://127.0.0.1:1/v1".parse().unwrap()),
        ..FakeModel::start(ModelBehavior::NeverAnswers).await.server_settings(5)
    };
    let world = World::with_settings(settings).await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = sam.escalate("VPN is down").await;
    let handoff = sam.wait_for_assessment(&vpn).await;
    assert_eq!(handoff["assessment_error"], "The model's endpoint could not be reached.");
    let calls = world.metrics().await.remove("tierup_model_calls_total{outcome=\"failed\"}");
    assert_eq!(calls.as_deref(), Some("3"), "it is called twice more");
    let detail = world.owner().handoff(&vpn).await["assessment_error_detail"].to_string();
    assert!(detail.contains("refused") && !detail.contains("127.0.0.1"), "{detail}");
}

#[tokio::test]
async fn an_answer_in_json_streams_as_the_text_that_it_becomes() {
    let model = FakeModel::start(ModelBehavior::StreamsOnDemand).await;
    let world = World::with_settings(model.server_settings(30)).await;
    let sam = world.engineer("Sam Ortiz").await;
    let session = sam.open_session("VPN fails with error 809").await;
    sam.add_note(&session, "I reinstalled the VPN client, same error.").await;
    let vpn = sam.escalate_session(&session, "normal").await;
    let mut stream = sam.subscribe(&format!("?handoff_id={}&last_event_id=0", vpn.handoff_id)).await;
    let mut shown = String::new();
    for (part, addition) in [
        ("Here it is:\n```json\n{\"cause\": \"The new iss", "**Likely cause**\nThe new iss"),
        ("uer is not trusted.\", \"confidence\": \"high\", \"next_steps\": [", "uer is not trusted."),
        (
            "{\"action\": \"Reinstall the VPN client\", \"command\": null}, {\"action\": \"Look at it\", \"comm",
            "",
        ),
        ("and\": \"certutil -store My\"}", "\n\n**Try next**\n1. Look at it: `certutil -store My`"),
        ("], \"quotes\": [{\"message\": 1, \"words\": \"", "\n2. Reinstall the VPN client (already tried)"),
        (
            "error 809\"}, {\"message\": 2, \"words\": \"made up\"}",
            "\n\n**From the session**\n- [1] “error 809”",
        ),
    ] {
        model.send_delta(part);
        if !addition.is_empty() {
            let delta = stream.wait_for_event("handoff_assessment_delta").await;
            assert_eq!((&delta["offset"], &delta["text"]), (&json!(shown.len()), &json!(addition)));
        }
        shown.push_str(addition);
    }
    model.send_delta("], \"to_find_out\": []}\n```\nGood luck!");
    model.finish_answer();
    let rest = stream.wait_for_event("handoff_assessment_delta").await;
    shown.push_str(rest["text"].as_str().unwrap());
    let ready = stream.wait_for_event("handoff_assessment_ready").await;
    assert_eq!(ready["ai_assessment"], shown, "one text, while it is written and when it is final");
    assert!(shown.ends_with("\n\n**Confidence**\nlow confidence\n"), "nothing known supports it: {shown}");
    let data = &ready["ai_assessment_data"];
    assert_eq!(data["evidence"], json!([{"message_seq": 1, "quote": "error 809"}]));
    assert_eq!((&data["is_uncited"], &data["is_cut_off"]), (&json!(false), &json!(false)));
}

#[tokio::test]
async fn a_step_that_was_cut_off_is_never_offered() {
    let answer = r#"{"cause": "The disk is full.", "confidence": "high", "next_steps": [
        {"action": "Look for old dumps", "command": null}, {"action": "Delete them", "command": "rm -rf /var/lib/app/du"#;
    let model = FakeModel::start(ModelBehavior::Answers(answer.into())).await;
    let world = World::with_settings(model.server_settings(10)).await;
    let sam = world.engineer("Sam Ortiz").await;
    let disk = sam.escalate("The app does not start").await;
    let handoff = sam.wait_for_assessment(&disk).await;
    let data = &handoff["ai_assessment_data"];
    let steps = data["suggested_steps"].as_array().unwrap();
    assert_eq!((steps.len(), &steps[0]["text"]), (1, &json!("Look for old dumps")));
    assert_eq!((&data["is_cut_off"], &data["confidence"]), (&json!(true), &json!("low")));
    let text = handoff["ai_assessment"].as_str().unwrap();
    assert!(text.contains("The answer was cut off") && !text.contains("rm -rf"), "{text}");
}

#[tokio::test]
async fn a_cause_that_the_case_rules_out_is_asked_about_once_more() {
    let firewall = r#"{"cause": "The firewall drops UDP 4500.", "confidence": "high", "next_steps": ["Open it"],
        "quotes": [{"message": 1, "words": "the firewall log"}]}"#;
    let issuer = r#"{"cause": "The gateway does not trust the new issuer.", "confidence": "high"}"#;
    for second in [issuer, firewall] {
        let texts = vec![firewall.to_owned(), second.to_owned()];
        let model = FakeModel::start(ModelBehavior::AnswersInTurn(texts)).await;
        let world = World::with_settings(model.server_settings(10)).await;
        let sam = world.engineer("Sam Ortiz").await;
        let session = sam.open_session("VPN fails with error 809").await;
        let branch = format!("/ai-sessions/{session}/branches/{}", uuid::Uuid::now_v7());
        let hypothesis = "The firewall drops UDP 4500";
        let put =
            json!({"hypothesis": hypothesis, "status": "ruled_out", "evidence": "tcpdump shows it arrive"});
        sam.put(&branch, put).await.expect(201);
        let vpn = sam.escalate_session(&session, "normal").await;

        let handoff = sam.wait_for_assessment(&vpn).await;

        let (data, text) = (&handoff["ai_assessment_data"], handoff["ai_assessment"].as_str().unwrap());
        let requests = model.requests().await;
        assert_eq!(requests.len(), 2, "once more, and not again");
        let prompt = |index: usize| requests[index]["messages"][1]["content"].as_str().unwrap();
        assert!(prompt(0).contains("Ruled out:\n- The firewall drops UDP 4500: tcpdump shows it arrive"));
        assert!(
            !prompt(0).contains("earlier-answer")
                && prompt(1).contains("The case rules this out: The firewall")
        );
        if second == issuer {
            assert_eq!(data["likely_cause"], "The gateway does not trust the new issuer.");
            assert_eq!(data.get("contradicted_by"), None, "{data:#}");
        } else {
            assert_eq!((&data["contradicted_by"], &data["confidence"]), (&json!(hypothesis), &json!("low")));
            assert_eq!(data["is_uncited"], true, "nobody wrote of a log");
            assert!(text.contains("The case rules this out: The firewall drops UDP 4500"), "{text}");
        }
    }
}

#[tokio::test]
async fn one_reassessment_runs_at_a_time() {
    let model = FakeModel::start(ModelBehavior::StreamsOnDemand).await;
    let world = World::with_settings(model.server_settings(30)).await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = sam.escalate("VPN is down").await;
    let path = format!("/handoffs/{}/reassess", vpn.handoff_id);

    let again = sam.post(&path, json!({})).await;
    assert_eq!((again.status, again.problem_code()), (409, "assessment-running"));

    model.send_delta("The fan is dead.");
    model.finish_answer();
    sam.wait_for_assessment(&vpn).await;
    assert_eq!(sam.post(&path, json!({})).await.expect(202)["assessment_status"], "pending");
}

#[tokio::test]
async fn the_earlier_assessment_stays_until_the_new_one_is_complete() {
    let mut world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = sam.escalate("VPN is down").await;
    let first = sam.wait_for_assessment(&vpn).await["ai_assessment_data"].clone();
    let path = format!("/handoffs/{}/reassess", vpn.handoff_id);
    let model = FakeModel::start(ModelBehavior::StreamsOnDemand).await;
    world.restart_with_settings(model.server_settings(30)).await;

    let mut stream = sam.subscribe(&format!("?handoff_id={}", vpn.handoff_id)).await;
    assert_eq!(sam.post(&path, json!({})).await.expect(202)["ai_assessment_data"], first);
    model.send_delta("**Likely cause:** The fan");
    stream.wait_for_event("handoff_assessment_delta").await;
    let running = sam.handoff(&vpn).await;
    assert_eq!((&running["assessment_status"], &running["ai_assessment_data"]), (&json!("running"), &first));
    model.send_delta(" is dead.");
    model.finish_answer();
    stream.wait_for_event("handoff_assessment_ready").await;
    let second = sam.handoff(&vpn).await;
    assert_eq!(second["ai_assessment_data"]["likely_cause"], "The fan is dead.");

    let broken = FakeModel::start(ModelBehavior::Status(500)).await;
    world.restart_with_settings(broken.server_settings(30)).await;
    let mut stream = sam.subscribe(&format!("?handoff_id={}", vpn.handoff_id)).await;
    sam.post(&path, json!({})).await.expect(202);
    stream.wait_for_event("handoff_assessment_failed").await;
    let failed = sam.handoff(&vpn).await;
    assert_eq!(failed["assessment_status"], "failed");
    assert_eq!(failed["ai_assessment_data"], second["ai_assessment_data"]);
}

#[tokio::test]
async fn questions_get_replies_and_notes_do_not() {
    let model = FakeModel::start(ModelBehavior::Answers("Check the *certificate*.".into())).await;
    let world = World::with_settings(model.server_settings(10)).await;
    let sam = world.engineer("Sam Ortiz").await;
    let session = sam.open_session("VPN is down").await;
    let mut stream = sam.subscribe(&format!("?session_id={session}")).await;

    sam.add_note(&session, "Reinstalled.").await;
    sam.ask_assistant(&session, "What next?").await;

    stream.wait_for_event("message_delta").await;
    let answer = loop {
        let message = stream.wait_for_event("message_added").await["message"].clone();
        if message["role"] == "assistant" {
            break message;
        }
    };
    assert_eq!(answer["content"], "Check the *certificate*.");
    assert_eq!(answer["seq"], 4);
    let requests = model.requests().await;
    assert_eq!(requests.len(), 1, "a note is not answered");
    let prompt = requests[0]["messages"][1]["content"].as_str().unwrap();
    assert!(prompt.contains("Reinstalled.") && prompt.contains("What next?"), "{prompt}");
}

#[tokio::test]
async fn a_reply_that_cannot_be_written_is_reported() {
    let model = FakeModel::start(ModelBehavior::Status(503)).await;
    let world = World::with_settings(model.server_settings(10)).await;
    let sam = world.engineer("Sam Ortiz").await;
    let session = sam.open_session("VPN is down").await;
    let mut stream = sam.subscribe(&format!("?session_id={session}")).await;
    sam.ask_assistant(&session, "What next?").await;
    let message = loop {
        let message = stream.wait_for_event("message_added").await["message"].clone();
        if message["role"] == "system" {
            break message;
        }
    };
    assert_eq!(message["content"], "The assistant could not answer. The model's endpoint returned 503.");
}

#[tokio::test]
async fn steps_keep_their_outcomes() {
    let assessment = "**Likely cause:** DNS\n**Steps**\n1. Flush it\n2. Wait\n**Confidence:** low";
    let model = FakeModel::start(ModelBehavior::Answers(assessment.into())).await;
    let world = World::with_settings(model.server_settings(10)).await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalate("VPN is down").await;
    let handoff = sam.wait_for_assessment(&vpn).await;
    let steps = handoff["ai_assessment_data"]["suggested_steps"].clone();
    let (flush, wait) = (steps[0]["id"].as_str().unwrap(), steps[1]["id"].as_str().unwrap());
    priya.claim(&vpn).await;

    let path = |step: &str| format!("/handoffs/{}/steps/{step}", vpn.handoff_id);
    let put = priya.put(&path(wait), json!({"outcome": "failed"})).await.expect(200);
    assert_eq!(put["outcome"], "failed");
    let body = json!({"resolution": "Flushed it.", "worked_step_ids": [flush]});
    priya.post(&format!("/ai-sessions/{}/resolve", vpn.session_id), body).await.expect(200);

    let handoff = priya.handoff(&vpn).await;
    assert_eq!(handoff["status"], "resolved");
    let steps = &handoff["ai_assessment_data"]["suggested_steps"];
    assert_eq!((&steps[0]["outcome"], &steps[1]["outcome"]), (&json!("worked"), &json!("failed")));
    assert_eq!(priya.put(&path(&vpn.session_id), json!({"outcome": null})).await.status, 404);
}
