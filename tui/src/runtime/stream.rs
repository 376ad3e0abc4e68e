//! Event streams: reopened after every break, and resumed after the last event.

mod backoff;
mod event_source;
mod subscription;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tierup_common::event::{Signal, StreamFrame};
use tierup_common::id::Seq;

use crate::effect::StreamFilter;
use crate::event::{CallError, ConnectionEvent, TransportError};
use crate::runtime::api::ApiClient;
use crate::runtime::clock;
use crate::runtime::stream::backoff::{Backoff, INITIAL_BACKOFF};
use crate::runtime::stream::event_source::{EventSource, StreamMonitor};
use crate::text::safe;

pub use subscription::{StreamItem, Subscription, hello_time};

/// How long a stream may take to its first event.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(15);
/// The first event counts as stalled after this, or after a third of the response timeout if that is sooner.
const STALLED_AFTER: Duration = Duration::from_secs(5);

/// After which event a filtered stream begins, where the team's stream is at this one.
pub(super) fn resume_point(filter: StreamFilter, after: Option<Seq>) -> Option<Seq> {
    match filter {
        // Deltas and readers are sent anew with every stream.
        StreamFilter::Handoff(_) => None,
        StreamFilter::Session(_) => after,
    }
}

/// Opens a stream after an event, or from now on, and reopens it after every break. Ends when a callback returns
/// `false`, or when the server refuses the stream or the token.
///
/// `on_frame` gets each frame, parsed and as text.
pub async fn run_with_reconnect(
    api: &ApiClient,
    filter: Option<StreamFilter>,
    mut after: Option<Seq>,
    mut on_frame: impl FnMut(StreamFrame, &str) -> bool,
    mut on_connection: impl FnMut(ConnectionEvent) -> bool,
) {
    let mut backoff = Backoff::default();
    loop {
        if !on_connection(ConnectionEvent::Connecting) {
            return;
        }
        let stall_notice = StallNotice::new(api);
        let attempt = connect_once(api, filter, &stall_notice, &mut after, &mut backoff, &mut on_frame);
        let outcome = {
            let mut attempt = std::pin::pin!(attempt);
            tokio::select! {
                biased;
                ended = &mut attempt => ended,
                () = tokio::time::sleep(stall_notice.after) => {
                    if !stall_notice.report(&mut on_connection) {
                        return;
                    }
                    attempt.await
                }
            }
        };
        let reason = match outcome {
            Ok(None) => return,
            Ok(Some(reason)) => {
                if !stall_notice.report(&mut on_connection) {
                    return;
                }
                reason
            }
            Err(failure) => {
                if let Some(refused) = refusal(&failure) {
                    on_connection(refused);
                    return;
                }
                // Without a server there is nothing to poll.
                let is_there = failure != CallError::Unreachable(TransportError::NoConnection);
                if is_there && !stall_notice.report(&mut on_connection) {
                    return;
                }
                failure.to_string()
            }
        };
        let delay = backoff.next_delay();
        let retry_at = clock::now().plus(delay);
        tracing::warn!(reason = %safe::sanitize_line(&reason), ?filter, "a stream ended");
        if !on_connection(ConnectionEvent::Lost { reason, retry_at }) {
            return;
        }
        wait_before_reconnect(api, delay).await;
    }
}

/// What ends all attempts: a token that no longer works, or a stream that this user may not read.
fn refusal(failure: &CallError) -> Option<ConnectionEvent> {
    let CallError::Problem(problem) = failure else { return None };
    let reason = || problem.detail.clone().unwrap_or_else(|| problem.title.clone());
    match problem.status {
        401 => Some(ConnectionEvent::LoggedOut(reason())),
        403 | 404 => Some(ConnectionEvent::Refused(reason())),
        _ => None,
    }
}

/// Waits, but no longer than until the server answers another request: then it is back.
async fn wait_before_reconnect(api: &ApiClient, delay: Duration) {
    let least = delay.min(INITIAL_BACKOFF);
    tokio::time::sleep(least).await;
    tokio::select! {
        () = tokio::time::sleep(delay.saturating_sub(least)) => {}
        () = api.wait_for_response() => {}
    }
}

/// One attempt: why it ended, or nothing if `on_frame` returned `false`.
async fn connect_once(
    api: &ApiClient,
    filter: Option<StreamFilter>,
    stall_notice: &StallNotice,
    after: &mut Option<Seq>,
    backoff: &mut Backoff,
    on_frame: &mut impl FnMut(StreamFrame, &str) -> bool,
) -> Result<Option<String>, CallError> {
    let mut source = EventSource::open(api, filter, *after).await?;
    let monitor = std::sync::Arc::clone(&source.monitor);
    let mut on_frame = |frame: StreamFrame, data: &str| {
        stall_notice.is_settled.store(true, Ordering::Relaxed);
        on_frame(frame, data)
    };
    let ended = tokio::select! {
        ended = read_stream(&mut source, after, backoff, &mut on_frame) => ended,
        () = wait_for_silence(&monitor, api) => Some("the server stopped responding".into()),
    };
    if let Some(retry) = monitor.retry() {
        backoff.set_initial(retry);
    }
    Ok(ended)
}

/// Whether the first event of an attempt is late. It is reported once.
struct StallNotice {
    after: Duration,
    poll_interval: Duration,
    is_settled: AtomicBool,
}

impl StallNotice {
    fn new(api: &ApiClient) -> Self {
        let after = STALLED_AFTER.min(api.response_timeout() / 3);
        Self { after, poll_interval: after * 2, is_settled: AtomicBool::new(false) }
    }

    /// Reports it, unless an event came or it was reported. Returns what the callback returns.
    fn report(&self, on_connection: &mut impl FnMut(ConnectionEvent) -> bool) -> bool {
        let is_settled = self.is_settled.swap(true, Ordering::Relaxed);
        is_settled || on_connection(ConnectionEvent::EventsStalled { poll_interval: self.poll_interval })
    }
}

/// Waits until a request has timed out and the stream has been silent for as long.
async fn wait_for_silence(monitor: &StreamMonitor, api: &ApiClient) {
    loop {
        api.wait_for_timeout().await;
        if monitor.last_byte_at().elapsed() >= api.response_timeout() {
            return;
        }
    }
}

/// Reads a stream to its end: why it ended, or nothing if `on_frame` returned `false`.
async fn read_stream(
    source: &mut EventSource,
    after: &mut Option<Seq>,
    backoff: &mut Backoff,
    on_frame: &mut impl FnMut(StreamFrame, &str) -> bool,
) -> Option<String> {
    let Ok(mut next) = tokio::time::timeout(HELLO_TIMEOUT, source.next_data()).await else {
        return Some("the server sends no events".into());
    };
    loop {
        let data = match next {
            Ok(data) => data,
            Err(end) => return Some(end.to_string()),
        };
        let frame = StreamFrame::parse(&data);
        if let StreamFrame::Signal(Signal::Hello { .. }) = frame {
            backoff.reset();
        }
        if let Some(seq) = resume_seq(&frame, *after) {
            *after = Some(seq);
        }
        if !on_frame(frame, &data) {
            return None;
        }
        next = source.next_data().await;
    }
}

/// The event after which the stream resumes once it has carried this frame, if the frame changes that.
fn resume_seq(frame: &StreamFrame, after: Option<Seq>) -> Option<Seq> {
    match frame {
        StreamFrame::Event(event) => Some(event.seq),
        // The first of all: from here on nothing may be missed.
        StreamFrame::Signal(Signal::Hello { seq, .. }) if after.is_none() => Some(*seq),
        StreamFrame::Signal(Signal::Reset { seq } | Signal::CaughtUp { seq }) => Some(*seq),
        StreamFrame::Unknown { seq } => *seq,
        StreamFrame::Signal(
            Signal::Hello { .. }
            | Signal::HandoffAssessmentDelta { .. }
            | Signal::MessageDelta { .. }
            | Signal::Presence { .. },
        ) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parking_lot::Mutex;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    const HELLO: &str =
        "data: {\"type\":\"hello\",\"seq\":7,\"oldest_seq\":1,\"now\":\"2026-11-22T09:30:00.000Z\"}\n\n";

    /// A server that answers the first connection with the first of these bodies, and so on, and the last request after
    /// them with 401.
    async fn scripted_server(bodies: Vec<String>) -> (ApiClient, Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = ApiClient::new(
            &format!("http://{}", listener.local_addr().unwrap()),
            secrecy::SecretString::from("tup_x"),
        );
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let received = Arc::clone(&requests);
        tokio::spawn(async move {
            let mut bodies = bodies.into_iter();
            while let Ok((mut connection, _)) = listener.accept().await {
                let mut request = vec![0; 8192];
                let length = connection.read(&mut request).await.unwrap();
                received.lock().push(String::from_utf8_lossy(&request[..length]).to_lowercase());
                let response = match bodies.next() {
                    Some(body) => format!("200 OK\r\ncontent-type: text/event-stream\r\n\r\n{body}"),
                    None => "401 No\r\ncontent-type: application/problem+json\r\n\r\n{\"type\":\"/problems/unauthenticated\",\"title\":\"token ended\",\"status\":401}".to_owned(),
                };
                // A client that stops reading closes the connection.
                let _ = connection.write_all(format!("HTTP/1.1 {response}").as_bytes()).await;
            }
        });
        (api.unwrap(), requests)
    }

    /// Follows a stream until the server refuses the token: its frames, and a line for each lost connection with whether
    /// its delay is longer than the default.
    async fn follow(api: &ApiClient, filter: Option<StreamFilter>) -> (Vec<StreamFrame>, Vec<String>) {
        let (mut frames, mut changes) = (Vec::new(), Vec::new());
        let on_frame = |frame, _: &str| {
            frames.push(frame);
            true
        };
        let on_connection = |change| {
            match change {
                ConnectionEvent::Connecting | ConnectionEvent::EventsStalled { .. } => {}
                ConnectionEvent::Lost { reason, retry_at } => {
                    changes.push(format!("{reason} {}", retry_at.since(clock::now()).as_millis() > 550));
                }
                ConnectionEvent::LoggedOut(reason) | ConnectionEvent::Refused(reason) => changes.push(reason),
            }
            true
        };
        run_with_reconnect(api, filter, None, on_frame, on_connection).await;
        (frames, changes)
    }

    #[tokio::test]
    async fn a_stream_resumes_after_its_last_event_and_ends_with_its_token() {
        let session = tierup_common::id::SessionId::from_bytes([1; 16]);
        let unknown = "id: 9\ndata: {\"type\":\"new_kind\",\"seq\":9}\n\n";
        // Keep-alives are comments, and `retry:` comes without data.
        let bodies = vec![format!("retry: 3000\n\n{HELLO}:\n\n{unknown}"), format!(":\n\n{HELLO}")];
        let (api, requests) = scripted_server(bodies).await;
        let (frames, changes) = follow(&api, Some(StreamFilter::Session(session))).await;
        assert_eq!(frames.len(), 3, "{frames:?}");
        let closed = "the server closed the connection true";
        assert_eq!(changes, [closed, closed, "token ended"], "the server's retry is heeded");
        let requests = requests.lock();
        assert!(
            requests[0]
                .starts_with(&format!("get /api/v1/escalations/stream?session_id={session}&caught_up=true"))
        );
        assert!(requests.iter().all(|request| request.contains("authorization: bearer tup_x")
            && request.contains("accept: text/event-stream")));
        let resumes: Vec<bool> =
            requests.iter().map(|request| request.contains("last-event-id: 9\r\n")).collect();
        assert_eq!(resumes, [false, true, true], "a hello does not rewind the stream");
    }

    #[tokio::test]
    async fn an_endless_event_closes_the_connection() {
        let endless = format!("retry: 600\n\n{HELLO}data: {}", "a".repeat(1024 * 1024));
        let (api, _) = scripted_server(vec![endless]).await;
        let (frames, changes) = follow(&api, None).await;
        assert_eq!(frames.len(), 1);
        assert!(changes[0].starts_with("connection lost"), "{changes:?}");
    }
}
