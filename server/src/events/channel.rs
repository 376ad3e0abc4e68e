//! What the streams of one account share: the newest events, partial texts, presence, and who to wake.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use parking_lot::Mutex;
use slab::Slab;
use tierup_common::id::{HandoffId, Seq};
use tokio::sync::watch;

use crate::domain::Caller;
use crate::events::deltas::PartialTexts;
use crate::events::presence::Presence;
use crate::events::recent::RecentEvents;
use crate::events::replay::ReplayQueue;
use crate::store::{LogEntry, StreamFilter};
use crate::supervisor::Supervisor;

/// Who reads what is told to the whole team, and then not again for so long a stream: whoever opens and closes streams
/// without a pause must not keep the server busy with it. It is a twentieth of what telling takes.
const PRESENCE_PAUSE_PER_STREAM: Duration = Duration::from_micros(100);
/// However large a team is, it sees within this time who reads what.
const MAX_PRESENCE_PAUSE: Duration = Duration::from_secs(2);

/// Counts commits, and streams that begin and end: what most figures of `/metrics` come from.
pub(super) type ChangeCounter = watch::Sender<u64>;

pub(super) fn count_change(change_counter: &ChangeCounter) {
    change_counter.send_modify(|count| *count += 1);
}

/// What the streams of one account share.
#[derive(Default)]
pub(super) struct AccountChannel {
    pub(super) state: Mutex<ChannelState>,
    pub(super) replay: ReplayQueue,
    pub(super) change_counter: ChangeCounter,
    pub(super) supervisor: Supervisor,
}

#[derive(Default)]
pub(super) struct ChannelState {
    /// The newest event that a stream has heard of.
    pub(super) newest_seq: Seq,
    pub(super) recent_events: RecentEvents,
    pub(super) partial_texts: PartialTexts,
    pub(super) presence: Presence,
    /// Whether the team was just told who reads what.
    presence_throttle: PresenceThrottle,
    pub(super) subscribers: Slab<Subscriber>,
    /// The readers of each part of the log, by their place.
    subscribers_by_filter: HashMap<StreamFilter, BTreeSet<usize>>,
    /// How many were here when some were told to end.
    pub(super) stream_count_at_close: usize,
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
pub(super) struct Subscriber {
    pub(super) caller: Arc<Caller>,
    filter: StreamFilter,
    /// The handoff that others see them read.
    viewing: Option<HandoffId>,
    pub(super) is_closed: bool,
    pub(super) waker: Option<Waker>,
}

impl AccountChannel {
    pub(super) fn publish(&self, events: Vec<LogEntry>) {
        let mut state = self.state.lock();
        let wakers = state.take_wakers_matching(|reader| {
            events.iter().any(|event| event.is_visible_to(reader.caller.id, reader.filter))
        });
        for event in events {
            state.newest_seq = state.newest_seq.max(event.seq);
            state.partial_texts.mark_completed(&event);
            state.recent_events.push(event);
        }
        let oldest = state.recent_events.oldest_seq().unwrap_or(state.newest_seq);
        state.partial_texts.prune_before(oldest);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Changes the state and wakes the streams of a part of the log, which find out for themselves what is new for them.
    pub(super) fn update_and_wake(&self, filter: StreamFilter, update: impl FnOnce(&mut ChannelState)) {
        let mut state = self.state.lock();
        update(&mut state);
        let wakers = state.take_wakers_for(filter);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(super) fn close_matching(&self, matches: impl Fn(&Subscriber) -> bool) {
        let mut state = self.state.lock();
        state.stream_count_at_close = state.subscribers.len();
        for (_, reader) in &mut state.subscribers {
            reader.is_closed |= matches(reader);
        }
        let wakers = state.take_wakers_matching(|reader| reader.is_closed);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(super) fn subscribe(
        self: &Arc<Self>,
        caller: Arc<Caller>,
        filter: StreamFilter,
        viewing: Option<HandoffId>,
    ) -> usize {
        let person = caller.person();
        let mut state = self.state.lock();
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

    pub(super) fn unsubscribe(self: &Arc<Self>, key: usize) {
        let mut state = self.state.lock();
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
        let mut state = self.state.lock();
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
            self.state.lock().presence_throttle = PresenceThrottle::Idle;
            return;
        };
        let channel = Arc::clone(self);
        let notify_later = async move {
            loop {
                tokio::time::sleep(pause).await;
                let mut wakers = Vec::new();
                let mut state = channel.state.lock();
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
        };
        runtime.spawn(self.supervisor.supervise_panics("presence", notify_later));
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use tokio::sync::Notify;

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
        channel.state.lock().subscribers[key].waker = Some(Waker::from(Arc::clone(&sleeper)));
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
            channel.state.lock().subscribers[*key].waker = Some(Waker::from(Arc::clone(sleeper)));
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
        assert_eq!(channel.state.lock().presence.viewers(handoff), []);
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
        let state = channel.state.lock();
        assert!(state.subscribers_by_filter.is_empty() && state.subscribers.is_empty());
    }
}
