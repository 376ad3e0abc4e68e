//! Frames of the event stream, in the format of server-sent events.

use bytes::Bytes;
use tierup_common::event::Signal;

use crate::store::LogEntry;

/// An event as server-sent events want it. Its JSON has no line breaks and its name is one of ours.
pub(super) fn encode_event(event: &LogEntry) -> Bytes {
    Bytes::from(format!("id: {}\nevent: {}\ndata: {}\n\n", event.seq, event.kind, event.json))
}

/// Tells a client how long that is.
pub(super) fn encode_retry(delay_ms: u64) -> Bytes {
    Bytes::from(format!("retry: {delay_ms}\n\n"))
}

/// An ephemeral event as server-sent events want it: without an id, so that no client takes it for its place.
pub(super) fn encode_signal(signal: &Signal) -> Bytes {
    // A Signal is plain data: turning it into JSON cannot fail.
    let body = serde_json::to_string(signal).unwrap_or_default();
    Bytes::from(format!("event: {}\ndata: {body}\n\n", signal.name()))
}
