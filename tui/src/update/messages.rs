//! What becomes of messages. Where the answer was lost it is not known whether one was sent: sending it again as it is sends
//! it once, and one that shows up in the conversation is no draft any more.

use tierup_common::id::SessionId;
use tierup_common::session::{CreateMessage, Message};

use crate::effect::{CallId, Effect};
use crate::event::{CallError, ReplyBody};
use crate::state::chat::OutgoingMessage;
use crate::state::composer::Composer;
use crate::state::toast::ToastLevel;
use crate::state::{Screen, State};
use crate::update::outcomes::{error_text, invalid_response};
use crate::update::{conflict, navigate};

/// A message was sent, or was not; or nobody knows.
pub(super) fn apply_send_reply(
    state: &mut State,
    call_id: CallId,
    session: SessionId,
    text: &str,
    result: Result<ReplyBody, CallError>,
    effects: &mut Vec<Effect>,
) {
    let sent = match result {
        Ok(ReplyBody::Message(message)) => Ok(message),
        Ok(_) => Err(invalid_response()),
        Err(failure) => Err(failure),
    };
    if conflict::apply_draft_reply(state, call_id, session, &sent, effects) {
        return;
    }
    let is_ours = state.outgoing_messages.get(&session).is_some_and(|outgoing| outgoing.call_id == call_id);
    let outgoing = if is_ours { state.outgoing_messages.remove(&session) } else { None };
    if let (Some(outgoing), Err(failure)) = (&outgoing, &sent)
        && failure.is_outcome_unknown()
    {
        if is_in_transcript(state, session, outgoing) {
            return;
        }
        state.messages_in_doubt.insert(session, outgoing.clone());
    }
    match (&mut state.screen, sent) {
        (Screen::Session(chat), Ok(message)) if chat.id == session => {
            // One that was given up became a draft again, which it is no more.
            if outgoing.is_none() {
                let left = navigate::remaining_draft(&chat.composer.text(), text);
                chat.composer = Composer::with_text(&left);
            }
            chat.insert_message(message);
        }
        (_, Ok(_)) => {
            let kept = state.drafts.get(&session).map(String::as_str).unwrap_or_default();
            let left = navigate::remaining_draft(kept, text);
            save_draft(state, session, left, effects);
        }
        (Screen::Session(chat), Err(failure)) if chat.id == session => {
            if let Some(outgoing) = outgoing {
                let typed = chat.draft_text();
                let back =
                    if typed.is_empty() { outgoing.text } else { format!("{}\n{typed}", outgoing.text) };
                chat.composer = Composer::with_text(&back);
                (chat.awaited_answer, chat.recalled_message) = (None, None);
            }
            state.show_toast(ToastLevel::Error, send_error_text("it", &failure));
        }
        (_, Err(failure)) => state.show_toast(ToastLevel::Error, send_error_text("a message", &failure)),
    }
}

/// What is told of a message that was not sent, or may not have been.
pub(super) fn send_error_text(what: &str, error: &CallError) -> String {
    let why = error_text(error);
    if error.is_outcome_unknown() {
        format!("Whether {what} was sent is not known; sending it again sends it once: {why}")
    } else {
        format!("Not sent, and kept as a draft: {why}")
    }
}

/// The draft of a session that is not open is this now.
pub(super) fn save_draft(state: &mut State, session: SessionId, draft: String, effects: &mut Vec<Effect>) {
    if draft.is_empty() {
        state.drafts.remove(&session);
    } else {
        state.drafts.insert(session, draft.clone());
    }
    effects.push(Effect::SaveDraft(session, draft));
}

/// The request that this very message was sent with before, if it is not known what became of it.
pub(super) fn take_reusable_call_id(
    state: &mut State,
    session: SessionId,
    message: &CreateMessage,
) -> Option<CallId> {
    let before = state.messages_in_doubt.remove(&session)?;
    (before.text == message.content && before.kind == message.kind).then_some(before.call_id)
}

/// Looks whether a message that is in doubt is in the conversation that is open.
pub(super) fn resolve_doubt(state: &mut State, session: SessionId) {
    let Some(sent) = state.messages_in_doubt.get(&session).cloned() else { return };
    if is_in_transcript(state, session, &sent)
        && let Screen::Session(chat) = &mut state.screen
    {
        chat.composer = Composer::with_text(&navigate::remaining_draft(&chat.composer.text(), &sent.text));
        state.messages_in_doubt.remove(&session);
    }
}

/// Whether a message that was sent is in the conversation that is open.
fn is_in_transcript(state: &State, session: SessionId, sent: &OutgoingMessage) -> bool {
    let me = state.my_id();
    let Screen::Session(chat) = &state.screen else { return false };
    let is_it = |message: &Message| {
        message.seq > sent.after_seq && message.author_id == me && message.content.trim() == sent.text.trim()
    };
    chat.id == session && me.is_some() && chat.messages.iter().any(is_it)
}
