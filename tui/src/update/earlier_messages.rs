//! What was said before the messages that are here. A session comes with its newest ones; the pages before them are fetched
//! when somebody goes there, one after the other, as far as they want to go.

use tierup_common::id::SessionId;
use tierup_common::session::MessagePage;

use crate::effect::{Call, CallId, Effect};
use crate::event::CallError;
use crate::state::chat::Chat;
use crate::state::request::Request;
use crate::state::{Screen, State};
use crate::update::calls;

/// Asks for the page before what is here, if that is where the user is, or wants to go.
pub(super) fn fetch_if_near(state: &mut State, effects: &mut Vec<Effect>) {
    let (width, height) = state.last_paint.transcript_size;
    let Screen::Session(chat) = &state.screen else { return };
    let may_ask = state.connection.allows_calls() && chat.earlier_fetch == Request::Idle;
    let before = chat.earlier_cursor().filter(|_| may_ask && height > 0);
    let Some(before) = before.filter(|_| chat.is_near_start(width, height)) else { return };
    let call = Call::Messages { session_id: chat.id, before_seq: before };
    let ticket = calls::send(state, call, effects);
    if let Some(chat) = state.open_chat_mut() {
        chat.earlier_fetch = Request::Pending(ticket);
    }
}

/// A page came, or did not. One that is not waited for any more says nothing: the session was opened anew meanwhile, or
/// begins elsewhere now, and another page was asked for.
pub(super) fn apply_page(
    state: &mut State,
    call_id: CallId,
    session: SessionId,
    page: Result<MessagePage, CallError>,
) {
    let is_awaited = |chat: &&mut Chat| chat.id == session && chat.earlier_fetch.awaits(call_id);
    let Some(chat) = state.open_chat_mut().filter(is_awaited) else { return };
    let taken = page.and_then(|page| {
        if chat.prepend_messages(page.items) { Ok(()) } else { Err(CallError::invalid_response()) }
    });
    chat.earlier_fetch = match taken {
        Ok(()) => Request::Idle,
        Err(failure) => Request::Failed(failure.user_message()),
    };
}
