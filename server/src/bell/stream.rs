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

use crate::bell::growing::Sent;
use crate::bell::replay::Part;
use crate::bell::window::Looked;
use crate::bell::{Bell, Channel};
use crate::clock::Clock;
use crate::domain::Caller;
use crate::store::{self, Ends, Narrow, Scope, Store};

/// A lone stream that broke off comes back within so many milliseconds.
const RETRY: u64 = 500;
/// Of a thousand no second holds more than a tenth: each adds so many.
const RETRY_OF_EACH: u64 = 12;
/// However many there are, they come back within a minute.
const LONGEST_RETRY: u64 = 60_000;
/// A sign of life goes out after so long without anything else, so that proxies do not think the stream dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// What it is: a comment, which no client takes for anything.
const SIGN_OF_LIFE: &str = ":\n\n";
/// Frames that wait go out together, as far as they have so many bytes.
const TOGETHER: usize = 16 * 1024;
/// Frames that a stream has room for while nothing much happens.
const IN_HAND: usize = 4;

/// Where a stream begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// With what happens from now on.
    Now,
    /// After this event, replaying what came since.
    After(Seq),
    /// At a place that cannot be in any log.
    Nowhere,
}

/// What a stream is to carry. The caller must have been found to see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// The part of the log.
    pub narrow: Narrow,
    /// The handoff that others see the caller read.
    pub reads: Option<HandoffId>,
    /// Where it begins.
    pub start: Start,
    /// After a resume it says when what was missed has been sent.
    pub says_caught_up: bool,
}

type Reading = Pin<Box<dyn Future<Output = store::Result<Arc<Part>>> + Send>>;

/// The body of an event stream. It ends when its token does, or the server.
pub struct EventStream {
    store: Store,
    channel: Arc<Channel>,
    key: usize,
    caller: Arc<Caller>,
    narrow: Narrow,
    cursor: Seq,
    /// While what was missed is being sent, and the client wants to know: up to where it goes.
    catching_up: Option<Seq>,
    sent: Sent,
    presence_seen: u64,
    /// Frames to send, in order.
    ready: VecDeque<Bytes>,
    /// A part of the log on its way.
    reading: Option<Reading>,
    /// The pause before coming back that the client was told last, in milliseconds.
    told: u64,
    /// When something went out last.
    sent_at: Instant,
    keep_alive: Pin<Box<Sleep>>,
    counter: Counter,
    /// When the token stops working, if it ever does.
    expires: Option<Instant>,
    /// It was told to end, and has said when to come back.
    has_left: bool,
}

impl EventStream {
    /// Opens a stream; none if the caller's token has ended meanwhile.
    pub async fn open(
        bell: &Bell,
        store: Store,
        clock: &Clock,
        caller: Arc<Caller>,
        wanted: Wanted,
    ) -> store::Result<Option<Self>> {
        let channel = bell.channel(caller.account);
        // First in line, then a look at the log: whatever is committed after that look rings for this stream, and
        // whoever ends its token after that look ends it too.
        let key = channel.enter(Arc::clone(&caller), wanted.narrow, wanted.reads);
        let now = clock.now();
        let opened = Instant::now();
        let expires = caller.expires_at.map(|at| opened + at.since(now));
        let alarm = expires.map_or(opened + KEEP_ALIVE, |at| at.min(opened + KEEP_ALIVE));
        let mut stream = Self {
            store,
            channel,
            key,
            caller,
            narrow: wanted.narrow,
            cursor: Seq::default(),
            catching_up: None,
            sent: Sent::default(),
            presence_seen: 0,
            ready: VecDeque::new(),
            reading: None,
            told: 0,
            sent_at: opened,
            keep_alive: Box::pin(tokio::time::sleep_until(alarm)),
            counter: bell.sent(),
            expires,
            has_left: false,
        };
        let token = stream.caller.token;
        let look = move |scope: &Scope<'_>| Ok((scope.log_ends()?, scope.caller(token)?));
        let (ends, caller) = stream.store.read(stream.caller.account, look).await?;
        if caller.is_none() {
            return Ok(None);
        }
        stream.greet(ends, wanted, now);
        Ok(Some(stream))
    }

    fn greet(&mut self, ends: Ends, wanted: Wanted, now: tierup_common::time::Timestamp) {
        let Ends { oldest, newest } = ends;
        self.told = pause(self.channel.lock().readers.len());
        self.ready.push_back(retry(self.told));
        self.ready.push_back(signal_frame(&Signal::Hello { seq: newest, oldest_seq: oldest, now }));
        self.cursor = match wanted.start {
            Start::Now => newest,
            Start::After(seq) if seq <= newest && seq.next() >= oldest => {
                self.catching_up = wanted.says_caught_up.then_some(newest);
                seq
            }
            Start::After(_) | Start::Nowhere => {
                self.ready.push_back(signal_frame(&Signal::Reset { seq: newest }));
                newest
            }
        };
        let mut state = self.channel.lock();
        state.newest = state.newest.max(newest);
        self.presence_seen = state.presence.all(self.narrow, |frame| self.ready.push_back(frame));
    }

    /// Looks at what is new; true if the stream has ended.
    fn look(&mut self, context: &mut Context<'_>) -> bool {
        let mut state = self.channel.lock();
        let state = &mut *state;
        let Some(reader) = state.readers.get_mut(self.key) else { return true };
        if reader.ended {
            // The last word: when to come back, so that not all do at once.
            let has_left = std::mem::replace(&mut self.has_left, true);
            if !has_left {
                self.ready.push_back(retry(pause(state.crowd)));
            }
            return has_left;
        }
        let ready = &mut self.ready;
        for signal in state.growing.last_words(self.narrow, self.cursor, &mut self.sent) {
            ready.push_back(signal_frame(&signal));
        }
        let looked = state.window.after(self.cursor, state.newest, self.caller.id, self.narrow, |frame| {
            ready.push_back(frame);
        });
        match looked {
            Looked::Here(up_to) => self.cursor = up_to,
            Looked::Older => {
                let (channel, store) = (Arc::clone(&self.channel), self.store.clone());
                let (account, after) = (self.caller.account, self.cursor);
                self.reading = Some(Box::pin(async move {
                    let newest = || channel.lock().newest;
                    channel.replay.after(&store, account, after, newest).await
                }));
                return false;
            }
        }
        if self.catching_up.is_some_and(|to| self.cursor >= to) {
            self.catching_up = None;
            ready.push_back(signal_frame(&Signal::CaughtUp { seq: self.cursor }));
        }
        for signal in state.growing.growing(self.narrow, &mut self.sent) {
            ready.push_back(signal_frame(&signal));
        }
        let told = state.presence.after(self.presence_seen, self.narrow, |frame| ready.push_back(frame));
        self.presence_seen = told.unwrap_or_else(|| {
            // Who reads what changed more often than is kept: the client looks anew at everything.
            ready.push_back(signal_frame(&Signal::Reset { seq: self.cursor }));
            state.presence.all(self.narrow, |frame| ready.push_back(frame))
        });
        if ready.is_empty() {
            reader.waker = Some(context.waker().clone());
        }
        false
    }

    fn take(&mut self, part: &Part) {
        match part.ends() {
            Some((first, last)) if first == self.cursor.next() => {
                let theirs = part.events.iter().filter(|it| it.event.is_for(self.caller.id, self.narrow));
                self.ready.extend(theirs.map(|it| it.frame.clone()));
                self.cursor = last;
            }
            // What comes next is no longer kept. Go on from the newest.
            Some(_) | None => {
                self.cursor = self.channel.lock().newest;
                self.ready.push_back(signal_frame(&Signal::Reset { seq: self.cursor }));
            }
        }
    }

    /// What goes out next: what waits, as far as it goes out together.
    fn next_bytes(&mut self) -> Option<Bytes> {
        let (mut frames, mut bytes) = (0, 0);
        for frame in &self.ready {
            if frames > 0 && bytes + frame.len() > TOGETHER {
                break;
            }
            (frames, bytes) = (frames + 1, bytes + frame.len());
        }
        self.counter.inc_by(frames as u64);
        if frames <= 1 {
            return self.ready.pop_front();
        }
        let mut together = BytesMut::with_capacity(bytes);
        self.ready.drain(..frames).for_each(|frame| together.extend_from_slice(&frame));
        if self.ready.is_empty() {
            // A burst must not leave every stream with room for the next one.
            self.ready.shrink_to(IN_HAND);
        }
        Some(together.freeze())
    }

    /// A comment; with it goes when to come back, if others have come or gone since that was said.
    fn sign_of_life(&mut self) -> Bytes {
        let pause = pause(self.channel.lock().readers.len());
        if std::mem::replace(&mut self.told, pause) == pause {
            return Bytes::from_static(SIGN_OF_LIFE.as_bytes());
        }
        [SIGN_OF_LIFE.as_bytes(), &retry(pause)].concat().into()
    }

    fn has_expired(&self) -> bool {
        self.expires.is_some_and(|at| Instant::now() >= at)
    }

    fn next_wake(&self) -> Instant {
        let keep_alive = self.sent_at + KEEP_ALIVE;
        self.expires.map_or(keep_alive, |expires| expires.min(keep_alive))
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
            if let Some(bytes) = this.next_bytes() {
                this.sent_at = Instant::now();
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            if let Some(reading) = &mut this.reading {
                match reading.as_mut().poll(context) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Ok(part)) => {
                        this.reading = None;
                        this.take(&part);
                        continue;
                    }
                    // The client comes back and resumes where it was.
                    Poll::Ready(Err(error)) => {
                        tracing::warn!(%error, "a stream could not read the log");
                        return Poll::Ready(None);
                    }
                }
            }
            if this.look(context) || this.has_expired() {
                return Poll::Ready(None);
            }
            if !this.ready.is_empty() || this.reading.is_some() {
                continue;
            }
            match this.keep_alive.as_mut().poll(context) {
                Poll::Pending => return Poll::Pending,
                // The alarm was set when less had been sent: what went out since puts it off.
                Poll::Ready(()) if Instant::now() < this.next_wake() => {
                    let at = this.next_wake();
                    this.keep_alive.as_mut().reset(at);
                }
                Poll::Ready(()) => {
                    let sign = this.sign_of_life();
                    this.ready.push_back(sign);
                }
            }
        }
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.channel.leave(self.key);
    }
}

/// How long the pause before a client comes back is at most, in milliseconds: the more there are, the longer.
fn pause(crowd: usize) -> u64 {
    RETRY.max(RETRY_OF_EACH.saturating_mul(crowd as u64)).min(LONGEST_RETRY)
}

/// Tells a client how long that is.
fn retry(pause: u64) -> Bytes {
    Bytes::from(format!("retry: {pause}\n\n"))
}

/// An ephemeral event as server-sent events want it: without an id, so that no client takes it for its place.
pub(super) fn signal_frame(signal: &Signal) -> Bytes {
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
    use crate::domain::tests::caller;

    #[tokio::test]
    async fn a_commit_ends_the_streams_of_a_token_though_whoever_asked_for_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let made = admin::init(folder.path(), "Acme", "ana@acme.test", "Ana Ruiz").unwrap();
        let (bell, clock) = (Bell::default(), Clock::system());
        let rung = bell.clone();
        let store =
            Store::open(folder.path(), move |news| rung.ring(news), &crate::supervise::Supervisor::default())
                .unwrap();
        let hash = crate::token::hash(&made.token).unwrap();
        let ana = store.read_system(move |system| system.caller(&hash)).await.unwrap().unwrap();
        let (account, token) = (ana.account, ana.token);
        let wanted = Wanted { narrow: Narrow::Team, reads: None, start: Start::Now, says_caught_up: false };
        let stream = EventStream::open(&bell, store.clone(), &clock, Arc::new(ana), wanted).await;
        let stream = stream.unwrap().unwrap();
        // Nothing but the commit: no handler goes on after it.
        store.commit(account, move |tx| tx.delete_token(token)).await.unwrap();
        let ends = tokio::time::timeout(KEEP_ALIVE / 2, stream.collect()).await;
        assert!(ends.is_ok(), "the stream goes on");
    }

    #[tokio::test]
    async fn a_token_that_ended_between_the_guard_and_the_bell_opens_no_stream() {
        let folder = tempfile::tempdir().unwrap();
        let made = admin::init(folder.path(), "Acme", "ana@acme.test", "Ana Ruiz").unwrap();
        let (bell, clock) = (Bell::default(), Clock::system());
        let store = Store::open(folder.path(), |_| {}, &crate::supervise::Supervisor::default()).unwrap();
        let hash = crate::token::hash(&made.token).unwrap();
        let ana = store.read_system(move |system| system.caller(&hash)).await.unwrap().unwrap();
        let gone = Caller { token: caller("Nobody").token, ..ana.clone() };
        let wanted = Wanted { narrow: Narrow::Team, reads: None, start: Start::Now, says_caught_up: false };
        let open = async |who| EventStream::open(&bell, store.clone(), &clock, Arc::new(who), wanted).await;
        assert!(open(gone).await.unwrap().is_none());
        assert_eq!(bell.streams(), 0);
        assert!(open(ana).await.unwrap().is_some());
    }

    /// Mutants seen to fail: a `retry:` in the comment's place; the pause told once and never again.
    #[tokio::test]
    async fn a_silent_stream_sends_a_comment_and_a_new_pause_only_when_that_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let made = admin::init(folder.path(), "Acme", "ana@acme.test", "Ana Ruiz").unwrap();
        let (bell, clock) = (Bell::default(), Clock::system());
        let store = Store::open(folder.path(), |_| {}, &crate::supervise::Supervisor::default()).unwrap();
        let hash = crate::token::hash(&made.token).unwrap();
        let ana = Arc::new(store.read_system(move |system| system.caller(&hash)).await.unwrap().unwrap());
        let wanted = Wanted { narrow: Narrow::Team, reads: None, start: Start::Now, says_caught_up: false };
        let open = async || EventStream::open(&bell, store.clone(), &clock, Arc::clone(&ana), wanted).await;
        let mut stream = open().await.unwrap().unwrap();
        let hello = next(&mut stream).await;
        assert!(hello.starts_with("retry: 500\n\nevent: hello\n"), "{hello}");

        assert_eq!(after_silence(&mut stream).await, ":\n\n");
        assert_eq!(after_silence(&mut stream).await, ":\n\n");
        let mut others = Vec::new();
        for _ in 0..49 {
            others.push(open().await.unwrap());
        }
        assert_eq!(after_silence(&mut stream).await, ":\n\nretry: 600\n\n");
        assert_eq!(after_silence(&mut stream).await, ":\n\n");
    }

    async fn next(stream: &mut EventStream) -> String {
        let bytes = stream.frame().await.unwrap().unwrap().into_data().unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    /// What comes when nothing has been sent for as long as a stream may be silent.
    async fn after_silence(stream: &mut EventStream) -> String {
        stream.sent_at = Instant::now().checked_sub(KEEP_ALIVE).unwrap();
        stream.keep_alive.as_mut().reset(Instant::now());
        next(stream).await
    }
}
