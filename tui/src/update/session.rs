//! The session: typing, sending, using steps, and ending it one way or another.

use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyEvent};
use tierup_common::assessment::Outcome;
use tierup_common::id::{HandoffId, SessionId};
use tierup_common::session::{CreateMessage, MessageKind, Session, SessionStatus};

use crate::effect::{Call, CallId, Effect};
use crate::keymap::{Action, Context, SessionAction, is_text_key};
use crate::state::chat::{AwaitedAnswer, Chat, OutgoingMessage, RecalledMessage, TranscriptScroll};
use crate::state::composer::Composer;
use crate::state::dialog::{ChecklistItem, Dialog};
use crate::state::layer::{Confirmation, Layer, Picker, PickerKind};
use crate::state::toast::ToastLevel;
use crate::state::{PendingResume, Screen, State};
use crate::update::{calls, deltas, dialog, is_available, messages, navigate, queue, replies, transcript};

pub(super) fn run_action(state: &mut State, verb: SessionAction, effects: &mut Vec<Effect>) {
    let Some(chat) = chat_mut(state) else { return };
    let id = chat.id;
    match verb {
        SessionAction::Back => {
            if !transcript::clear_mark(state) {
                navigate::back(state, effects);
            }
        }
        SessionAction::Send => send_message(state, effects),
        SessionAction::Newline => chat.composer.insert_newline(),
        SessionAction::Undo => chat.composer.undo(),
        SessionAction::Redo => chat.composer.redo(),
        SessionAction::Older => recall_message(state, 1),
        SessionAction::Newer => recall_message(state, -1),
        SessionAction::Editor => effects.push(Effect::OpenEditor(id, chat.composer.text())),
        SessionAction::UseStep(number) => insert_step(state, number),
        SessionAction::HideSteps => hide_steps(state, id),
        SessionAction::StepsRight => chat.first_visible_step += 1,
        SessionAction::StepsLeft => chat.first_visible_step = chat.first_visible_step.saturating_sub(1),
        SessionAction::ToggleNote => {
            chat.message_kind = match chat.message_kind {
                MessageKind::Ask => MessageKind::Note,
                MessageKind::Note => MessageKind::Ask,
            };
        }
        SessionAction::ShowBriefing => state.layers.push(Layer::Briefing),
        SessionAction::Tried => state.layers.push(Layer::Picker(Picker::new(PickerKind::Branches))),
        SessionAction::Outcomes => state.layers.push(Layer::Picker(Picker::new(PickerKind::Steps))),
        SessionAction::NextEvidence => transcript::show_next_evidence(state),
        SessionAction::MarkUp => transcript::mark_message(state, false),
        SessionAction::MarkDown => transcript::mark_message(state, true),
        SessionAction::Copy => transcript::copy_selection(state, effects),
        SessionAction::CopyCode => transcript::copy_code_block(state, effects),
        SessionAction::Resolve => {
            let steps = resolution_checklist(state);
            dialog::open(state, Dialog::resolve(id, steps));
        }
        SessionAction::Escalate => dialog::open(state, Dialog::escalate(id)),
        SessionAction::Park => dialog::open(state, Dialog::park(id)),
        SessionAction::TakeBack => take_back_open_session(state, effects),
        SessionAction::Release => with_handoff(state, |state, id| dialog::open(state, Dialog::release(id))),
        SessionAction::PickUp => with_handoff(state, |state, id| queue::claim_handoff(state, id, effects)),
        SessionAction::Assign => with_handoff(state, |state, id| dialog::open_assign(state, id, effects)),
        SessionAction::SendBack => {
            with_handoff(state, |state, id| dialog::open(state, Dialog::send_back(id)))
        }
    }
    clamp_first_step(state);
}

/// Does something with the handoff that the session came with.
fn with_handoff(state: &mut State, act: impl FnOnce(&mut State, HandoffId)) {
    let handoff = chat_mut(state).and_then(|chat| chat.briefing.as_ref()).map(|briefing| briefing.item.id);
    if let Some(handoff) = handoff {
        act(state, handoff);
    }
}

/// Whether a key does what it is bound to, or what it does in any text: one that a text would have is a command while
/// nothing is typed, and one that moves the cursor, where the cursor cannot go further.
pub(super) fn is_command(state: &State, key: KeyCombination, action: Action) -> bool {
    let Screen::Session(chat) = &state.screen else { return true };
    if is_text_key(key) {
        // A number that comes before its step is no text: the next key would send it.
        let is_early =
            matches!(action, Action::Session(SessionAction::UseStep(_))) && is_awaiting_steps(state);
        return chat.composer.is_empty() && (is_early || is_available(state, Context::Session, action));
    }
    match (*key.codes.first(), key.modifiers.is_empty()) {
        (KeyCode::Up, true) => chat.composer.is_cursor_on_first_line(),
        (KeyCode::Down, true) => chat.composer.is_cursor_on_last_line() && chat.recalled_message.is_some(),
        (_, _) => true,
    }
}

pub(super) fn handle_key(state: &mut State, key: KeyEvent) {
    if let Some(chat) = chat_mut(state) {
        chat.composer.handle_key(key);
    }
}

pub(super) fn paste(state: &mut State, text: &str) {
    if let Some(chat) = chat_mut(state) {
        chat.composer.paste(text);
    }
}

/// Whether the strip of suggested steps is on the screen.
pub fn is_step_strip_shown(state: &State) -> bool {
    let Screen::Session(chat) = &state.screen else { return false };
    !chat.suggested_steps(state.my_id()).is_empty() && !state.sessions_hiding_steps.contains(&chat.id)
}

/// Whether steps will be suggested: the assessment of what the user claimed is being written.
pub fn is_awaiting_steps(state: &State) -> bool {
    let Screen::Session(chat) = &state.screen else { return false };
    let me = state.my_id();
    let is_hidden = state.sessions_hiding_steps.contains(&chat.id);
    !is_hidden
        && chat.suggested_steps(me).is_empty()
        && chat.own_handoff(me).is_some_and(deltas::is_being_assessed)
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

pub(super) fn chat_mut(state: &mut State) -> Option<&mut Chat> {
    match &mut state.screen {
        Screen::Session(chat) => Some(chat),
        Screen::Queue | Screen::Briefing(_) => None,
    }
}

fn send_message(state: &mut State, effects: &mut Vec<Effect>) {
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
    let before = messages::take_reusable_call_id(state, id, &message);
    let ticket = calls::send_with_id(state, before, Call::CreateMessage { session_id: id, message }, effects);
    hide_steps(state, id);
    remember_sent(state, &text);
    state
        .outgoing_messages
        .insert(id, OutgoingMessage { call_id: ticket, text, kind, sent_at: now, after_seq: after });
    if let Some(chat) = chat_mut(state) {
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
fn recall_message(state: &mut State, step: isize) {
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

/// The user is back from their editor: what they wrote there is the draft.
pub(super) fn apply_editor_result(state: &mut State, id: SessionId, result: Result<String, String>) {
    match (chat_mut(state).filter(|chat| chat.id == id), result) {
        (Some(chat), Ok(text)) => chat.composer.replace(&text),
        (None, Ok(_)) => {}
        (_, Err(why)) => state.show_toast(ToastLevel::Error, why),
    }
}

/// Takes back what the user parked at once; what they escalated after a question, for it leaves the queue.
fn take_back_open_session(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Session(chat) = &state.screen else { return };
    if chat.status() == Some(SessionStatus::Escalated) {
        state.layers.push(Layer::Confirm(Confirmation::take_back(chat.id)));
    } else {
        let id = chat.id;
        request_resume(state, id, effects);
    }
}

/// Asks for a session back, once: one key, one request.
pub(super) fn request_resume(state: &mut State, session: SessionId, effects: &mut Vec<Effect>) {
    if state.is_resuming(session) {
        return;
    }
    if navigate::refuse_viewer(state) || navigate::refuse_offline(state, "the session stays where it is") {
        return;
    }
    let from = state.context();
    let ticket = calls::send(state, Call::Resume(session), effects);
    state.pending_resume = Some(PendingResume { call_id: ticket, session_id: session, origin: from });
}

/// A session is the user's again, or not. They are brought to it, if they are still where they asked for it.
pub(super) fn apply_resume_reply(
    state: &mut State,
    call_id: CallId,
    session: Result<Session, String>,
    effects: &mut Vec<Effect>,
) {
    let asked = state.pending_resume.take_if(|resuming| resuming.call_id == call_id);
    let session = match session {
        Ok(session) => session,
        Err(why) => return state.show_toast(ToastLevel::Error, why),
    };
    calls::fetch_own_sessions(state, effects);
    let id = session.item.id;
    let is_about = match &state.screen {
        Screen::Queue => true,
        Screen::Briefing(briefing) => briefing.item.session_id == id,
        Screen::Session(chat) => chat.id == id,
    };
    let is_there = asked.is_some_and(|asked| asked.origin == state.context()) && is_about;
    if !is_there {
        let text = format!("Session {} is yours again: you find it under 2", session.item.number);
        state.show_toast(ToastLevel::Success, text);
    } else if !matches!(state.screen, Screen::Session(_)) {
        navigate::to_session(state, id, None, effects);
    }
    replies::apply_session(state, session, effects);
}

/// Puts a suggested step into the composer. It is never sent by this.
fn insert_step(state: &mut State, number: u8) {
    if !is_step_strip_shown(state) {
        return;
    }
    let me = state.my_id();
    let Some(chat) = chat_mut(state) else { return };
    let place = usize::from(number).saturating_sub(1);
    if let Some(text) = chat.suggested_steps(me).get(place).map(|step| step.text.clone()) {
        chat.composer.append_line(&text);
    }
}

pub(super) fn hide_steps(state: &mut State, id: SessionId) {
    if !state.sessions_hiding_steps.contains(&id) {
        state.sessions_hiding_steps.push(id);
    }
}

/// There is always a step to see at the left end.
fn clamp_first_step(state: &mut State) {
    let me = state.my_id();
    let shown = state.last_paint.visible_step_count.max(1);
    if let Some(chat) = chat_mut(state) {
        chat.first_visible_step =
            chat.first_visible_step.min(chat.suggested_steps(me).len().saturating_sub(shown));
    }
}

fn resolution_checklist(state: &State) -> Vec<ChecklistItem> {
    let Screen::Session(chat) = &state.screen else { return Vec::new() };
    let steps = chat.suggested_steps(state.my_id()).iter();
    steps
        .map(|step| ChecklistItem {
            step_id: step.id,
            text: step.text.clone(),
            is_checked: step.outcome == Some(Outcome::Worked),
        })
        .collect()
}
