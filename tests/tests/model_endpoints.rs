//! Endpoints of every temper: each has one outcome, and a failure has one sentence.
//!
//! Mutants seen to fail: thoughts that count as text, an end that waits for `[DONE]`, an answer that ended without an
//! end passed off as whole.

use serde_json::{Value, json};
use tierup_e2e::model_world::{assert_whole, assess, escalate, world_with_answers};
use tierup_e2e::scripted_answer::{delta_chunk, end_chunk, text_chunk, usage_chunk};
use tierup_e2e::{FakeModel, ModelBehavior, ScriptedAnswer, TWO_STEP_ASSESSMENT, World};
use tierup_server::config::Settings;

/// The bytes of a stream of events.
fn event_bytes(events: &[Value]) -> String {
    events.iter().map(|event| format!("data: {event}\n\n")).collect::<Vec<_>>().concat()
}

/// The assessment in two halves.
fn halves() -> (&'static str, &'static str) {
    TWO_STEP_ASSESSMENT.split_at(20)
}

/// Streams that hold the whole assessment, with chunks of every kind.
fn streams_of_odd_chunks() -> Vec<(&'static str, ScriptedAnswer)> {
    let (first, second) = halves();
    vec![
        (
            "thoughts in tags, split over chunks",
            ScriptedAnswer::events(&[
                text_chunk("<thi"),
                text_chunk("nk>\nhm: **Likely cause:** the fan\n1. Guess\n</th"),
                text_chunk("ink>\n\n"),
                text_chunk(first),
                text_chunk(second),
                end_chunk("stop"),
            ]),
        ),
        (
            "thoughts in fields of their own",
            ScriptedAnswer::events(&[
                delta_chunk(&json!({"reasoning_content": "1. Guess", "content": null})),
                delta_chunk(&json!({"reasoning": "1. Guess", "content": ""})),
                text_chunk(TWO_STEP_ASSESSMENT),
                end_chunk("stop"),
            ]),
        ),
        (
            "content as a list of parts",
            ScriptedAnswer::events(&[
                delta_chunk(
                    &json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]}),
                ),
                delta_chunk(
                    &json!({"content": [{"type": "text", "text": first}, {"type": "text", "text": second}]}),
                ),
                end_chunk("stop"),
            ]),
        ),
        (
            "chunks without choices, with empty ones, and with the usage alone",
            ScriptedAnswer::events(&[
                json!({"id": "x"}),
                json!({"choices": []}),
                text_chunk(TWO_STEP_ASSESSMENT),
                end_chunk("stop"),
                usage_chunk(),
            ]),
        ),
        (
            "whole messages in place of deltas",
            ScriptedAnswer::events(&[
                json!({"choices": [{"message": {"content": TWO_STEP_ASSESSMENT}, "finish_reason": "stop"}]}),
            ]),
        ),
    ]
}

/// Streams that hold the whole assessment, in bytes of every kind.
fn streams_of_odd_bytes() -> Vec<(&'static str, ScriptedAnswer)> {
    let (first, second) = halves();
    let plain = [text_chunk(first), text_chunk(second), end_chunk("stop")];
    let odd_bytes =
        format!("\u{feff}: ping\n\n{}: ping\n\ndata: [DONE]\n\n", event_bytes(&plain)).replace('\n', "\r\n");
    vec![
        ("comments, CRLF and a byte order mark", ScriptedAnswer::stream([odd_bytes])),
        (
            "characters split over packets",
            ScriptedAnswer::stream(
                event_bytes(&[&[text_chunk("<think>é…</think>")], &plain[..]].concat())
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
    ]
}

#[tokio::test]
async fn a_stream_with_oddities_is_read_whole() {
    for (temper, answer) in [streams_of_odd_chunks(), streams_of_odd_bytes()].concat() {
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
    let thoughts = text_chunk("hm: **Likely cause:** the fan\n</think>\n\n");
    let answer = ScriptedAnswer::events(&[thoughts, text_chunk(TWO_STEP_ASSESSMENT), end_chunk("stop")]);
    let (world, _model) = world_with_answers(vec![answer]).await;
    assert_whole(&assess(&world).await, "no opening tag");
}

#[tokio::test]
async fn thoughts_are_never_streamed() {
    let answer = ScriptedAnswer::events(&[
        text_chunk("<think>secretly"),
        text_chunk("</think>\n"),
        text_chunk(TWO_STEP_ASSESSMENT),
        end_chunk("stop"),
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
    let events =
        events.map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or("")));
    ScriptedAnswer::stream(events).staying_open()
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
    let begun = text_chunk(TWO_STEP_ASSESSMENT);
    for (temper, answer) in [
        ("length", ScriptedAnswer::events(&[begun.clone(), end_chunk("length"), usage_chunk()])),
        ("a filter", ScriptedAnswer::events(&[begun.clone(), end_chunk("content_filter")])),
        ("no end", ScriptedAnswer::stream([event_bytes(std::slice::from_ref(&begun))])),
        (
            "thoughts without an end",
            ScriptedAnswer::events(&[begun.clone(), text_chunk("\n<think>or"), end_chunk("stop")]),
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
            ScriptedAnswer::events(&[text_chunk("<think>hm"), end_chunk("stop")]),
            "The model returned thoughts and no answer.",
        ),
        (
            ScriptedAnswer::events(&[delta_chunk(&json!({"reasoning_content": "hm"})), end_chunk("length")]),
            "The model reached its limit before it answered.",
        ),
        (
            ScriptedAnswer::events(&[
                delta_chunk(&json!({"refusal": "I can't help with that."})),
                end_chunk("stop"),
            ]),
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
        let (sam, vpn) = escalate(&world).await;
        let handoff = sam.wait_for_assessment(&vpn).await;
        assert_eq!(handoff["assessment_status"], "failed", "{sentence}: {handoff:#}");
        assert_eq!(handoff["assessment_error"], sentence);
        assert_eq!(model.requests().await.len(), 1, "{sentence}");
        if sentence == "The model's endpoint returned an error." {
            assert_eq!(world.owner().handoff(&vpn).await["assessment_error_detail"], "the GPU is on fire");
        }
    }
}
