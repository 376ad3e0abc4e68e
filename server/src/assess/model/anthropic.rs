//! The protocol of Anthropic. Structure is asked for by a tool that the model must call: its input follows the schema
//! with every model and streams as JSON, which is then the text of the answer.

use serde_json::{Value, json};

use crate::assess::model::form::{RequestForm, Structure};
use crate::assess::model::part::{AnswerEnd, AnswerPart};
use crate::assess::prompt::Prompt;

/// The most tokens to ask for, which the protocol requires: what every model can write.
const MAX_TOKENS: u32 = 4_096;
/// Reasons to stop that leave an answer incomplete.
const CUT_OFF_REASONS: [&str; 3] = ["max_tokens", "model_context_window_exceeded", "refusal"];

/// The body of a request.
pub(super) fn build_body(model: &str, prompt: &Prompt, form: RequestForm) -> Value {
    let mut body = json!({
        "model": model,
        "stream": true,
        "max_tokens": MAX_TOKENS,
        "system": prompt.system,
        "messages": [{"role": "user", "content": prompt.user}],
    });
    match (prompt.schema, form.structure) {
        (Some(schema), Structure::Schema) => {
            body["tools"] = json!([{
                "name": schema.name,
                "description": "Gives the answer.",
                "input_schema": (schema.schema)(),
            }]);
            body["tool_choice"] = json!({"type": "tool", "name": schema.name});
        }
        (None, _) | (Some(_), Structure::JsonObject | Structure::Unasked) => {}
    }
    body
}

/// Reads an event of a stream, or a whole answer. Blocks of thoughts are not read.
pub(super) fn read_part(value: &Value) -> AnswerPart {
    let delta = value.get("delta");
    let text_of_delta = |field| delta.and_then(|delta| delta.get(field)).and_then(Value::as_str);
    let text = match text_of_delta("text").or_else(|| text_of_delta("partial_json")) {
        Some(text) => text.to_owned(),
        None => value
            .get("content")
            .and_then(Value::as_array)
            .map(|blocks| whole_text(blocks))
            .unwrap_or_default(),
    };
    let reason = delta.unwrap_or(value).get("stop_reason").and_then(Value::as_str);
    // The first event has the tokens read, the last one those written.
    let usage = value.get("usage").or_else(|| value.pointer("/message/usage"));
    let tokens = |field| usage?.get(field)?.as_u64();
    AnswerPart {
        text,
        is_refusal: reason == Some("refusal"),
        end: reason.map(|reason| {
            if CUT_OFF_REASONS.contains(&reason) { AnswerEnd::CutOff } else { AnswerEnd::Complete }
        }),
        prompt_tokens: tokens("input_tokens"),
        completion_tokens: tokens("output_tokens"),
    }
}

fn whole_text(blocks: &[Value]) -> String {
    let texts = blocks.iter().filter_map(|block| match block.get("type")?.as_str()? {
        "text" => Some(block.get("text")?.as_str()?.to_owned()),
        "tool_use" => Some(block.get("input")?.to_string()),
        _ => None,
    });
    texts.collect()
}
