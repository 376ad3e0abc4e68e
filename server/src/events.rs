//! The bell: tells every stream of an account that there is something new, and keeps what is newest at hand.
//!
//! What is new is never in the bell. Durable events are rows of the log, of which each account's channel keeps the
//! newest as frames, serialised once for all streams. Growing texts and presence are plain state that a stream
//! compares with what it has sent. So a stream that was slow, or away, reads on from where it was: nothing is pushed
//! at it, nothing overflows.

mod deltas;
mod follower;
mod presence;
mod recent;
mod replay;
mod stream;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use slab::Slab;
use tierup_common::id::{AccountId, HandoffId, Seq, UserId};
use tierup_common::user::Person;
use tokio::sync::{Notify, watch};

use crate::domain::Caller;
use crate::domain::JobKind;
use crate::events::deltas::PartialTexts;
use crate::events::presence::Presence;
use crate::events::recent::RecentEvents;
use crate::events::replay::ReplayQueue;
use crate::store::{AccessChange, AppendedEvent, CommitEffects, StreamFilter};

pub use deltas::{DeltaWriter, TextKey};
pub use follower::LogFollower;
pub use stream::{EventStream, StreamOptions, StreamStart};

/// Who reads what is told to the whole team, and then not again for so long a stream: whoever opens and closes streams
/// without a pause must not keep the server busy with it. It is a twentieth of what telling takes.
const PRESENCE_PAUSE_PER_STREAM: Duration = Duration::from_micros(100);
/// However large a team is, it sees within this time who reads what.
const MAX_PRESENCE_PAUSE: Duration = Duration::from_secs(2);

/// All accounts' channels, and the bell that workers hear.
#[derive(Clone, Default)]
pub struct EventHub {
    channels: Arc<Mutex<HashMap<AccountId, Arc<AccountChannel>>>>,
    /// What the workers of each kind of job hear.
    job_notifiers: Arc<Mutex<HashMap<JobKind, Arc<Notify>>>>,
    /// Whoever follows every log.
    log_followers: Arc<Mutex<Vec<LogFollower>>>,
    frames_sent: Counter,
    change_counter: ChangeCounter,
}

/// Counts commits, and streams that begin and end: what most figures of `/metrics` come from.
type ChangeCounter = watch::Sender<u64>;

impl EventHub {
    /// Rings for what was just committed. Called on the writer thread, after the commit and before its answer.
    pub fn publish(&self, effects: CommitEffects) {
        effects.access_changes.iter().for_each(|rights| self.close_revoked(*rights));
        let mut events = effects.events.into_iter().peekable();
        while let Some(first) = events.next() {
            let account = first.account;
            let mut run = vec![first];
            while let Some(next) = events.next_if(|next| next.account == account) {
                run.push(next);
            }
            self.channel(account).publish(run);
            lock(&self.log_followers).iter().for_each(|follower| follower.mark_changed(account));
        }
        if !effects.job_kinds.is_empty() {
            let workers = lock(&self.job_notifiers);
            effects
                .job_kinds
                .iter()
                .filter_map(|kind| workers.get(kind))
                .for_each(|rings| rings.notify_waiters());
        }
        count_change(&self.change_counter);
    }

    /// Counts commits, and streams that begin and end: whoever waits for a figure of these looks again when it changes.
    pub fn subscribe_changes(&self) -> watch::Receiver<u64> {
        self.change_counter.subscribe()
    }

    /// Rings when there are new jobs of a kind. Listen before looking for them, so that no ring is missed.
    pub fn job_notifier(&self, kind: JobKind) -> Arc<Notify> {
        Arc::clone(lock(&self.job_notifiers).entry(kind).or_default())
    }

    /// Follows every account's log from now on.
    pub fn follow_logs(&self) -> LogFollower {
        let growth = LogFollower::default();
        lock(&self.log_followers).push(growth.clone());
        growth
    }

    /// Somebody writes something from the start, again or for the first time. They keep what is given until the event
    /// that ends the text is committed.
    pub fn start_text(&self, account: AccountId, key: TextKey) -> DeltaWriter {
        DeltaWriter::start(self.channel(account), key)
    }

    /// Who is reading a handoff now.
    pub fn viewers(&self, account: AccountId, handoff: HandoffId) -> Vec<Person> {
        self.channel(account).lock().presence.viewers(handoff)
    }

    /// Counts the changes of who reads what in an account.
    pub fn presence_version(&self, account: AccountId) -> u64 {
        self.channel(account).lock().presence.version()
    }

    /// How many streams are open.
    pub fn stream_count(&self) -> usize {
        let channels: Vec<_> = lock(&self.channels).values().cloned().collect();
        channels.iter().map(|channel| channel.lock().subscribers.len()).sum()
    }

    /// How many streams of a user are open.
    pub fn user_stream_count(&self, account: AccountId, user: UserId) -> usize {
        let channel = self.channel(account);
        let state = channel.lock();
        state.subscribers.iter().filter(|(_, reader)| reader.caller.id == user).count()
    }

    /// Counts what streams send.
    pub fn sent(&self) -> Counter {
        self.frames_sent.clone()
    }

    /// Ends every stream: the server stops.
    pub fn close_all(&self) {
        let channels: Vec<_> = lock(&self.channels).values().cloned().collect();
        for channel in channels {
            channel.close_matching(|_| true);
        }
    }

    /// Ends the streams of whoever may no longer listen.
    fn close_revoked(&self, rights: AccessChange) {
        match rights {
            AccessChange::UserChanged => {}
            AccessChange::TokenRevoked(account, token) => {
                self.channel(account).close_matching(|reader| reader.caller.token == token);
            }
            AccessChange::UserRevoked(account, user, but) => self.channel(account).close_matching(|reader| {
                reader.caller.id == user && but.is_none_or(|but| reader.caller.token != but)
            }),
        }
    }

    fn channel(&self, account: AccountId) -> Arc<AccountChannel> {
        let new = || {
            Arc::new(AccountChannel {
                change_counter: self.change_counter.clone(),
                ..AccountChannel::default()
            })
        };
        Arc::clone(lock(&self.channels).entry(account).or_insert_with(new))
    }
}

fn count_change(change_counter: &ChangeCounter) {
    change_counter.send_modify(|count| *count += 1);
}

/// What the streams of one account share.
#[derive(Default)]
struct AccountChannel {
    state: Mutex<ChannelState>,
    replay: ReplayQueue,
    change_counter: ChangeCounter,
}

#[derive(Default)]
struct ChannelState {
    /// The newest event that a stream has heard of.
    newest_seq: Seq,
    recent_events: RecentEvents,
    partial_texts: PartialTexts,
    presence: Presence,
    /// Whether the team was just told who reads what.
    presence_throttle: PresenceThrottle,
    subscribers: Slab<Subscriber>,
    /// The readers of each part of the log, by their place.
    subscribers_by_filter: HashMap<StreamFilter, BTreeSet<usize>>,
    /// How many were here when some were told to end.
    stream_count_at_close: usize,
}

/// How the team is told who reads what.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
enum PresenceThrottle {
    /// At once.
    #[default]
    Idle,
    /// It was told just now.
    Paused,
    /// It was told just now, and something has changed since.
    PausedWithPending,
}

/// An open stream, as the channel knows it.
struct Subscriber {
    caller: Arc<Caller>,
    filter: StreamFilter,
    /// The handoff that others see them read.
    viewing: Option<HandoffId>,
    is_closed: bool,
    waker: Option<Waker>,
}

impl AccountChannel {
    fn lock(&self) -> MutexGuard<'_, ChannelState> {
        lock(&self.state)
    }

    fn publish(&self, events: Vec<AppendedEvent>) {
        let mut state = self.lock();
        let wakers = state.take_wakers_matching(|reader| {
            events.iter().any(|event| event.entry.visibility.includes(reader.caller.id, reader.filter))
        });
        for event in events {
            state.newest_seq = state.newest_seq.max(event.entry.seq);
            state.partial_texts.mark_completed(&event);
            state.recent_events.push(&event.entry);
        }
        let oldest = state.recent_events.oldest_seq().unwrap_or(state.newest_seq);
        state.partial_texts.prune_before(oldest);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Changes the state and wakes the streams of a part of the log, which find out for themselves what is new for them.
    fn update_and_wake(&self, filter: StreamFilter, update: impl FnOnce(&mut ChannelState)) {
        let mut state = self.lock();
        update(&mut state);
        let wakers = state.take_wakers_for(filter);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    fn close_matching(&self, matches: impl Fn(&Subscriber) -> bool) {
        let mut state = self.lock();
        state.stream_count_at_close = state.subscribers.len();
        for (_, reader) in &mut state.subscribers {
            reader.is_closed |= matches(reader);
        }
        let wakers = state.take_wakers_matching(|reader| reader.is_closed);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    fn subscribe(
        self: &Arc<Self>,
        caller: Arc<Caller>,
        filter: StreamFilter,
        viewing: Option<HandoffId>,
    ) -> usize {
        let person = caller.person();
        let mut state = self.lock();
        let key =
            state.subscribers.insert(Subscriber { caller, filter, viewing, is_closed: false, waker: None });
        state.subscribers_by_filter.entry(filter).or_default().insert(key);
        drop(state);
        if let Some(handoff) = viewing {
            self.update_presence(handoff, |presence| presence.add_viewer(handoff, person));
        }
        count_change(&self.change_counter);
        key
    }

    fn unsubscribe(self: &Arc<Self>, key: usize) {
        let mut state = self.lock();
        let Some(reader) = state.subscribers.try_remove(key) else { return };
        if let Some(places) = state.subscribers_by_filter.get_mut(&reader.filter) {
            places.remove(&key);
            if places.is_empty() {
                state.subscribers_by_filter.remove(&reader.filter);
            }
        }
        drop(state);
        if let Some(handoff) = reader.viewing {
            self.update_presence(handoff, |presence| presence.remove_viewer(handoff, reader.caller.id));
        }
        count_change(&self.change_counter);
    }

    /// Changes who reads a handoff. Others who read it are told at once, and so is the team, unless it was told just now.
    fn update_presence(self: &Arc<Self>, handoff: HandoffId, update: impl FnOnce(&mut Presence) -> bool) {
        let mut state = self.lock();
        if !update(&mut state.presence) {
            return;
        }
        let mut wakers = state.take_wakers_for(StreamFilter::Handoff(handoff));
        let rest = match state.presence_throttle {
            PresenceThrottle::Idle => Some(state.notify_team(&mut wakers)),
            PresenceThrottle::Paused | PresenceThrottle::PausedWithPending => {
                state.presence_throttle = PresenceThrottle::PausedWithPending;
                None
            }
        };
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        if let Some(rest) = rest {
            self.pause_presence(rest);
        }
    }

    /// Lets the team rest, and tells it what has changed meanwhile, until nothing has.
    fn pause_presence(self: &Arc<Self>, mut pause: Duration) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            // The last streams go with the runtime: there is nobody to be told, nor to rest.
            self.lock().presence_throttle = PresenceThrottle::Idle;
            return;
        };
        let channel = Arc::clone(self);
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                let mut wakers = Vec::new();
                let mut state = channel.lock();
                match state.presence_throttle {
                    PresenceThrottle::PausedWithPending => pause = state.notify_team(&mut wakers),
                    PresenceThrottle::Idle | PresenceThrottle::Paused => {
                        state.presence_throttle = PresenceThrottle::Idle;
                        return;
                    }
                }
                drop(state);
                wakers.into_iter().for_each(Waker::wake);
            }
        });
    }
}

impl ChannelState {
    /// What wakes the streams that wait and that this is true of.
    fn take_wakers_matching(&mut self, matches: impl Fn(&Subscriber) -> bool) -> Vec<Waker> {
        let concerned = self.subscribers.iter_mut().filter(|(_, reader)| matches(reader));
        concerned.filter_map(|(_, reader)| reader.waker.take()).collect()
    }

    /// What wakes the streams of a part of the log that wait: no other stream is looked at.
    fn take_wakers_for(&mut self, filter: StreamFilter) -> Vec<Waker> {
        let places = self.subscribers_by_filter.get(&filter).into_iter().flatten();
        places.filter_map(|place| self.subscribers.get_mut(*place)?.waker.take()).collect()
    }

    /// Adds what wakes the streams of the team; how long they rest then.
    fn notify_team(&mut self, wakers: &mut Vec<Waker>) -> Duration {
        self.presence_throttle = PresenceThrottle::Paused;
        let team = self.take_wakers_for(StreamFilter::Team);
        let rest = PRESENCE_PAUSE_PER_STREAM.saturating_mul(u32::try_from(team.len()).unwrap_or(u32::MAX));
        wakers.extend(team);
        rest.min(MAX_PRESENCE_PAUSE)
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
    const REOPENINGS: usize = 1_000;

    /// A stream that counts how often it is woken, and that never looks.
    #[derive(Default)]
    struct CountingWaker {
        wake_count: AtomicUsize,
        notify: Notify,
    }

    impl Wake for CountingWaker {
        fn wake(self: Arc<Self>) {
            self.wake_count.fetch_add(1, Ordering::SeqCst);
            self.notify.notify_one();
        }
    }

    fn subscribe_idle(channel: &Arc<AccountChannel>, filter: StreamFilter) -> (Arc<CountingWaker>, usize) {
        let sleeper = Arc::new(CountingWaker::default());
        let key = channel.subscribe(Arc::new(caller("Priya Nair")), filter, None);
        channel.lock().subscribers[key].waker = Some(Waker::from(Arc::clone(&sleeper)));
        (sleeper, key)
    }

    #[tokio::test]
    async fn whoever_opens_and_closes_streams_wakes_the_team_now_and_then_and_nobody_else_of_no_concern() {
        let (channel, handoff) = (Arc::new(AccountChannel::default()), HandoffId::new(at(0)));
        let team: Vec<_> = (0..STREAMS).map(|_| subscribe_idle(&channel, StreamFilter::Team)).collect();
        let others: Vec<_> = (0..STREAMS)
            .map(|_| subscribe_idle(&channel, StreamFilter::Handoff(HandoffId::new(at(0)))))
            .collect();
        let (beside, place) = subscribe_idle(&channel, StreamFilter::Handoff(handoff));
        let dana = Arc::new(caller("Dana Wu"));
        let again = |(sleeper, key): &(Arc<CountingWaker>, usize)| {
            channel.lock().subscribers[*key].waker = Some(Waker::from(Arc::clone(sleeper)));
        };
        // Nothing is awaited meanwhile: the team rests.
        for _ in 0..REOPENINGS {
            let key = channel.subscribe(Arc::clone(&dana), StreamFilter::Handoff(handoff), Some(handoff));
            again(&(Arc::clone(&beside), place));
            channel.unsubscribe(key);
            again(&(Arc::clone(&beside), place));
            team.iter().take(1).for_each(again);
        }
        assert!(team.iter().all(|(it, _)| it.wake_count.load(Ordering::SeqCst) == 1), "once, at once");
        assert_eq!(
            beside.wake_count.load(Ordering::SeqCst),
            2 * REOPENINGS,
            "whoever reads it too is told at once"
        );
        // What changed meanwhile is told afterwards.
        let (first, _) = &team[0];
        first.notify.notified().await;
        while first.wake_count.load(Ordering::SeqCst) < 2 {
            first.notify.notified().await;
        }
        assert_eq!(channel.lock().presence.viewers(handoff), []);
        assert!(others.iter().all(|(it, _)| it.wake_count.load(Ordering::SeqCst) == 0));
    }

    #[tokio::test]
    async fn a_channel_forgets_whoever_has_left() {
        let channel = Arc::new(AccountChannel::default());
        for number in 0..100 {
            let narrow = if number % 2 == 0 {
                StreamFilter::Team
            } else {
                StreamFilter::Handoff(HandoffId::new(at(0)))
            };
            let (_, key) = subscribe_idle(&channel, narrow);
            channel.unsubscribe(key);
        }
        let state = channel.lock();
        assert!(state.subscribers_by_filter.is_empty() && state.subscribers.is_empty());
    }
}
