//! What lies over the screen.

use ratatui::layout::Rect;

use crate::keymap::{Action, ConflictVerb, Context};
use crate::state::layer::{Confirm, Conflict, Draft, Layer};
use crate::state::{Screen, State};
use crate::text::{Ink, Row, cut, safe, wrap};
use crate::view::canvas::Canvas;
use crate::view::sheet::columns;
use crate::view::{briefing, command, dialog, help, log, login, palette, pick};

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
        Layer::Pick(open) => pick::paint(state, open, canvas, area),
        Layer::Briefing => {
            if let Screen::Session(chat) = &state.screen
                && let Some(open) = &chat.briefing
            {
                canvas.clear(area);
                canvas.painted.target(area, crate::state::painted::Target::Layer);
                briefing::paint(state, open, canvas, area);
            }
        }
    }
}

fn conflict(state: &State, lost: &Conflict, canvas: &mut Canvas<'_>, area: Rect) {
    let ago = canvas.ago(lost.since);
    let sentence = format!("Already claimed by {} {ago}.", lost.by);
    let (draft, ink) = match &lost.draft {
        Draft::None => (String::new(), Ink::Plain),
        Draft::Kept => ("What you typed for it is kept.".into(), Ink::Plain),
        Draft::Sending(_) => (format!("{} sending what you typed", canvas.spinner()), Ink::Dim),
        Draft::Refused(why) => (why.clone(), Ink::Warn),
    };
    let width = (columns(&sentence).max(columns(&draft)) + 6).clamp(40, 72).min(area.width);
    let inside = usize::from(width.saturating_sub(4));
    let mut rows = wrap::plain(&sentence, inside, Ink::Plain);
    rows.push(Row::of(cut(&safe::line(&lost.title), inside), Ink::Dim));
    if !draft.is_empty() {
        rows.push(Row::default());
        rows.extend(wrap::plain(&draft, inside, ink));
    }
    let height = u16::try_from(rows.len()).unwrap_or(1);
    let inner = canvas.dialog(area, width, height + 5, "Claimed");
    canvas.rows(Rect { y: inner.y + 1, height, ..inner }, &rows);
    let key = |verb| state.settings.keymap.key_for(Context::Conflict, Action::Conflict(verb));
    let (close, next) = (key(ConflictVerb::Close), key(ConflictVerb::NextOpen));
    let send = key(ConflictVerb::SendDraft);
    if matches!(lost.draft, Draft::Kept | Draft::Refused(_)) {
        hints(&[(&close, "close"), (&next, "next open one"), (&send, "send it as a note")], canvas, inner);
    } else {
        hints(&[(&close, "back to the queue"), (&next, "next open one")], canvas, inner);
    }
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
