//! The last line: the keys that can be used now, the most important first, or what is being typed. A key that does not
//! fit is left out.

use ratatui::layout::Rect;

use crate::availability::is_available;
use crate::keymap::{Context, FooterHint, Tab};
use crate::settings::EditingMode;
use crate::state::dialog::Form;
use crate::state::layer::Layer;
use crate::state::search::TextSearch;
use crate::state::{Screen, State};
use crate::text::safe_format;
use crate::view::canvas::Canvas;
use crate::view::measure::display_width;
use crate::view::{command_line, search};

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    if let Some(Layer::CommandLine(command)) = state.layers.last() {
        command_line::paint_prompt(":", &command.input, "", canvas, area);
    } else if state.context() == Context::Filter {
        let prompt = Rect { width: area.width / 2, ..area };
        command_line::paint_prompt("/", &state.queue.filter.input, "words", canvas, prompt);
        paint_hints(state, canvas, Rect { x: prompt.right(), width: area.width - prompt.width, ..area });
    } else if let Some(search) = state.active_search() {
        paint_search(state, search, canvas, area);
    } else {
        paint_hints(state, canvas, area);
    }
}

/// Paints the text of a search while it is typed and while it stands, and which match is the current one.
fn paint_search(state: &State, search: &TextSearch, canvas: &mut Canvas<'_>, area: Rect) {
    let position = search::position_label(search, canvas.output.match_position);
    let half = area.width / 2;
    let left = if search.is_typing {
        let prompt = Rect { width: half, ..area };
        command_line::paint_prompt("/", &search.input, "words", canvas, prompt);
        half
    } else {
        let text = safe_format!("/{}", search.input.text());
        1 + canvas.put_text(area.x + 1, area.y, half, &text, canvas.theme.accent)
    };
    let x = area.x + left + 1;
    let left = left
        + 1
        + canvas.put_text(x, area.y, area.width.saturating_sub(left + 1), &position, canvas.theme.strong);
    let rest = Rect { x: area.x + left + 1, width: area.width.saturating_sub(left + 1), ..area };
    paint_hints(state, canvas, rest);
}

/// What Esc does while a message is marked.
const UNMARK_LABEL: &str = "unmark";

fn paint_hints(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let context = state.context();
    let keymap = &state.settings.keymap;
    let is_available = |action| is_available(state, context, action);
    let mut hints = keymap.footer_hints(context, is_available);
    if state.has_standing_search() {
        // The keys of the search come before those of the place.
        hints.retain(|(key, _)| !keymap.has_key_labelled(Context::Search, key));
        hints.splice(..0, keymap.footer_hints(Context::Search, is_available));
    }
    for (_, label) in &mut hints {
        *label = contextual_label(state, context, label);
    }
    hints.retain(|(_, label)| !label.is_empty());
    // It comes first, or one would take the key for the way back.
    let is_unmark = |(_, label): &FooterHint| context == Context::Conversation && *label == UNMARK_LABEL;
    if let Some(index) = hints.iter().position(is_unmark) {
        hints[..=index].rotate_right(1);
    }
    // Help lists all the others, and always fits.
    let help = hints.iter().position(|(_, label)| *label == "help").map(|index| hints.remove(index));
    let width = |(key, label): &FooterHint| display_width(key) + 1 + display_width(label) + 2;
    let mut left = area.width.saturating_sub(1 + help.as_ref().map_or(0, width));
    let mut x = area.x + 1;
    for hint in &hints {
        let Some(rest) = left.checked_sub(width(hint)) else { break };
        left = rest;
        x = put_hint(canvas, x, area, hint);
    }
    if let Some(help) = help {
        put_hint(canvas, x, area, &help);
    }
}

/// The label of a key in this situation; empty if the key needs none.
fn contextual_label(state: &State, context: Context, label: &'static str) -> &'static str {
    match (context, state.queue.tab, label) {
        // `q` needs no hint, and a claim in Mine is opened with Enter.
        (Context::Queue, _, "quit") | (Context::Queue, Tab::Mine, "pick up") => "",
        // The menu says itself what its letters do.
        (Context::SessionMenu, _, label) if !matches!(label, "close" | "help") => "",
        (Context::Queue, Tab::Parked, "pick up") => "take back",
        (Context::Queue, _, "all rows") if !state.queue.marked.is_empty() => "remove marks",
        (Context::Conversation, _, "list") if has_marked_message(state) => UNMARK_LABEL,
        (Context::Session, _, "conversation") if is_vi_inserting(state) => "normal mode",
        (Context::Dialog, _, "next field") if has_person_field(state) => "next person",
        _ => label,
    }
}

fn has_marked_message(state: &State) -> bool {
    matches!(&state.screen, Screen::Session(chat) if chat.marked_seq.is_some())
}

/// Whether Escape leads to vi's normal mode first.
fn is_vi_inserting(state: &State) -> bool {
    state.settings.editing == EditingMode::Vi
        && matches!(&state.screen, Screen::Session(chat) if !chat.vi.is_normal)
}

fn has_person_field(state: &State) -> bool {
    let Some(Layer::Dialog(dialog)) = state.layers.last() else { return false };
    matches!(dialog.form, Form::Assign { .. })
}

fn put_hint(canvas: &mut Canvas<'_>, x: u16, area: Rect, (key, label): &FooterHint) -> u16 {
    let x = x + canvas.put_text(x, area.y, area.width, key, canvas.theme.accent) + 1;
    x + canvas.put_text(x, area.y, area.width, *label, canvas.theme.dim) + 2
}
