//! Sessions that were open before, as they were then: what was read once can be read again without a connection.

use std::collections::VecDeque;

use tierup_common::id::SessionId;
use tierup_common::session::{Message, SessionItem};

use crate::state::chat::{Chat, ChatSource};

/// Sessions kept, at most: enough to go back and forth between.
const CAPACITY: usize = 8;

/// Those that were left last, the newest last.
#[derive(Debug, Default)]
pub struct ChatCache(VecDeque<CachedChat>);

/// A session that was left.
#[derive(Debug)]
pub struct CachedChat {
    /// The session.
    pub session: SessionItem,
    /// What was said in it.
    pub messages: Vec<Message>,
}

impl ChatCache {
    /// A session is left. One of which only a part was ever here is not worth keeping.
    pub fn insert(&mut self, chat: Chat) {
        let ChatSource::Fetched(session) = chat.source else { return };
        self.0.retain(|left| left.session.id != session.id);
        self.0.push_back(CachedChat { session, messages: chat.messages });
        if self.0.len() > CAPACITY {
            self.0.pop_front();
        }
    }

    /// A session as it was when it was left.
    pub fn take(&mut self, id: SessionId) -> Option<CachedChat> {
        let place = self.0.iter().position(|left| left.session.id == id)?;
        self.0.remove(place)
    }
}
