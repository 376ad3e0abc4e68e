//! What lies over the screen.

use ratatui::layout::Rect;

use crate::availability::is_available;
use crate::keymap::{Action, ConflictAction, Context};
use crate::state::layer::{Confirmation, Conflict, ConflictDraft, Layer};
use crate::state::{Screen, State};
use crate::text::{SafeLine, TextRole, ellipsize, safe, wrap};
use crate::view::canvas::Canvas;
use crate::view::document::display_width;
use crate::view::{briefing, command_line, dialog, help, log, login, palette, picker};

pub(super) fn paint(state: &State, layer: &Layer, canvas: &mut Canvas<'_>, area: Rect) {
    let is_top = state.layers.last().is_some_and(|top| std::ptr::eq(top, layer));
    match layer {
        Layer::Help { context: of, scroll_offset: top } => help::paint(state, *of, *top, canvas, area),
        Layer::Log { scroll_offset: top } => log::paint(state, *top, canvas, area),
        Layer::Palette(palette) => palette::paint(palette, is_top, canvas, area),
        Layer::CommandLine(command) => command_line::paint_completions(command, canvas, area),
        Layer::Conflict(lost) => paint_conflict(state, lost, canvas, area),
        Layer::Dialog(open) => dialog::paint(open, is_top, canvas, area),
        Layer::Confirm(asked) => paint_confirm(state, asked, canvas, area),
        Layer::LogIn(open) => login::paint(open, canvas, area),
        Layer::Picker(open) => picker::paint(state, open, canvas, area),
        Layer::Briefing => {
            if let Screen::Session(chat) = &state.screen
                && let Some(open) = &chat.briefing
            {
                canvas.clear(area);
                canvas.output.add_click_target(area, crate::state::paint_output::ClickTarget::Layer);
                briefing::paint(state, open, canvas, area);
            }
        }
    }
}

fn paint_conflict(state: &State, conflict: &Conflict, canvas: &mut Canvas<'_>, area: Rect) {
    let ago = canvas.format_ago(conflict.claimed_at);
    let sentence = format!("Already claimed by {} {ago}.", conflict.winner_name);
    let (draft, ink) = match &conflict.draft {
        ConflictDraft::None => (String::new(), TextRole::Plain),
        ConflictDraft::Saved => ("What you typed for it is kept.".into(), TextRole::Plain),
        ConflictDraft::Sending(_) => (format!("{} sending what you typed", canvas.spinner()), TextRole::Dim),
        ConflictDraft::Rejected(why) => (why.clone(), TextRole::Warn),
    };
    let key = |verb| state.settings.keymap.key_for(Context::Conflict, Action::Conflict(verb));
    let (close, next) = (key(ConflictAction::Close), key(ConflictAction::NextOpen));
    let send = key(ConflictAction::SendDraft);
    let can_send = is_available(state, Context::Conflict, Action::Conflict(ConflictAction::SendDraft));
    let keys: &[(&str, &str)] = if can_send {
        &[(&close, "close"), (&next, "next open one"), (&send, "send it as a note")]
    } else {
        &[(&close, "back to the queue"), (&next, "next open one")]
    };
    let text = display_width(&sentence).max(display_width(&draft)) + 6;
    let width = text.max(hints_width(keys) + 4).clamp(40, 72).min(area.width);
    let inside = usize::from(width.saturating_sub(4));
    let mut rows = wrap::plain_text(&sentence, inside, TextRole::Plain);
    rows.push(SafeLine::from_text(ellipsize(&safe::sanitize_line(&conflict.title), inside), TextRole::Dim));
    if !draft.is_empty() {
        rows.push(SafeLine::default());
        rows.extend(wrap::plain_text(&draft, inside, ink));
    }
    let height = u16::try_from(rows.len()).unwrap_or(1);
    // What has little room does without air.
    let air = u16::from(area.height >= height + 5);
    let inner = canvas.paint_dialog(area, width, height + 3 + 2 * air, "Claimed");
    canvas.put_lines(
        Rect { y: inner.y + air, height: height.min(inner.height.saturating_sub(1 + air)), ..inner },
        &rows,
    );
    paint_hints(keys, canvas, inner);
}

fn paint_confirm(state: &State, confirmation: &Confirmation, canvas: &mut Canvas<'_>, area: Rect) {
    let width = (display_width(&confirmation.question) + 6).clamp(36, 72).min(area.width);
    let rows =
        wrap::plain_text(&confirmation.question, usize::from(width.saturating_sub(4)), TextRole::Plain);
    let height = u16::try_from(rows.len()).unwrap_or(1);
    let inner = canvas.paint_dialog(area, width, height + 4, "");
    canvas.put_lines(Rect { height: height.min(inner.height.saturating_sub(1)), ..inner }, &rows);
    let key = |action| state.settings.keymap.key_for(Context::Confirm, action);
    let (yes, no) = (key(Action::Yes), key(Action::Close));
    paint_hints(&[(&yes, "yes"), (&no, "no")], canvas, inner);
}

/// Columns between two keys of a box.
const HINT_GAP: u16 = 3;

fn hint_width((key, label): &(&str, &str)) -> u16 {
    display_width(key) + 1 + display_width(label)
}

fn hints_width(hints: &[(&str, &str)]) -> u16 {
    hints.iter().map(|hint| hint_width(hint) + HINT_GAP).sum::<u16>().saturating_sub(HINT_GAP)
}

/// Keys on the last row of a box. One that has no room is left out whole: the last line of the screen has it too.
fn paint_hints(hints: &[(&str, &str)], canvas: &mut Canvas<'_>, inner: Rect) {
    let y = inner.bottom().saturating_sub(1);
    let mut x = inner.x;
    for hint in hints {
        if hint.0.is_empty() || x + hint_width(hint) > inner.right() {
            continue;
        }
        x += canvas.put_text(x, y, inner.width, hint.0, canvas.theme.accent) + 1;
        x += canvas.put_text(x, y, inner.right().saturating_sub(x), hint.1, canvas.theme.dim) + HINT_GAP;
    }
}
