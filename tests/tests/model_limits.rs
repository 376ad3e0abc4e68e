//! What an answer of a model may cost, who learns why there is none, and when a call is dropped.
//!
//! Mutants seen to fail: a budget that nobody asks, a detail for everybody, a call that outlives its handoff.

use std::process::Command;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tierup_common::user::Role;
use tierup_e2e::clean_env::clean_env;
use tierup_e2e::model_world::{assess, escalate, world_with_answers, world_with_model};
use tierup_e2e::process::binary_path;
use tierup_e2e::scripted_answer::{error_answer, whole_answer};
use tierup_e2e::{ApiClient, ModelBehavior, ScriptedAnswer};
use tierup_server::config::Settings;

/// An answer that has begun and never ends.
fn endless_answer() -> ScriptedAnswer {
    ScriptedAnswer::stream([": wait\n\n"]).staying_open()
}

fn unknown_model() -> ScriptedAnswer {
    error_answer(404, "model \"x\" not found")
}

#[tokio::test]
async fn only_admins_learn_what_the_endpoint_said() {
    let (world, _model) = world_with_answers(vec![unknown_model()]).await;
    let (sam, vpn) = escalate(&world).await;
    sam.wait_for_assessment(&vpn).await;
    let admin = world.user("Alma Reyes", Role::Admin).await;
    let queue_item =
        async |reader: &ApiClient| reader.get("/escalations").await.expect(200)["items"][0].clone();

    for handoff in [sam.handoff(&vpn).await, queue_item(&sam).await] {
        assert_eq!(handoff["assessment_error"], "The model's endpoint returned 404.");
        assert_eq!(handoff["assessment_error_detail"], Value::Null);
    }
    for handoff in [admin.handoff(&vpn).await, queue_item(&admin).await, admin.claim(&vpn).await] {
        assert_eq!(handoff["assessment_error"], "The model's endpoint returned 404.");
        assert_eq!(handoff["assessment_error_detail"], "404: model \"x\" not found");
    }
    let mut stream = admin.subscribe("?last_event_id=0").await;
    let event = stream.wait_for_event("handoff_assessment_failed").await;
    assert!(!event.to_string().contains("not found"), "everybody gets the event: {event}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tells_admins_why_the_last_run_failed() {
    let answers = vec![whole_answer(), unknown_model(), unknown_model()];
    let (world, _model) = world_with_answers(answers).await;
    let doctor = |who: &ApiClient| {
        let mut doctor = Command::new(binary_path("tierup"));
        let server = world.url();
        clean_env(&mut doctor).env("HOME", world.folder());
        doctor.args(["doctor", "--json", "--keyring", "off", "--server", &server, "--token", who.token()]);
        let found: Value = serde_json::from_slice(&doctor.output().unwrap().stdout).unwrap();
        let findings = found["findings"].as_array().unwrap().clone();
        findings.into_iter().find(|finding| finding["what"] == "engine")
    };
    let (sam, vpn) = escalate(&world).await;
    sam.wait_for_assessment(&vpn).await;
    let owner = world.owner();
    let healthy = doctor(&owner).unwrap();
    assert_eq!(healthy["state"], "good", "{healthy}");
    let says = healthy["says"].as_str().unwrap();
    assert!(
        says.starts_with("openai, test-model: 1 calls, 0 without an answer, 700 tokens read and 30 written"),
        "{says}"
    );

    let (sam, vpn) = escalate(&world).await;
    sam.wait_for_assessment(&vpn).await;
    let failing = doctor(&owner).unwrap();
    assert_eq!(failing["state"], "warning", "{failing}");
    let says = failing["says"].as_str().unwrap();
    let reason = "the last run failed: The model's endpoint returned 404. (404: model \"x\" not found)";
    assert!(says.ends_with(reason), "{says}");
    assert!(doctor(&sam).is_none(), "an engineer");

    // Another account has had no failure.
    let other = world.other_account_owner().get("/assessment-engine").await.expect(200);
    assert_eq!(other["last_failure"], Value::Null);
}

#[tokio::test]
async fn the_panel_of_an_admin_shows_what_the_endpoint_said() {
    let answers = vec![whole_answer(), unknown_model()];
    let (world, _model) = world_with_answers(answers).await;
    let (sam, vpn) = escalate(&world).await;
    sam.wait_for_assessment(&vpn).await;
    world.user("Alma Reyes", Role::Admin).await;
    let mut alma = world.console("Alma Reyes").await;
    alma.sees("VPN is down").await;
    alma.press("<enter>").await;
    alma.sees("▌Assessment").await;

    sam.post(&format!("/handoffs/{}/reassess", vpn.handoff_id), json!({})).await.expect(202);

    alma.sees("Details for admins: 404: model \"x\" not found").await;
    assert!(alma.screen().await.contains("The model's endpoint returned 404."));
}

#[tokio::test]
async fn tokens_and_calls_are_counted() {
    let busy = ScriptedAnswer::json(503, &json!({})).with_header("retry-after", "0");
    let answers = vec![busy, whole_answer()];
    let (world, _model) = world_with_answers(answers).await;
    let (sam, vpn) = escalate(&world).await;
    sam.wait_for_assessment(&vpn).await;
    let metrics = world.metrics().await;
    for (name, value) in [
        ("tierup_model_tokens_total{kind=\"prompt\"}", "700"),
        ("tierup_model_tokens_total{kind=\"completion\"}", "30"),
        ("tierup_model_calls_total{outcome=\"answered\"}", "1"),
        ("tierup_model_calls_total{outcome=\"failed\"}", "1"),
        ("tierup_model_call_seconds_count", "2"),
    ] {
        assert_eq!(metrics.get(name).map(String::as_str), Some(value), "{name}: {metrics:?}");
    }
}

#[tokio::test]
async fn an_account_without_calls_left_fails_with_a_sentence() {
    let settings = Settings { model_calls_per_minute: Some(1), ..Settings::default() };
    let (world, model) = world_with_model(ModelBehavior::Scripted(vec![whole_answer()]), settings).await;
    assert_eq!(assess(&world).await["assessment_status"], "ready");

    // The clock stands at a full minute: the next one is too far away.
    let handoff = assess(&world).await;
    assert_eq!(
        handoff["assessment_error"],
        "The team has used up its calls to the model: try again in a minute."
    );
    assert_eq!(model.requests().await.len(), 1);

    world.clock().advance(Duration::from_mins(1));
    assert_eq!(assess(&world).await["assessment_status"], "ready");
}

#[tokio::test]
async fn an_assessment_waits_for_the_next_minute_if_there_is_time() {
    let settings = Settings {
        model_calls_per_minute: Some(1),
        assessment_timeout_seconds: Some(120),
        ..Settings::default()
    };
    let (world, model) = world_with_model(ModelBehavior::Scripted(vec![whole_answer()]), settings).await;
    assess(&world).await;
    let (sam, second) = escalate(&world).await;
    assert_eq!(model.requests().await.len(), 1);
    world.clock().advance(Duration::from_mins(1));
    assert_eq!(sam.wait_for_assessment(&second).await["assessment_status"], "ready");
}

#[tokio::test]
async fn a_call_is_dropped_when_its_handoff_ends() {
    for end in ["resolved", "withdrawn", "superseded"] {
        let (world, model) = world_with_model(ModelBehavior::NeverAnswers, Settings::default()).await;
        let (sam, vpn) = escalate(&world).await;
        model.wait_for_requests(1).await;
        match end {
            "resolved" => drop(sam.resolve(&vpn.session_id, "It was DNS.").await),
            "withdrawn" => {
                drop(
                    sam.post(&format!("/ai-sessions/{}/resume", vpn.session_id), json!({})).await.expect(200),
                );
            }
            _ => {
                let priya = world.engineer("Priya Nair").await;
                priya.claim(&vpn).await;
                priya.escalate_session(&vpn.session_id, "high").await;
            }
        }
        model.wait_for_dropped_request().await;
        // The new handoff has a call of its own.
        let running = if end == "superseded" { "1" } else { "0" };
        world.wait_for_metric("tierup_jobs_waiting{kind=\"assess\"}", running).await;
        let handoff = sam.handoff(&vpn).await;
        assert_eq!(
            (&handoff["status"], &handoff["assessment_status"]),
            (&json!(end), &json!("not_requested"))
        );
    }
}

#[tokio::test]
async fn a_burst_of_requests_for_an_assessment_makes_one_call() {
    let answers = vec![whole_answer(), endless_answer()];
    let (world, model) = world_with_answers(answers).await;
    let (sam, vpn) = escalate(&world).await;
    sam.wait_for_assessment(&vpn).await;
    let path = format!("/handoffs/{}/reassess", vpn.handoff_id);
    let answers = join_all((0..6).map(|_| sam.post(&path, json!({})))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 409, 409, 409, 409, 409]);
    model.wait_for_requests(2).await;
    assert_eq!(sam.post(&path, json!({})).await.status, 409);
    assert_eq!(model.requests().await.len(), 2);
}
