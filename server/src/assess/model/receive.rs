//! Reads the body of a response: a stream of events, or JSON from an endpoint that ignores `stream`. What the body is
//! decides its beginning, because some endpoints send another content type or none.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use secrecy::SecretString;
use serde_json::Value;
use sse_stream::SseByteStream;

use crate::assess::model::answer::Answer;
use crate::assess::model::endpoint_message::{self, find_error};
use crate::assess::model::failure::CallFailure;
use crate::assess::model::part::AnswerPart;

/// The largest stream, in bytes: the longest text and long thoughts, at some hundred bytes for each token.
const MAX_STREAM_BYTES: usize = 4 * 1024 * 1024;
/// The largest body that is read as a whole, in bytes.
const MAX_JSON_BYTES: usize = 512 * 1024;
/// The largest body of an error, in bytes.
const MAX_ERROR_BYTES: usize = 16 * 1024;
/// How long to wait for the number of tokens once the answer is complete.
const USAGE_TIMEOUT: Duration = Duration::from_millis(250);

/// What a body is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum BodyKind {
    EventStream,
    Json,
}

/// How to read a body.
pub(super) struct BodyReader<'a> {
    /// Reads one message of it.
    pub(super) read_part: fn(&Value) -> AnswerPart,
    /// Whether a stream is to end with the number of tokens.
    pub(super) awaits_usage: bool,
    pub(super) api_key: Option<&'a SecretString>,
}

impl BodyReader<'_> {
    /// Reads the body of a response that began well.
    pub(super) async fn read(&self, response: Response, answer: &mut Answer<'_>) -> Result<(), CallFailure> {
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.and_then(|value| value.split(';').next());
        let content_type = content_type.map(|value| value.trim().to_ascii_lowercase());
        let mut chunks = std::pin::pin!(response.bytes_stream().map(|chunk| chunk.map_err(without_url)));
        let mut beginning = Vec::new();
        while !has_text(&beginning) && beginning.len() < MAX_JSON_BYTES {
            match chunks.next().await {
                Some(chunk) => beginning.extend_from_slice(&chunk.map_err(cut_off)?),
                None => break,
            }
        }
        if !has_text(&beginning) {
            return Ok(());
        }
        let kind = kind_of_body(&beginning, content_type.as_deref());
        let bytes = stream::once(std::future::ready(Ok(Bytes::from(beginning)))).chain(chunks);
        match kind {
            Some(BodyKind::EventStream) => self.read_stream(bytes, answer).await,
            Some(BodyKind::Json) => self.read_json(bytes, answer).await,
            None => Err(CallFailure::new("The model's endpoint returned neither a stream nor JSON.")),
        }
    }

    async fn read_stream(
        &self,
        bytes: impl Stream<Item = io::Result<Bytes>>,
        answer: &mut Answer<'_>,
    ) -> Result<(), CallFailure> {
        let mut remaining = MAX_STREAM_BYTES;
        let bytes = bytes.map(move |chunk| {
            let chunk = chunk?;
            remaining =
                remaining.checked_sub(chunk.len()).ok_or_else(|| io::Error::other("response too large"))?;
            Ok::<_, io::Error>(chunk)
        });
        // A last event without the empty line after it counts as well.
        let end = stream::once(std::future::ready(Ok(Bytes::from_static(b"\n\n"))));
        let mut events = std::pin::pin!(SseByteStream::new(bytes.chain(end)));
        loop {
            let next = if answer.is_finished() {
                if !self.awaits_usage || answer.has_usage() {
                    return Ok(());
                }
                // The connection may stay open.
                let Ok(next) = tokio::time::timeout(USAGE_TIMEOUT, events.next()).await else {
                    return Ok(());
                };
                next
            } else {
                events.next().await
            };
            match next {
                None => return Ok(()),
                // Nothing that follows the end changes the text.
                Some(Err(_)) if answer.is_finished() => return Ok(()),
                Some(Err(error)) => return Err(cut_off(error)),
                Some(Ok(event)) => {
                    let data = event.data.unwrap_or_default();
                    if data.trim() == "[DONE]" {
                        answer.mark_complete();
                        return Ok(());
                    }
                    if let Ok(message) = serde_json::from_str(&data) {
                        self.add_message(&message, answer)?;
                    }
                }
            }
        }
    }

    async fn read_json(
        &self,
        bytes: impl Stream<Item = io::Result<Bytes>>,
        answer: &mut Answer<'_>,
    ) -> Result<(), CallFailure> {
        let body = read_bounded(bytes, MAX_JSON_BYTES).await?;
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body);
        let message: Value = serde_json::from_slice(body)
            .map_err(|_| CallFailure::new("The model's endpoint returned invalid JSON."))?;
        self.add_message(&message, answer)?;
        // It is whole, whatever it says.
        answer.mark_complete();
        Ok(())
    }

    fn add_message(&self, message: &Value, answer: &mut Answer<'_>) -> Result<(), CallFailure> {
        match find_error(message, self.api_key) {
            Some(error) => Err(CallFailure::from_error_in_answer(error)),
            None => answer.add(&(self.read_part)(message)),
        }
    }
}

/// The message in the body of an error, if it is JSON.
pub(super) async fn read_error_message(response: Response, api_key: Option<&SecretString>) -> Option<String> {
    let chunks = response.bytes_stream().map(|chunk| chunk.map_err(without_url));
    let body = read_bounded(chunks, MAX_ERROR_BYTES).await.ok()?;
    endpoint_message::find_message(&serde_json::from_slice(&body).ok()?, api_key)
}

async fn read_bounded(
    bytes: impl Stream<Item = io::Result<Bytes>>,
    limit: usize,
) -> Result<Vec<u8>, CallFailure> {
    let mut bytes = std::pin::pin!(bytes);
    let mut body = Vec::new();
    while let Some(chunk) = bytes.next().await {
        let chunk = chunk.map_err(cut_off)?;
        if body.len() + chunk.len() > limit {
            return Err(CallFailure::new("The model's response was too long."));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// An error without the URL, which may hold a secret.
fn without_url(error: reqwest::Error) -> io::Error {
    io::Error::other(error.without_url())
}

fn cut_off(error: impl std::error::Error) -> CallFailure {
    let detail = endpoint_message::clean(&error.to_string(), None);
    CallFailure::new("The model's response was cut off or was too long.").with_detail(detail)
}

/// The bytes after a byte order mark and white space.
fn first_text(beginning: &[u8]) -> &[u8] {
    beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning).trim_ascii_start()
}

/// Whether a body has begun. A byte order mark may be split over packets.
fn has_text(beginning: &[u8]) -> bool {
    !first_text(beginning).is_empty() && !b"\xef\xbb\xbf".starts_with(beginning)
}

fn kind_of_body(beginning: &[u8], content_type: Option<&str>) -> Option<BodyKind> {
    const FIELDS: [&[u8]; 5] = [b"data", b"event", b"id", b"retry", b":"];
    let text = first_text(beginning);
    match content_type {
        _ if matches!(text.first(), Some(b'{' | b'[')) => Some(BodyKind::Json),
        // The first packet may end inside a field's name.
        _ if FIELDS.iter().any(|field| text.starts_with(field) || field.starts_with(text)) => {
            Some(BodyKind::EventStream)
        }
        Some("text/event-stream") => Some(BodyKind::EventStream),
        Some("application/json") => Some(BodyKind::Json),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_decides_what_a_body_is() {
        for (beginning, content_type, expected) in [
            (&b"data: {}"[..], Some("application/json"), Some(BodyKind::EventStream)),
            (b"\xef\xbb\xbf\r\n: ping", None, Some(BodyKind::EventStream)),
            (b"da", Some("text/plain"), Some(BodyKind::EventStream)),
            (b" [{}]", Some("text/event-stream"), Some(BodyKind::Json)),
            (b"\x1f\x8b", Some("application/json"), Some(BodyKind::Json)),
            (b"<h1>", Some("text/html"), None),
        ] {
            assert_eq!(kind_of_body(beginning, content_type), expected, "{beginning:?}");
        }
        assert!(!has_text(b"\xef\xbb") && !has_text(b"\xef\xbb\xbf\n") && has_text(b"\xef\xbb\xbfd"));
    }
}
