//! Long texts on a screen of their own.

use tierup_common::session::Message;

use crate::effect::Effect;
use crate::state::layer::Layer;
use crate::state::pager::Pager;
use crate::state::toast::ToastLevel;
use crate::state::{Screen, State};
use crate::text::safe;

/// Opens the marked message, or else a folded one: in a conversation the last one in sight, in a briefing the first. If
/// none is in sight, the newest long one.
pub(super) fn open(state: &mut State) {
    let is_conversation = state.layers.is_empty() && matches!(state.screen, Screen::Session(_));
    let folds = &state.last_paint.visible_folds;
    let visible = if is_conversation { folds.last() } else { folds.first() };
    let marked = state.open_chat().and_then(|chat| chat.marked_seq).filter(|_| is_conversation);
    match marked.or(visible.copied()).or_else(|| state.newest_long_message(is_conversation)) {
        Some(seq) => open_message(state, seq),
        None => state.show_toast(ToastLevel::Info, "No long text here"),
    }
}

/// Opens a message of the conversation or of the briefing.
pub(super) fn open_message(state: &mut State, seq: u32) {
    let is_conversation = state.layers.is_empty() && matches!(state.screen, Screen::Session(_));
    if let Some(message) = state.readable_message(is_conversation, seq).cloned() {
        state.layers.push(Layer::Pager(Box::new(Pager::new(message))));
    }
}

/// Copies the text that is open.
pub(super) fn copy(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Layer::Pager(pager)) = state.layers.last() else { return };
    let Message { seq, content, .. } = &pager.message;
    effects.push(Effect::CopyToClipboard(safe::sanitize_text(content).into_owned()));
    let text = format!("Copied message {seq}");
    state.show_toast(ToastLevel::Success, text);
}
