//! Frames of the event stream, in the format of server-sent events.

use bytes::Bytes;
use tierup_common::event::Signal;

use crate::store::LogEntry;

/// An event of the log. Its JSON has no line breaks, and its kind is one of ours.
pub(super) fn encode_event(event: &LogEntry) -> Bytes {
    Bytes::from(format!("id: {}\nevent: {}\ndata: {}\n\n", event.seq, event.kind, event.json))
}

/// Sets the client's delay before it reconnects.
pub(super) fn encode_retry(delay_ms: u64) -> Bytes {
    Bytes::from(format!("retry: {delay_ms}\n\n"))
}

/// A signal. It has no id, so that it does not move the client's `Last-Event-ID`.
pub(super) fn encode_signal(signal: &Signal) -> Bytes {
    // A Signal is plain data: serializing it cannot fail.
    let body = serde_json::to_string(signal).unwrap_or_default();
    Bytes::from(format!("event: {}\ndata: {body}\n\n", signal.name()))
}
