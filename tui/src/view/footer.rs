//! The last line: the keys that can do something here and now, from the keymap itself, the most important first. One
//! that has no room is left out whole.

use ratatui::layout::Rect;

use crate::keymap::Context;
use crate::state::dialog::Input;
use crate::state::layer::Layer;
use crate::state::queue::Tab;
use crate::state::{Screen, State};
use crate::update::can;
use crate::view::canvas::Canvas;
use crate::view::command;
use crate::view::sheet::columns;

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    if !command::paint_line(state, canvas, area) {
        paint_hints(state, canvas, area);
    }
}

/// What the key that leads back does while a message is marked.
const UNMARK: &str = "unmark";

pub(super) fn paint_hints(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let here = state.context();
    let mut hints = state.settings.keymap.hints(here, |action| can(state, here, action));
    for (_, label) in &mut hints {
        *label = label_here(state, here, label);
    }
    hints.retain(|(_, label)| !label.is_empty());
    // It must be seen before it is taken for the way out.
    let unmarks = |(_, label): &(String, &str)| here == Context::Session && *label == UNMARK;
    if let Some(place) = hints.iter().position(unmarks) {
        hints[..=place].rotate_right(1);
    }
    // Help leads to all the others: it stays.
    let help = hints.iter().position(|(_, label)| *label == "help").map(|place| hints.remove(place));
    let width = |(key, label): &(String, &str)| columns(key) + 1 + columns(label) + 2;
    let mut room = area.width.saturating_sub(1 + help.as_ref().map_or(0, width));
    let mut x = area.x + 1;
    for hint in &hints {
        let wanted = width(hint);
        if wanted > room {
            break;
        }
        room -= wanted;
        x = put(canvas, x, area, hint);
    }
    if let Some(help) = help {
        put(canvas, x, area, &help);
    }
}

/// What a key is called in this very place; nothing for one that goes without saying.
fn label_here(state: &State, here: Context, label: &'static str) -> &'static str {
    match (here, state.queue.tab, label) {
        // Leaving is known, and what is picked up already is opened.
        (Context::Queue, _, "quit") | (Context::Queue, Tab::Mine, "pick up") => "",
        (Context::Queue, Tab::Parked, "pick up") => "take back",
        (Context::Session, _, "back") if has_mark(state) => UNMARK,
        (Context::Dialog, _, "next field") if chooses_a_person(state) => "next person",
        _ => label,
    }
}

fn has_mark(state: &State) -> bool {
    matches!(&state.screen, Screen::Session(chat) if chat.marked.is_some())
}

fn chooses_a_person(state: &State) -> bool {
    let Some(Layer::Dialog(dialog)) = state.layers.last() else { return false };
    dialog.fields.iter().any(|field| matches!(field.input, Input::Person { .. }))
}

fn put(canvas: &mut Canvas<'_>, x: u16, area: Rect, (key, label): &(String, &str)) -> u16 {
    let x = x + canvas.put(x, area.y, area.width, key, canvas.theme.accent) + 1;
    x + canvas.put(x, area.y, area.width, label, canvas.theme.dim) + 2
}
