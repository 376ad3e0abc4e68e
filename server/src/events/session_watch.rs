//! Tells work for a session that one of its handoffs may have ended.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tierup_common::event::Kind;
use tierup_common::id::SessionId;
use tokio::sync::Notify;

use crate::store::AppendedEvent;

/// The sessions that are watched. Clones share it.
#[derive(Clone, Default)]
pub(super) struct SessionWatchers(Arc<Mutex<HashMap<SessionId, Arc<Notify>>>>);

/// Watches a session until it is dropped.
pub struct SessionWatcher {
    session: SessionId,
    notify: Arc<Notify>,
    watchers: SessionWatchers,
}

impl SessionWatchers {
    pub(super) fn watch(&self, session: SessionId) -> SessionWatcher {
        let notify = Arc::clone(self.0.lock().entry(session).or_default());
        SessionWatcher { session, notify, watchers: self.clone() }
    }

    /// Wakes the watchers of each session in which an event may have ended a handoff.
    pub(super) fn wake(&self, events: &[AppendedEvent]) {
        let watched = self.0.lock();
        if watched.is_empty() {
            return;
        }
        for event in events.iter().filter(|event| may_end_handoff(event.entry.kind)) {
            if let Some(notify) = watched.get(&event.entry.visibility.session) {
                notify.notify_waiters();
            }
        }
    }
}

impl SessionWatcher {
    /// Resolves at the next wake-up. Enable it before looking at the handoff, so that none is missed.
    pub fn woken(&self) -> tokio::sync::futures::Notified<'_> {
        self.notify.notified()
    }
}

impl Drop for SessionWatcher {
    fn drop(&mut self) {
        let mut watched = self.watchers.0.lock();
        // The map's and this one.
        if Arc::strong_count(&self.notify) == 2 {
            watched.remove(&self.session);
        }
    }
}

/// A new handoff of a session supersedes the one before.
const fn may_end_handoff(kind: Kind) -> bool {
    match kind {
        Kind::HandoffCreated
        | Kind::HandoffSentBack
        | Kind::HandoffWithdrawn
        | Kind::HandoffResolved
        | Kind::SessionUpdated
        | Kind::SessionResolved => true,
        Kind::HandoffChanged
        | Kind::HandoffClaimed
        | Kind::HandoffReleased
        | Kind::HandoffAssigned
        | Kind::HandoffAssessmentReady
        | Kind::HandoffAssessmentFailed
        | Kind::HandoffStepUpdated
        | Kind::HandoffReminder
        | Kind::SessionCreated
        | Kind::MessageAdded => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_forgotten_with_its_last_watcher() {
        let watchers = SessionWatchers::default();
        let session = SessionId::from_bytes([1; 16]);
        let (first, second) = (watchers.watch(session), watchers.watch(session));
        drop(first);
        assert_eq!(watchers.0.lock().len(), 1);
        drop(second);
        assert!(watchers.0.lock().is_empty());
    }
}
