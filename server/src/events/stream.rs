//! One open event stream: a cursor over the account's log, as an HTTP body.
//!
//! Replay, live, slow readers and restarts are one way through: look at what comes after the cursor, send it, move
//! the cursor, and when there is nothing, leave a waker with the bell.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame};
use prometheus_client::metrics::counter::Counter;
use tierup_common::event::Signal;
use tierup_common::id::{HandoffId, Seq};
use tokio::time::{Instant, Sleep};

use crate::clock::Clock;
use crate::domain::Caller;
use crate::events::deltas::SentOffsets;
use crate::events::recent::RecentLookup;
use crate::events::replay::ReplayBatch;
use crate::events::{AccountChannel, EventHub};
use crate::store::{self, AccountScope, LogBounds, Store, StreamFilter};

/// A lone stream that broke off comes back within so many milliseconds.
const MIN_RETRY_MS: u64 = 500;
/// Of a thousand no second holds more than a tenth: each adds so many.
const RETRY_MS_PER_STREAM: u64 = 12;
/// However many there are, they come back within a minute.
const MAX_RETRY_MS: u64 = 60_000;
/// A sign of life goes out after so long without anything else, so that proxies do not think the stream dead.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// What it is: a comment, which no client takes for anything.
const KEEP_ALIVE_COMMENT: &str = ":\n\n";
/// Frames that wait go out together, as far as they have so many bytes.
const MAX_COALESCED_BYTES: usize = 16 * 1024;
/// Frames that a stream has room for while nothing much happens.
const IDLE_QUEUE_CAPACITY: usize = 4;

/// Where a stream begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StreamStart {
    /// With what happens from now on.
    Now,
    /// After this event, replaying what came since.
    After(Seq),
    /// At a place that cannot be in any log.
    InvalidPosition,
}

/// What a stream is to carry. The caller must have been found to see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StreamOptions {
    /// The part of the log.
    pub filter: StreamFilter,
    /// The handoff that others see the caller read.
    pub viewing: Option<HandoffId>,
    /// Where it begins.
    pub start: StreamStart,
    /// After a resume it says when what was missed has been sent.
    pub send_caught_up: bool,
}

type BatchFuture = Pin<Box<dyn Future<Output = store::Result<Arc<ReplayBatch>>> + Send>>;

/// The body of an event stream. It ends when its token does, or the server.
pub struct EventStream {
    store: Store,
    channel: Arc<AccountChannel>,
    subscriber_key: usize,
    caller: Arc<Caller>,
    filter: StreamFilter,
    cursor: Seq,
    /// While what was missed is being sent, and the client wants to know: up to where it goes.
    catch_up_target: Option<Seq>,
    sent_offsets: SentOffsets,
    presence_version: u64,
    /// Frames to send, in order.
    pending_frames: VecDeque<Bytes>,
    /// A part of the log on its way.
    pending_batch: Option<BatchFuture>,
    /// The pause before coming back that the client was told last, in milliseconds.
    last_retry_ms: u64,
    /// When something went out last.
    last_sent_at: Instant,
    wake_timer: Pin<Box<Sleep>>,
    frames_sent: Counter,
    /// When the token stops working, if it ever does.
    expires_at: Option<Instant>,
    /// It was told to end, and has said when to come back.
    has_sent_final_retry: bool,
}

impl EventStream {
    /// Opens a stream; none if the caller's token has ended meanwhile.
    pub async fn open(
        hub: &EventHub,
        store: Store,
        clock: &Clock,
        caller: Arc<Caller>,
        options: StreamOptions,
    ) -> store::Result<Option<Self>> {
        let channel = hub.channel(caller.account);
        // First in line, then a look at the log: whatever is committed after that look rings for this stream, and
        // whoever ends its token after that look ends it too.
        let key = channel.subscribe(Arc::clone(&caller), options.filter, options.viewing);
        let now = clock.now();
        let opened = Instant::now();
        let expires = caller.expires_at.map(|at| opened + at.since(now));
        let alarm = expires.map_or(opened + KEEP_ALIVE_INTERVAL, |at| at.min(opened + KEEP_ALIVE_INTERVAL));
        let mut stream = Self {
            store,
            channel,
            subscriber_key: key,
            caller,
            filter: options.filter,
            cursor: Seq::default(),
            catch_up_target: None,
            sent_offsets: SentOffsets::default(),
            presence_version: 0,
            pending_frames: VecDeque::new(),
            pending_batch: None,
            last_retry_ms: 0,
            last_sent_at: opened,
            wake_timer: Box::pin(tokio::time::sleep_until(alarm)),
            frames_sent: hub.sent(),
            expires_at: expires,
            has_sent_final_retry: false,
        };
        let token = stream.caller.token;
        let look = move |scope: &AccountScope<'_>| Ok((scope.log_bounds()?, scope.caller_by_token(token)?));
        let (ends, caller) = stream.store.read(stream.caller.account, look).await?;
        if caller.is_none() {
            return Ok(None);
        }
        stream.queue_hello(ends, options, now);
        Ok(Some(stream))
    }

    fn queue_hello(&mut self, ends: LogBounds, options: StreamOptions, now: tierup_common::time::Timestamp) {
        let LogBounds { oldest, newest } = ends;
        self.last_retry_ms = retry_delay_ms(self.channel.lock().subscribers.len());
        self.pending_frames.push_back(encode_retry(self.last_retry_ms));
        self.pending_frames.push_back(encode_signal(&Signal::Hello { seq: newest, oldest_seq: oldest, now }));
        self.cursor = match options.start {
            StreamStart::Now => newest,
            StreamStart::After(seq) if seq <= newest && seq.next() >= oldest => {
                self.catch_up_target = options.send_caught_up.then_some(newest);
                seq
            }
            StreamStart::After(_) | StreamStart::InvalidPosition => {
                self.pending_frames.push_back(encode_signal(&Signal::Reset { seq: newest }));
                newest
            }
        };
        let mut state = self.channel.lock();
        state.newest_seq = state.newest_seq.max(newest);
        self.presence_version =
            state.presence.emit_all(self.filter, |frame| self.pending_frames.push_back(frame));
    }

    /// Looks at what is new; true if the stream has ended.
    fn poll_sources(&mut self, context: &mut Context<'_>) -> bool {
        let mut state = self.channel.lock();
        let state = &mut *state;
        let Some(reader) = state.subscribers.get_mut(self.subscriber_key) else { return true };
        if reader.is_closed {
            // The last word: when to come back, so that not all do at once.
            let has_left = std::mem::replace(&mut self.has_sent_final_retry, true);
            if !has_left {
                self.pending_frames.push_back(encode_retry(retry_delay_ms(state.stream_count_at_close)));
            }
            return has_left;
        }
        let ready = &mut self.pending_frames;
        for signal in state.partial_texts.final_deltas(self.filter, self.cursor, &mut self.sent_offsets) {
            ready.push_back(encode_signal(&signal));
        }
        let looked = state.recent_events.emit_after(
            self.cursor,
            state.newest_seq,
            self.caller.id,
            self.filter,
            |frame| {
                ready.push_back(frame);
            },
        );
        match looked {
            RecentLookup::ReadTo(up_to) => self.cursor = up_to,
            RecentLookup::TooOld => {
                let (channel, store) = (Arc::clone(&self.channel), self.store.clone());
                let (account, after) = (self.caller.account, self.cursor);
                self.pending_batch = Some(Box::pin(async move {
                    let newest = || channel.lock().newest_seq;
                    channel.replay.batch_after(&store, account, after, newest).await
                }));
                return false;
            }
        }
        if self.catch_up_target.is_some_and(|to| self.cursor >= to) {
            self.catch_up_target = None;
            ready.push_back(encode_signal(&Signal::CaughtUp { seq: self.cursor }));
        }
        for signal in state.partial_texts.live_deltas(self.filter, &mut self.sent_offsets) {
            ready.push_back(encode_signal(&signal));
        }
        let told =
            state.presence.emit_since(self.presence_version, self.filter, |frame| ready.push_back(frame));
        self.presence_version = told.unwrap_or_else(|| {
            // Who reads what changed more often than is kept: the client looks anew at everything.
            ready.push_back(encode_signal(&Signal::Reset { seq: self.cursor }));
            state.presence.emit_all(self.filter, |frame| ready.push_back(frame))
        });
        if ready.is_empty() {
            reader.waker = Some(context.waker().clone());
        }
        false
    }

    fn queue_batch(&mut self, batch: &ReplayBatch) {
        match batch.seq_range() {
            Some((first, last)) if first == self.cursor.next() => {
                let theirs =
                    batch.events.iter().filter(|it| it.visibility.includes(self.caller.id, self.filter));
                self.pending_frames.extend(theirs.map(|it| it.frame.clone()));
                self.cursor = last;
            }
            // What comes next is no longer kept. Go on from the newest.
            Some(_) | None => {
                self.cursor = self.channel.lock().newest_seq;
                self.pending_frames.push_back(encode_signal(&Signal::Reset { seq: self.cursor }));
            }
        }
    }

    /// What goes out next: what waits, as far as it goes out together.
    fn next_chunk(&mut self) -> Option<Bytes> {
        let (mut frames, mut bytes) = (0, 0);
        for frame in &self.pending_frames {
            if frames > 0 && bytes + frame.len() > MAX_COALESCED_BYTES {
                break;
            }
            (frames, bytes) = (frames + 1, bytes + frame.len());
        }
        self.frames_sent.inc_by(frames as u64);
        if frames <= 1 {
            return self.pending_frames.pop_front();
        }
        let mut together = BytesMut::with_capacity(bytes);
        self.pending_frames.drain(..frames).for_each(|frame| together.extend_from_slice(&frame));
        if self.pending_frames.is_empty() {
            // A burst must not leave every stream with room for the next one.
            self.pending_frames.shrink_to(IDLE_QUEUE_CAPACITY);
        }
        Some(together.freeze())
    }

    /// A comment; with it goes when to come back, if others have come or gone since that was said.
    fn keep_alive_frame(&mut self) -> Bytes {
        let pause = retry_delay_ms(self.channel.lock().subscribers.len());
        if std::mem::replace(&mut self.last_retry_ms, pause) == pause {
            return Bytes::from_static(KEEP_ALIVE_COMMENT.as_bytes());
        }
        [KEEP_ALIVE_COMMENT.as_bytes(), &encode_retry(pause)].concat().into()
    }

    fn has_expired(&self) -> bool {
        self.expires_at.is_some_and(|at| Instant::now() >= at)
    }

    fn next_deadline(&self) -> Instant {
        let keep_alive = self.last_sent_at + KEEP_ALIVE_INTERVAL;
        self.expires_at.map_or(keep_alive, |expires| expires.min(keep_alive))
    }
}

impl Body for EventStream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        loop {
            if let Some(bytes) = this.next_chunk() {
                this.last_sent_at = Instant::now();
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            if let Some(reading) = &mut this.pending_batch {
                match reading.as_mut().poll(context) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Ok(part)) => {
                        this.pending_batch = None;
                        this.queue_batch(&part);
                        continue;
                    }
                    // The client comes back and resumes where it was.
                    Poll::Ready(Err(error)) => {
                        tracing::warn!(%error, "a stream could not read the log");
                        return Poll::Ready(None);
                    }
                }
            }
            if this.poll_sources(context) || this.has_expired() {
                return Poll::Ready(None);
            }
            if !this.pending_frames.is_empty() || this.pending_batch.is_some() {
                continue;
            }
            match this.wake_timer.as_mut().poll(context) {
                Poll::Pending => return Poll::Pending,
                // The alarm was set when less had been sent: what went out since puts it off.
                Poll::Ready(()) if Instant::now() < this.next_deadline() => {
                    let at = this.next_deadline();
                    this.wake_timer.as_mut().reset(at);
                }
                Poll::Ready(()) => {
                    let sign = this.keep_alive_frame();
                    this.pending_frames.push_back(sign);
                }
            }
        }
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.channel.unsubscribe(self.subscriber_key);
    }
}

/// How long the pause before a client comes back is at most, in milliseconds: the more there are, the longer.
fn retry_delay_ms(stream_count: usize) -> u64 {
    MIN_RETRY_MS.max(RETRY_MS_PER_STREAM.saturating_mul(stream_count as u64)).min(MAX_RETRY_MS)
}

/// Tells a client how long that is.
fn encode_retry(delay_ms: u64) -> Bytes {
    Bytes::from(format!("retry: {delay_ms}\n\n"))
}

/// An ephemeral event as server-sent events want it: without an id, so that no client takes it for its place.
pub(super) fn encode_signal(signal: &Signal) -> Bytes {
    // A Signal is plain data: turning it into JSON cannot fail.
    let body = serde_json::to_string(signal).unwrap_or_default();
    Bytes::from(format!("event: {}\ndata: {body}\n\n", signal.name()))
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;
    use crate::admin;
    use crate::clock::Clock;
    use crate::domain::tests::{at, caller};
    use crate::domain::{Change, Decision};

    #[tokio::test]
    async fn a_commit_ends_the_streams_of_a_token_though_whoever_asked_for_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let made = admin::init(folder.path(), "Acme", "ana@acme.test", "Ana Ruiz").unwrap();
        let (bell, clock) = (EventHub::default(), Clock::system());
        let rung = bell.clone();
        let store = Store::open(
            folder.path(),
            move |news| rung.publish(news),
            &crate::supervisor::Supervisor::default(),
        )
        .unwrap();
        let hash = crate::token::hash(&made.token).unwrap();
        let ana = store.read_system(move |system| system.caller_by_token_hash(&hash)).await.unwrap().unwrap();
        let (account, token) = (ana.account, ana.token);
        let wanted = StreamOptions {
            filter: StreamFilter::Team,
            viewing: None,
            start: StreamStart::Now,
            send_caught_up: false,
        };
        let stream = EventStream::open(&bell, store.clone(), &clock, Arc::new(ana), wanted).await;
        let stream = stream.unwrap().unwrap();
        // Nothing but the commit: no handler goes on after it.
        store
            .commit(account, move |tx| {
                tx.apply(Decision::default().with_change(Change::DeleteToken(token)), at(0))
            })
            .await
            .unwrap();
        let ends = tokio::time::timeout(KEEP_ALIVE_INTERVAL / 2, stream.collect()).await;
        assert!(ends.is_ok(), "the stream goes on");
    }

    #[tokio::test]
    async fn a_token_that_ended_between_the_guard_and_the_bell_opens_no_stream() {
        let folder = tempfile::tempdir().unwrap();
        let made = admin::init(folder.path(), "Acme", "ana@acme.test", "Ana Ruiz").unwrap();
        let (bell, clock) = (EventHub::default(), Clock::system());
        let store = Store::open(folder.path(), |_| {}, &crate::supervisor::Supervisor::default()).unwrap();
        let hash = crate::token::hash(&made.token).unwrap();
        let ana = store.read_system(move |system| system.caller_by_token_hash(&hash)).await.unwrap().unwrap();
        let gone = Caller { token: caller("Nobody").token, ..ana.clone() };
        let wanted = StreamOptions {
            filter: StreamFilter::Team,
            viewing: None,
            start: StreamStart::Now,
            send_caught_up: false,
        };
        let open = async |who| EventStream::open(&bell, store.clone(), &clock, Arc::new(who), wanted).await;
        assert!(open(gone).await.unwrap().is_none());
        assert_eq!(bell.stream_count(), 0);
        assert!(open(ana).await.unwrap().is_some());
    }

    /// Mutants seen to fail: a `retry:` in the comment's place; the pause told once and never again.
    #[tokio::test]
    async fn a_silent_stream_sends_a_comment_and_a_new_pause_only_when_that_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let made = admin::init(folder.path(), "Acme", "ana@acme.test", "Ana Ruiz").unwrap();
        let (bell, clock) = (EventHub::default(), Clock::system());
        let store = Store::open(folder.path(), |_| {}, &crate::supervisor::Supervisor::default()).unwrap();
        let hash = crate::token::hash(&made.token).unwrap();
        let ana = Arc::new(
            store.read_system(move |system| system.caller_by_token_hash(&hash)).await.unwrap().unwrap(),
        );
        let wanted = StreamOptions {
            filter: StreamFilter::Team,
            viewing: None,
            start: StreamStart::Now,
            send_caught_up: false,
        };
        let open = async || EventStream::open(&bell, store.clone(), &clock, Arc::clone(&ana), wanted).await;
        let mut stream = open().await.unwrap().unwrap();
        let hello = next_frame_text(&mut stream).await;
        assert!(hello.starts_with("retry: 500\n\nevent: hello\n"), "{hello}");

        assert_eq!(frame_after_silence(&mut stream).await, ":\n\n");
        assert_eq!(frame_after_silence(&mut stream).await, ":\n\n");
        let mut others = Vec::new();
        for _ in 0..49 {
            others.push(open().await.unwrap());
        }
        assert_eq!(frame_after_silence(&mut stream).await, ":\n\nretry: 600\n\n");
        assert_eq!(frame_after_silence(&mut stream).await, ":\n\n");
    }

    async fn next_frame_text(stream: &mut EventStream) -> String {
        let bytes = stream.frame().await.unwrap().unwrap().into_data().unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    /// What comes when nothing has been sent for as long as a stream may be silent.
    async fn frame_after_silence(stream: &mut EventStream) -> String {
        stream.last_sent_at = Instant::now().checked_sub(KEEP_ALIVE_INTERVAL).unwrap();
        stream.wake_timer.as_mut().reset(Instant::now());
        next_frame_text(stream).await
    }
}
