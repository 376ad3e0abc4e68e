//! Sessions that were open before, so that they can be read again without a connection.

use std::collections::VecDeque;

use tierup_common::id::SessionId;
use tierup_common::session::{Message, SessionItem};

use crate::state::chat::{Chat, ChatSource};
use crate::state::story::Story;

/// Sessions kept, at most.
const CAPACITY: usize = 8;

/// The sessions that were closed last, the newest last.
#[derive(Debug, Default)]
pub struct ChatCache(VecDeque<CachedChat>);

/// A session that was closed.
#[derive(Debug)]
pub struct CachedChat {
    /// The session.
    pub session: SessionItem,
    /// Its loaded messages.
    pub messages: Vec<Message>,
    /// What happened between them.
    pub story: Story,
}

impl ChatCache {
    /// Keeps a session that is closed, if it was fetched.
    pub fn insert(&mut self, chat: Chat) {
        let ChatSource::Fetched(session) = chat.source else { return };
        self.0.retain(|left| left.session.id != session.id);
        self.0.push_back(CachedChat { session, messages: chat.messages, story: chat.story });
        if self.0.len() > CAPACITY {
            self.0.pop_front();
        }
    }

    /// Takes a session out, as it was when it was closed.
    pub fn take(&mut self, id: SessionId) -> Option<CachedChat> {
        let place = self.0.iter().position(|left| left.session.id == id)?;
        self.0.remove(place)
    }
}
