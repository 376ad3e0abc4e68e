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
use crate::store::{AppendedEvent, StreamFilter};
use crate::supervisor::Supervisor;

/// After a presence update, the team waits this long per stream for the next one: clients that open and close streams
/// in a loop must not keep the server busy. Waking a stream takes a twentieth of it.
const PRESENCE_PAUSE_PER_STREAM: Duration = Duration::from_micros(100);
/// The longest pause, however large the team.
const MAX_PRESENCE_PAUSE: Duration = Duration::from_secs(2);

/// Counts commits and opened or closed streams: a change means that metrics may have changed.
pub(super) type ChangeCounter = watch::Sender<u64>;

pub(super) fn increment_change_counter(change_counter: &ChangeCounter) {
    change_counter.send_modify(|count| *count += 1);
}

/// The state that the streams of one account share.
#[derive(Default)]
pub(super) struct AccountChannel {
    pub(super) state: Mutex<ChannelState>,
    pub(super) replay: ReplayQueue,
    pub(super) change_counter: ChangeCounter,
    pub(super) supervisor: Supervisor,
}

#[derive(Default)]
pub(super) struct ChannelState {
    /// The newest event that was published or that a stream has seen in the log.
    pub(super) newest_seq: Seq,
    pub(super) recent_events: RecentEvents,
    pub(super) partial_texts: PartialTexts,
    pub(super) presence: Presence,
    /// Limits how often the team gets presence updates.
    presence_throttle: PresenceThrottle,
    pub(super) subscribers: Slab<Subscriber>,
    /// Keys of the subscribers with each filter.
    subscribers_by_filter: HashMap<StreamFilter, BTreeSet<usize>>,
    /// The number of open streams when streams were last closed.
    pub(super) stream_count_at_close: usize,
}

/// Whether the team may get a presence update now.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
enum PresenceThrottle {
    /// Yes.
    #[default]
    Idle,
    /// An update was just sent.
    Paused,
    /// An update was just sent, and presence has changed since.
    PausedWithPending,
}

/// An open stream.
pub(super) struct Subscriber {
    pub(super) caller: Arc<Caller>,
    filter: StreamFilter,
    /// The handoff that others see them viewing.
    viewed_handoff: Option<HandoffId>,
    pub(super) is_closed: bool,
    pub(super) waker: Option<Waker>,
}

impl AccountChannel {
    pub(super) fn publish(&self, events: Vec<AppendedEvent>) {
        let mut state = self.state.lock();
        let wakers = state.take_wakers_matching(|subscriber| {
            events
                .iter()
                .any(|event| event.entry.visibility.includes(subscriber.caller.id, subscriber.filter))
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

    /// Updates the state and wakes the streams with a filter, which then look for what they have not sent.
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
        for (_, subscriber) in &mut state.subscribers {
            subscriber.is_closed |= matches(subscriber);
        }
        let wakers = state.take_wakers_matching(|subscriber| subscriber.is_closed);
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
        let key = state.subscribers.insert(Subscriber {
            caller,
            filter,
            viewed_handoff: viewing,
            is_closed: false,
            waker: None,
        });
        state.subscribers_by_filter.entry(filter).or_default().insert(key);
        drop(state);
        if let Some(handoff) = viewing {
            self.update_presence(handoff, |presence| presence.add_viewer(handoff, person));
        }
        increment_change_counter(&self.change_counter);
        key
    }

    pub(super) fn unsubscribe(self: &Arc<Self>, key: usize) {
        let mut state = self.state.lock();
        let Some(subscriber) = state.subscribers.try_remove(key) else { return };
        if let Some(keys) = state.subscribers_by_filter.get_mut(&subscriber.filter) {
            keys.remove(&key);
            if keys.is_empty() {
                state.subscribers_by_filter.remove(&subscriber.filter);
            }
        }
        drop(state);
        if let Some(handoff) = subscriber.viewed_handoff {
            self.update_presence(handoff, |presence| presence.remove_viewer(handoff, subscriber.caller.id));
        }
        increment_change_counter(&self.change_counter);
    }

    /// Updates who views a handoff. Its other viewers are woken at once, and so is the team unless it is paused.
    fn update_presence(self: &Arc<Self>, handoff: HandoffId, update: impl FnOnce(&mut Presence) -> bool) {
        let mut state = self.state.lock();
        if !update(&mut state.presence) {
            return;
        }
        let mut wakers = state.take_wakers_for(StreamFilter::Handoff(handoff));
        let pause = match state.presence_throttle {
            PresenceThrottle::Idle => Some(state.notify_team(&mut wakers)),
            PresenceThrottle::Paused | PresenceThrottle::PausedWithPending => {
                state.presence_throttle = PresenceThrottle::PausedWithPending;
                None
            }
        };
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        if let Some(pause) = pause {
            self.pause_presence(pause);
        }
    }

    /// Waits, and wakes the team again if presence has changed meanwhile, until it has not.
    fn pause_presence(self: &Arc<Self>, mut pause: Duration) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            // The runtime is shutting down: no stream is left to wake.
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
    /// Takes the wakers of the idle streams that match.
    fn take_wakers_matching(&mut self, matches: impl Fn(&Subscriber) -> bool) -> Vec<Waker> {
        let matching = self.subscribers.iter_mut().filter(|(_, subscriber)| matches(subscriber));
        matching.filter_map(|(_, subscriber)| subscriber.waker.take()).collect()
    }

    /// Takes the wakers of the idle streams with a filter, without visiting any other stream.
    fn take_wakers_for(&mut self, filter: StreamFilter) -> Vec<Waker> {
        let keys = self.subscribers_by_filter.get(&filter).into_iter().flatten();
        keys.filter_map(|key| self.subscribers.get_mut(*key)?.waker.take()).collect()
    }

    /// Adds the wakers of the team's streams; returns how long to pause then.
    fn notify_team(&mut self, wakers: &mut Vec<Waker>) -> Duration {
        self.presence_throttle = PresenceThrottle::Paused;
        let team = self.take_wakers_for(StreamFilter::Team);
        let pause = PRESENCE_PAUSE_PER_STREAM.saturating_mul(u32::try_from(team.len()).unwrap_or(u32::MAX));
        wakers.extend(team);
        pause.min(MAX_PRESENCE_PAUSE)
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

    /// Counts its wake-ups, and never polls.
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
        let counting_waker = Arc::new(CountingWaker::default());
        let key = channel.subscribe(Arc::new(caller("Priya Nair")), filter, None);
        channel.state.lock().subscribers[key].waker = Some(Waker::from(Arc::clone(&counting_waker)));
        (counting_waker, key)
    }

    #[tokio::test]
    async fn reopening_streams_rarely_wakes_the_team_and_never_other_handoffs() {
        let (channel, handoff) = (Arc::new(AccountChannel::default()), HandoffId::new(at(0)));
        let team: Vec<_> = (0..STREAMS).map(|_| subscribe_idle(&channel, StreamFilter::Team)).collect();
        let others: Vec<_> = (0..STREAMS)
            .map(|_| subscribe_idle(&channel, StreamFilter::Handoff(HandoffId::new(at(0)))))
            .collect();
        let (other_viewer, other_viewer_key) = subscribe_idle(&channel, StreamFilter::Handoff(handoff));
        let dana = Arc::new(caller("Dana Wu"));
        let rearm = |(sleeper, key): &(Arc<CountingWaker>, usize)| {
            channel.state.lock().subscribers[*key].waker = Some(Waker::from(Arc::clone(sleeper)));
        };
        // Nothing is awaited, so the pause cannot end.
        for _ in 0..REOPENINGS {
            let key = channel.subscribe(Arc::clone(&dana), StreamFilter::Handoff(handoff), Some(handoff));
            rearm(&(Arc::clone(&other_viewer), other_viewer_key));
            channel.unsubscribe(key);
            rearm(&(Arc::clone(&other_viewer), other_viewer_key));
            team.iter().take(1).for_each(rearm);
        }
        assert!(team.iter().all(|(it, _)| it.wake_count.load(Ordering::SeqCst) == 1), "once, at once");
        assert_eq!(
            other_viewer.wake_count.load(Ordering::SeqCst),
            2 * REOPENINGS,
            "other viewers are woken at once"
        );
        // What changed during the pause is sent after it.
        let (first, _) = &team[0];
        first.notify.notified().await;
        while first.wake_count.load(Ordering::SeqCst) < 2 {
            first.notify.notified().await;
        }
        assert_eq!(channel.state.lock().presence.viewers(handoff), []);
        assert!(others.iter().all(|(it, _)| it.wake_count.load(Ordering::SeqCst) == 0));
    }

    #[tokio::test]
    async fn a_channel_keeps_nothing_after_its_subscribers_leave() {
        let channel = Arc::new(AccountChannel::default());
        for number in 0..100 {
            let filter = if number % 2 == 0 {
                StreamFilter::Team
            } else {
                StreamFilter::Handoff(HandoffId::new(at(0)))
            };
            let (_, key) = subscribe_idle(&channel, filter);
            channel.unsubscribe(key);
        }
        let state = channel.state.lock();
        assert!(state.subscribers_by_filter.is_empty() && state.subscribers.is_empty());
    }
}
