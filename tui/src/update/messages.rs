//! Messages of a session: sending, the reply, and the draft. If the reply was lost, it is unknown whether the message
//! arrived: sent again unchanged it arrives once, and if it shows up in the transcript it is no longer a draft.

use tierup_common::id::SessionId;
use tierup_common::session::{CreateMessage, Message, MessageKind};

use crate::effect::{Call, CallId, Effect};
use crate::event::CallError;
use crate::keymap::{Action, Context, SessionAction};
use crate::state::chat::{AwaitedAnswer, RecalledMessage, TranscriptScroll};
use crate::state::composer::Composer;
use crate::state::outbox::{OutgoingMessage, join_lines, without_sent_prefix};
use crate::state::toast::ToastLevel;
use crate::state::{Screen, State};
use crate::update::{calls, secret_warning};

/// Sends what is typed in the open session.
pub(super) fn send_message(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Session(chat) = &state.screen else { return };
    if chat.composer.is_blank() {
        return;
    }
    let id = chat.id;
    if state.outbox.sending(id).is_some() {
        return state.show_toast(ToastLevel::Info, "The previous message is still being sent");
    }
    let (kind, text, after_seq) = (state.message_kind(chat), chat.composer.text(), chat.newest_seq());
    if !secret_warning::may_send(state, &text, Context::Session, Action::Session(SessionAction::Send)) {
        return;
    }
    let message = CreateMessage { content: text.clone(), kind };
    let reused_id = state.outbox.take_reusable_call_id(id, &message);
    let call = Call::CreateMessage { session_id: id, message };
    let call_id = calls::send_with_id(state, reused_id, call, effects);
    state.hide_steps(id);
    let now = state.now;
    state.outbox.start_sending(id, OutgoingMessage { call_id, text, kind, sent_at: now, after_seq });
    if let Some(chat) = state.open_chat_mut() {
        chat.composer = Composer::default();
        chat.recalled_message = None;
        chat.scroll = TranscriptScroll::Follow;
        chat.awaited_answer = (kind == MessageKind::Ask).then_some(AwaitedAnswer { since: now, after_seq });
    }
}

/// A message was sent, failed, or may have been sent. `text` is its content.
pub(super) fn apply_send_reply(
    state: &mut State,
    call_id: CallId,
    session: SessionId,
    text: &str,
    result: Result<Message, CallError>,
    effects: &mut Vec<Effect>,
) {
    let outgoing = state.outbox.finish_sending(session, call_id);
    match result {
        Ok(message) => confirm_sent(state, session, text, outgoing.is_some(), message, effects),
        Err(error) => {
            if error.is_outcome_unknown()
                && let Some(outgoing) = &outgoing
            {
                if is_in_transcript(state, session, outgoing) {
                    return;
                }
                state.outbox.set_in_doubt(session, outgoing.clone());
            }
            return_to_composer(state, session, outgoing, &error);
        }
    }
}

/// The server has the message. If its call had been given up, the message is no longer a draft.
fn confirm_sent(
    state: &mut State,
    session: SessionId,
    text: &str,
    was_expected: bool,
    message: Message,
    effects: &mut Vec<Effect>,
) {
    if let Some(chat) = state.open_chat_of_mut(session) {
        if !was_expected {
            let rest = without_sent_prefix(&chat.composer.text(), text);
            chat.composer = Composer::with_text(&rest);
        }
        chat.insert_message(message);
    } else {
        let rest = without_sent_prefix(state.outbox.draft(session), text);
        save_draft(state, session, &rest, effects);
    }
}

/// Puts a message that was not sent, or may not have been, back into the composer, before what was typed since.
fn return_to_composer(
    state: &mut State,
    session: SessionId,
    outgoing: Option<OutgoingMessage>,
    error: &CallError,
) {
    if let Some(chat) = state.open_chat_of_mut(session)
        && let Some(outgoing) = outgoing
    {
        chat.composer = Composer::with_text(&join_lines(&outgoing.text, &chat.draft_text()));
        (chat.awaited_answer, chat.recalled_message) = (None, None);
    }
    state.show_toast(ToastLevel::Error, send_error_text(error));
}

/// The error of a message that was not sent, or may not have been.
pub(super) fn send_error_text(error: &CallError) -> String {
    let reason = error.user_message();
    if error.is_outcome_unknown() {
        format!("Message may not have been sent; sending it again is safe: {reason}")
    } else {
        format!("Not sent, saved as a draft: {reason}")
    }
}

/// Saves the draft of a session. An empty one is deleted.
pub(super) fn save_draft(state: &mut State, session: SessionId, draft: &str, effects: &mut Vec<Effect>) {
    if state.outbox.set_draft(session, draft) {
        effects.push(Effect::SaveDraft(session, draft.to_owned()));
    }
}

/// Saves what is typed in the open session, with a message that is being sent, so that both survive a crash.
pub(super) fn save_open_draft(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(chat) = state.open_chat() else { return };
    let (id, typed) = (chat.id, chat.draft_text());
    let draft = state.outbox.draft_to_keep(id, &typed);
    save_draft(state, id, &draft, effects);
}

/// Takes the saved drafts, except where something was typed since.
pub(super) fn apply_loaded_drafts(state: &mut State, drafts: Vec<(SessionId, String)>) {
    for (id, draft) in drafts {
        if state.outbox.load_draft(id, &draft)
            && let Some(chat) = state.open_chat_of_mut(id)
            && chat.composer.is_empty()
        {
            chat.composer = Composer::with_text(&draft);
        }
    }
}

/// Ends the doubt about a message that is in the open transcript.
pub(super) fn resolve_unconfirmed(state: &mut State, session: SessionId) {
    let Some(sent) = state.outbox.in_doubt(session).cloned() else { return };
    if is_in_transcript(state, session, &sent)
        && let Some(chat) = state.open_chat_of_mut(session)
    {
        chat.composer = Composer::with_text(&without_sent_prefix(&chat.composer.text(), &sent.text));
        state.outbox.clear_doubt(session);
    }
}

fn is_in_transcript(state: &State, session: SessionId, sent: &OutgoingMessage) -> bool {
    let me = state.my_id();
    let chat = state.open_chat().filter(|chat| chat.id == session);
    chat.is_some_and(|chat| chat.messages.iter().any(|message| sent.is_same_as(message, me)))
}

/// Recalls an earlier (1) or later (-1) sent message into the composer. After the latest one the draft comes back.
pub(super) fn recall_message(state: &mut State, step: isize) {
    let me = state.my_id();
    let Screen::Session(chat) = &mut state.screen else { return };
    let own = chat.messages.iter().filter(|message| message.author_id.is_some() && message.author_id == me);
    let mut sent: Vec<&str> = own.map(|message| message.content.as_str()).collect();
    let elsewhere: Vec<&str> = state.outbox.sent().filter(|text| !sent.contains(text)).collect();
    // Messages of this session come first.
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

/// Takes the text from the user's editor as the draft.
pub(super) fn apply_editor_result(state: &mut State, id: SessionId, result: Result<String, String>) {
    match (state.open_chat_of_mut(id), result) {
        (Some(chat), Ok(text)) => chat.composer.replace(&text),
        (None, Ok(_)) => {}
        (_, Err(error)) => state.show_toast(ToastLevel::Error, error),
    }
}
