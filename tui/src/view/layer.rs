//! What lies over the screen.

use ratatui::layout::Rect;

use crate::keymap::{Action, ConflictVerb, Context};
use crate::state::layer::{Confirm, Conflict, Draft, Layer};
use crate::state::{Screen, State};
use crate::text::{Ink, Row, cut, safe, wrap};
use crate::update::can;
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
    let key = |verb| state.settings.keymap.key_for(Context::Conflict, Action::Conflict(verb));
    let (close, next) = (key(ConflictVerb::Close), key(ConflictVerb::NextOpen));
    let send = key(ConflictVerb::SendDraft);
    let can_send = can(state, Context::Conflict, Action::Conflict(ConflictVerb::SendDraft));
    let keys: &[(&str, &str)] = if can_send {
        &[(&close, "close"), (&next, "next open one"), (&send, "send it as a note")]
    } else {
        &[(&close, "back to the queue"), (&next, "next open one")]
    };
    let text = columns(&sentence).max(columns(&draft)) + 6;
    let width = text.max(hints_width(keys) + 4).clamp(40, 72).min(area.width);
    let inside = usize::from(width.saturating_sub(4));
    let mut rows = wrap::plain(&sentence, inside, Ink::Plain);
    rows.push(Row::of(cut(&safe::line(&lost.title), inside), Ink::Dim));
    if !draft.is_empty() {
        rows.push(Row::default());
        rows.extend(wrap::plain(&draft, inside, ink));
    }
    let height = u16::try_from(rows.len()).unwrap_or(1);
    // What has little room does without air.
    let air = u16::from(area.height >= height + 5);
    let inner = canvas.dialog(area, width, height + 3 + 2 * air, "Claimed");
    canvas.rows(
        Rect { y: inner.y + air, height: height.min(inner.height.saturating_sub(1 + air)), ..inner },
        &rows,
    );
    hints(keys, canvas, inner);
}

fn confirm(state: &State, asked: &Confirm, canvas: &mut Canvas<'_>, area: Rect) {
    let width = (columns(&asked.question) + 6).clamp(36, 72).min(area.width);
    let rows = wrap::plain(&asked.question, usize::from(width.saturating_sub(4)), Ink::Plain);
    let height = u16::try_from(rows.len()).unwrap_or(1);
    let inner = canvas.dialog(area, width, height + 4, "");
    canvas.rows(Rect { height: height.min(inner.height.saturating_sub(1)), ..inner }, &rows);
    let key = |action| state.settings.keymap.key_for(Context::Confirm, action);
    let (yes, no) = (key(Action::Yes), key(Action::Close));
    hints(&[(&yes, "yes"), (&no, "no")], canvas, inner);
}

/// Columns between two keys of a box.
const GAP: u16 = 3;

fn hint_width((key, label): &(&str, &str)) -> u16 {
    columns(key) + 1 + columns(label)
}

fn hints_width(hints: &[(&str, &str)]) -> u16 {
    hints.iter().map(|hint| hint_width(hint) + GAP).sum::<u16>().saturating_sub(GAP)
}

/// Keys on the last row of a box. One that has no room is left out whole: the last line of the screen has it too.
fn hints(hints: &[(&str, &str)], canvas: &mut Canvas<'_>, inner: Rect) {
    let y = inner.bottom().saturating_sub(1);
    let mut x = inner.x;
    for hint in hints {
        if hint.0.is_empty() || x + hint_width(hint) > inner.right() {
            continue;
        }
        x += canvas.put(x, y, inner.width, hint.0, canvas.theme.accent) + 1;
        x += canvas.put(x, y, inner.right().saturating_sub(x), hint.1, canvas.theme.dim) + GAP;
    }
}
