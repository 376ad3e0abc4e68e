//! A subscriber of an event stream.

use std::pin::Pin;

use futures_util::{Stream, StreamExt};
use serde_json::Value;
use sse_stream::{Sse, SseStream};

use crate::TIMEOUT;

type SseEventStream = Pin<Box<dyn Stream<Item = Result<Sse, sse_stream::Error>> + Send>>;

/// An open event stream.
pub struct SseClient {
    /// The HTTP status it was opened with.
    pub status: u16,
    /// The last `retry:` value, in milliseconds.
    pub retry: Option<u64>,
    events: SseEventStream,
}

/// A received frame.
#[derive(Clone, PartialEq, Debug)]
pub struct SseEvent {
    /// Its `id:`, if it has one.
    pub id: Option<String>,
    /// Its `event:`.
    pub name: String,
    /// Its `data:`.
    pub data: Value,
}

impl SseClient {
    pub(crate) fn from_response(response: reqwest::Response) -> Self {
        let status = response.status().as_u16();
        Self { status, retry: None, events: Box::pin(SseStream::from_bytes_stream(response.bytes_stream())) }
    }

    /// The next frame; none when the stream has ended.
    pub async fn next(&mut self) -> Option<SseEvent> {
        // Keep-alive comments are not frames.
        let next = tokio::time::timeout(TIMEOUT, self.read_event()).await;
        next.expect("the stream says nothing")
    }

    async fn read_event(&mut self) -> Option<SseEvent> {
        loop {
            // A broken stream has ended too.
            let event = self.events.next().await?.ok()?;
            self.retry = event.retry.or(self.retry);
            let Some(name) = event.event else { continue };
            let data = serde_json::from_str(&event.data.unwrap_or_default()).unwrap_or_default();
            return Some(SseEvent { id: event.id, name, data });
        }
    }

    /// Waits for the next frame with this name, skipping others.
    pub async fn wait_for_event(&mut self, name: &str) -> Value {
        self.wait_for_any_event(&[name]).await
    }

    /// Waits for the next frame with one of these names.
    pub async fn wait_for_any_event(&mut self, names: &[&str]) -> Value {
        loop {
            let event = self.next().await.unwrap_or_else(|| panic!("the stream ended before {names:?}"));
            if names.contains(&event.name.as_str()) {
                return event.data;
            }
        }
    }

    /// Every frame up to and including the first with this name.
    pub async fn collect_until(&mut self, name: &str) -> Vec<SseEvent> {
        let mut events = Vec::new();
        loop {
            let event = self.next().await.unwrap_or_else(|| panic!("the stream ended before {name}"));
            let is_last = event.name == name;
            events.push(event);
            if is_last {
                return events;
            }
        }
    }

    /// Waits for the end of the stream.
    pub async fn wait_for_end(&mut self) {
        while self.next().await.is_some() {}
    }
}
