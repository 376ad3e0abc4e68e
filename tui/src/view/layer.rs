//! What lies over the screen.

use ratatui::layout::Rect;

use crate::keymap::Context;
use crate::state::layer::{Confirm, Conflict, Layer};
use crate::state::{Screen, State};
use crate::text::{Ink, wrap};
use crate::view::canvas::Canvas;
use crate::view::sheet::columns;
use crate::view::{briefing, dialog, login};

pub(super) fn paint(state: &State, layer: &Layer, canvas: &mut Canvas<'_>, area: Rect) {
    let is_top = state.layers.last().is_some_and(|top| std::ptr::eq(top, layer));
    match layer {
        Layer::Help { of, top } => help(state, *of, *top, canvas, area),
        Layer::Conflict(lost) => conflict(lost, canvas, area),
        Layer::Dialog(open) => dialog::paint(open, is_top, canvas, area),
        Layer::Confirm(asked) => confirm(asked, canvas, area),
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

fn conflict(lost: &Conflict, canvas: &mut Canvas<'_>, area: Rect) {
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
    hints(&[("↵", "back to the queue"), ("n", "next open one")], canvas, inner);
}

fn confirm(asked: &Confirm, canvas: &mut Canvas<'_>, area: Rect) {
    let width = (columns(&asked.question) + 6).clamp(36, 72).min(area.width);
    let inner = canvas.dialog(area, width, 5, "");
    canvas.put(inner.x, inner.y, inner.width, &asked.question, canvas.theme.text);
    hints(&[("y", "yes"), ("Esc", "no")], canvas, inner);
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

fn help(state: &State, of: Context, top: usize, canvas: &mut Canvas<'_>, area: Rect) {
    let lines = state.settings.keymap.help(of);
    let keys = lines.iter().map(|(keys, _)| columns(keys)).max().unwrap_or(0);
    let about = lines.iter().map(|(_, about)| columns(about)).max().unwrap_or(0);
    let width = (keys + about + 8).min(area.width);
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let inner = canvas.dialog(area, width, height, &format!("Keys: {}", place(of)));
    let room = usize::from(inner.height);
    let end = lines.len().saturating_sub(room);
    let top = top.min(end);
    for ((keys_text, about), y) in lines.iter().skip(top).zip(inner.top()..inner.bottom()) {
        canvas.put(inner.x, y, keys, keys_text, canvas.theme.accent);
        let x = inner.x + keys + 2;
        canvas.put(x, y, inner.right().saturating_sub(x), about, canvas.theme.text);
    }
    canvas.painted.help_end = end;
    canvas.painted.page = room.max(1);
    if end > 0 {
        let more = canvas.theme.glyphs.more;
        let text = if top < end { format!("{more} {} more", end - top) } else { "end".into() };
        let panel = Rect { x: inner.x - 2, y: inner.y - 1, width: inner.width + 4, height: inner.height + 2 };
        canvas.foot_of_panel(panel, &text);
    }
}

const fn place(context: Context) -> &'static str {
    match context {
        Context::Global => "everywhere",
        Context::Queue => "the queue",
        Context::Briefing | Context::BriefingOverlay => "the briefing",
        Context::Session => "the session",
        Context::Dialog => "a dialog",
        Context::Conflict => "a lost claim",
        Context::Confirm => "a question",
        Context::Help => "this help",
    }
}
