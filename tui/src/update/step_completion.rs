//! `Tab` in an empty message: the suggested steps one after another, as readline completes words. A text of one's own stays.

use crate::state::State;
use crate::text::safe;

/// Puts the next or previous step in place of the last one. After the last step, and before the first, the message is empty
/// again.
pub(super) fn complete(state: &mut State, forward: bool) {
    let me = state.my_id();
    let Some(chat) = state.open_chat_mut() else { return };
    let count = chat.suggested_steps(me).len();
    let current = match chat.unedited_step(me) {
        None if !chat.composer.is_empty() => return,
        current => current,
    };
    let next = match (current, forward) {
        (None, true) => Some(0),
        (None, false) => count.checked_sub(1),
        (Some(index), true) => Some(index + 1),
        (Some(index), false) => index.checked_sub(1),
    };
    chat.step_in_message = next.filter(|index| *index < count);
    let step = chat.step_in_message.and_then(|index| chat.suggested_steps(me).get(index));
    match step.map(|step| safe::sanitize_line(&step.text).into_owned()) {
        Some(text) => chat.composer.replace(&text),
        None => chat.composer.clear(),
    }
}
