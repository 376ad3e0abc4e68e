//! Event streams: held over every break, resumed where they were.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::Response;
use sse_stream::SseByteStream;
use tierup_common::event::{Signal, StreamFrame};
use tierup_common::id::Seq;
use tokio::sync::mpsc::UnboundedSender;

use crate::effect::StreamFilter;
use crate::event::{CallError, ConnectionEvent, Event, TransportError};
use crate::runtime::api::ApiClient;
use crate::runtime::clock;
use crate::text::safe;

/// The first pause after a break, at most, where the server has not said another.
const INITIAL_BACKOFF: Duration = Duration::from_millis(500);
/// Each further pause may be so many times as long as the one before, up to the longest.
const BACKOFF_FACTOR: u32 = 3;
const MAX_BACKOFF: Duration = Duration::from_secs(10);
/// A server does not keep anybody away for longer than this.
const MAX_RETRY: Duration = Duration::from_mins(1);
/// The first event of a stream is there within so long.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(15);
/// It is late after so long, or after a third of an answer's time: something may hold it back.
const STALLED_AFTER: Duration = Duration::from_secs(5);
/// One event, in bytes, at most: a message with its limit used, escaped, and room.
const MAX_EVENT_BYTES: usize = 512 * 1024;

/// Holds the team's stream for as long as anybody listens.
pub async fn follow_team(api: ApiClient, events: UnboundedSender<Event>) {
    run_with_reconnect(
        &api,
        None,
        None,
        |frame, _| events.send(Event::TeamFrame(frame)).is_ok(),
        |change| events.send(Event::Connection(change)).is_ok(),
    )
    .await;
}

/// Holds a narrowed stream, from now on. How its connection is, the team's stream tells.
pub async fn follow_filtered(api: ApiClient, filter: StreamFilter, events: UnboundedSender<Event>) {
    run_with_reconnect(
        &api,
        Some(filter),
        None,
        |frame, _| events.send(Event::FilteredFrame(frame)).is_ok(),
        |_| true,
    )
    .await;
}

/// After which event a narrowed stream begins, where the team's is at this one.
pub(super) fn resume_point(filter: StreamFilter, after: Option<Seq>) -> Option<Seq> {
    match filter {
        // What grows and who reads begins anew with the stream.
        StreamFilter::Handoff(_) => None,
        StreamFilter::Session(_) => after,
    }
}

/// Opens a stream, again and again, and hands on what it carries, as it is understood and as it came, until nobody
/// listens or trying is no use. It begins after an event, or now.
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
                () = stall_notice.wait() => {
                    if !stall_notice.report(&mut on_connection) {
                        return;
                    }
                    attempt.await
                }
            }
        };
        let (why, is_there) = match outcome {
            Ok(None) => return,
            Ok(Some(why)) => (why, true),
            Err(CallError::Problem(problem)) if matches!(problem.status, 401 | 403 | 404) => {
                let why = problem.with_detail.unwrap_or(problem.title);
                on_connection(if problem.status == 401 {
                    ConnectionEvent::LoggedOut(why)
                } else {
                    ConnectionEvent::Refused(why)
                });
                return;
            }
            Err(failure) => {
                (failure.to_string(), failure != CallError::Unreachable(TransportError::NoConnection))
            }
        };
        // Where no server is found at all, there is nothing to ask either.
        if is_there && !stall_notice.report(&mut on_connection) {
            return;
        }
        let wait = backoff.next_delay(random_unit());
        let retry_at = clock::now().plus(wait);
        tracing::warn!(why = %safe::sanitize_line(&why), ?filter, "a stream broke off");
        if !on_connection(ConnectionEvent::Lost { reason: why, retry_at }) {
            return;
        }
        let least = wait.min(INITIAL_BACKOFF);
        tokio::time::sleep(least).await;
        // An answer to something else says that the server is back: the rest of the pause is for nobody.
        tokio::select! {
            () = tokio::time::sleep(wait.saturating_sub(least)) => {}
            () = api.wait_for_response() => {}
        }
    }
}

/// One try: why it ended, or nothing if nobody listens any more.
async fn connect_once(
    api: &ApiClient,
    filter: Option<StreamFilter>,
    stall_notice: &StallNotice,
    after: &mut Option<Seq>,
    backoff: &mut Backoff,
    on_frame: &mut impl FnMut(StreamFrame, &str) -> bool,
) -> Result<Option<String>, CallError> {
    let response = api.open_stream(filter, *after).await?;
    let activity = StreamActivity::default();
    let mut take = |frame: StreamFrame, data: &str| {
        stall_notice.is_settled.store(true, Ordering::Relaxed);
        on_frame(frame, data)
    };
    let read = read_stream(response, &activity, after, backoff, &mut take);
    Ok(tokio::select! {
        ended = read => ended,
        () = activity.wait_for_silence(api) => Some("the server took too long".into()),
    })
}

/// Whether the first event of a try is late. It is said once.
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

    /// Waits until it is.
    async fn wait(&self) {
        tokio::time::sleep(self.after).await;
    }

    /// Says so, unless something came or it was said; whether anybody listens still.
    fn report(&self, tell: &mut impl FnMut(ConnectionEvent) -> bool) -> bool {
        let is_over = self.is_settled.swap(true, Ordering::Relaxed);
        is_over || tell(ConnectionEvent::EventsStalled { poll_interval: self.poll_interval })
    }
}

/// The pauses between tries: they grow until a stream begins, however quiet it is then.
struct Backoff {
    /// The first one after a break, at most.
    initial: Duration,
    /// Breaks that followed each other.
    failures: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { initial: INITIAL_BACKOFF, failures: 0 }
    }
}

impl Backoff {
    /// Somewhere between nothing much and the whole pause, by a number from 0 to 1, so that many consoles do not come
    /// back at once.
    fn next_delay(&mut self, jitter: f64) -> Duration {
        let growth = BACKOFF_FACTOR.saturating_pow(self.failures);
        self.failures = self.failures.saturating_add(1);
        let whole = self.initial.saturating_mul(growth).min(MAX_BACKOFF.max(self.initial));
        whole.mul_f64(0.2 + 0.8 * jitter)
    }
}

/// When a stream carried something last.
struct StreamActivity {
    started_at: tokio::time::Instant,
    /// Milliseconds after its beginning.
    last_millis: AtomicU64,
}

impl Default for StreamActivity {
    fn default() -> Self {
        Self { started_at: tokio::time::Instant::now(), last_millis: AtomicU64::default() }
    }
}

impl StreamActivity {
    fn touch(&self) {
        let now = u64::try_from(self.started_at.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_millis.store(now, Ordering::Relaxed);
    }

    /// Waits until the server has neither answered a question in time nor sent anything here for as long.
    async fn wait_for_silence(&self, api: &ApiClient) {
        loop {
            api.wait_for_timeout().await;
            let last = self.started_at + Duration::from_millis(self.last_millis.load(Ordering::Relaxed));
            if last.elapsed() >= api.response_timeout() {
                return;
            }
        }
    }
}

/// Reads a stream to its end; why it ended, or nothing if nobody listens any more.
async fn read_stream(
    response: Response,
    activity: &StreamActivity,
    after: &mut Option<Seq>,
    backoff: &mut Backoff,
    on_frame: &mut impl FnMut(StreamFrame, &str) -> bool,
) -> Option<String> {
    let since_event = AtomicUsize::new(0);
    let bytes = response.bytes_stream().map(|chunk| {
        let chunk = chunk.map_err(std::io::Error::other)?;
        activity.touch();
        let before = since_event.fetch_add(chunk.len(), Ordering::Relaxed);
        if before + chunk.len() > MAX_EVENT_BYTES {
            return Err(std::io::Error::other("an event is far too large"));
        }
        Ok::<_, std::io::Error>(chunk)
    });
    let mut events = std::pin::pin!(SseByteStream::new(bytes));
    let mut hello_deadline = Some(tokio::time::Instant::now() + HELLO_TIMEOUT);
    loop {
        let event = match hello_deadline {
            Some(end) => match tokio::time::timeout_at(end, events.next()).await {
                Ok(event) => event,
                Err(_) => return Some("the server does not say hello".into()),
            },
            None => events.next().await,
        };
        let Some(event) = event else { return Some("the server ended the connection".into()) };
        let Ok(event) = event else { return Some("the connection broke off".into()) };
        since_event.store(0, Ordering::Relaxed);
        if let Some(retry) = event.retry {
            backoff.initial = Duration::from_millis(retry).clamp(INITIAL_BACKOFF, MAX_RETRY);
        }
        let Some(data) = event.data else { continue };
        hello_deadline = None;
        let frame = StreamFrame::parse(&data);
        if let StreamFrame::Signal(Signal::Hello { .. }) = frame {
            backoff.failures = 0;
        }
        if let Some(seq) = resume_seq(&frame, *after) {
            *after = Some(seq);
        }
        if !on_frame(frame, &data) {
            return None;
        }
    }
}

/// How far a frame brings a stream: from there it is resumed.
fn resume_seq(frame: &StreamFrame, after: Option<Seq>) -> Option<Seq> {
    match frame {
        StreamFrame::Event(event) => Some(event.seq),
        // The first of all: from here on nothing is to be missed.
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

/// From 0 to 1. Without randomness every console waits the whole pause.
fn random_unit() -> f64 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The most of these moments that fall into one second, wherever it begins.
    fn fullest_second(mut moments: Vec<Duration>) -> usize {
        moments.sort_unstable();
        let within = |from: &Duration| {
            let end = *from + Duration::from_secs(1);
            moments.iter().filter(|moment| (from..&end).contains(moment)).count()
        };
        moments.iter().map(within).max().unwrap_or(0)
    }

    #[test]
    fn of_a_thousand_that_come_back_no_second_holds_more_than_fifteen_in_a_hundred() {
        // What the server tells a thousand.
        let told = || Backoff { initial: Duration::from_secs(12), failures: 0 };
        let herd: Vec<_> = (0..1000).map(|_| told().next_delay(random_unit())).collect();
        assert!(fullest_second(herd.clone()) <= 150, "{}", fullest_second(herd));
    }

    #[test]
    fn pauses_grow_until_a_stream_says_hello() {
        let mut pauses = Backoff::default();
        let waits: Vec<u128> = (0..5).map(|_| pauses.next_delay(1.0).as_millis()).collect();
        assert_eq!(waits, [500, 1500, 4500, 10_000, 10_000]);
        assert_eq!(pauses.next_delay(0.0).as_millis(), 2000);
        pauses.failures = 0;
        assert_eq!(pauses.next_delay(1.0).as_millis(), 500);
    }
}
