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

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use slab::Slab;
use tierup_common::id::{AccountId, HandoffId, Seq, UserId};
use tierup_common::user::Person;
use tokio::sync::{Notify, watch};

use crate::bell::growing::GrowingTexts;
use crate::bell::presence::Presence;
use crate::bell::replay::Replay;
use crate::bell::window::Window;
use crate::domain::Caller;
use crate::store::{Logged, Narrow, News, Rights};

pub use growing::{Growing, Writing};
pub use growth::Growth;
pub use stream::{EventStream, Start, Wanted};

/// Who reads what is told to the whole team, and then not again for so long a stream: whoever opens and closes streams
/// without a pause must not keep the server busy with it. It is a twentieth of what telling takes.
const REST_OF_EACH: Duration = Duration::from_micros(100);
/// However large a team is, it sees within this time who reads what.
const LONGEST_REST: Duration = Duration::from_secs(2);

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

/// Counts commits, and streams that begin and end: what most figures of `/metrics` come from.
type Changes = watch::Sender<u64>;

impl Bell {
    /// Rings for what was just committed. Called on the writer thread, after the commit and before its answer.
    pub fn ring(&self, news: News) {
        news.rights.iter().for_each(|rights| self.end(*rights));
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

    /// Counts commits, and streams that begin and end: whoever waits for a figure of these looks again when it changes.
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

    /// Ends every stream: the server stops.
    pub fn end_all(&self) {
        let channels: Vec<_> = lock(&self.accounts).values().cloned().collect();
        for channel in channels {
            channel.end(|_| true);
        }
    }

    /// Ends the streams of whoever may no longer listen.
    fn end(&self, rights: Rights) {
        match rights {
            Rights::Changed => {}
            Rights::TokenEnded(account, token) => {
                self.channel(account).end(|reader| reader.caller.token == token);
            }
            Rights::UserEnded(account, user, but) => self
                .channel(account)
                .end(|reader| reader.caller.id == user && but.is_none_or(|but| reader.caller.token != but)),
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
    /// Whether the team was just told who reads what.
    team: Team,
    readers: Slab<Reader>,
    /// The readers of each part of the log, by their place.
    places: HashMap<Narrow, BTreeSet<usize>>,
    /// How many were here when some were told to end.
    crowd: usize,
}

/// How the team is told who reads what.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
enum Team {
    /// At once.
    #[default]
    Idle,
    /// It was told just now.
    Rests,
    /// It was told just now, and something has changed since.
    IsOwed,
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

    /// Changes the state and wakes the streams of a part of the log, which find out for themselves what is new for them.
    fn change(&self, narrow: Narrow, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        let wakers = state.wakers_of(narrow);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    fn end(&self, which: impl Fn(&Reader) -> bool) {
        let mut state = self.lock();
        state.crowd = state.readers.len();
        for (_, reader) in &mut state.readers {
            reader.ended |= which(reader);
        }
        let wakers = state.wakers(|reader| reader.ended);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    fn enter(self: &Arc<Self>, caller: Arc<Caller>, narrow: Narrow, reads: Option<HandoffId>) -> usize {
        let person = caller.person();
        let mut state = self.lock();
        let key = state.readers.insert(Reader { caller, narrow, reads, ended: false, waker: None });
        state.places.entry(narrow).or_default().insert(key);
        drop(state);
        if let Some(handoff) = reads {
            self.reads(handoff, |presence| presence.enter(handoff, person));
        }
        change(&self.changes);
        key
    }

    fn leave(self: &Arc<Self>, key: usize) {
        let mut state = self.lock();
        let Some(reader) = state.readers.try_remove(key) else { return };
        if let Some(places) = state.places.get_mut(&reader.narrow) {
            places.remove(&key);
            if places.is_empty() {
                state.places.remove(&reader.narrow);
            }
        }
        drop(state);
        if let Some(handoff) = reader.reads {
            self.reads(handoff, |presence| presence.leave(handoff, reader.caller.id));
        }
        change(&self.changes);
    }

    /// Changes who reads a handoff. Others who read it are told at once, and so is the team, unless it was told just now.
    fn reads(self: &Arc<Self>, handoff: HandoffId, change: impl FnOnce(&mut Presence) -> bool) {
        let mut state = self.lock();
        if !change(&mut state.presence) {
            return;
        }
        let mut wakers = state.wakers_of(Narrow::Handoff(handoff));
        let rest = match state.team {
            Team::Idle => Some(state.tell_team(&mut wakers)),
            Team::Rests | Team::IsOwed => {
                state.team = Team::IsOwed;
                None
            }
        };
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        if let Some(rest) = rest {
            self.rest(rest);
        }
    }

    /// Lets the team rest, and tells it what has changed meanwhile, until nothing has.
    fn rest(self: &Arc<Self>, mut rest: Duration) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            // The last streams go with the runtime: there is nobody to be told, nor to rest.
            self.lock().team = Team::Idle;
            return;
        };
        let channel = Arc::clone(self);
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(rest).await;
                let mut wakers = Vec::new();
                let mut state = channel.lock();
                match state.team {
                    Team::IsOwed => rest = state.tell_team(&mut wakers),
                    Team::Idle | Team::Rests => {
                        state.team = Team::Idle;
                        return;
                    }
                }
                drop(state);
                wakers.into_iter().for_each(Waker::wake);
            }
        });
    }
}

impl State {
    /// What wakes the streams that wait and that this is true of.
    fn wakers(&mut self, concerns: impl Fn(&Reader) -> bool) -> Vec<Waker> {
        let concerned = self.readers.iter_mut().filter(|(_, reader)| concerns(reader));
        concerned.filter_map(|(_, reader)| reader.waker.take()).collect()
    }

    /// What wakes the streams of a part of the log that wait: no other stream is looked at.
    fn wakers_of(&mut self, narrow: Narrow) -> Vec<Waker> {
        let places = self.places.get(&narrow).into_iter().flatten();
        places.filter_map(|place| self.readers.get_mut(*place)?.waker.take()).collect()
    }

    /// Adds what wakes the streams of the team; how long they rest then.
    fn tell_team(&mut self, wakers: &mut Vec<Waker>) -> Duration {
        self.team = Team::Rests;
        let team = self.wakers_of(Narrow::Team);
        let rest = REST_OF_EACH.saturating_mul(u32::try_from(team.len()).unwrap_or(u32::MAX));
        wakers.extend(team);
        rest.min(LONGEST_REST)
    }
}

/// Nothing in here is left half done by a panic: a poisoned lock is taken as it is.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;
    use crate::domain::tests::{at, caller};

    const STREAMS: usize = 5_000;
    const FLIPS: usize = 1_000;

    /// A stream that counts how often it is woken, and that never looks.
    #[derive(Default)]
    struct Sleeper {
        woken: AtomicUsize,
        rung: Notify,
    }

    impl Wake for Sleeper {
        fn wake(self: Arc<Self>) {
            self.woken.fetch_add(1, Ordering::SeqCst);
            self.rung.notify_one();
        }
    }

    fn sleep(channel: &Arc<Channel>, narrow: Narrow) -> (Arc<Sleeper>, usize) {
        let sleeper = Arc::new(Sleeper::default());
        let key = channel.enter(Arc::new(caller("Priya Nair")), narrow, None);
        channel.lock().readers[key].waker = Some(Waker::from(Arc::clone(&sleeper)));
        (sleeper, key)
    }

    #[tokio::test]
    async fn whoever_opens_and_closes_streams_wakes_the_team_now_and_then_and_nobody_else_of_no_concern() {
        let (channel, handoff) = (Arc::new(Channel::default()), HandoffId::new(at(0)));
        let team: Vec<_> = (0..STREAMS).map(|_| sleep(&channel, Narrow::Team)).collect();
        let others: Vec<_> =
            (0..STREAMS).map(|_| sleep(&channel, Narrow::Handoff(HandoffId::new(at(0))))).collect();
        let (beside, place) = sleep(&channel, Narrow::Handoff(handoff));
        let dana = Arc::new(caller("Dana Wu"));
        let again = |(sleeper, key): &(Arc<Sleeper>, usize)| {
            channel.lock().readers[*key].waker = Some(Waker::from(Arc::clone(sleeper)));
        };
        // Nothing is awaited meanwhile: the team rests.
        for _ in 0..FLIPS {
            let key = channel.enter(Arc::clone(&dana), Narrow::Handoff(handoff), Some(handoff));
            again(&(Arc::clone(&beside), place));
            channel.leave(key);
            again(&(Arc::clone(&beside), place));
            team.iter().take(1).for_each(again);
        }
        assert!(team.iter().all(|(it, _)| it.woken.load(Ordering::SeqCst) == 1), "once, at once");
        assert_eq!(beside.woken.load(Ordering::SeqCst), 2 * FLIPS, "whoever reads it too is told at once");
        // What changed meanwhile is told afterwards.
        let (first, _) = &team[0];
        first.rung.notified().await;
        while first.woken.load(Ordering::SeqCst) < 2 {
            first.rung.notified().await;
        }
        assert_eq!(channel.lock().presence.viewers(handoff), []);
        assert!(others.iter().all(|(it, _)| it.woken.load(Ordering::SeqCst) == 0));
    }

    #[tokio::test]
    async fn a_channel_forgets_whoever_has_left() {
        let channel = Arc::new(Channel::default());
        for number in 0..100 {
            let narrow = if number % 2 == 0 { Narrow::Team } else { Narrow::Handoff(HandoffId::new(at(0))) };
            let (_, key) = sleep(&channel, narrow);
            channel.leave(key);
        }
        let state = channel.lock();
        assert!(state.places.is_empty() && state.readers.is_empty());
    }
}
