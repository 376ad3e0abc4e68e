//! What becomes of messages. Where the answer was lost it is not known whether one was sent: sending it again as it is sends
//! it once, and one that shows up in the conversation is no draft any more.

use tierup_common::id::SessionId;
use tierup_common::session::{CreateMessage, Message, MessageKind};

use crate::effect::{Call, CallId, Effect};
use crate::event::CallError;
use crate::state::chat::{AwaitedAnswer, OutgoingMessage, RecalledMessage, TranscriptScroll};
use crate::state::composer::Composer;
use crate::state::toast::ToastLevel;
use crate::state::{Screen, State};
use crate::update::calls;

pub(super) fn send_message(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Session(chat) = &state.screen else { return };
    if chat.composer.is_blank() {
        return;
    }
    if state.outgoing_messages.contains_key(&chat.id) {
        return state
            .show_toast(ToastLevel::Info, "The message before is still on its way: yours waits here");
    }
    let (id, kind, text) = (chat.id, chat.message_kind, chat.composer.text());
    let (now, after) = (state.now, chat.newest_seq());
    let message = CreateMessage { content: text.clone(), kind };
    let before = take_reusable_call_id(state, id, &message);
    let ticket = calls::send_with_id(state, before, Call::CreateMessage { session_id: id, message }, effects);
    state.hide_steps(id);
    remember_sent(state, &text);
    state
        .outgoing_messages
        .insert(id, OutgoingMessage { call_id: ticket, text, kind, sent_at: now, after_seq: after });
    if let Some(chat) = state.open_chat_mut() {
        chat.composer = Composer::default();
        chat.recalled_message = None;
        chat.scroll = TranscriptScroll::Follow;
        let awaited = AwaitedAnswer { since: now, after_seq: chat.newest_seq() };
        chat.awaited_answer = (kind == MessageKind::Ask).then_some(awaited);
    }
}

/// Remembers what was sent, once, for the way back through it.
fn remember_sent(state: &mut State, text: &str) {
    const MAX_SENT: usize = 100;
    state.sent_messages.retain(|other| other != text);
    state.sent_messages.push(text.to_owned());
    let surplus = state.sent_messages.len().saturating_sub(MAX_SENT);
    state.sent_messages.drain(..surplus);
}

/// Puts a message that was sent before into the composer; what was typed comes back at the end of the way.
pub(super) fn recall_message(state: &mut State, step: isize) {
    let me = state.my_id();
    let Screen::Session(chat) = &mut state.screen else { return };
    let own = chat.messages.iter().filter(|message| message.author_id.is_some() && message.author_id == me);
    let mut sent: Vec<&str> = own.map(|message| message.content.as_str()).collect();
    let elsewhere: Vec<&str> =
        state.sent_messages.iter().map(String::as_str).filter(|text| !sent.contains(text)).collect();
    // What was said in this very session is nearer.
    sent.splice(0..0, elsewhere);
    let at = chat.recalled_message.as_ref().map_or(0, |recalled| recalled.history_offset + 1);
    let next = at.saturating_add_signed(step).min(sent.len());
    if next == at {
        return;
    }
    let typed = chat.recalled_message.take().map_or_else(|| chat.composer.text(), |recalled| recalled.draft);
    match next.checked_sub(1) {
        Some(back) => {
            chat.composer.replace(sent[sent.len() - next]);
            chat.recalled_message =
                Some(RecalledMessage { history_offset: back, text: chat.composer.text(), draft: typed });
        }
        None => chat.composer.replace(&typed),
    }
}

/// Keeps what is typed, and what is on its way: both are there after a crash.
pub(super) fn save_open_draft(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Session(chat) = &state.screen else { return };
    let typed = chat.draft_text();
    let draft = match state.outgoing_messages.get(&chat.id) {
        Some(outgoing) if typed.is_empty() => outgoing.text.clone(),
        Some(outgoing) => format!("{}\n{typed}", outgoing.text),
        None => typed,
    };
    let known = state.drafts.get(&chat.id).map(String::as_str).unwrap_or_default();
    if draft != known {
        let id = chat.id;
        if draft.is_empty() {
            state.drafts.remove(&id);
        } else {
            state.drafts.insert(id, draft.clone());
        }
        effects.push(Effect::SaveDraft(id, draft));
    }
}

/// Takes the drafts that were kept on this machine, as far as nothing was typed since.
pub(super) fn apply_loaded_drafts(state: &mut State, drafts: Vec<(SessionId, String)>) {
    for (id, draft) in drafts {
        if let Screen::Session(chat) = &mut state.screen
            && chat.id == id
            && chat.composer.is_empty()
            && !state.outgoing_messages.contains_key(&id)
        {
            chat.composer = Composer::with_text(&draft);
        }
        state.drafts.entry(id).or_insert(draft);
    }
}

/// The user is back from their editor: what they wrote there is the draft.
pub(super) fn apply_editor_result(state: &mut State, id: SessionId, result: Result<String, String>) {
    match (state.open_chat_of_mut(id), result) {
        (Some(chat), Ok(text)) => chat.composer.replace(&text),
        (None, Ok(_)) => {}
        (_, Err(why)) => state.show_toast(ToastLevel::Error, why),
    }
}

/// A message was sent, or was not; or nobody knows.
pub(super) fn apply_send_reply(
    state: &mut State,
    call_id: CallId,
    session: SessionId,
    text: &str,
    sent: Result<Message, CallError>,
    effects: &mut Vec<Effect>,
) {
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
                let left = remaining_draft(&chat.composer.text(), text);
                chat.composer = Composer::with_text(&left);
            }
            chat.insert_message(message);
        }
        (_, Ok(_)) => {
            let kept = state.drafts.get(&session).map(String::as_str).unwrap_or_default();
            let left = remaining_draft(kept, text);
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
    let why = error.user_message();
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
        chat.composer = Composer::with_text(&remaining_draft(&chat.composer.text(), &sent.text));
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

/// What is left of a draft when a message that it began with is sent.
pub(super) fn remaining_draft(draft: &str, sent: &str) -> String {
    draft.strip_prefix(sent).map_or(draft, |left| left.trim_start_matches('\n')).to_owned()
}
