//! What becomes of messages. Where the answer was lost it is not known whether one was sent: sending it again as it is sends
//! it once, and one that shows up in the conversation is no draft any more.

use tierup_common::id::SessionId;
use tierup_common::session::{CreateMessage, Message};

use crate::effect::{Effect, Ticket};
use crate::event::{Answer, Failure};
use crate::state::composer::Composer;
use crate::state::session::Outgoing;
use crate::state::toast::Tone;
use crate::state::{Screen, State};
use crate::update::ended::{nonsense, say};
use crate::update::{conflict, go};

/// A message was sent, or was not; or nobody knows.
pub(super) fn said(
    state: &mut State,
    ticket: Ticket,
    session: SessionId,
    text: &str,
    result: Result<Answer, Failure>,
    effects: &mut Vec<Effect>,
) {
    let sent = match result {
        Ok(Answer::Message(message)) => Ok(message),
        Ok(_) => Err(nonsense()),
        Err(failure) => Err(failure),
    };
    if conflict::sent(state, ticket, session, &sent, effects) {
        return;
    }
    let is_ours = state.outgoing.get(&session).is_some_and(|outgoing| outgoing.ticket == ticket);
    let outgoing = if is_ours { state.outgoing.remove(&session) } else { None };
    if let (Some(outgoing), Err(failure)) = (&outgoing, &sent)
        && failure.leaves_doubt()
    {
        if is_there(state, session, outgoing) {
            return;
        }
        state.doubts.insert(session, outgoing.clone());
    }
    match (&mut state.screen, sent) {
        (Screen::Session(chat), Ok(message)) if chat.id == session => {
            // One that was given up became a draft again, which it is no more.
            if outgoing.is_none() {
                let left = go::without(&chat.composer.text(), text);
                chat.composer = Composer::with(&left);
            }
            chat.hear(message);
        }
        (_, Ok(_)) => {
            let kept = state.drafts.get(&session).map(String::as_str).unwrap_or_default();
            let left = go::without(kept, text);
            keep_draft(state, session, left, effects);
        }
        (Screen::Session(chat), Err(failure)) if chat.id == session => {
            if let Some(outgoing) = outgoing {
                let typed = chat.typed();
                let back =
                    if typed.is_empty() { outgoing.text } else { format!("{}\n{typed}", outgoing.text) };
                chat.composer = Composer::with(&back);
                (chat.awaits_answer, chat.recalled) = (None, None);
            }
            state.toast(Tone::Bad, not_sent("it", &failure));
        }
        (_, Err(failure)) => state.toast(Tone::Bad, not_sent("a message", &failure)),
    }
}

/// What is told of a message that was not sent, or may not have been.
pub(super) fn not_sent(what: &str, failure: &Failure) -> String {
    let why = say(failure);
    if failure.leaves_doubt() {
        format!("Whether {what} was sent is not known; sending it again sends it once: {why}")
    } else {
        format!("Not sent, and kept as a draft: {why}")
    }
}

/// The draft of a session that is not open is this now.
pub(super) fn keep_draft(state: &mut State, session: SessionId, draft: String, effects: &mut Vec<Effect>) {
    if draft.is_empty() {
        state.drafts.remove(&session);
    } else {
        state.drafts.insert(session, draft.clone());
    }
    effects.push(Effect::SaveDraft(session, draft));
}

/// The request that this very message was sent with before, if it is not known what became of it.
pub(super) fn ticket_of(state: &mut State, session: SessionId, message: &CreateMessage) -> Option<Ticket> {
    let before = state.doubts.remove(&session)?;
    (before.text == message.content && before.kind == message.kind).then_some(before.ticket)
}

/// Looks whether a message that is in doubt is in the conversation that is open.
pub(super) fn settle(state: &mut State, session: SessionId) {
    let Some(sent) = state.doubts.get(&session).cloned() else { return };
    if is_there(state, session, &sent)
        && let Screen::Session(chat) = &mut state.screen
    {
        chat.composer = Composer::with(&go::without(&chat.composer.text(), &sent.text));
        state.doubts.remove(&session);
    }
}

/// Whether a message that was sent is in the conversation that is open.
fn is_there(state: &State, session: SessionId, sent: &Outgoing) -> bool {
    let me = state.my_id();
    let Screen::Session(chat) = &state.screen else { return false };
    let is_it = |message: &Message| {
        message.seq > sent.after && message.author_id == me && message.content.trim() == sent.text.trim()
    };
    chat.id == session && me.is_some() && chat.messages.iter().any(is_it)
}
