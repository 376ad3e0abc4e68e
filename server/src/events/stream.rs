//! One open event stream: a cursor over the account's log, as an HTTP body.
//!
//! Replay, live events and slow clients all work alike: look for what comes after the cursor, send it, move the cursor;
//! if there is nothing, leave a waker with the channel.

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
use crate::events::channel::AccountChannel;
use crate::events::deltas::SentOffsets;
use crate::events::frame::{encode_retry, encode_signal};
use crate::events::hub::EventHub;
use crate::events::recent::RecentLookup;
use crate::events::replay::ReplayBatch;
use crate::store::{self, AccountScope, LogBounds, Store, StreamFilter};

/// The shortest delay before a client reconnects.
const MIN_RETRY_MS: u64 = 500;
/// Added per open stream: after a restart, at most a tenth of a thousand clients reconnect in one second.
const RETRY_MS_PER_STREAM: u64 = 12;
/// The longest delay before a client reconnects.
const MAX_RETRY_MS: u64 = 60_000;
/// A comment is sent after this time without a frame, so that proxies keep the connection.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// A comment in server-sent events, which clients ignore.
const KEEP_ALIVE_COMMENT: &str = ":\n\n";
/// Pending frames are sent together up to this size.
const MAX_COALESCED_BYTES: usize = 16 * 1024;
/// The capacity kept for pending frames while idle.
const IDLE_QUEUE_CAPACITY: usize = 4;

/// Where a stream starts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StreamStart {
    /// With the next event.
    Now,
    /// After this event, replaying what followed it.
    After(Seq),
    /// At a `Last-Event-ID` that cannot be in any log.
    InvalidPosition,
}

/// The content of a stream. The caller must be allowed to see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StreamOptions {
    /// The part of the log.
    pub filter: StreamFilter,
    /// The handoff that others see the caller viewing.
    pub viewing: Option<HandoffId>,
    /// Where it starts.
    pub start: StreamStart,
    /// After a replay, send a `caught_up` signal.
    pub send_caught_up: bool,
}

type BatchFuture = Pin<Box<dyn Future<Output = store::Result<Arc<ReplayBatch>>> + Send>>;

/// The body of an event stream. It ends when its token does, or when the server stops.
pub struct EventStream {
    store: Store,
    channel: Arc<AccountChannel>,
    subscriber_key: usize,
    caller: Arc<Caller>,
    filter: StreamFilter,
    cursor: Seq,
    /// During a replay that ends with `caught_up`: the event it goes up to.
    catch_up_target: Option<Seq>,
    sent_offsets: SentOffsets,
    presence_version: u64,
    /// Frames to send, in order.
    pending_frames: VecDeque<Bytes>,
    /// A batch of the log being read.
    pending_batch: Option<BatchFuture>,
    /// The last reconnect delay sent to the client.
    last_retry_ms: u64,
    /// When something was last sent.
    last_sent_at: Instant,
    wake_timer: Pin<Box<Sleep>>,
    frames_sent: Counter,
    /// When the token expires.
    expires_at: Option<Instant>,
    /// The stream was closed after sending a reconnect delay.
    has_sent_final_retry: bool,
}

impl EventStream {
    /// Opens a stream; none if the caller's token was revoked meanwhile.
    pub async fn open(
        hub: &EventHub,
        store: Store,
        clock: &Clock,
        caller: Arc<Caller>,
        options: StreamOptions,
    ) -> store::Result<Option<Self>> {
        let channel = hub.channel(caller.account);
        // Subscribe before reading the log: every commit after the read wakes this stream, and every revocation closes
        // it.
        let key = channel.subscribe(Arc::clone(&caller), options.filter, options.viewing);
        let now = clock.now();
        let opened = Instant::now();
        let expires = caller.expires_at.map(|at| opened + at.since(now));
        let deadline =
            expires.map_or(opened + KEEP_ALIVE_INTERVAL, |at| at.min(opened + KEEP_ALIVE_INTERVAL));
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
            wake_timer: Box::pin(tokio::time::sleep_until(deadline)),
            frames_sent: hub.sent_frames(),
            expires_at: expires,
            has_sent_final_retry: false,
        };
        let token = stream.caller.token;
        let load = move |scope: &AccountScope<'_>| Ok((scope.log_bounds()?, scope.caller_by_token(token)?));
        let (bounds, caller) = stream.store.read(stream.caller.account, load).await?;
        if caller.is_none() {
            return Ok(None);
        }
        stream.queue_hello(bounds, options, now);
        Ok(Some(stream))
    }

    fn queue_hello(
        &mut self,
        bounds: LogBounds,
        options: StreamOptions,
        now: tierup_common::time::Timestamp,
    ) {
        let LogBounds { oldest, newest } = bounds;
        self.last_retry_ms = retry_delay_ms(self.channel.state.lock().subscribers.len());
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
        let mut state = self.channel.state.lock();
        state.newest_seq = state.newest_seq.max(newest);
        self.presence_version =
            state.presence.emit_all(self.filter, |frame| self.pending_frames.push_back(frame));
    }

    /// Queues what is new; returns whether the stream has ended.
    fn poll_sources(&mut self, context: &mut Context<'_>) -> bool {
        let mut state = self.channel.state.lock();
        let state = &mut *state;
        let Some(subscriber) = state.subscribers.get_mut(self.subscriber_key) else { return true };
        if subscriber.is_closed {
            // Finally, tell the client when to reconnect, so that not all clients do at once.
            let has_ended = std::mem::replace(&mut self.has_sent_final_retry, true);
            if !has_ended {
                self.pending_frames.push_back(encode_retry(retry_delay_ms(state.stream_count_at_close)));
            }
            return has_ended;
        }
        let pending = &mut self.pending_frames;
        for signal in state.partial_texts.final_deltas(self.filter, self.cursor, &mut self.sent_offsets) {
            pending.push_back(encode_signal(&signal));
        }
        let lookup = state.recent_events.emit_after(
            self.cursor,
            state.newest_seq,
            self.caller.id,
            self.filter,
            |frame| {
                pending.push_back(frame);
            },
        );
        match lookup {
            RecentLookup::CaughtUpTo(up_to) => self.cursor = up_to,
            RecentLookup::TooOld => {
                let (channel, store) = (Arc::clone(&self.channel), self.store.clone());
                let (account, after) = (self.caller.account, self.cursor);
                self.pending_batch = Some(Box::pin(async move {
                    let newest = || channel.state.lock().newest_seq;
                    channel.replay.batch_after(&store, account, after, newest).await
                }));
                return false;
            }
        }
        if self.catch_up_target.is_some_and(|to| self.cursor >= to) {
            self.catch_up_target = None;
            pending.push_back(encode_signal(&Signal::CaughtUp { seq: self.cursor }));
        }
        for signal in state.partial_texts.live_deltas(self.filter, &mut self.sent_offsets) {
            pending.push_back(encode_signal(&signal));
        }
        let presence_version =
            state.presence.emit_since(self.presence_version, self.filter, |frame| pending.push_back(frame));
        self.presence_version = presence_version.unwrap_or_else(|| {
            // Too many presence changes were missed: the client must reload.
            pending.push_back(encode_signal(&Signal::Reset { seq: self.cursor }));
            state.presence.emit_all(self.filter, |frame| pending.push_back(frame))
        });
        if pending.is_empty() {
            subscriber.waker = Some(context.waker().clone());
        }
        false
    }

    fn queue_batch(&mut self, batch: &ReplayBatch) {
        match batch.seq_range() {
            Some((first, last)) if first == self.cursor.next() => {
                let visible =
                    batch.events.iter().filter(|it| it.visibility.includes(self.caller.id, self.filter));
                self.pending_frames.extend(visible.map(|it| it.frame.clone()));
                self.cursor = last;
            }
            // The next events are no longer kept: continue with the newest.
            Some(_) | None => {
                self.cursor = self.channel.state.lock().newest_seq;
                self.pending_frames.push_back(encode_signal(&Signal::Reset { seq: self.cursor }));
            }
        }
    }

    /// Takes the next frames to send, together up to [`MAX_COALESCED_BYTES`].
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
        let mut chunk = BytesMut::with_capacity(bytes);
        self.pending_frames.drain(..frames).for_each(|frame| chunk.extend_from_slice(&frame));
        if self.pending_frames.is_empty() {
            // A burst must not leave every stream with a large buffer.
            self.pending_frames.shrink_to(IDLE_QUEUE_CAPACITY);
        }
        Some(chunk.freeze())
    }

    /// A comment, with the reconnect delay if that has changed.
    fn keep_alive_frame(&mut self) -> Bytes {
        let delay = retry_delay_ms(self.channel.state.lock().subscribers.len());
        if std::mem::replace(&mut self.last_retry_ms, delay) == delay {
            return Bytes::from_static(KEEP_ALIVE_COMMENT.as_bytes());
        }
        [KEEP_ALIVE_COMMENT.as_bytes(), &encode_retry(delay)].concat().into()
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
                    Poll::Ready(Ok(batch)) => {
                        this.pending_batch = None;
                        this.queue_batch(&batch);
                        continue;
                    }
                    // The client reconnects and resumes.
                    Poll::Ready(Err(error)) => {
                        tracing::warn!(%error, "an event stream could not read the log");
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
                // The timer was set before the last frames went out: set it again.
                Poll::Ready(()) if Instant::now() < this.next_deadline() => {
                    let at = this.next_deadline();
                    this.wake_timer.as_mut().reset(at);
                }
                Poll::Ready(()) => {
                    let comment = this.keep_alive_frame();
                    this.pending_frames.push_back(comment);
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

/// The delay before a client reconnects, in milliseconds: the more streams are open, the longer.
fn retry_delay_ms(stream_count: usize) -> u64 {
    MIN_RETRY_MS.max(RETRY_MS_PER_STREAM.saturating_mul(stream_count as u64)).min(MAX_RETRY_MS)
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;
    use crate::admin::tests::NewAccount;
    use crate::clock::Clock;
    use crate::domain::tests::{at, caller};
    use crate::domain::{Change, Decision};

    const TEAM_FROM_NOW: StreamOptions = StreamOptions {
        filter: StreamFilter::Team,
        viewing: None,
        start: StreamStart::Now,
        send_caught_up: false,
    };

    #[tokio::test]
    async fn revoking_a_token_ends_its_streams_even_if_the_request_was_dropped() {
        let (hub, clock) = (EventHub::default(), Clock::system());
        let publisher = hub.clone();
        let acme = NewAccount::with_commit_hook(move |effects| publisher.publish(effects)).await;
        let ana = Arc::new(acme.ana.clone());
        let stream = EventStream::open(&hub, acme.store.clone(), &clock, ana, TEAM_FROM_NOW).await;
        let stream = stream.unwrap().unwrap();
        // Only the commit: no handler runs after it.
        let decision = Decision::default().with_change(Change::DeleteToken(acme.ana.token));
        acme.store.commit(acme.ana.account, move |tx| tx.apply(decision, at(0))).await.unwrap();
        let ends = tokio::time::timeout(KEEP_ALIVE_INTERVAL / 2, stream.collect()).await;
        assert!(ends.is_ok(), "the stream goes on");
    }

    #[tokio::test]
    async fn a_token_revoked_after_authentication_opens_no_stream() {
        let acme = NewAccount::create().await;
        let (hub, clock) = (EventHub::default(), Clock::system());
        let revoked = Caller { token: caller("Nobody").token, ..acme.ana.clone() };
        let open = async |who| {
            EventStream::open(&hub, acme.store.clone(), &clock, Arc::new(who), TEAM_FROM_NOW).await
        };
        assert!(open(revoked).await.unwrap().is_none());
        assert_eq!(hub.stream_count(), 0);
        assert!(open(acme.ana.clone()).await.unwrap().is_some());
    }

    /// Mutants seen to fail: a `retry:` instead of the comment; the delay sent only once.
    #[tokio::test]
    async fn an_idle_stream_sends_comments_and_retry_only_when_it_changed() {
        let acme = NewAccount::create().await;
        let (hub, clock) = (EventHub::default(), Clock::system());
        let ana = Arc::new(acme.ana.clone());
        let open = async || {
            EventStream::open(&hub, acme.store.clone(), &clock, Arc::clone(&ana), TEAM_FROM_NOW).await
        };
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

    /// The frame after the longest silence.
    async fn frame_after_silence(stream: &mut EventStream) -> String {
        stream.last_sent_at = Instant::now().checked_sub(KEEP_ALIVE_INTERVAL).unwrap();
        stream.wake_timer.as_mut().reset(Instant::now());
        next_frame_text(stream).await
    }
}
