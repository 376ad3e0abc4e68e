//! The layers over the screen.

use ratatui::layout::{Constraint, Layout, Rect};

use crate::availability::is_available;
use crate::keymap::{Action, ConflictAction, Context};
use crate::state::layer::{Confirmation, Conflict, ConflictDraft, Layer};
use crate::state::paint_output::ClickTarget;
use crate::state::secret_warning::SecretWarning;
use crate::state::{Screen, State};
use crate::text::{Safe, SafeLine, TextRole, safe, safe_format, wrap};
use crate::view::canvas::Canvas;
use crate::view::measure::display_width;
use crate::view::{briefing, command_line, dialog, help, log, login, pager, palette, picker, session_menu};

pub(super) fn paint(state: &State, layer: &Layer, canvas: &mut Canvas<'_>, area: Rect) {
    let is_top = state.layers.last().is_some_and(|top| std::ptr::eq(top, layer));
    match layer {
        Layer::Help { context, scroll_offset, filter } => {
            help::paint(state, *context, filter, *scroll_offset, canvas, area);
        }
        Layer::Log { scroll_offset } => log::paint(state, *scroll_offset, canvas, area),
        Layer::Palette(palette) => palette::paint(palette, is_top, canvas, area),
        Layer::CommandLine(command) => command_line::paint_completions(command, canvas, area),
        Layer::Conflict(conflict) => paint_conflict(state, conflict, canvas, area),
        Layer::Dialog(open) => dialog::paint(open, is_top, canvas, area),
        Layer::Confirm(confirmation) => paint_confirm(state, confirmation, canvas, area),
        Layer::SecretWarning(warning) => paint_secret_warning(state, warning, canvas, area),
        Layer::LogIn(open) => login::paint(open, canvas, area),
        Layer::Picker(open) => picker::paint(state, open, canvas, area),
        Layer::SessionMenu { scroll_offset } => session_menu::paint(state, *scroll_offset, canvas, area),
        Layer::Pager(pager) => pager::paint(state, pager, canvas, area),
        Layer::Briefing => {
            if let Screen::Session(chat) = &state.screen
                && let Some(open) = &chat.briefing
            {
                let area = briefing_beside_session(state, area).map_or(area, |[_, right]| right);
                canvas.clear(area);
                canvas.output.add_click_target(area, ClickTarget::Layer);
                briefing::paint(state, open, canvas, area);
            }
        }
    }
}

/// Where a session and its briefing are, if there is room for both: then the keys of the briefing lead there, too.
pub(super) fn briefing_beside_session(state: &State, area: Rect) -> Option<[Rect; 2]> {
    let columns = Layout::horizontal([Constraint::Percentage(54), Constraint::Fill(1)]);
    state.is_briefing_beside_session().then(|| columns.areas(area))
}

fn paint_conflict(state: &State, conflict: &Conflict, canvas: &mut Canvas<'_>, area: Rect) {
    let ago = canvas.time.format_ago(conflict.claimed_at);
    let sentence = safe_format!("Already claimed by {} {ago}.", conflict.winner_name);
    let (draft, role): (Safe<'_>, _) = match &conflict.draft {
        ConflictDraft::None => (Safe::default(), TextRole::Plain),
        ConflictDraft::Saved => ("Your draft is kept.".into(), TextRole::Plain),
        ConflictDraft::Sending(_) => {
            (safe_format!("{} sending your draft", canvas.time.spinner()), TextRole::Dim)
        }
        ConflictDraft::Rejected(reason) => (safe::sanitize_line(reason), TextRole::Warn),
    };
    let key = |action| state.settings.keymap.key_for(Context::Conflict, Action::Conflict(action));
    let (close, next) = (key(ConflictAction::Close), key(ConflictAction::NextOpen));
    let send = key(ConflictAction::SendDraft);
    let can_send = is_available(state, Context::Conflict, Action::Conflict(ConflictAction::SendDraft));
    let hints: &[Hint<'_>] = if can_send {
        &[(&close, "close"), (&next, "next handoff"), (&send, "send as a note")]
    } else {
        &[(&close, "back to the queue"), (&next, "next handoff")]
    };
    let text_width = display_width(&sentence).max(display_width(&draft)) + 6;
    let width = text_width.max(hints_width(hints) + 4).clamp(40, 72).min(area.width);
    let columns = usize::from(width.saturating_sub(4));
    let mut lines = wrap::plain_text(&sentence, columns, TextRole::Plain);
    let title = safe::sanitize_line(&conflict.title);
    lines.push(SafeLine::from_text(title.ellipsized(columns), TextRole::Dim));
    if !draft.is_empty() {
        lines.push(SafeLine::default());
        lines.extend(wrap::plain_text(&draft, columns, role));
    }
    let height = u16::try_from(lines.len()).unwrap_or(1);
    // A low screen has no room for margins.
    let margin = u16::from(area.height >= height + 5);
    let inner = canvas.paint_dialog(area, width, height + 3 + 2 * margin, "Claimed");
    let text_height = height.min(inner.height.saturating_sub(1 + margin));
    canvas.put_lines(Rect { y: inner.y + margin, height: text_height, ..inner }, &lines);
    paint_hints(hints, canvas, inner);
}

fn paint_confirm(state: &State, confirmation: &Confirmation, canvas: &mut Canvas<'_>, area: Rect) {
    let width = (display_width(&confirmation.question) + 6).clamp(36, 72).min(area.width);
    let columns = usize::from(width.saturating_sub(4));
    let lines = wrap::plain_text(&confirmation.question, columns, TextRole::Plain);
    let height = u16::try_from(lines.len()).unwrap_or(1);
    let inner = canvas.paint_dialog(area, width, height + 4, "");
    canvas.put_lines(Rect { height: height.min(inner.height.saturating_sub(1)), ..inner }, &lines);
    let key = |action| state.settings.keymap.key_for(Context::Confirm, action);
    let (yes, no) = (key(Action::Yes), key(Action::Close));
    paint_hints(&[(&yes, "yes"), (&no, "no")], canvas, inner);
}

fn paint_secret_warning(state: &State, warning: &SecretWarning, canvas: &mut Canvas<'_>, area: Rect) {
    let sentence = safe_format!("This looks like {}.", warning.kind.with_article());
    let width = 52.min(area.width);
    let columns = usize::from(width.saturating_sub(4));
    let mut lines = wrap::plain_text(&sentence, columns, TextRole::Plain);
    // A private key begins the same as any other; its first line is enough.
    let start = warning.secret.lines().next().unwrap_or_default();
    lines.push(SafeLine::from_text(safe::sanitize_line(start).ellipsized(columns), TextRole::Dim));
    let height = u16::try_from(lines.len()).unwrap_or(1);
    let inner = canvas.paint_dialog(area, width, height + 4, "Secret");
    canvas.put_lines(Rect { height: height.min(inner.height.saturating_sub(1)), ..inner }, &lines);
    let key = |action| state.settings.keymap.key_for(Context::SecretWarning, action);
    let (yes, no) = (key(Action::Yes), key(Action::Close));
    paint_hints(&[(&yes, "send it"), (&no, "go back")], canvas, inner);
}

/// A key and what it does.
type Hint<'k> = (&'k Safe<'static>, &'static str);

/// Columns between two hints.
const HINT_GAP: u16 = 3;

fn hint_width((key, label): &Hint<'_>) -> u16 {
    display_width(key) + 1 + display_width(label)
}

fn hints_width(hints: &[Hint<'_>]) -> u16 {
    hints.iter().map(|hint| hint_width(hint) + HINT_GAP).sum::<u16>().saturating_sub(HINT_GAP)
}

/// Paints hints on the last row of a box. Hints that do not fit are omitted; the footer has them too.
fn paint_hints(hints: &[Hint<'_>], canvas: &mut Canvas<'_>, inner: Rect) {
    let y = inner.bottom().saturating_sub(1);
    let mut x = inner.x;
    for hint in hints {
        let (key, label) = *hint;
        if key.is_empty() || x + hint_width(hint) > inner.right() {
            continue;
        }
        x += canvas.put_text(x, y, inner.width, key, canvas.theme.accent) + 1;
        x += canvas.put_text(x, y, inner.right().saturating_sub(x), label, canvas.theme.dim) + HINT_GAP;
    }
}
