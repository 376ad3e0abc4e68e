//! One attempt at an event stream: `eventsource-client` over the HTTP client of [`ApiClient`].
//!
//! The crate builds the request and reads events. Its own reconnecting is off, because it can neither tell when the next
//! attempt comes nor be woken early, resets its backoff only after a minute (`retry.rs`, `DEFAULT_RESET_RETRY_INTERVAL`)
//! and spreads delays over half of their length only: [`run_with_reconnect`](super::run_with_reconnect) does that.
//! What else it lacks happens here, on the bytes on their way to it:
//!
//! - it drops the `retry:` of an event without data (`event_parser.rs`, `TryFrom<EventData>`), which is how our server
//!   sends it: [`RetryScanner`] reads it;
//! - its buffers have no limit: an event of more than [`MAX_EVENT_BYTES`] ends the stream;
//! - it does not tell when bytes came last: [`StreamMonitor`] does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use eventsource_client::{BoxStream, Client, ClientBuilder, Error, ReconnectOptions, SSE};
use futures_util::StreamExt;
use launchdarkly_sdk_transport::{
    ByteStream, HttpTransport, Request, Response, ResponseFuture, TransportError,
};
use sync_wrapper::{SyncFuture, SyncStream};
use tierup_common::id::Seq;
use tokio::time::Instant;

use crate::effect::StreamFilter;
use crate::event::CallError;
use crate::runtime::api::ApiClient;

/// The longest event, in bytes: a message at its limit, escaped, with room to spare.
const MAX_EVENT_BYTES: usize = 512 * 1024;
/// A `retry:` field fits; of a longer line only this much is kept, in bytes.
const MAX_RETRY_LINE_BYTES: usize = 40;

/// An open stream, with its progress.
pub(super) struct EventSource {
    events: BoxStream<Result<SSE, Error>>,
    pub(super) monitor: Arc<StreamMonitor>,
}

/// Why no more events come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum StreamEnd {
    #[error("the server closed the connection")]
    Closed,
    #[error("connection lost")]
    Lost,
}

impl EventSource {
    /// Opens a stream that begins after an event, or now.
    pub(super) async fn open(
        api: &ApiClient,
        filter: Option<StreamFilter>,
        after: Option<Seq>,
    ) -> Result<Self, CallError> {
        let monitor = Arc::new(StreamMonitor::default());
        let mut builder =
            ClientBuilder::for_url(api.stream_url(filter).as_str()).map_err(|error| invalid_url(&error))?;
        if let Some(after) = after {
            builder = builder.last_event_id(after.to_string());
        }
        let transport = ReqwestTransport { api: api.clone(), monitor: Arc::clone(&monitor) };
        let mut events = builder
            .reconnect(ReconnectOptions::reconnect(false).build())
            .build_with_transport(transport)
            .stream();
        match events.next().await {
            Some(Ok(_)) => Ok(Self { events, monitor }),
            Some(Err(Error::Transport(error))) => Err(error.inner().downcast_ref::<OpenError>().map_or_else(
                || CallError::unreachable("connection lost"),
                |OpenError(failure)| failure.clone(),
            )),
            Some(Err(_)) | None => Err(CallError::unreachable("connection lost")),
        }
    }

    /// The data of the next event. Comments are passed over.
    pub(super) async fn next_data(&mut self) -> Result<String, StreamEnd> {
        loop {
            let item = self.events.next().await;
            self.monitor.bytes_since_event.store(0, Ordering::Relaxed);
            match item {
                Some(Ok(SSE::Event(event))) => return Ok(event.data),
                Some(Ok(SSE::Comment(_) | SSE::Connected(_))) => {}
                Some(Err(Error::Eof | Error::UnexpectedEof)) | None => return Err(StreamEnd::Closed),
                Some(Err(_)) => return Err(StreamEnd::Lost),
            }
        }
    }
}

fn invalid_url(error: &Error) -> CallError {
    CallError::InvalidResponse(error.to_string())
}

/// The progress read from a stream's bytes, whether or not they formed an event.
pub(super) struct StreamMonitor {
    opened_at: Instant,
    /// When bytes came last, in milliseconds after `opened_at`.
    last_byte_millis: AtomicU64,
    /// The last `retry:`, in milliseconds; `u64::MAX` if there was none.
    retry_millis: AtomicU64,
    bytes_since_event: AtomicUsize,
}

impl Default for StreamMonitor {
    fn default() -> Self {
        Self {
            opened_at: Instant::now(),
            last_byte_millis: AtomicU64::new(0),
            retry_millis: AtomicU64::new(u64::MAX),
            bytes_since_event: AtomicUsize::new(0),
        }
    }
}

impl StreamMonitor {
    /// When bytes came last: keep-alives count.
    pub(super) fn last_byte_at(&self) -> Instant {
        self.opened_at + Duration::from_millis(self.last_byte_millis.load(Ordering::Relaxed))
    }

    /// How long the server asks clients to wait before they reconnect.
    pub(super) fn retry(&self) -> Option<Duration> {
        let millis = self.retry_millis.load(Ordering::Relaxed);
        (millis != u64::MAX).then(|| Duration::from_millis(millis))
    }

    fn touch(&self) {
        let elapsed = u64::try_from(self.opened_at.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_byte_millis.store(elapsed, Ordering::Relaxed);
    }

    fn observe(&self, chunk: &[u8], scanner: &mut RetryScanner) -> Result<(), EventTooLarge> {
        self.touch();
        if let Some(millis) = scanner.push(chunk) {
            self.retry_millis.store(millis, Ordering::Relaxed);
        }
        let before = self.bytes_since_event.fetch_add(chunk.len(), Ordering::Relaxed);
        if before + chunk.len() > MAX_EVENT_BYTES { Err(EventTooLarge) } else { Ok(()) }
    }
}

/// Carries the crate's requests by our HTTP client: one TLS, one proxy setting, one user agent.
#[derive(Clone)]
struct ReqwestTransport {
    api: ApiClient,
    monitor: Arc<StreamMonitor>,
}

impl HttpTransport for ReqwestTransport {
    fn request(&self, request: Request<Option<Bytes>>) -> ResponseFuture {
        let Self { api, monitor } = self.clone();
        Box::pin(SyncFuture::new(async move {
            let (parts, _) = request.into_parts();
            let response = api
                .open_stream(&parts.uri.to_string(), parts.headers)
                .await
                .map_err(|failure| TransportError::new(OpenError(failure)))?;
            monitor.touch();
            let status = response.status();
            let mut scanner = RetryScanner::default();
            let chunks = response.bytes_stream().map(move |chunk| {
                let chunk = chunk.map_err(TransportError::new)?;
                monitor.observe(&chunk, &mut scanner).map_err(TransportError::new)?;
                Ok(chunk)
            });
            let body: ByteStream = Box::pin(SyncStream::new(chunks));
            Response::builder().status(status).body(body).map_err(TransportError::new)
        }))
    }
}

/// Why a stream was not opened. The crate logs its text, so that does not repeat what the server says.
#[derive(Debug, thiserror::Error)]
#[error("the stream was not opened")]
struct OpenError(CallError);

#[derive(Debug, thiserror::Error)]
#[error("an event is too large")]
struct EventTooLarge;

/// Finds `retry:` fields in the bytes of a stream.
#[derive(Default)]
struct RetryScanner {
    /// The beginning of the current line.
    line: Vec<u8>,
}

impl RetryScanner {
    /// The last `retry:` that ends in this chunk, in milliseconds.
    fn push(&mut self, chunk: &[u8]) -> Option<u64> {
        let mut found = None;
        for byte in chunk {
            match byte {
                b'\n' | b'\r' => {
                    found = parse_retry(&self.line).or(found);
                    self.line.clear();
                }
                byte if self.line.len() < MAX_RETRY_LINE_BYTES => self.line.push(*byte),
                _ => {}
            }
        }
        found
    }
}

fn parse_retry(line: &[u8]) -> Option<u64> {
    let value = line.strip_prefix(b"retry:")?;
    let value = value.strip_prefix(b" ").unwrap_or(value);
    str::from_utf8(value).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_is_found_without_data_and_across_chunks() {
        let mut scanner = RetryScanner::default();
        assert_eq!(scanner.push(b"retry: 500\n\nevent: hello\n"), Some(500));
        assert_eq!(scanner.push(b"data: retry: 7\n\n:\n\nret"), None);
        assert_eq!(scanner.push(b"ry:60"), None);
        assert_eq!(scanner.push(b"0\r\n\r\n"), Some(600));
        assert_eq!(scanner.push(b"retry: soon\nretry: 99999999999999999999999999999999999999999\n"), None);
        assert_eq!(scanner.push(b"retry: 1\nretry: 2\n"), Some(2), "the last one counts");
    }

    #[test]
    fn an_oversized_event_ends_the_stream() {
        let (monitor, mut scanner) = (StreamMonitor::default(), RetryScanner::default());
        let chunk = vec![b'a'; MAX_EVENT_BYTES / 2];
        assert!(monitor.observe(&chunk, &mut scanner).is_ok());
        assert!(monitor.observe(&chunk, &mut scanner).is_ok());
        assert!(monitor.observe(b"a", &mut scanner).is_err());
        assert_eq!(scanner.line.len(), MAX_RETRY_LINE_BYTES);
    }
}
