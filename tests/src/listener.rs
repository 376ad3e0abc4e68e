//! Somebody who listens to an event stream.

use std::pin::Pin;

use futures_util::{Stream, StreamExt};
use serde_json::Value;
use sse_stream::{Sse, SseStream};

use crate::SOON;

type Events = Pin<Box<dyn Stream<Item = Result<Sse, sse_stream::Error>> + Send>>;

/// An open event stream.
pub struct Listener {
    /// The HTTP status it was opened with.
    pub status: u16,
    /// The longest pause that it was told to make before it comes back, in milliseconds, as it was told last.
    pub retry: Option<u64>,
    events: Events,
}

/// A frame, as it came.
#[derive(Clone, PartialEq, Debug)]
pub struct Heard {
    /// Its `id:`, if it has one.
    pub id: Option<String>,
    /// Its `event:`.
    pub name: String,
    /// Its `data:`.
    pub data: Value,
}

impl Listener {
    pub(crate) fn open(response: reqwest::Response) -> Self {
        let status = response.status().as_u16();
        Self { status, retry: None, events: Box::pin(SseStream::from_bytes_stream(response.bytes_stream())) }
    }

    /// The next frame; none when the stream has ended.
    pub async fn next(&mut self) -> Option<Heard> {
        // Signs of life are no frames: a stream that gives no others says nothing.
        let next = tokio::time::timeout(SOON, self.next_frame()).await;
        next.expect("the stream says nothing")
    }

    async fn next_frame(&mut self) -> Option<Heard> {
        loop {
            // A stream that was cut has ended too.
            let event = self.events.next().await?.ok()?;
            self.retry = event.retry.or(self.retry);
            let Some(name) = event.event else { continue };
            let data = serde_json::from_str(&event.data.unwrap_or_default()).unwrap_or_default();
            return Some(Heard { id: event.id, name, data });
        }
    }

    /// Waits for the next frame of this name; those before it are passed over.
    pub async fn hears(&mut self, name: &str) -> Value {
        self.hears_any(&[name]).await
    }

    /// Waits for the next frame with one of these names.
    pub async fn hears_any(&mut self, names: &[&str]) -> Value {
        loop {
            let heard = self.next().await.unwrap_or_else(|| panic!("the stream ended before {names:?}"));
            if names.contains(&heard.name.as_str()) {
                return heard.data;
            }
        }
    }

    /// Everything up to and with the first frame of this name.
    pub async fn hears_all_until(&mut self, name: &str) -> Vec<Heard> {
        let mut all = Vec::new();
        loop {
            let heard = self.next().await.unwrap_or_else(|| panic!("the stream ended before {name}"));
            let is_last = heard.name == name;
            all.push(heard);
            if is_last {
                return all;
            }
        }
    }

    /// Waits for the end of the stream.
    pub async fn ends(&mut self) {
        while self.next().await.is_some() {}
    }
}
