//! Dialogs with fields.

use std::ops::Range;

use ratatui::layout::Rect;

use crate::state::composer::Composer;
use crate::state::dialog::{Check, Dialog, Field, Input, People};
use crate::state::wake;
use crate::text::{Ink, Piece, Row, safe, wrap};
use crate::view::canvas::{Canvas, around};
use crate::view::composer;
use crate::view::sheet::columns;

/// Columns of a dialog, at most.
const WIDEST: u16 = 76;
/// Columns of one with lines to tick that would be broken otherwise, at most.
const WIDEST_OF_LINES: u16 = 100;
/// Fewer columns than this beside a dialog show only scraps of what lies under it: it takes them too.
const BESIDE: u16 = 4;
/// Rows of a text field, at most.
const TALLEST: usize = 8;
/// People shown at a time.
const PEOPLE: usize = 7;

pub(super) fn paint(dialog: &Dialog, is_top: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let width = width(dialog, area.width);
    let inside = width.saturating_sub(4);
    let foot = foot(dialog, canvas, inside);
    let foot_height = u16::try_from(foot.len()).unwrap_or(1).clamp(1, 3);
    let most = area.height.saturating_sub(2 + foot_height).max(2);
    let places = places(dialog, inside, most);
    let all = places.last().map_or(0, |place| place.end);
    let inner = canvas.dialog(area, width, all.min(most) + foot_height + 2, dialog.title());
    let room = Rect { height: inner.height.saturating_sub(foot_height), ..inner };
    let top = top(dialog, &places, room);
    canvas.through(room, all, top, |canvas, whole| {
        for (number, (field, place)) in dialog.fields.iter().zip(&places).enumerate() {
            let focused = is_top && number == dialog.focus && dialog.sending.is_none();
            let area = Rect { y: place.start, height: place.end - place.start, ..whole };
            paint_field(field, focused, canvas, area);
        }
    });
    if all > room.height {
        let below = all.saturating_sub(top + room.height);
        let text =
            if below > 0 { format!("{} {below} more", canvas.theme.glyphs.more) } else { "end".into() };
        let panel = around(inner);
        canvas.foot_of_panel(panel, &text);
    }
    canvas.rows(Rect { y: room.bottom(), height: foot_height, ..inner }.intersection(inner), &foot);
}

fn width(dialog: &Dialog, room: u16) -> u16 {
    // The border, the air inside it, the bar and the box to tick.
    let is_long = |line: &Check| columns(&safe::line(&line.text)) > WIDEST - 10;
    let is_long =
        |field: &Field| matches!(&field.input, Input::Checks { lines, .. } if lines.iter().any(is_long));
    let widest = if dialog.fields.iter().any(is_long) { WIDEST_OF_LINES } else { WIDEST };
    if room < widest + 2 * BESIDE { room } else { widest }
}

/// The lines to tick, broken where they must be.
fn checks(lines: &[Check], chosen: Option<usize>, width: u16) -> impl Iterator<Item = Vec<Row>> {
    let width = usize::from(width.saturating_sub(2));
    lines.iter().enumerate().map(move |(place, line)| {
        let ink = if chosen == Some(place) { Ink::Strong } else { Ink::Plain };
        let tick = if line.ticked { "[x] " } else { "[ ] " };
        let text = safe::line(&line.text);
        wrap::pieces(&[Piece::new(format!("{tick}{text}"), ink)], width, "    ")
    })
}

/// What stands below the fields: that it is sent, or why it could not be done.
fn foot(dialog: &Dialog, canvas: &mut Canvas<'_>, width: u16) -> Vec<Row> {
    match (&dialog.sending, &dialog.error) {
        (Some(_), _) => vec![Row::of(format!("{} sending", canvas.spinner()), Ink::Accent)],
        (None, Some(error)) => wrap::plain(error, usize::from(width), Ink::Bad),
        (None, None) => Vec::new(),
    }
}

/// Which rows each field has, its label included: with air between them where all have room.
fn places(dialog: &Dialog, width: u16, most: u16) -> Vec<Range<u16>> {
    let heights: Vec<u16> = dialog.fields.iter().map(|field| 1 + height(field, width, most - 1)).collect();
    let gaps = u16::try_from(heights.len().saturating_sub(1)).unwrap_or(0);
    let gap = u16::from(heights.iter().sum::<u16>() + gaps <= most);
    let mut begin = 0;
    let place = |height: u16| {
        let place = begin..begin + height;
        begin = place.end + gap;
        place
    };
    heights.into_iter().map(place).collect()
}

/// The first row shown: as far down as the field that has the keys needs; where it does not fit, its row that has
/// them.
fn top(dialog: &Dialog, places: &[Range<u16>], room: Rect) -> u16 {
    let Some(place) = places.get(dialog.focus) else { return 0 };
    let end = match dialog.fields.get(dialog.focus).map(|field| &field.input) {
        Some(Input::Checks { lines, at }) if place.end - place.start > room.height => {
            let rows: usize = checks(lines, None, room.width).take(at + 1).map(|rows| rows.len()).sum();
            place.start + 1 + u16::try_from(rows).unwrap_or(0)
        }
        Some(
            Input::Checks { .. }
            | Input::Line(_)
            | Input::Text(_)
            | Input::When(_)
            | Input::Person { .. }
            | Input::Choice { .. },
        )
        | None => place.end,
    };
    end.saturating_sub(room.height)
}

/// Rows of a field, without its label.
fn height(field: &Field, width: u16, most: u16) -> u16 {
    let rows = match &field.input {
        Input::Text(text) => {
            composer::rows(text, width.saturating_sub(2), TALLEST).clamp(3, TALLEST).min(most.into())
        }
        Input::Line(_) | Input::Choice { .. } => 1,
        Input::When(_) => 2,
        Input::Person { .. } => (PEOPLE + 1).min(most.into()),
        Input::Checks { lines, .. } => checks(lines, None, width).map(|rows| rows.len()).sum(),
    };
    u16::try_from(rows).unwrap_or(1)
}

fn paint_field(field: &Field, focused: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let label = if focused { theme.accent } else { theme.dim };
    let used = canvas.put(area.x, area.y, area.width, field.label, label);
    if matches!(field.input, Input::Choice { .. } | Input::Checks { .. }) {
        // Where nothing is typed, the hint has no place of its own.
        let room = area.width.saturating_sub(used + 2);
        canvas.put(area.x + used + 2, area.y, room, field.hint, theme.dim);
    }
    let body = Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(1),
    };
    if focused {
        // Where there is more than one thing to choose, the one that the keys are on has the bar.
        let last = match field.input {
            Input::Person { .. } => body.top() + 1,
            Input::Checks { .. } => body.top(),
            Input::Line(_) | Input::Text(_) | Input::When(_) | Input::Choice { .. } => body.bottom(),
        };
        for y in body.top()..last {
            canvas.put(area.x, y, 1, theme.glyphs.bar, theme.accent);
        }
    }
    match &field.input {
        Input::Line(text) | Input::Text(text) => composer::paint(text, focused, field.hint, canvas, body),
        Input::When(text) => when(text, focused, field.hint, canvas, body),
        Input::Person { filter, people, at } => {
            composer::paint(filter, focused, field.hint, canvas, Rect { height: 1, ..body });
            let below = Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body };
            found(people, &filter.text(), *at, canvas, below);
        }
        Input::Choice { words, chosen } => choice(words, *chosen, focused, canvas, body),
        Input::Checks { lines, at } => {
            let mut below = body.top()..body.bottom();
            let chosen = if focused { Some(*at) } else { None };
            for (place, rows) in checks(lines, chosen, area.width).enumerate() {
                for (row, y) in rows.iter().zip(below.by_ref()) {
                    if chosen == Some(place) {
                        canvas.put(area.x, y, 1, theme.glyphs.bar, theme.accent);
                    }
                    canvas.row(body.x, y, body.width, row);
                }
            }
        }
    }
}

/// A moment to come, and below it how it was read.
fn when(text: &Composer, focused: bool, hint: &str, canvas: &mut Canvas<'_>, area: Rect) {
    composer::paint(text, focused, hint, canvas, Rect { height: 1, ..area });
    let theme = canvas.theme;
    let (line, style) = match wake::read(&text.text(), canvas.server_now(), canvas.zone()) {
        Ok(Some(moment)) => (wake::say(moment, canvas.zone()), theme.good),
        Ok(None) => ("no reminder".into(), theme.dim),
        Err(why) => (why.to_string(), theme.warn),
    };
    if area.height > 1 && !text.is_empty() {
        canvas.put(area.x, area.y + 1, area.width, &line, style);
    }
}

/// The people whose names have what was typed, around the one that the keys are on.
fn found(people: &People, typed: &str, at: usize, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let found = people.found(typed);
    let (line, style) = match people {
        People::Asked(_) => (format!("{} fetching the people", canvas.spinner()), theme.dim),
        People::Failed(why) => (format!("The people could not be fetched: {why}"), theme.bad),
        People::Here(_) if found.is_empty() => ("Nobody has this name".into(), theme.dim),
        People::Here(_) => (String::new(), theme.dim),
    };
    canvas.put(area.x, area.y, area.width, &line, style);
    let room = usize::from(area.height);
    let top = (at + 1).saturating_sub(room);
    for ((place, person), y) in found.iter().enumerate().skip(top).zip(area.top()..area.bottom()) {
        let is_chosen = place == at;
        let style = if is_chosen { theme.strong } else { theme.text };
        canvas.put(area.x, y, 1, if is_chosen { theme.glyphs.bar } else { " " }, theme.accent);
        canvas.put(area.x + 2, y, area.width.saturating_sub(2), &person.name, style);
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
