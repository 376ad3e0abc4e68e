//! What an endpoint says about an error: one line, bounded, without the API key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tierup_common::text::truncate_to_line;

/// The longest message, in characters.
const MAX_MESSAGE_CHARS: usize = 200;
/// A word with this many characters of a key is removed: endpoints repeat keys in part.
const KEY_PREFIX_CHARS: usize = 8;
/// The shortest encoded key that is looked for, in characters. Only dummy keys, for endpoints without keys, are shorter.
const MIN_ENCODED_CHARS: usize = 6;

/// An error in an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct EndpointError {
    /// The status that it stands for, if it names one.
    pub(super) code: Option<u16>,
    pub(super) message: Option<String>,
}

/// The error in an answer: `{"error": …}`, in a list as well, or an object of type `error`.
pub(super) fn find_error(answer: &Value, key: Option<&SecretString>) -> Option<EndpointError> {
    let answer = answer.as_array().and_then(|list| list.first()).unwrap_or(answer);
    let is_error =
        ["type", "object"].iter().any(|field| answer.get(field).is_some_and(|value| value == "error"));
    let error = answer.get("error").filter(|error| !error.is_null());
    if error.is_none() && !is_error {
        return None;
    }
    let error = error.unwrap_or(answer);
    Some(EndpointError { code: status_of(error), message: find_message(answer, key) })
}

/// The status that an error stands for.
fn status_of(error: &Value) -> Option<u16> {
    let kind = |field| error.get(field).and_then(Value::as_str);
    match kind("type").or_else(|| kind("code")) {
        Some("overloaded_error") => Some(529),
        Some("rate_limit_error" | "rate_limit_exceeded") => Some(429),
        _ => ["code", "status"].iter().find_map(|field| u16::try_from(error.get(field)?.as_u64()?).ok()),
    }
}

/// The message of an error's body, in any of the usual places.
pub(super) fn find_message(body: &Value, key: Option<&SecretString>) -> Option<String> {
    let body = body.as_array().and_then(|list| list.first()).unwrap_or(body);
    let text = |place: &&str| body.pointer(place)?.as_str().map(str::to_owned);
    let places = ["/error/message", "/error", "/message", "/detail", "/errors/0/message"];
    let lists = ["/detail/0", "/message/detail/0", "/error/message/detail/0"];
    let validation = || lists.iter().find_map(|list| validation_message(body.pointer(list)?));
    let found = places.iter().find_map(text).or_else(validation);
    let message = found.or_else(|| ["/error/code", "/error/type"].iter().find_map(text))?;
    let parameter = body.pointer("/error/param").and_then(Value::as_str);
    let message = match parameter.filter(|parameter| !message.contains(parameter)) {
        Some(parameter) => format!("{message} ({parameter})"),
        None => message,
    };
    clean(&message, key)
}

/// The first error of a list by pydantic: `{"loc": ["body", "field"], "msg": "…"}`. Its `input` is not repeated.
fn validation_message(error: &Value) -> Option<String> {
    let message = error.get("msg")?.as_str()?;
    let place: Vec<&str> =
        error.get("loc").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    Some(format!("{}: {message}", place.join(".")))
}

/// One bounded line without the key. If the key is encoded in it, nothing of it is left.
pub(super) fn clean(message: &str, key: Option<&SecretString>) -> Option<String> {
    let is_unseen = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let message: String = message.chars().map(|c| if is_unseen(c) { ' ' } else { c }).collect();
    let message = match key.map(ExposeSecret::expose_secret).filter(|key| !key.is_empty()) {
        Some(key) if encoded_forms(key).iter().any(|form| message.contains(form)) => {
            "its message repeats the API key".to_owned()
        }
        Some(key) => without_key(&message, key),
        None => message,
    };
    Some(truncate_to_line(&message, MAX_MESSAGE_CHARS)).filter(|message| !message.is_empty())
}

/// The message with each word that has the beginning of the key replaced.
fn without_key(message: &str, key: &str) -> String {
    let begin: String = key.chars().take(KEY_PREFIX_CHARS).collect();
    let words = message.split_whitespace().map(|word| if word.contains(&begin) { "[API key]" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// The key percent-encoded and in base64, where it has one of three forms by its offset.
fn encoded_forms(key: &str) -> Vec<String> {
    let encoded: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
    let mut forms = vec![encoded.to_lowercase(), encoded.clone()];
    // What has no escapes is replaced as a word.
    forms.retain(|form| form.contains('%'));
    for before in 0..3 {
        let text = STANDARD.encode([&b"xx"[..before], key.as_bytes()].concat());
        let (begin, end) = ((before * 8).div_ceil(6), (before + key.len()) * 8 / 6);
        let form = text[begin..end].to_owned();
        forms.push(form.replace('+', "-").replace('/', "_"));
        forms.push(form);
    }
    // A shorter one is in many messages by chance.
    forms.retain(|form| form.len() >= MIN_ENCODED_CHARS);
    forms
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KEY: &str = "sk-very/secret+0123==";

    fn message_of(body: &Value) -> String {
        find_message(body, Some(&SecretString::from(KEY))).unwrap()
    }

    #[test]
    fn the_message_is_found_in_any_of_the_usual_places() {
        for (body, expected) in [
            (json!({"error": {"message": "model \"x\" not found"}}), "model \"x\" not found"),
            (
                json!({"error": "model 'x' not found, try pulling it first"}),
                "model 'x' not found, try pulling it first",
            ),
            (json!([{"error": {"code": 400, "message": "no"}}]), "no"),
            (json!({"object": "error", "message": "bad"}), "bad"),
            (json!({"detail": "Not Found"}), "Not Found"),
            (
                json!({"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs", "input": {"a": "case"}}]}),
                "body.stream_options: Extra inputs",
            ),
            (
                json!({"object": "error", "message": {"detail": [{"loc": ["body", "max_completion_tokens"], "msg": "Extra"}]}}),
                "body.max_completion_tokens: Extra",
            ),
            (json!({"error": {"message": "unsupported", "param": "max_tokens"}}), "unsupported (max_tokens)"),
            (json!({"error": {"code": "overloaded"}}), "overloaded"),
        ] {
            assert_eq!(message_of(&body), expected);
        }
        assert_eq!(find_message(&json!({"choices": []}), None), None);
    }

    #[test]
    fn a_message_is_one_bounded_line_without_the_key() {
        let message = message_of(&json!({"error": format!("a\r\n\u{1b}[31mb\u{202e} {}", "c".repeat(999))}));
        assert!(
            message.starts_with("a [31mb c") && message.chars().count() <= MAX_MESSAGE_CHARS + 1,
            "{message}"
        );
        let message = message_of(&json!({"error": format!("Incorrect key: {KEY}. See sk-very/****==")}));
        assert_eq!(message, "Incorrect key: [API key] See [API key]");
        for encoded in [
            STANDARD.encode(KEY),
            STANDARD.encode(format!("ana:{KEY}")),
            "sk-very%2Fsecret%2B0123%3D%3D".into(),
        ] {
            assert_eq!(
                message_of(&json!({"error": format!("got {encoded}")})),
                "its message repeats the API key"
            );
        }
    }

    #[test]
    fn a_dummy_key_hides_no_message() {
        for key in ["x", "EMPTY", "ollama"] {
            let body = json!({"error": "the prompt is empty"});
            assert_eq!(find_message(&body, Some(&SecretString::from(key))).unwrap(), "the prompt is empty");
        }
    }
}
