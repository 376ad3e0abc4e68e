//! Publishes each commit to the streams, workers and followers that it concerns.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use prometheus_client::metrics::counter::Counter;
use tierup_common::id::{AccountId, HandoffId, SessionId, UserId};
use tierup_common::user::Person;
use tokio::sync::{Notify, watch};

use crate::domain::JobKind;
use crate::events::channel::{AccountChannel, ChangeCounter, increment_change_counter};
use crate::events::delta_writer::DeltaWriter;
use crate::events::deltas::DeltaTarget;
use crate::events::follower::EventLogFollower;
use crate::events::session_watch::{SessionWatcher, SessionWatchers};
use crate::store::{AccessChange, CommitEffects};
use crate::supervisor::Supervisor;

/// The channels of all accounts, and what workers and followers wait for. Clones share it.
#[derive(Clone, Default)]
pub struct EventHub {
    channels: Arc<Mutex<HashMap<AccountId, Arc<AccountChannel>>>>,
    /// Wakes the workers of each kind of job.
    job_notifiers: Arc<Mutex<HashMap<JobKind, Arc<Notify>>>>,
    /// Followers of all accounts' logs.
    log_followers: Arc<Mutex<Vec<EventLogFollower>>>,
    session_watchers: SessionWatchers,
    frames_sent: Counter,
    change_counter: ChangeCounter,
    supervisor: Supervisor,
}

impl EventHub {
    /// A hub without subscribers; `supervisor` watches its tasks.
    pub fn new(supervisor: Supervisor) -> Self {
        Self { supervisor, ..Self::default() }
    }

    /// Publishes a commit. Runs on the writer thread, after the commit and before its callers are answered.
    pub fn publish(&self, effects: CommitEffects) {
        effects.access_changes.iter().for_each(|change| self.close_revoked(*change));
        self.session_watchers.wake(&effects.events);
        let mut events = effects.events.into_iter().peekable();
        while let Some(first) = events.next() {
            let account = first.account;
            let mut run = vec![first];
            while let Some(next) = events.next_if(|next| next.account == account) {
                run.push(next);
            }
            self.channel(account).publish(run);
            self.log_followers.lock().iter().for_each(|follower| follower.mark_changed(account));
        }
        if !effects.job_kinds.is_empty() {
            let workers = self.job_notifiers.lock();
            effects
                .job_kinds
                .iter()
                .filter_map(|kind| workers.get(kind))
                .for_each(|notify| notify.notify_waiters());
        }
        increment_change_counter(&self.change_counter);
    }

    /// Changes with each commit and each opened or closed stream: metrics may have changed then.
    pub fn subscribe_changes(&self) -> watch::Receiver<u64> {
        self.change_counter.subscribe()
    }

    /// Notifies of new jobs of a kind. Enable it before looking for jobs, so that none is missed.
    pub fn job_notifier(&self, kind: JobKind) -> Arc<Notify> {
        Arc::clone(self.job_notifiers.lock().entry(kind).or_default())
    }

    /// Follows the logs of all accounts from now on.
    pub fn event_log_follower(&self) -> EventLogFollower {
        let follower = EventLogFollower::default();
        self.log_followers.lock().push(follower.clone());
        follower
    }

    /// Watches for the end of a session's handoffs.
    pub fn watch_session(&self, session: SessionId) -> SessionWatcher {
        self.session_watchers.watch(session)
    }

    /// Starts a text, or starts it again. Keep the writer until the event that completes the text is committed.
    pub fn start_delta_writer(&self, account: AccountId, key: DeltaTarget) -> DeltaWriter {
        DeltaWriter::start(self.channel(account), key)
    }

    /// Who is viewing a handoff.
    pub fn viewers(&self, account: AccountId, handoff: HandoffId) -> Vec<Person> {
        self.channel(account).state.lock().presence.viewers(handoff)
    }

    /// Changes whenever the viewers of any of the account's handoffs change.
    pub fn presence_version(&self, account: AccountId) -> u64 {
        self.channel(account).state.lock().presence.version()
    }

    /// The number of open streams.
    pub fn stream_count(&self) -> usize {
        let channels: Vec<_> = self.channels.lock().values().cloned().collect();
        channels.iter().map(|channel| channel.state.lock().subscribers.len()).sum()
    }

    /// The number of a user's open streams.
    pub fn user_stream_count(&self, account: AccountId, user: UserId) -> usize {
        let channel = self.channel(account);
        let state = channel.state.lock();
        state.subscribers.iter().filter(|(_, subscriber)| subscriber.caller.id == user).count()
    }

    /// The counter of sent frames.
    pub fn sent_frames(&self) -> Counter {
        self.frames_sent.clone()
    }

    /// Closes all streams, because the server stops.
    pub fn close_all(&self) {
        let channels: Vec<_> = self.channels.lock().values().cloned().collect();
        for channel in channels {
            channel.close_matching(|_| true);
        }
    }

    /// Closes the streams of revoked access.
    fn close_revoked(&self, change: AccessChange) {
        match change {
            AccessChange::UserChanged => {}
            AccessChange::TokenRevoked(account, token) => {
                self.channel(account).close_matching(|subscriber| subscriber.caller.token == token);
            }
            AccessChange::UserRevoked(account, user, kept) => {
                self.channel(account).close_matching(|subscriber| {
                    subscriber.caller.id == user && kept.is_none_or(|kept| subscriber.caller.token != kept)
                });
            }
        }
    }

    pub(super) fn channel(&self, account: AccountId) -> Arc<AccountChannel> {
        let new = || {
            Arc::new(AccountChannel {
                change_counter: self.change_counter.clone(),
                supervisor: self.supervisor.clone(),
                ..AccountChannel::default()
            })
        };
        Arc::clone(self.channels.lock().entry(account).or_insert_with(new))
    }
}
