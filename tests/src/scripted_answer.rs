//! Answers of a fake endpoint, byte for byte, and the messages that they consist of.

use std::convert::Infallible;

use axum::body::Body;
use axum::response::Response;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use crate::TWO_STEP_ASSESSMENT;

/// An answer, byte for byte. A client reads each chunk on its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScriptedAnswer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    chunks: Vec<Vec<u8>>,
    stays_open: bool,
}

impl ScriptedAnswer {
    /// A stream of events with these chunks.
    pub fn stream<C: Into<Vec<u8>>>(chunks: impl IntoIterator<Item = C>) -> Self {
        let chunks = chunks.into_iter().map(Into::into).collect();
        Self { status: 200, headers: Vec::new(), chunks, stays_open: false }
            .with_header("content-type", "text/event-stream")
    }

    /// An event for each JSON value, then `[DONE]`.
    pub fn events(events: &[Value]) -> Self {
        let events = events.iter().map(|event| format!("data: {event}\n\n"));
        Self::stream(events.chain(["data: [DONE]\n\n".to_owned()]))
    }

    /// JSON with this status.
    pub fn json(status: u16, body: &Value) -> Self {
        Self { status, ..Self::stream([body.to_string()]) }.with_header("content-type", "application/json")
    }

    /// The same with another value of a header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The same without a content type.
    #[must_use]
    pub fn without_content_type(mut self) -> Self {
        self.headers.retain(|(name, _)| *name != "content-type");
        self
    }

    /// The same, after which the connection stays open.
    #[must_use]
    pub fn staying_open(self) -> Self {
        Self { stays_open: true, ..self }
    }

    /// The response.
    pub fn into_response(self) -> Response {
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        let chunks = stream::iter(self.chunks.into_iter().map(Ok::<_, Infallible>));
        let body = if self.stays_open {
            Body::from_stream(chunks.chain(stream::pending()))
        } else {
            Body::from_stream(chunks)
        };
        response.body(body).expect("an answer")
    }
}

/// A chunk of a stream.
pub fn delta_chunk(delta: &Value) -> Value {
    json!({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
}

/// A chunk with some text.
pub fn text_chunk(text: &str) -> Value {
    delta_chunk(&json!({"role": "assistant", "content": text}))
}

/// The chunk that ends an answer.
pub fn end_chunk(reason: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

/// The number of tokens, 700 read and 30 written, after the end.
pub fn usage_chunk() -> Value {
    json!({"choices": [], "usage": {"prompt_tokens": 700, "completion_tokens": 30, "total_tokens": 730}})
}

/// [`TWO_STEP_ASSESSMENT`], with its number of tokens.
pub fn whole_answer() -> ScriptedAnswer {
    ScriptedAnswer::events(&[text_chunk(TWO_STEP_ASSESSMENT), end_chunk("stop"), usage_chunk()])
}

/// An error with this status and message.
pub fn error_answer(status: u16, message: &str) -> ScriptedAnswer {
    ScriptedAnswer::json(status, &json!({"error": {"message": message, "type": "invalid_request_error"}}))
}
