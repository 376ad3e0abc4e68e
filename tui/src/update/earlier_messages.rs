//! Earlier messages. A session is fetched with its newest messages; earlier pages are fetched one by one when the user
//! scrolls there.

use tierup_common::id::SessionId;
use tierup_common::session::MessagePage;

use crate::effect::{Call, CallId, Effect};
use crate::event::CallError;
use crate::state::chat::Chat;
use crate::state::request::Request;
use crate::state::{Screen, State};
use crate::update::calls;

/// Fetches the page before the loaded messages, if the user is near it.
pub(super) fn fetch_if_near(state: &mut State, effects: &mut Vec<Effect>) {
    let (width, height) = state.last_paint.transcript_size;
    let Screen::Session(chat) = &state.screen else { return };
    let can_fetch = state.connection.allows_calls() && chat.earlier_fetch == Request::Idle;
    let before = chat.earlier_cursor().filter(|_| can_fetch && height > 0);
    let Some(before) = before.filter(|_| chat.is_near_start(width, height)) else { return };
    let call = Call::Messages { session_id: chat.id, before_seq: before };
    let call_id = calls::send(state, call, effects);
    if let Some(chat) = state.open_chat_mut() {
        chat.earlier_fetch = Request::Pending(call_id);
    }
}

/// Adds a page, or records why it could not be fetched. A stale page is ignored: the session was opened
/// again meanwhile, or starts elsewhere now.
pub(super) fn apply_page(
    state: &mut State,
    call_id: CallId,
    session: SessionId,
    page: Result<MessagePage, CallError>,
) {
    let is_awaited = |chat: &&mut Chat| chat.id == session && chat.earlier_fetch.awaits(call_id);
    let Some(chat) = state.open_chat_mut().filter(is_awaited) else { return };
    let result = page.and_then(|page| {
        if chat.prepend_messages(page.items) { Ok(()) } else { Err(CallError::invalid_response()) }
    });
    chat.earlier_fetch = match result {
        Ok(()) => Request::Idle,
        Err(error) => Request::Failed(error.user_message()),
    };
}
