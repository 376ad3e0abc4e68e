//! What happens in the session of an open briefing after its snapshot: messages, and the events between them.

use tierup_common::id::SessionId;
use tierup_common::session::{Message, MessagePage};

use crate::effect::{Call, Effect, StoryCall};
use crate::state::briefing::Briefing;
use crate::state::{Screen, State};
use crate::update::calls;

/// Fetches the newest messages and events of the session of a briefing.
pub(super) fn fetch(state: &mut State, session_id: SessionId, effects: &mut Vec<Effect>) {
    calls::send(state, Call::Story(StoryCall::NewestMessages(session_id)), effects);
    calls::send(state, Call::Story(StoryCall::Events { session_id, before: None }), effects);
}

/// Adds fetched messages. Without them the briefing shows its snapshot, so a failure says nothing.
pub(super) fn apply_messages(state: &mut State, session: SessionId, page: MessagePage) {
    for message in page.items {
        add_message(state, session, &message);
    }
    if let Some(briefing) = briefing_of(state, session) {
        briefing.news.is_fetched = true;
    }
}

/// Adds a message, if the briefing of its session fills the screen.
pub(super) fn add_message(state: &mut State, session: SessionId, message: &Message) {
    if let Some(briefing) = briefing_of(state, session) {
        briefing.news.insert_message(message.clone());
    }
}

/// The briefing that fills the screen, if it is the one of this session.
pub(super) fn briefing_of(state: &mut State, session: SessionId) -> Option<&mut Briefing> {
    match &mut state.screen {
        Screen::Briefing(briefing) if briefing.item.session_id == session => Some(briefing),
        Screen::Briefing(_) | Screen::Queue | Screen::Session(_) => None,
    }
}
