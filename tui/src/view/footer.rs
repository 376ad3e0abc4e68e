//! The last line: the keys that can do something here and now, from the keymap itself, the most important first. One
//! that has no room is left out whole.

use ratatui::layout::Rect;

use crate::keymap::Context;
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

pub(super) fn paint_hints(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let here = state.context();
    let mut hints = state.settings.keymap.hints(here, |action| can(state, here, action));
    // Leaving is known; where there is little room it goes first.
    if here == Context::Queue {
        hints.retain(|(_, label)| *label != "quit");
    }
    // What takes a mark away is not the way out yet.
    if here == Context::Session
        && matches!(&state.screen, Screen::Session(chat) if chat.marked.is_some())
        && let Some(place) = hints.iter().position(|(_, label)| *label == "back")
    {
        let (key, _) = hints.remove(place);
        hints.insert(0, (key, "unmark"));
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

fn put(canvas: &mut Canvas<'_>, x: u16, area: Rect, (key, label): &(String, &str)) -> u16 {
    let x = x + canvas.put(x, area.y, area.width, key, canvas.theme.accent) + 1;
    x + canvas.put(x, area.y, area.width, label, canvas.theme.dim) + 2
}
