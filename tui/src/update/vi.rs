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
    let Some(chat) = state.open_chat_mut() else { return false };
    if action == Some(Action::Session(SessionAction::Conversation)) {
        if chat.vi.is_normal {
            return chat.vi.forget_pending();
        }
        chat.composer.enter_vi_normal(&mut chat.vi);
        return true;
    }
    // Escape with a letter close behind, where that is readline's: vi's users mean both.
    let is_escape_and_letter = matches!(action, Some(Action::Edit(_))) && key.modifiers == KeyModifiers::ALT;
    let key = if is_escape_and_letter && matches!(key.code, KeyCode::Char('b' | 'f' | 'd')) {
        if !chat.vi.is_normal {
            chat.composer.enter_vi_normal(&mut chat.vi);
        }
        KeyEvent::from(key.code)
    } else {
        key
    };
    if !chat.vi.is_normal {
        return false;
    }
    match normal_key(key) {
        Some(NormalKey::Command(letter)) => {
            let mut kills = std::mem::take(&mut state.kills);
            if let Some(chat) = state.open_chat_mut() {
                chat.composer.vi_key(letter, &mut chat.vi, &mut kills);
            }
            state.kills = kills;
        }
        Some(NormalKey::Run(action)) => dispatch_action(state, Context::Session, action, effects),
        None => return false,
    }
    true
}

/// What a key does in the normal mode.
enum NormalKey {
    /// A part of a command on the text.
    Command(char),
    /// An action of the console.
    Run(Action),
}

fn normal_key(key: KeyEvent) -> Option<NormalKey> {
    let is_plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    if key.code == KeyCode::Backspace {
        return Some(NormalKey::Command('h'));
    }
    let KeyCode::Char(letter) = key.code else { return None };
    match letter {
        // Neither is text here, and the conversation has the same keys.
        ':' if is_plain => Some(NormalKey::Run(Action::CommandLine)),
        '?' if is_plain => Some(NormalKey::Run(Action::Help)),
        letter if is_plain => Some(NormalKey::Command(letter)),
        'r' if key.modifiers == KeyModifiers::CONTROL => Some(NormalKey::Run(Action::Edit(EditAction::Redo))),
        _ => None,
    }
}
