//! What was said before the messages that are here. A session comes with its newest ones; the pages before them are fetched
//! when somebody goes there, one after the other, as far as they want to go.

use tierup_common::id::SessionId;
use tierup_common::session::MessagePage;

use crate::effect::{Call, Effect, Ticket};
use crate::event::Failure;
use crate::state::session::{Chat, Earlier};
use crate::state::{Screen, State};
use crate::update::ended::{nonsense, say};
use crate::update::load;
use crate::update::session::chat_mut;

/// Asks for the page before what is here, if that is where the user is, or wants to go.
pub(super) fn fetch(state: &mut State, effects: &mut Vec<Effect>) {
    let (width, height) = state.painted.transcript;
    let Screen::Session(chat) = &state.screen else { return };
    let may_ask = state.link.may_ask() && chat.earlier == Earlier::NotAsked;
    let before = chat.missing_before().filter(|_| may_ask && height > 0);
    let Some(before) = before.filter(|_| chat.is_near_the_beginning(width, height)) else { return };
    let call = Call::Messages { session: chat.id, before };
    let ticket = load::ask(state, call, effects);
    if let Some(chat) = chat_mut(state) {
        chat.earlier = Earlier::Asked(ticket);
    }
}

/// A page came, or did not. One that is not waited for any more says nothing: the session was opened anew meanwhile, or
/// begins elsewhere now, and another page was asked for.
pub(super) fn take(
    state: &mut State,
    ticket: Ticket,
    session: SessionId,
    page: Result<MessagePage, Failure>,
) {
    let is_awaited = |chat: &&mut Chat| chat.id == session && chat.earlier == Earlier::Asked(ticket);
    let Some(chat) = chat_mut(state).filter(is_awaited) else { return };
    let taken = page.and_then(|page| if chat.take_earlier(page.items) { Ok(()) } else { Err(nonsense()) });
    chat.earlier = match taken {
        Ok(()) => Earlier::NotAsked,
        Err(failure) => Earlier::Failed(say(&failure)),
    };
}

/// What could not be fetched may be asked for again.
pub(super) fn try_again(chat: &mut Chat) {
    if matches!(chat.earlier, Earlier::Failed(_)) {
        chat.earlier = Earlier::NotAsked;
    }
}
