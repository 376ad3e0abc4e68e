//! Dialogs with fields.

use std::ops::Range;

use ratatui::layout::Rect;

use crate::state::composer::Composer;
use crate::state::dialog::{Caption, ChecklistItem, Dialog, Field, FieldInput, PeopleList, PersonField};
use crate::state::request::Request;
use crate::text::{SafeLine, SafeSpan, TextRole, safe, wrap};
use crate::view::canvas::{Canvas, panel_around};
use crate::view::composer;
use crate::view::document::display_width;
use crate::wake_time;

/// Columns of a dialog, at most.
const MAX_WIDTH: u16 = 76;
/// Columns of one with lines to tick that would be broken otherwise, at most.
const MAX_WIDTH_WITH_CHECKS: u16 = 100;
/// Fewer columns than this beside a dialog show only scraps of what lies under it: it takes them too.
const MIN_MARGIN: u16 = 4;
/// Rows of a text field, at most.
const MAX_TEXT_ROWS: usize = 8;
/// People shown at a time.
const MAX_PEOPLE: usize = 7;

pub(super) fn paint(dialog: &Dialog, is_top: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let width = dialog_width(dialog, area.width);
    let inside = width.saturating_sub(4);
    let footer = footer_lines(dialog, canvas, inside);
    let foot_height = u16::try_from(footer.len()).unwrap_or(1).clamp(1, 3);
    let most = area.height.saturating_sub(2 + foot_height).max(2);
    let ranges = field_ranges(dialog, inside, most);
    let total_height = ranges.last().map_or(0, |place| place.end);
    let inner = canvas.paint_dialog(area, width, total_height.min(most) + foot_height + 2, dialog.title());
    let room = Rect { height: inner.height.saturating_sub(foot_height), ..inner };
    let top = scroll_top(dialog, &ranges, room);
    canvas.paint_viewport(room, total_height, top, |canvas, whole| {
        for (number, (field, place)) in dialog.form.fields().into_iter().zip(&ranges).enumerate() {
            let focused = is_top && number == dialog.focus_index && !dialog.request.is_pending();
            let area = Rect { y: place.start, height: place.end - place.start, ..whole };
            paint_field(field, focused, canvas, area);
        }
    });
    if total_height > room.height {
        let below = total_height.saturating_sub(top + room.height);
        let text =
            if below > 0 { format!("{} {below} more", canvas.theme.glyphs.more_below) } else { "end".into() };
        let panel = panel_around(inner);
        canvas.paint_panel_footer(panel, &text);
    }
    canvas.put_lines(Rect { y: room.bottom(), height: foot_height, ..inner }.intersection(inner), &footer);
}

fn dialog_width(dialog: &Dialog, room: u16) -> u16 {
    // The border, the air inside it, the bar and the box to tick.
    let is_long = |line: &ChecklistItem| display_width(&safe::sanitize_line(&line.text)) > MAX_WIDTH - 10;
    let is_long = |field: &&dyn Field| matches!(field.input(), FieldInput::Checklist(list) if list.items.iter().any(is_long));
    let widest = if dialog.form.fields().iter().any(is_long) { MAX_WIDTH_WITH_CHECKS } else { MAX_WIDTH };
    if room < widest + 2 * MIN_MARGIN { room } else { widest }
}

/// The lines to tick, broken where they must be.
fn check_lines(
    lines: &[ChecklistItem],
    chosen: Option<usize>,
    width: u16,
) -> impl Iterator<Item = Vec<SafeLine>> {
    let width = usize::from(width.saturating_sub(2));
    lines.iter().enumerate().map(move |(place, line)| {
        let ink = if chosen == Some(place) { TextRole::Strong } else { TextRole::Plain };
        let tick = if line.is_checked { "[x] " } else { "[ ] " };
        let text = safe::sanitize_line(&line.text);
        wrap::spans(&[SafeSpan::new(format!("{tick}{text}"), ink)], width, "    ")
    })
}

/// What stands below the fields: that it is sent, or why it could not be done.
fn footer_lines(dialog: &Dialog, canvas: &mut Canvas<'_>, width: u16) -> Vec<SafeLine> {
    match &dialog.request {
        Request::Pending(_) => {
            vec![SafeLine::from_text(format!("{} sending", canvas.spinner()), TextRole::Accent)]
        }
        Request::Failed(error) => wrap::plain_text(error, usize::from(width), TextRole::Bad),
        Request::Idle => Vec::new(),
    }
}

/// Which rows each field has, its label included: with air between them where all have room.
fn field_ranges(dialog: &Dialog, width: u16, max: u16) -> Vec<Range<u16>> {
    let heights: Vec<u16> =
        dialog.form.fields().into_iter().map(|field| 1 + field_height(field, width, max - 1)).collect();
    let gaps = u16::try_from(heights.len().saturating_sub(1)).unwrap_or(0);
    let gap = u16::from(heights.iter().sum::<u16>() + gaps <= max);
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
fn scroll_top(dialog: &Dialog, ranges: &[Range<u16>], room: Rect) -> u16 {
    let Some(place) = ranges.get(dialog.focus_index) else { return 0 };
    let end = match dialog.focused_input() {
        Some(FieldInput::Checklist(list)) if place.end - place.start > room.height => {
            let lines = check_lines(&list.items, None, room.width);
            let rows: usize = lines.take(list.selected + 1).map(|rows| rows.len()).sum();
            place.start + 1 + u16::try_from(rows).unwrap_or(0)
        }
        Some(
            FieldInput::Checklist(_)
            | FieldInput::SingleLine(_)
            | FieldInput::MultiLine(_)
            | FieldInput::Time(_)
            | FieldInput::Person(_)
            | FieldInput::Choice { .. },
        )
        | None => place.end,
    };
    end.saturating_sub(room.height)
}

/// Rows of a field, without its label.
fn field_height(field: &dyn Field, width: u16, max: u16) -> u16 {
    let rows = match field.input() {
        FieldInput::MultiLine(text) => composer::row_count(text, width.saturating_sub(2), MAX_TEXT_ROWS)
            .clamp(3, MAX_TEXT_ROWS)
            .min(max.into()),
        FieldInput::SingleLine(_) | FieldInput::Choice { .. } => 1,
        FieldInput::Time(_) => 2,
        FieldInput::Person(_) => (MAX_PEOPLE + 1).min(max.into()),
        FieldInput::Checklist(list) => check_lines(&list.items, None, width).map(|rows| rows.len()).sum(),
    };
    u16::try_from(rows).unwrap_or(1)
}

fn paint_field(field: &dyn Field, focused: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let (Caption { label, hint }, input) = (field.caption(), field.input());
    let label_style = if focused { theme.accent } else { theme.dim };
    let used = canvas.put_text(area.x, area.y, area.width, label, label_style);
    if matches!(input, FieldInput::Choice { .. } | FieldInput::Checklist(_)) {
        // Where nothing is typed, the hint has no place of its own.
        let room = area.width.saturating_sub(used + 2);
        canvas.put_text(area.x + used + 2, area.y, room, hint, theme.dim);
    }
    let body = Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(1),
    };
    if focused {
        // Where there is more than one thing to choose, the one that the keys are on has the bar.
        let last = match input {
            FieldInput::Person(_) => body.top() + 1,
            FieldInput::Checklist(_) => body.top(),
            FieldInput::SingleLine(_)
            | FieldInput::MultiLine(_)
            | FieldInput::Time(_)
            | FieldInput::Choice { .. } => body.bottom(),
        };
        for y in body.top()..last {
            canvas.put_text(area.x, y, 1, theme.glyphs.selection_bar, theme.accent);
        }
    }
    match input {
        FieldInput::SingleLine(text) | FieldInput::MultiLine(text) => {
            composer::paint(text, focused, hint, canvas, body)
        }
        FieldInput::Time(text) => paint_time_field(text, focused, hint, canvas, body),
        FieldInput::Person(person) => {
            composer::paint(&person.query, focused, hint, canvas, Rect { height: 1, ..body });
            let below = Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body };
            paint_people(person, canvas, below);
        }
        FieldInput::Choice { options, selected } => {
            paint_choice_field(&options, selected, focused, canvas, body)
        }
        FieldInput::Checklist(list) => {
            let mut below = body.top()..body.bottom();
            let chosen = focused.then_some(list.selected);
            for (place, rows) in check_lines(&list.items, chosen, area.width).enumerate() {
                for (row, y) in rows.iter().zip(below.by_ref()) {
                    if chosen == Some(place) {
                        canvas.put_text(area.x, y, 1, theme.glyphs.selection_bar, theme.accent);
                    }
                    canvas.put_line(body.x, y, body.width, row);
                }
            }
        }
    }
}

/// A moment to come, and below it how it was read.
fn paint_time_field(text: &Composer, focused: bool, hint: &str, canvas: &mut Canvas<'_>, area: Rect) {
    composer::paint(text, focused, hint, canvas, Rect { height: 1, ..area });
    let theme = canvas.theme;
    let (line, style) = match wake_time::parse(&text.text(), canvas.server_now(), canvas.zone()) {
        Ok(Some(moment)) => (wake_time::format_time(moment, canvas.zone()), theme.good),
        Ok(None) => ("no reminder".into(), theme.dim),
        Err(why) => (why.to_string(), theme.warn),
    };
    if area.height > 1 && !text.is_empty() {
        canvas.put_text(area.x, area.y + 1, area.width, &line, style);
    }
}

/// The people whose names have what was typed, around the one that the keys are on.
fn paint_people(field: &PersonField, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let (found, at) = (field.matching(), field.selected);
    let (line, style) = match &field.people {
        PeopleList::Loading(_) => (format!("{} fetching the people", canvas.spinner()), theme.dim),
        PeopleList::Failed(why) => (format!("The people could not be fetched: {why}"), theme.bad),
        PeopleList::Loaded(_) if found.is_empty() => ("Nobody has this name".into(), theme.dim),
        PeopleList::Loaded(_) => (String::new(), theme.dim),
    };
    canvas.put_text(area.x, area.y, area.width, &line, style);
    let room = usize::from(area.height);
    let top = (at + 1).saturating_sub(room);
    for ((place, person), y) in found.iter().enumerate().skip(top).zip(area.top()..area.bottom()) {
        let is_chosen = place == at;
        let style = if is_chosen { theme.strong } else { theme.text };
        canvas.put_text(area.x, y, 1, if is_chosen { theme.glyphs.selection_bar } else { " " }, theme.accent);
        canvas.put_text(area.x + 2, y, area.width.saturating_sub(2), &person.name, style);
    }
}

fn paint_choice_field(words: &[&str], chosen: usize, focused: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let mut x = area.x;
    for (place, word) in words.iter().enumerate() {
        let room = area.right().saturating_sub(x);
        let (text, style) = if place == chosen {
            (format!("({word})"), if focused { theme.accent.patch(theme.strong) } else { theme.strong })
        } else {
            (format!(" {word} "), theme.dim)
        };
        x += canvas.put_text(x, area.y, room, &text, style) + 1;
    }
    if focused {
        let room = area.right().saturating_sub(x + 1);
        canvas.put_text(x + 1, area.y, room, "←→", theme.dim);
    }
}
