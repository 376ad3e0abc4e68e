//! The message for those who edit as in vi: Escape goes from insert to normal, and from there to the conversation.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::effect::Effect;
use crate::keymap::{Action, Context, EditAction, SessionAction};
use crate::settings::EditingMode;
use crate::state::State;
use crate::update::dispatch::dispatch_action;

/// Takes a key if it is vi's. What the keymap binds to keys that are no letters stays as it is.
pub(super) fn handle_key(
    state: &mut State,
    key: KeyEvent,
    action: Option<Action>,
    effects: &mut Vec<Effect>,
) -> bool {
    if state.settings.editing != EditingMode::Vi || state.context() != Context::Session {
        return false;
    }
    let mut kills = std::mem::take(&mut state.kills);
    let Some(chat) = state.open_chat_mut() else { return false };
    let leaves = action == Some(Action::Session(SessionAction::Conversation));
    let is_plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    let mut chosen = None;
    let is_taken = match key.code {
        _ if leaves && !chat.vi.is_normal => {
            chat.composer.enter_vi_normal(&mut chat.vi);
            true
        }
        _ if leaves => chat.vi.forget_pending(),
        _ if !chat.vi.is_normal => false,
        // Neither is text here, and the conversation has the same keys.
        KeyCode::Char(':') if is_plain => {
            chosen = Some(Action::CommandLine);
            true
        }
        KeyCode::Char('?') if is_plain => {
            chosen = Some(Action::Help);
            true
        }
        KeyCode::Char(letter) if is_plain => {
            chat.composer.vi_key(letter, &mut chat.vi, &mut kills);
            true
        }
        KeyCode::Char('r') if key.modifiers == KeyModifiers::CONTROL => {
            chosen = Some(Action::Edit(EditAction::Redo));
            true
        }
        KeyCode::Backspace => {
            chat.composer.vi_key('h', &mut chat.vi, &mut kills);
            true
        }
        _ => false,
    };
    state.kills = kills;
    if let Some(action) = chosen {
        dispatch_action(state, Context::Session, action, effects);
    }
    is_taken
}
