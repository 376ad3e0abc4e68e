//! The bell: tells every stream of an account that there is something new, and keeps what is newest at hand.
//!
//! What is new is never in the bell. Durable events are rows of the log, of which each account's channel keeps the
//! newest as frames, serialised once for all streams. Growing texts and presence are plain state that a stream
//! compares with what it has sent. So a stream that was slow, or away, reads on from where it was: nothing is pushed
//! at it, nothing overflows.

mod growing;
mod growth;
mod presence;
mod replay;
mod stream;
mod window;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use prometheus_client::metrics::counter::Counter;
use slab::Slab;
use tierup_common::id::{AccountId, HandoffId, Seq, TokenId, UserId};
use tierup_common::user::Person;
use tokio::sync::{Notify, watch};

use crate::bell::growing::GrowingTexts;
use crate::bell::presence::Presence;
use crate::bell::replay::Replay;
use crate::bell::window::Window;
use crate::domain::Caller;
use crate::store::{Logged, Narrow, News};

pub use growing::{Growing, Writing};
pub use growth::Growth;
pub use stream::{EventStream, Start, Wanted};

/// All accounts' channels, and the bell that workers hear.
#[derive(Clone, Default)]
pub struct Bell {
    accounts: Arc<Mutex<HashMap<AccountId, Arc<Channel>>>>,
    /// What the workers of each kind of job hear.
    workers: Arc<Mutex<HashMap<&'static str, Arc<Notify>>>>,
    /// Whoever follows every log.
    followers: Arc<Mutex<Vec<Growth>>>,
    sent: Counter,
    changes: Changes,
}

/// Counts whatever can change what `/metrics` says: commits, and streams that begin and end.
type Changes = watch::Sender<u64>;

impl Bell {
    /// Rings for what was just committed. Called on the writer thread, after the commit and before its answer.
    pub fn ring(&self, news: News) {
        let mut events = news.events.into_iter().peekable();
        while let Some(first) = events.next() {
            let account = first.account;
            let mut run = vec![first];
            while let Some(next) = events.next_if(|next| next.account == account) {
                run.push(next);
            }
            self.channel(account).publish(run);
            lock(&self.followers).iter().for_each(|follower| follower.mark(account));
        }
        if !news.jobs.is_empty() {
            let workers = lock(&self.workers);
            news.jobs.iter().filter_map(|kind| workers.get(kind)).for_each(|rings| rings.notify_waiters());
        }
        change(&self.changes);
    }

    /// Counts whatever can change what `/metrics` says: whoever waits for a figure looks again when this changes.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Rings when there are new jobs of a kind. Listen before looking for them, so that no ring is missed.
    pub fn rings_for(&self, kind: &'static str) -> Arc<Notify> {
        Arc::clone(lock(&self.workers).entry(kind).or_default())
    }

    /// Follows every account's log from now on.
    pub fn follow(&self) -> Growth {
        let growth = Growth::default();
        lock(&self.followers).push(growth.clone());
        growth
    }

    /// Somebody writes something from the start, again or for the first time. They keep what is given until the event
    /// that ends the text is committed.
    pub fn begin(&self, account: AccountId, what: Growing) -> Writing {
        Writing::begin(self.channel(account), what)
    }

    /// Who is reading a handoff now.
    pub fn viewers(&self, account: AccountId, handoff: HandoffId) -> Vec<Person> {
        self.channel(account).lock().presence.viewers(handoff)
    }

    /// Counts the changes of who reads what in an account.
    pub fn presence(&self, account: AccountId) -> u64 {
        self.channel(account).lock().presence.version()
    }

    /// How many streams are open.
    pub fn streams(&self) -> usize {
        let channels: Vec<_> = lock(&self.accounts).values().cloned().collect();
        channels.iter().map(|channel| channel.lock().readers.len()).sum()
    }

    /// How many streams of a user are open.
    pub fn streams_of(&self, account: AccountId, user: UserId) -> usize {
        let channel = self.channel(account);
        let state = channel.lock();
        state.readers.iter().filter(|(_, reader)| reader.caller.id == user).count()
    }

    /// Counts what streams send.
    pub fn sent(&self) -> Counter {
        self.sent.clone()
    }

    /// Ends every stream of a user.
    pub fn end_user(&self, account: AccountId, user: UserId) {
        self.channel(account).end(|reader| reader.caller.id == user);
    }

    /// Ends every stream that came with a token.
    pub fn end_token(&self, account: AccountId, token: TokenId) {
        self.channel(account).end(|reader| reader.caller.token == token);
    }

    /// Ends every stream: the server stops.
    pub fn end_all(&self) {
        let channels: Vec<_> = lock(&self.accounts).values().cloned().collect();
        for channel in channels {
            channel.end(|_| true);
        }
    }

    fn channel(&self, account: AccountId) -> Arc<Channel> {
        let new = || Arc::new(Channel { changes: self.changes.clone(), ..Channel::default() });
        Arc::clone(lock(&self.accounts).entry(account).or_insert_with(new))
    }
}

fn change(changes: &Changes) {
    changes.send_modify(|count| *count += 1);
}

/// What the streams of one account share.
#[derive(Default)]
struct Channel {
    state: Mutex<State>,
    replay: Replay,
    changes: Changes,
}

#[derive(Default)]
struct State {
    /// The newest event that a stream has heard of.
    newest: Seq,
    window: Window,
    growing: GrowingTexts,
    presence: Presence,
    readers: Slab<Reader>,
    /// How many were here when some were told to end.
    crowd: usize,
}

/// An open stream, as the channel knows it.
struct Reader {
    caller: Arc<Caller>,
    narrow: Narrow,
    /// The handoff that others see them read.
    reads: Option<HandoffId>,
    ended: bool,
    waker: Option<Waker>,
}

impl Channel {
    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn publish(&self, events: Vec<Logged>) {
        let mut state = self.lock();
        let wakers =
            state.wakers(|reader| events.iter().any(|event| event.is_for(reader.caller.id, reader.narrow)));
        for event in events {
            state.newest = state.newest.max(event.seq);
            state.growing.end(&event);
            state.window.push(event);
        }
        let oldest = state.window.oldest().unwrap_or(state.newest);
        state.growing.forget_before(oldest);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Changes the state and wakes streams that it may concern, which find out for themselves what is new for them.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T, concerns: impl Fn(&Reader) -> bool) -> T {
        let mut state = self.lock();
        let changed = change(&mut state);
        let wakers = state.wakers(concerns);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        changed
    }

    fn end(&self, which: impl Fn(&Reader) -> bool) {
        let end = |state: &mut State| {
            state.crowd = state.readers.len();
            for (_, reader) in &mut state.readers {
                reader.ended |= which(reader);
            }
        };
        self.change(end, |reader| reader.ended);
    }

    fn enter(&self, caller: Arc<Caller>, narrow: Narrow, reads: Option<HandoffId>) -> usize {
        let person = caller.person();
        let key = self.lock().readers.insert(Reader { caller, narrow, reads, ended: false, waker: None });
        if let Some(handoff) = reads {
            self.change(|state| state.presence.enter(handoff, person), Reader::sees_presence);
        }
        change(&self.changes);
        key
    }

    fn leave(&self, key: usize) {
        let left = self.lock().readers.try_remove(key);
        if let Some(reader) = left
            && let Some(handoff) = reader.reads
        {
            self.change(|state| state.presence.leave(handoff, reader.caller.id), Reader::sees_presence);
        }
        change(&self.changes);
    }
}

impl State {
    /// What wakes the streams that wait and that this is true of.
    fn wakers(&mut self, concerns: impl Fn(&Reader) -> bool) -> Vec<Waker> {
        let concerned = self.readers.iter_mut().filter(|(_, reader)| concerns(reader));
        concerned.filter_map(|(_, reader)| reader.waker.take()).collect()
    }
}

impl Reader {
    fn sees_presence(&self) -> bool {
        match self.narrow {
            Narrow::Team | Narrow::Handoff(_) => true,
            Narrow::Session(_) => false,
        }
    }
}

/// Nothing in here is left half done by a panic: a poisoned lock is taken as it is.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
