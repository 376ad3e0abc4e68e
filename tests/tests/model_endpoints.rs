//! Endpoints of every temper: each has one outcome, and a failure has one sentence.
//!
//! Mutants seen to fail: thoughts that count as text, an end that waits for `[DONE]`, an answer that ended without an
//! end passed off as whole, a retry after text was streamed, a refused field that is sent again.

use serde_json::{Value, json};
use tierup_e2e::{
    ApiClient, Escalation, FakeModel, MODEL_API_KEY, ModelBehavior, ScriptedAnswer, TWO_STEP_ASSESSMENT,
    World,
};
use tierup_server::config::Settings;

/// A server whose model gives these answers in turn.
async fn world_with_answers(answers: Vec<ScriptedAnswer>) -> (World, FakeModel) {
    let model = FakeModel::start(ModelBehavior::Scripted(answers)).await;
    (World::with_settings(model.server_settings(60)).await, model)
}

/// The handoff, once its assessment has ended.
async fn assess(world: &World) -> Value {
    let (sam, vpn) = escalate(world).await;
    sam.wait_for_assessment(&vpn).await
}

async fn escalate(world: &World) -> (ApiClient, Escalation) {
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = sam.escalate("VPN is down").await;
    (sam, vpn)
}

#[track_caller]
fn assert_whole(handoff: &Value, temper: &str) {
    let data = &handoff["ai_assessment_data"];
    assert_eq!(handoff["assessment_status"], "ready", "{temper}: {handoff:#}");
    assert_eq!(data["likely_cause"], "DNS", "{temper}: {data:#}");
    assert_eq!(data["suggested_steps"].as_array().unwrap().len(), 2, "{temper}: {data:#}");
    assert!(data["is_cut_off"].as_bool() != Some(true), "{temper}: {data:#}");
    assert_eq!(handoff["ai_assessment"], TWO_STEP_ASSESSMENT, "{temper}");
}

/// A chunk of a stream.
fn chunk(delta: &Value) -> Value {
    json!({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
}

fn text(text: &str) -> Value {
    chunk(&json!({"role": "assistant", "content": text}))
}

/// The chunk that ends an answer.
fn end(reason: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

/// The number of tokens, after the end.
fn usage() -> Value {
    json!({"choices": [], "usage": {"prompt_tokens": 700, "completion_tokens": 30, "total_tokens": 730}})
}

/// The bytes of a stream of events.
fn event_bytes(events: &[Value]) -> String {
    events.iter().map(|event| format!("data: {event}\n\n")).collect()
}

/// The assessment in two halves.
fn halves() -> (&'static str, &'static str) {
    TWO_STEP_ASSESSMENT.split_at(20)
}

/// Streams that hold the whole assessment, each in its own way.
fn streams_with_oddities() -> Vec<(&'static str, ScriptedAnswer)> {
    let (first, second) = halves();
    let plain = [text(first), text(second), end("stop")];
    let odd_bytes =
        format!("\u{feff}: ping\n\n{}: ping\n\ndata: [DONE]\n\n", event_bytes(&plain)).replace('\n', "\r\n");
    vec![
        (
            "thoughts in tags, split over chunks",
            ScriptedAnswer::events(&[
                text("<thi"),
                text("nk>\nhm: **Likely cause:** the fan\n1. Guess\n</th"),
                text("ink>\n\n"),
                text(first),
                text(second),
                end("stop"),
            ]),
        ),
        (
            "thoughts in fields of their own",
            ScriptedAnswer::events(&[
                chunk(&json!({"reasoning_content": "1. Guess", "content": null})),
                chunk(&json!({"reasoning": "1. Guess", "content": ""})),
                text(TWO_STEP_ASSESSMENT),
                end("stop"),
            ]),
        ),
        (
            "content as a list of parts",
            ScriptedAnswer::events(&[
                chunk(
                    &json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]}),
                ),
                chunk(
                    &json!({"content": [{"type": "text", "text": first}, {"type": "text", "text": second}]}),
                ),
                end("stop"),
            ]),
        ),
        (
            "chunks without choices, with empty ones, and with the usage alone",
            ScriptedAnswer::events(&[
                json!({"id": "x"}),
                json!({"choices": []}),
                text(TWO_STEP_ASSESSMENT),
                end("stop"),
                usage(),
            ]),
        ),
        ("comments, CRLF and a byte order mark", ScriptedAnswer::stream([odd_bytes])),
        (
            "characters split over packets",
            ScriptedAnswer::stream(
                event_bytes(&[&[text("<think>é…</think>")], &plain[..]].concat())
                    .bytes()
                    .map(|byte| vec![byte]),
            ),
        ),
        (
            "no [DONE], and a connection that stays open",
            ScriptedAnswer::stream([event_bytes(&plain)]).staying_open(),
        ),
        (
            "no [DONE], and a last event without an empty line",
            ScriptedAnswer::stream([event_bytes(&plain).trim_end()]),
        ),
        ("another content type", ScriptedAnswer::events(&plain).with_header("content-type", "text/plain")),
        (
            "the content type of JSON",
            ScriptedAnswer::events(&plain).with_header("content-type", "application/json"),
        ),
        ("no content type", ScriptedAnswer::events(&plain).without_content_type()),
        (
            "whole messages in place of deltas",
            ScriptedAnswer::events(&[
                json!({"choices": [{"message": {"content": TWO_STEP_ASSESSMENT}, "finish_reason": "stop"}]}),
            ]),
        ),
    ]
}

#[tokio::test]
async fn a_stream_with_oddities_is_read_whole() {
    for (temper, answer) in streams_with_oddities() {
        let (world, model) = world_with_answers(vec![answer]).await;
        assert_whole(&assess(&world).await, temper);
        assert_eq!(model.requests().await.len(), 1, "{temper}");
    }
}

#[tokio::test]
async fn json_is_read_where_a_stream_was_asked_for() {
    let whole = json!({"choices": [{"message": {"content": TWO_STEP_ASSESSMENT}, "finish_reason": "stop"}]});
    let parts =
        json!({"choices": [{"message": {"content": [{"type": "text", "text": TWO_STEP_ASSESSMENT}]}}]});
    for (temper, answer) in [
        ("JSON", ScriptedAnswer::json(200, &whole)),
        ("JSON with a list of parts", ScriptedAnswer::json(200, &parts)),
        (
            "the content type of a stream",
            ScriptedAnswer::json(200, &whole).with_header("content-type", "text/event-stream"),
        ),
        ("no content type", ScriptedAnswer::json(200, &whole).without_content_type()),
    ] {
        let (world, _model) = world_with_answers(vec![answer]).await;
        assert_whole(&assess(&world).await, temper);
    }
}

#[tokio::test]
async fn an_answer_that_begins_inside_its_thoughts_shows_the_rest() {
    let thoughts = text("hm: **Likely cause:** the fan\n</think>\n\n");
    let answer = ScriptedAnswer::events(&[thoughts, text(TWO_STEP_ASSESSMENT), end("stop")]);
    let (world, _model) = world_with_answers(vec![answer]).await;
    assert_whole(&assess(&world).await, "no opening tag");
}

#[tokio::test]
async fn thoughts_are_never_streamed() {
    let answer = ScriptedAnswer::events(&[
        text("<think>secretly"),
        text("</think>\n"),
        text(TWO_STEP_ASSESSMENT),
        end("stop"),
    ]);
    let (world, _model) = world_with_answers(vec![answer]).await;
    let (sam, vpn) = escalate(&world).await;
    let mut stream = sam.subscribe(&format!("?handoff_id={}&last_event_id=0", vpn.handoff_id)).await;
    let events = stream.collect_until("handoff_assessment_ready").await;
    assert!(events.iter().any(|event| event.name == "handoff_assessment_delta"), "{events:?}");
    assert!(!format!("{events:?}").contains("secretly"), "{events:?}");
}

/// An event of Anthropic's protocol.
fn anthropic_events(reason: &str) -> ScriptedAnswer {
    let delta = |delta: Value| json!({"type": "content_block_delta", "index": 0, "delta": delta});
    let events = [
        json!({"type": "message_start", "message": {"content": [], "usage": {"input_tokens": 700, "output_tokens": 1}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}}),
        json!({"type": "ping"}),
        delta(json!({"type": "thinking_delta", "thinking": "1. Guess"})),
        delta(json!({"type": "text_delta", "text": TWO_STEP_ASSESSMENT})),
        json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 30}}),
        json!({"type": "message_stop"}),
    ];
    let events: String = events
        .iter()
        .map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap()))
        .collect();
    ScriptedAnswer::stream([events]).staying_open()
}

async fn world_with_anthropic(answers: Vec<ScriptedAnswer>) -> (World, FakeModel) {
    let model = FakeModel::start(ModelBehavior::Scripted(answers)).await;
    let settings = Settings { assessment_engine: Some("anthropic".into()), ..model.server_settings(60) };
    (World::with_settings(settings).await, model)
}

#[tokio::test]
async fn an_answer_of_anthropic_is_read_whole() {
    let (world, model) = world_with_anthropic(vec![anthropic_events("end_turn")]).await;
    assert_whole(&assess(&world).await, "Anthropic");
    assert!(model.requests().await[0]["max_tokens"].is_u64());
}

#[tokio::test]
async fn an_overloaded_anthropic_is_called_again() {
    let overloaded = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    let answers = vec![
        ScriptedAnswer::stream([format!("event: error\ndata: {overloaded}\n\n")]),
        anthropic_events("end_turn"),
    ];
    let (world, model) = world_with_anthropic(answers).await;
    assert_whole(&assess(&world).await, "overloaded");
    assert_eq!(model.requests().await.len(), 2);
}

#[tokio::test]
async fn an_incomplete_answer_is_marked_as_cut_off() {
    let begun = text(TWO_STEP_ASSESSMENT);
    for (temper, answer) in [
        ("length", ScriptedAnswer::events(&[begun.clone(), end("length"), usage()])),
        ("a filter", ScriptedAnswer::events(&[begun.clone(), end("content_filter")])),
        ("no end", ScriptedAnswer::stream([event_bytes(std::slice::from_ref(&begun))])),
        (
            "thoughts without an end",
            ScriptedAnswer::events(&[begun.clone(), text("\n<think>or"), end("stop")]),
        ),
        (
            "JSON",
            ScriptedAnswer::json(
                200,
                &json!({"choices": [{"message": {"content": TWO_STEP_ASSESSMENT}, "finish_reason": "length"}]}),
            ),
        ),
    ] {
        let (world, _model) = world_with_answers(vec![answer]).await;
        let handoff = assess(&world).await;
        assert_eq!(handoff["assessment_status"], "ready", "{temper}: {handoff:#}");
        assert_eq!(handoff["ai_assessment_data"]["is_cut_off"], true, "{temper}: {handoff:#}");
    }
    let (world, _model) = world_with_anthropic(vec![anthropic_events("max_tokens")]).await;
    assert_eq!(assess(&world).await["ai_assessment_data"]["is_cut_off"], true);
}

#[tokio::test]
async fn an_answer_without_text_fails_with_the_reason() {
    for (answer, sentence) in [
        (
            ScriptedAnswer::events(&[text("<think>hm"), end("stop")]),
            "The model returned thoughts and no answer.",
        ),
        (
            ScriptedAnswer::events(&[chunk(&json!({"reasoning_content": "hm"})), end("length")]),
            "The model reached its limit before it answered.",
        ),
        (
            ScriptedAnswer::events(&[chunk(&json!({"refusal": "I can't help with that."})), end("stop")]),
            "The model declined to answer.",
        ),
        (
            ScriptedAnswer::json(200, &json!({"error": {"message": "the GPU is on fire", "code": 500}})),
            "The model's endpoint returned an error.",
        ),
        (
            ScriptedAnswer::events(&[json!({"error": "the GPU is on fire"})]),
            "The model's endpoint returned an error.",
        ),
        (ScriptedAnswer::stream([b"data: \xff\n\n"]), "The model's response was cut off or was too long."),
        (ScriptedAnswer::stream(Vec::<String>::new()), "The model returned no text."),
    ] {
        let (world, model) = world_with_answers(vec![answer]).await;
        let handoff = assess(&world).await;
        assert_eq!(handoff["assessment_status"], "failed", "{sentence}: {handoff:#}");
        assert_eq!(handoff["assessment_error"], sentence);
        assert_eq!(model.requests().await.len(), 1, "{sentence}");
    }
}

fn whole_answer() -> ScriptedAnswer {
    ScriptedAnswer::events(&[text(TWO_STEP_ASSESSMENT), end("stop"), usage()])
}

fn refusal(status: u16, message: &str) -> ScriptedAnswer {
    ScriptedAnswer::json(status, &json!({"error": {"message": message, "type": "invalid_request_error"}}))
}

#[tokio::test]
async fn a_refused_field_is_left_out_from_then_on() {
    let answers = vec![
        refusal(400, "Unsupported parameter: 'max_completion_tokens' is not supported with this model."),
        ScriptedAnswer::json(
            422,
            &json!({"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]}),
        ),
        refusal(400, "max_tokens is too large: the context has 4096"),
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
    let unknown = refusal(400, "Unrecognized request argument supplied");
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
    let busy = refusal(429, "quota").with_header("retry-after", "0");
    let (world, model) = world_with_answers(vec![busy]).await;
    assert_eq!(assess(&world).await["assessment_error"], "The model's endpoint is rate limited (429).");
    assert_eq!(model.requests().await.len(), 3);

    let busy_for_long = refusal(429, "quota").with_header("retry-after", "3600");
    let (world, model) = world_with_answers(vec![busy_for_long]).await;
    assert_eq!(assess(&world).await["assessment_error"], "The model's endpoint is rate limited (429).");
    assert_eq!(model.requests().await.len(), 1, "an hour is longer than an assessment may take");
}

#[tokio::test]
async fn an_endpoint_is_not_called_again_once_people_saw_text() {
    let overloaded = json!({"error": {"code": 503, "message": "overloaded"}});
    let breaks = ScriptedAnswer::events(&[text("**Likely cause:** the f"), overloaded]);
    let (world, model) = world_with_answers(vec![breaks, whole_answer()]).await;
    assert_eq!(assess(&world).await["assessment_error"], "The model's endpoint returned an error.");
    assert_eq!(model.requests().await.len(), 1);
}

#[tokio::test]
async fn an_endpoint_that_repeats_the_key_does_not_spread_it() {
    let echo = refusal(401, &format!("Incorrect API key provided: {MODEL_API_KEY}."));
    let (world, _model) = world_with_answers(vec![echo]).await;
    let (sam, vpn) = escalate(&world).await;
    let handoff = sam.wait_for_assessment(&vpn).await;
    assert_eq!(handoff["assessment_error"], "The model's endpoint rejected the API key (401).");
    for reader in [sam, world.owner()] {
        assert!(!reader.handoff(&vpn).await.to_string().contains(MODEL_API_KEY));
    }
}
