//! Endpoints that refuse a request or are busy: what is asked again, and in which form.
//!
//! Mutants seen to fail: a retry after text was streamed, a refused field that is sent again.

use serde_json::{Value, json};
use tierup_e2e::model_world::{assert_whole, assess, escalate, world_with_answers};
use tierup_e2e::scripted_answer::{error_answer, text_chunk, whole_answer};
use tierup_e2e::{MODEL_API_KEY, ScriptedAnswer};

#[tokio::test]
async fn a_refused_field_is_left_out_from_then_on() {
    let answers = vec![
        error_answer(400, "Unsupported parameter: 'max_completion_tokens' is not supported with this model."),
        ScriptedAnswer::json(
            422,
            &json!({"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]}),
        ),
        error_answer(400, "max_tokens is too large: the context has 4096"),
        whole_answer(),
    ];
    let (world, model) = world_with_answers(answers).await;
    assert_whole(&assess(&world).await, "refuses three fields");
    assert_whole(&assess(&world).await, "refuses three fields, asked again");

    let requests = model.requests().await;
    let fields = ["max_completion_tokens", "max_tokens", "stream_options"];
    let sent = |request: &Value| fields.map(|field| !request[field].is_null());
    assert_eq!(
        requests.iter().map(sent).collect::<Vec<_>>(),
        [
            [true, false, true],
            [false, true, true],
            [false, true, false],
            [false, false, false],
            // The second assessment.
            [false, false, false],
        ]
    );
}

#[tokio::test]
async fn an_endpoint_that_knows_no_field_is_asked_in_the_plainest_form() {
    let unknown = error_answer(400, "Unrecognized request argument supplied");
    let (world, model) = world_with_answers(vec![unknown; 9]).await;
    let handoff = assess(&world).await;
    assert_eq!(handoff["assessment_error"], "The model's endpoint returned 400.");
    let last = model.requests().await.pop().unwrap();
    let mut fields: Vec<&String> = last.as_object().unwrap().keys().collect();
    fields.sort();
    assert_eq!(fields, ["messages", "model", "stream"]);
}

#[tokio::test]
async fn a_busy_endpoint_is_called_again_when_it_says() {
    let busy = |status, after: &str| {
        ScriptedAnswer::json(status, &json!({"error": {"message": "busy"}})).with_header("retry-after", after)
    };
    let past = "Wed, 21 Oct 2015 07:28:00 GMT";
    for (temper, busy) in [
        ("429, in seconds", busy(429, "0")),
        ("503, a date", busy(503, past)),
        ("502", busy(502, "0")),
        ("504", busy(504, "0")),
        ("429 in a 200", ScriptedAnswer::json(200, &json!({"error": {"code": 429, "message": "busy"}}))),
    ] {
        let (world, model) = world_with_answers(vec![busy.clone(), busy, whole_answer()]).await;
        assert_whole(&assess(&world).await, temper);
        assert_eq!(model.requests().await.len(), 3, "{temper}");
    }
}

#[tokio::test]
async fn an_endpoint_that_stays_busy_is_given_up() {
    let busy = error_answer(429, "quota").with_header("retry-after", "0");
    let (world, model) = world_with_answers(vec![busy]).await;
    assert_eq!(assess(&world).await["assessment_error"], "The model's endpoint is rate limited (429).");
    assert_eq!(model.requests().await.len(), 3);

    let busy_for_long = error_answer(429, "quota").with_header("retry-after", "3600");
    let (world, model) = world_with_answers(vec![busy_for_long]).await;
    assert_eq!(assess(&world).await["assessment_error"], "The model's endpoint is rate limited (429).");
    assert_eq!(model.requests().await.len(), 1, "an hour is longer than an assessment may take");
}

#[tokio::test]
async fn an_endpoint_is_not_called_again_once_people_saw_text() {
    let overloaded = json!({"error": {"code": 503, "message": "overloaded"}});
    let breaks = ScriptedAnswer::events(&[text_chunk("**Likely cause:** the f"), overloaded]);
    let (world, model) = world_with_answers(vec![breaks, whole_answer()]).await;
    assert_eq!(assess(&world).await["assessment_error"], "The model's endpoint returned an error.");
    assert_eq!(model.requests().await.len(), 1);
}

#[tokio::test]
async fn an_endpoint_that_repeats_the_key_does_not_spread_it() {
    let echo = error_answer(401, &format!("Incorrect API key provided: {MODEL_API_KEY}."));
    let (world, _model) = world_with_answers(vec![echo]).await;
    let (sam, vpn) = escalate(&world).await;
    let handoff = sam.wait_for_assessment(&vpn).await;
    assert_eq!(handoff["assessment_error"], "The model's endpoint rejected the API key (401).");
    for reader in [sam, world.owner()] {
        assert!(!reader.handoff(&vpn).await.to_string().contains(MODEL_API_KEY));
    }
}
