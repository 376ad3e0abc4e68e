//! The help: its filter.

use crossterm::event::{KeyCode, KeyEvent};

use crate::keymap::Context;
use crate::state::State;
use crate::state::composer::Composer;
use crate::state::layer::Layer;

/// Opens the help of a place.
pub(super) fn open(state: &mut State, context: Context) {
    state.layers.push(Layer::Help { context, scroll_offset: 0, filter: Box::default() });
}

/// Shows all keys again, or closes the help.
pub(super) fn close(state: &mut State) {
    if let Some(Layer::Help { filter, scroll_offset, .. }) = state.layers.last_mut()
        && !filter.is_empty()
    {
        (**filter, *scroll_offset) = (Composer::default(), 0);
        return;
    }
    state.layers.pop();
}

/// Edits the filter. The key that opened the help closes it, as long as nothing is typed.
pub(super) fn handle_key(state: &mut State, key: KeyEvent) {
    let Some(Layer::Help { filter, scroll_offset, .. }) = state.layers.last_mut() else { return };
    if key.code == KeyCode::Char('?') && filter.is_empty() {
        state.layers.pop();
    } else {
        filter.handle_key_single_line(key);
        *scroll_offset = 0;
    }
}

/// Shows the first of the keys that are left.
pub(super) fn show_from_top(state: &mut State) {
    if let Some(Layer::Help { scroll_offset, .. }) = state.layers.last_mut() {
        *scroll_offset = 0;
    }
}

pub(super) fn paste(state: &mut State, text: &str) {
    if let Some(Layer::Help { filter, scroll_offset, .. }) = state.layers.last_mut() {
        filter.paste_single_line(text);
        *scroll_offset = 0;
    }
}
