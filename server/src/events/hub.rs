//! The hub: publishes each commit to the streams, workers and followers that it concerns.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use prometheus_client::metrics::counter::Counter;
use tierup_common::id::{AccountId, HandoffId, UserId};
use tierup_common::user::Person;
use tokio::sync::{Notify, watch};

use crate::events::channel::{AccountChannel, ChangeCounter, count_change};
use crate::events::delta_writer::DeltaWriter;
use crate::events::deltas::TextKey;
use crate::events::follower::LogFollower;
use crate::store::{AccessChange, CommitEffects};
use crate::supervisor::Supervisor;

/// All accounts' channels, and the bell that workers hear.
#[derive(Clone, Default)]
pub struct EventHub {
    channels: Arc<Mutex<HashMap<AccountId, Arc<AccountChannel>>>>,
    /// What the workers of each kind of job hear.
    job_notifiers: Arc<Mutex<HashMap<&'static str, Arc<Notify>>>>,
    /// Whoever follows every log.
    log_followers: Arc<Mutex<Vec<LogFollower>>>,
    frames_sent: Counter,
    change_counter: ChangeCounter,
    supervisor: Supervisor,
}

impl EventHub {
    /// A hub without subscribers; `supervisor` watches its tasks.
    pub fn new(supervisor: Supervisor) -> Self {
        Self { supervisor, ..Self::default() }
    }

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
            self.log_followers.lock().iter().for_each(|follower| follower.mark_changed(account));
        }
        if !effects.job_kinds.is_empty() {
            let workers = self.job_notifiers.lock();
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
    pub fn job_notifier(&self, kind: &'static str) -> Arc<Notify> {
        Arc::clone(self.job_notifiers.lock().entry(kind).or_default())
    }

    /// Follows every account's log from now on.
    pub fn follow_logs(&self) -> LogFollower {
        let growth = LogFollower::default();
        self.log_followers.lock().push(growth.clone());
        growth
    }

    /// Somebody writes something from the start, again or for the first time. They keep what is given until the event
    /// that ends the text is committed.
    pub fn start_text(&self, account: AccountId, key: TextKey) -> DeltaWriter {
        DeltaWriter::start(self.channel(account), key)
    }

    /// Who is reading a handoff now.
    pub fn viewers(&self, account: AccountId, handoff: HandoffId) -> Vec<Person> {
        self.channel(account).state.lock().presence.viewers(handoff)
    }

    /// Counts the changes of who reads what in an account.
    pub fn presence_version(&self, account: AccountId) -> u64 {
        self.channel(account).state.lock().presence.version()
    }

    /// How many streams are open.
    pub fn stream_count(&self) -> usize {
        let channels: Vec<_> = self.channels.lock().values().cloned().collect();
        channels.iter().map(|channel| channel.state.lock().subscribers.len()).sum()
    }

    /// How many streams of a user are open.
    pub fn user_stream_count(&self, account: AccountId, user: UserId) -> usize {
        let channel = self.channel(account);
        let state = channel.state.lock();
        state.subscribers.iter().filter(|(_, reader)| reader.caller.id == user).count()
    }

    /// Counts what streams send.
    pub fn sent(&self) -> Counter {
        self.frames_sent.clone()
    }

    /// Ends every stream: the server stops.
    pub fn close_all(&self) {
        let channels: Vec<_> = self.channels.lock().values().cloned().collect();
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
