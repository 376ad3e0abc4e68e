//! The user's own sessions: those that are parked, and those that they work on. A session whose handoff they claimed is
//! listed as that handoff.

use std::collections::{HashMap, HashSet};

use tierup_common::id::{SessionId, UserId};
use tierup_common::session::{SessionItem, SessionStatus};

/// Sessions by status.
#[derive(Debug, Default)]
pub struct OwnSessions {
    parked: HashMap<SessionId, SessionItem>,
    active: HashMap<SessionId, SessionItem>,
    /// Sessions that the user opened, whoever works on them now.
    opened: HashSet<SessionId>,
}

impl OwnSessions {
    /// A session, if it is among them.
    pub fn get(&self, id: SessionId) -> Option<&SessionItem> {
        self.parked.get(&id).or_else(|| self.active.get(&id))
    }

    /// Whether the user opened a session, as far as it is known.
    pub fn is_opened(&self, id: SessionId) -> bool {
        self.opened.contains(&id)
    }

    /// Replaces the sessions with this status.
    pub fn replace_all(&mut self, status: SessionStatus, sessions: Vec<SessionItem>, me: Option<UserId>) {
        let opened = sessions.iter().filter(|session| me.is_some() && Some(session.user_id) == me);
        self.opened.extend(opened.map(|session| session.id));
        let all = sessions.into_iter().map(|session| (session.id, session)).collect();
        match status {
            SessionStatus::Paused => self.parked = all,
            SessionStatus::Active => self.active = all,
            SessionStatus::Escalated | SessionStatus::Resolved => {}
        }
    }

    /// Removes a session that the user no longer works on.
    pub fn remove_active(&mut self, id: SessionId) {
        self.active.remove(&id);
    }

    /// Removes a session that is no longer parked.
    pub fn remove_parked(&mut self, id: SessionId) {
        self.parked.remove(&id);
    }

    /// The sessions that the user parked. Of a session that somebody else parked, the server hides the handoff.
    pub fn parked(&self) -> impl Iterator<Item = &SessionItem> {
        self.parked.values().filter(|session| session.handoff_id.is_some())
    }

    /// Active sessions that this user works on: others may work on those that they opened.
    pub fn active(&self, me: Option<UserId>) -> impl Iterator<Item = &SessionItem> {
        self.active.values().filter(move |session| Some(session.assignee_id) == me)
    }
}
