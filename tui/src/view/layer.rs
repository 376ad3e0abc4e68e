//! What lies over the screen.

use ratatui::layout::Rect;

use crate::keymap::{Action, ConflictVerb, Context};
use crate::state::layer::{Confirm, Conflict, Layer};
use crate::state::{Screen, State};
use crate::text::{Ink, wrap};
use crate::view::canvas::Canvas;
use crate::view::sheet::columns;
use crate::view::{briefing, command, dialog, help, log, login, palette};

pub(super) fn paint(state: &State, layer: &Layer, canvas: &mut Canvas<'_>, area: Rect) {
    let is_top = state.layers.last().is_some_and(|top| std::ptr::eq(top, layer));
    match layer {
        Layer::Help { of, top } => help::paint(state, *of, *top, canvas, area),
        Layer::Log { top } => log::paint(state, *top, canvas, area),
        Layer::Palette(palette) => palette::paint(palette, is_top, canvas, area),
        Layer::Command(command) => command::paint_endings(command, canvas, area),
        Layer::Conflict(lost) => conflict(state, lost, canvas, area),
        Layer::Dialog(open) => dialog::paint(open, is_top, canvas, area),
        Layer::Confirm(asked) => confirm(state, asked, canvas, area),
        Layer::LogIn(open) => login::paint(open, canvas, area),
        Layer::Briefing => {
            if let Screen::Session(chat) = &state.screen
                && let Some(open) = &chat.briefing
            {
                ratatui::widgets::Widget::render(ratatui::widgets::Clear, area, canvas.buffer);
                canvas.painted.target(area, crate::state::painted::Target::Layer);
                briefing::paint(state, open, canvas, area);
            }
        }
    }
}

fn conflict(state: &State, lost: &Conflict, canvas: &mut Canvas<'_>, area: Rect) {
    let ago = canvas.ago(lost.since);
    let sentence = format!("Already claimed by {} {ago}.", lost.by);
    let width = (columns(&sentence) + 6).clamp(40, 72).min(area.width);
    let rows = wrap::plain(&sentence, usize::from(width.saturating_sub(4)), Ink::Plain);
    let height = u16::try_from(rows.len()).unwrap_or(1);
    let inner = canvas.dialog(area, width, height + 6, "Claimed");
    let body = Rect { y: inner.y + 1, ..inner };
    canvas.rows(Rect { height, ..body }, &rows);
    let y = body.y + height;
    canvas.put(inner.x, y, inner.width, &lost.title, canvas.theme.dim);
    let key = |verb| state.settings.keymap.key_for(Context::Conflict, Action::Conflict(verb));
    let (close, next) = (key(ConflictVerb::Close), key(ConflictVerb::NextOpen));
    hints(&[(&close, "back to the queue"), (&next, "next open one")], canvas, inner);
}

fn confirm(state: &State, asked: &Confirm, canvas: &mut Canvas<'_>, area: Rect) {
    let width = (columns(&asked.question) + 6).clamp(36, 72).min(area.width);
    let inner = canvas.dialog(area, width, 5, "");
    canvas.put(inner.x, inner.y, inner.width, &asked.question, canvas.theme.text);
    let key = |action| state.settings.keymap.key_for(Context::Confirm, action);
    let (yes, no) = (key(Action::Yes), key(Action::Close));
    hints(&[(&yes, "yes"), (&no, "no")], canvas, inner);
}

/// Keys on the last row of a box.
fn hints(hints: &[(&str, &str)], canvas: &mut Canvas<'_>, inner: Rect) {
    let y = inner.bottom().saturating_sub(1);
    let mut x = inner.x;
    for (key, label) in hints {
        x += canvas.put(x, y, inner.width, key, canvas.theme.accent) + 1;
        x += canvas.put(x, y, inner.right().saturating_sub(x), label, canvas.theme.dim) + 3;
    }
}
