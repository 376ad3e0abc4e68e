//! The actions of a session.

use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyEvent};
use tierup_common::assessment::Outcome;
use tierup_common::id::HandoffId;
use tierup_common::session::{MessageKind, SessionStatus};

use crate::effect::{EditorTarget, Effect};
use crate::keymap::SessionAction;
use crate::state::dialog::{ChecklistItem, Dialog};
use crate::state::layer::{Confirmation, Layer, Picker, PickerKind};
use crate::state::{Screen, State};
use crate::update::{
    claims, details, dialog, messages, navigate, picker, resume, step_completion, transcript,
};

pub(super) fn run_action(state: &mut State, action: SessionAction, effects: &mut Vec<Effect>) {
    let Some(chat) = state.open_chat_mut() else { return };
    let id = chat.id;
    match action {
        SessionAction::Back => {
            if !transcript::clear_mark(state) {
                navigate::back(state, effects);
            }
        }
        SessionAction::Send => messages::send_message(state, effects),
        SessionAction::Newline => chat.composer.insert_newline(),
        SessionAction::Older => messages::recall_message(state, 1),
        SessionAction::Newer => messages::recall_message(state, -1),
        SessionAction::Editor => {
            chat.focus_message();
            effects.push(Effect::OpenEditor(EditorTarget::Draft(id), chat.composer.text()));
        }
        SessionAction::NextStep => step_completion::complete(state, true),
        SessionAction::PreviousStep => step_completion::complete(state, false),
        SessionAction::Menu => state.layers.push(Layer::SessionMenu { scroll_offset: 0 }),
        SessionAction::Conversation => chat.is_conversation_focused = true,
        SessionAction::Write => chat.focus_message(),
        SessionAction::UseStep(number) => insert_step(state, number),
        SessionAction::HideSteps => state.toggle_steps(id),
        SessionAction::StepsRight => chat.first_visible_step += 1,
        SessionAction::StepsLeft => chat.first_visible_step = chat.first_visible_step.saturating_sub(1),
        SessionAction::ToggleNote => toggle_message_kind(state),
        SessionAction::ShowBriefing => state.layers.push(Layer::Briefing),
        SessionAction::Tried => state.layers.push(Layer::Picker(Picker::new(PickerKind::Branches))),
        SessionAction::Proposed => picker::open_proposed(state),
        SessionAction::Outcomes => state.layers.push(Layer::Picker(Picker::new(PickerKind::Steps))),
        SessionAction::NextEvidence => transcript::show_next_evidence(state),
        SessionAction::MarkUp => transcript::mark_message(state, false),
        SessionAction::MarkDown => transcript::mark_message(state, true),
        SessionAction::Copy => transcript::copy_selection(state, effects),
        SessionAction::CopyCode => transcript::copy_code_block(state, effects),
        SessionAction::Resolve => {
            let steps = resolution_checklist(state);
            state.open_dialog(Dialog::resolve(id, steps));
        }
        SessionAction::Escalate => state.open_dialog(Dialog::escalate(id)),
        SessionAction::Park => state.open_dialog(Dialog::park(id)),
        SessionAction::TakeBack => take_back_open_session(state, effects),
        SessionAction::Release => with_handoff(state, |state, id| state.open_dialog(Dialog::release(id))),
        SessionAction::PickUp => with_handoff(state, |state, id| claims::claim_handoff(state, id, effects)),
        SessionAction::Assign => {
            with_handoff(state, |state, id| dialog::open_assign(state, vec![id], effects));
        }
        SessionAction::Change => with_handoff(state, details::open),
        SessionAction::SendBack => with_handoff(state, |state, id| state.open_dialog(Dialog::send_back(id))),
    }
    clamp_first_step(state);
}

/// Switches between asking the assistant and leaving a note, in this session from now on.
fn toggle_message_kind(state: &mut State) {
    let Some(chat) = state.open_chat() else { return };
    let (id, kind) = (chat.id, state.message_kind(chat));
    let other = match kind {
        MessageKind::Ask => MessageKind::Note,
        MessageKind::Note => MessageKind::Ask,
    };
    state.chosen_message_kinds.insert(id, other);
}

/// Runs a function with the handoff of the open session.
fn with_handoff(state: &mut State, run: impl FnOnce(&mut State, HandoffId)) {
    let handoff =
        state.open_chat_mut().and_then(|chat| chat.briefing.as_ref()).map(|briefing| briefing.item.id);
    if let Some(handoff) = handoff {
        run(state, handoff);
    }
}

/// Whether a bound key runs its action, or edits the message: a cursor key runs it where the cursor cannot move further.
pub(super) fn is_command(state: &State, key: KeyCombination) -> bool {
    let Screen::Session(chat) = &state.screen else { return true };
    match (*key.codes.first(), key.modifiers.is_empty()) {
        (KeyCode::Up, true) => chat.composer.is_cursor_on_first_line(),
        (KeyCode::Down, true) => chat.composer.is_cursor_on_last_line() && chat.recalled_message.is_some(),
        (_, _) => true,
    }
}

pub(super) fn handle_key(state: &mut State, key: KeyEvent) {
    if let Some(chat) = state.open_chat_mut() {
        chat.composer.handle_key(key);
    }
}

pub(super) fn paste(state: &mut State, text: &str) {
    if let Some(chat) = state.open_chat_mut() {
        chat.focus_message();
        chat.composer.paste(text);
    }
}

/// Takes back a parked session at once, and an escalated one after a question, because it leaves the queue.
fn take_back_open_session(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Session(chat) = &state.screen else { return };
    if chat.status() == Some(SessionStatus::Escalated) {
        state.layers.push(Layer::Confirm(Confirmation::take_back(chat.id)));
    } else {
        let id = chat.id;
        resume::request_resume(state, id, effects);
    }
}

/// Adds a suggested step to the message, without sending it.
fn insert_step(state: &mut State, number: u8) {
    if !state.is_step_strip_shown() {
        return;
    }
    let me = state.my_id();
    let Some(chat) = state.open_chat_mut() else { return };
    let index = usize::from(number).saturating_sub(1);
    if let Some(text) = chat.suggested_steps(me).get(index).map(|step| step.text.clone()) {
        chat.focus_message();
        chat.composer.append_line(&text);
    }
}

/// Keeps at least one step visible.
fn clamp_first_step(state: &mut State) {
    let me = state.my_id();
    let shown = state.last_paint.visible_step_count.max(1);
    if let Some(chat) = state.open_chat_mut() {
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
