//! The user's own sessions: what they put aside, and what they work on. A session that they work on because they claimed
//! its handoff stands in the lists as that handoff.

use std::collections::HashMap;

use tierup_common::id::{SessionId, UserId};
use tierup_common::session::{SessionItem, SessionStatus};

/// Sessions, by where they stand.
#[derive(Debug, Default)]
pub struct OwnSessions {
    parked: HashMap<SessionId, SessionItem>,
    active: HashMap<SessionId, SessionItem>,
}

impl OwnSessions {
    /// A session, if it is among them.
    pub fn get(&self, id: SessionId) -> Option<&SessionItem> {
        self.parked.get(&id).or_else(|| self.active.get(&id))
    }

    /// Replaces those that stand there.
    pub fn replace_all(&mut self, status: SessionStatus, sessions: Vec<SessionItem>) {
        let all = sessions.into_iter().map(|session| (session.id, session)).collect();
        match status {
            SessionStatus::Paused => self.parked = all,
            SessionStatus::Active => self.active = all,
            SessionStatus::Escalated | SessionStatus::Resolved => {}
        }
    }

    /// The user works on it no longer.
    pub fn remove_active(&mut self, id: SessionId) {
        self.active.remove(&id);
    }

    /// What is put aside.
    pub fn parked(&self) -> impl ExactSizeIterator<Item = &SessionItem> {
        self.parked.values()
    }

    /// What this user works on: others may work on what they opened.
    pub fn active(&self, me: Option<UserId>) -> impl Iterator<Item = &SessionItem> {
        self.active.values().filter(move |session| Some(session.assignee_id) == me)
    }
}
