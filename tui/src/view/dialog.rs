//! Dialogs with fields.

use ratatui::layout::Rect;

use crate::state::dialog::{Dialog, Field, Input};
use crate::text::{cut, safe};
use crate::view::canvas::Canvas;
use crate::view::composer;

/// Columns of a dialog, at most.
const WIDEST: u16 = 76;
/// Rows of a text field, at most.
const TALLEST: usize = 8;

pub(super) fn paint(dialog: &Dialog, is_top: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let width = WIDEST.min(area.width);
    let inner_width = width.saturating_sub(4);
    let heights: Vec<u16> = dialog.fields.iter().map(|field| height(field, inner_width)).collect();
    let fields: u16 = heights.iter().map(|height| height + 2).sum();
    let inner = canvas.dialog(area, width, fields + 3, dialog.title());
    let mut y = inner.y;
    for (place, (field, height)) in dialog.fields.iter().zip(heights).enumerate() {
        let focused = is_top && place == dialog.focus && dialog.sending.is_none();
        let room = Rect { y, height: height + 1, ..inner }.intersection(inner);
        paint_field(field, focused, canvas, room);
        y += height + 2;
    }
    let last = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
    if dialog.sending.is_some() {
        let spinner = canvas.spinner();
        canvas.put(last.x, last.y, last.width, &format!("{spinner} sending"), canvas.theme.accent);
    } else if let Some(error) = &dialog.error {
        canvas.put(last.x, last.y, last.width, error, canvas.theme.bad);
    }
}

/// Rows of a field, without its label.
fn height(field: &Field, width: u16) -> u16 {
    let rows = match &field.input {
        Input::Text(text) => composer::rows(text, width.saturating_sub(2)).clamp(3, TALLEST),
        Input::Line(_) | Input::Choice { .. } => 1,
        Input::Checks { lines, .. } => lines.len(),
    };
    u16::try_from(rows).unwrap_or(1)
}

fn paint_field(field: &Field, focused: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let label = if focused { theme.accent } else { theme.dim };
    canvas.put(area.x, area.y, area.width, field.label, label);
    let body = Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(1),
    };
    if focused {
        for y in body.top()..body.bottom() {
            canvas.put(area.x, y, 1, theme.glyphs.bar, theme.accent);
        }
    }
    match &field.input {
        Input::Line(text) | Input::Text(text) => composer::paint(text, focused, field.hint, canvas, body),
        Input::Choice { words, chosen } => choice(words, *chosen, focused, canvas, body),
        Input::Checks { lines, at } => {
            for ((place, line), y) in lines.iter().enumerate().zip(body.top()..body.bottom()) {
                let tick = if line.ticked { "[x] " } else { "[ ] " };
                let style = if focused && place == *at { theme.strong } else { theme.text };
                let text = cut(&safe::line(&line.text), usize::from(body.width.saturating_sub(4)));
                canvas.put(body.x, y, body.width, &format!("{tick}{text}"), style);
            }
        }
    }
}

fn choice(words: &[&str], chosen: usize, focused: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let mut x = area.x;
    for (place, word) in words.iter().enumerate() {
        let room = area.right().saturating_sub(x);
        let (text, style) = if place == chosen {
            (format!("({word})"), if focused { theme.accent.patch(theme.strong) } else { theme.strong })
        } else {
            (format!(" {word} "), theme.dim)
        };
        x += canvas.put(x, area.y, room, &text, style) + 1;
    }
    if focused {
        let room = area.right().saturating_sub(x + 1);
        canvas.put(x + 1, area.y, room, "←→", theme.dim);
    }
}
