//! The protocol of OpenAI, as many endpoints speak it.

use serde_json::{Value, json};

use crate::assess::model::form::{RequestForm, Structure, TokenLimit};
use crate::assess::model::part::{AnswerEnd, AnswerPart};
use crate::assess::prompt::Prompt;

/// The most tokens to ask for. Thoughts count as well, so it is more than the longest text has.
const MAX_TOKENS: u32 = 8_192;
/// Reasons to finish that leave an answer incomplete.
const CUT_OFF_REASONS: [&str; 6] =
    ["length", "content_filter", "max_tokens", "model_length", "safety", "error"];

/// The body of a request.
pub(super) fn build_body(model: &str, prompt: &Prompt, form: RequestForm) -> Value {
    let mut body = json!({
        "model": model,
        "stream": true,
        "messages": [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": prompt.user},
        ],
    });
    if let Some(schema) = prompt.schema {
        match form.structure {
            Structure::Schema => {
                let schema = json!({"name": schema.name, "strict": true, "schema": (schema.schema)()});
                body["response_format"] = json!({"type": "json_schema", "json_schema": schema});
            }
            Structure::JsonObject => body["response_format"] = json!({"type": "json_object"}),
            Structure::Unasked => {}
        }
    }
    match form.token_limit {
        TokenLimit::MaxCompletionTokens => body["max_completion_tokens"] = MAX_TOKENS.into(),
        TokenLimit::MaxTokens => body["max_tokens"] = MAX_TOKENS.into(),
        TokenLimit::Unlimited => {}
    }
    if form.asks_for_usage {
        body["stream_options"] = json!({"include_usage": true});
    }
    body
}

/// Reads a chunk of a stream, or a whole answer. Thoughts in `reasoning_content` and its like are not read.
pub(super) fn read_part(value: &Value) -> AnswerPart {
    let choice = value.pointer("/choices/0");
    let message = choice.and_then(|choice| choice.get("delta").or_else(|| choice.get("message")));
    let content = message.and_then(|message| message.get("content"));
    let refusal = message.and_then(|message| message.get("refusal")).and_then(Value::as_str);
    let reason = choice.and_then(|choice| choice.get("finish_reason")).and_then(Value::as_str);
    let tokens = |field| value.get("usage")?.get(field)?.as_u64();
    AnswerPart {
        text: content.map(content_text).unwrap_or_default(),
        is_refusal: refusal.is_some_and(|refusal| !refusal.is_empty()),
        end: reason.filter(|reason| !reason.is_empty()).map(|reason| {
            let is_cut_off = CUT_OFF_REASONS.iter().any(|other| reason.eq_ignore_ascii_case(other));
            if is_cut_off { AnswerEnd::CutOff } else { AnswerEnd::Complete }
        }),
        prompt_tokens: tokens("prompt_tokens"),
        completion_tokens: tokens("completion_tokens"),
    }
}

/// The text of a message's content, which may be a list of parts. Parts of other types, such as `thinking`, are skipped.
fn content_text(content: &Value) -> String {
    if let Some(text) = content.as_str() {
        return text.to_owned();
    }
    let parts = content.as_array().into_iter().flatten();
    let texts = parts.filter(|part| {
        matches!(part.get("type").and_then(Value::as_str), None | Some("text" | "output_text"))
    });
    texts.filter_map(|part| part.get("text")?.as_str()).collect()
}
