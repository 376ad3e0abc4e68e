//! The last line: the keys that can do something here and now, from the keymap itself, the most important first. One
//! that has no room is left out whole.

use ratatui::layout::Rect;

use crate::availability::is_available;
use crate::keymap::{Context, Tab};
use crate::state::dialog::Form;
use crate::state::layer::Layer;
use crate::state::{Screen, State};
use crate::view::canvas::Canvas;
use crate::view::command_line;
use crate::view::document::display_width;

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    if !command_line::paint_input_line(state, canvas, area) {
        paint_hints(state, canvas, area);
    }
}

/// What the key that leads back does while a message is marked.
const UNMARK_LABEL: &str = "unmark";

pub(super) fn paint_hints(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let here = state.context();
    let mut hints = state.settings.keymap.footer_hints(here, |action| is_available(state, here, action));
    for (_, label) in &mut hints {
        *label = contextual_label(state, here, label);
    }
    hints.retain(|(_, label)| !label.is_empty());
    // It must be seen before it is taken for the way out.
    let unmarks = |(_, label): &(String, &str)| here == Context::Session && *label == UNMARK_LABEL;
    if let Some(place) = hints.iter().position(unmarks) {
        hints[..=place].rotate_right(1);
    }
    // Help leads to all the others: it stays.
    let help = hints.iter().position(|(_, label)| *label == "help").map(|place| hints.remove(place));
    let width = |(key, label): &(String, &str)| display_width(key) + 1 + display_width(label) + 2;
    let mut room = area.width.saturating_sub(1 + help.as_ref().map_or(0, width));
    let mut x = area.x + 1;
    for hint in &hints {
        let wanted = width(hint);
        if wanted > room {
            break;
        }
        room -= wanted;
        x = put_hint(canvas, x, area, hint);
    }
    if let Some(help) = help {
        put_hint(canvas, x, area, &help);
    }
}

/// What a key is called in this very place; nothing for one that goes without saying.
fn contextual_label(state: &State, here: Context, label: &'static str) -> &'static str {
    match (here, state.queue.tab, label) {
        // Leaving is known, and what is picked up already is opened.
        (Context::Queue, _, "quit") | (Context::Queue, Tab::Mine, "pick up") => "",
        (Context::Queue, Tab::Parked, "pick up") => "take back",
        (Context::Session, _, "back") if has_marked_message(state) => UNMARK_LABEL,
        (Context::Dialog, _, "next field") if has_person_field(state) => "next person",
        _ => label,
    }
}

fn has_marked_message(state: &State) -> bool {
    matches!(&state.screen, Screen::Session(chat) if chat.marked_seq.is_some())
}

fn has_person_field(state: &State) -> bool {
    let Some(Layer::Dialog(dialog)) = state.layers.last() else { return false };
    matches!(dialog.form, Form::Assign { .. })
}

fn put_hint(canvas: &mut Canvas<'_>, x: u16, area: Rect, (key, label): &(String, &str)) -> u16 {
    let x = x + canvas.put_text(x, area.y, area.width, key, canvas.theme.accent) + 1;
    x + canvas.put_text(x, area.y, area.width, label, canvas.theme.dim) + 2
}
