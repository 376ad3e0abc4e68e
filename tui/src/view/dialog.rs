//! Dialogs: fields to fill in.

use std::ops::Range;

use ratatui::layout::Rect;

use crate::state::composer::Composer;
use crate::state::dialog::{Caption, ChecklistItem, Dialog, Field, FieldInput, PeopleList, PersonField};
use crate::state::request::Request;
use crate::text::{Safe, SafeLine, SafeSpan, TextRole, safe, safe_format, wrap};
use crate::view::canvas::{Canvas, panel_around};
use crate::view::composer;
use crate::view::measure::display_width;
use crate::wake_time;

/// Columns of a dialog, at most.
const MAX_WIDTH: u16 = 76;
/// Columns of a dialog with long checklist items, at most.
const MAX_WIDTH_WITH_CHECKS: u16 = 100;
/// Columns on each side of a dialog below which it takes the whole width.
const MIN_MARGIN: u16 = 4;
/// Rows of a text field, at most.
const MAX_TEXT_ROWS: usize = 8;
/// People shown at a time.
const MAX_PEOPLE: usize = 7;

pub(super) fn paint(dialog: &Dialog, is_top: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let width = dialog_width(dialog, area.width);
    let inside = width.saturating_sub(4);
    let footer = footer_lines(dialog, canvas, inside);
    let footer_height = u16::try_from(footer.len()).unwrap_or(1).clamp(1, 3);
    let max_height = area.height.saturating_sub(2 + footer_height).max(2);
    let ranges = field_ranges(dialog, inside, max_height);
    let total_height = ranges.last().map_or(0, |range| range.end);
    let height = total_height.min(max_height) + footer_height + 2;
    let inner = canvas.paint_dialog(area, width, height, dialog.title());
    let body = Rect { height: inner.height.saturating_sub(footer_height), ..inner };
    let top = scroll_top(dialog, &ranges, body);
    canvas.paint_viewport(body, total_height, top, |canvas, whole| {
        for (index, (field, range)) in dialog.form.fields().into_iter().zip(&ranges).enumerate() {
            let focused = is_top && index == dialog.focus_index && !dialog.request.is_pending();
            let area = Rect { y: range.start, height: range.end - range.start, ..whole };
            paint_field(field, focused, canvas, area);
        }
    });
    if total_height > body.height {
        let below = total_height.saturating_sub(top + body.height);
        canvas.paint_rows_below(panel_around(inner), usize::from(below));
    }
    let footer_area = Rect { y: body.bottom(), height: footer_height, ..inner };
    canvas.put_lines(footer_area.intersection(inner), &footer);
}

fn dialog_width(dialog: &Dialog, available: u16) -> u16 {
    // Around an item are the border and its padding, the selection bar and the box.
    let is_long_item =
        |item: &ChecklistItem| display_width(&safe::sanitize_line(&item.text)) > MAX_WIDTH - 10;
    let is_long = |field: &&dyn Field| matches!(field.input(), FieldInput::Checklist(list) if list.items.iter().any(is_long_item));
    let width = if dialog.form.fields().iter().any(is_long) { MAX_WIDTH_WITH_CHECKS } else { MAX_WIDTH };
    if available < width + 2 * MIN_MARGIN { available } else { width }
}

/// The lines of each checklist item.
fn checklist_lines(
    items: &[ChecklistItem],
    selected: Option<usize>,
    width: u16,
) -> impl Iterator<Item = Vec<SafeLine>> {
    let width = usize::from(width.saturating_sub(2));
    items.iter().enumerate().map(move |(index, item)| {
        let role = if selected == Some(index) { TextRole::Strong } else { TextRole::Plain };
        let checkbox = if item.is_checked { "[x] " } else { "[ ] " };
        wrap::spans(&[SafeSpan::new(safe_format!("{checkbox}{}", item.text), role)], width, "    ")
    })
}

/// The line below the fields: that the dialog is being sent, or why it failed.
fn footer_lines(dialog: &Dialog, canvas: &mut Canvas<'_>, width: u16) -> Vec<SafeLine> {
    match &dialog.request {
        Request::Pending(_) => {
            let text = safe_format!("{} sending", canvas.time.spinner());
            vec![SafeLine::from_text(text, TextRole::Accent)]
        }
        Request::Failed(error) => wrap::plain_text(error, usize::from(width), TextRole::Bad),
        Request::Idle => Vec::new(),
    }
}

/// The rows of each field with its label. There are gaps between them if all fit.
fn field_ranges(dialog: &Dialog, width: u16, max: u16) -> Vec<Range<u16>> {
    let heights: Vec<u16> =
        dialog.form.fields().into_iter().map(|field| 1 + field_height(field, width, max - 1)).collect();
    let gaps = u16::try_from(heights.len().saturating_sub(1)).unwrap_or(0);
    let gap = u16::from(heights.iter().sum::<u16>() + gaps <= max);
    let mut start = 0;
    let range = |height: u16| {
        let range = start..start + height;
        start = range.end + gap;
        range
    };
    heights.into_iter().map(range).collect()
}

/// The first row shown: as far down as the focused field needs, or, if that is too tall, as its selected item needs.
fn scroll_top(dialog: &Dialog, ranges: &[Range<u16>], body: Rect) -> u16 {
    let Some(range) = ranges.get(dialog.focus_index) else { return 0 };
    let end = match dialog.focused_input() {
        Some(FieldInput::Checklist(list)) if range.end - range.start > body.height => {
            let items = checklist_lines(&list.items, None, body.width).take(list.selected + 1);
            let rows: usize = items.map(|lines| lines.len()).sum();
            range.start + 1 + u16::try_from(rows).unwrap_or(0)
        }
        Some(
            FieldInput::Checklist(_)
            | FieldInput::SingleLine(_)
            | FieldInput::MultiLine(_)
            | FieldInput::Time(_)
            | FieldInput::Person(_)
            | FieldInput::Choice { .. },
        )
        | None => range.end,
    };
    end.saturating_sub(body.height)
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
        FieldInput::Checklist(list) => {
            checklist_lines(&list.items, None, width).map(|lines| lines.len()).sum()
        }
    };
    u16::try_from(rows).unwrap_or(1)
}

fn paint_field(field: &dyn Field, focused: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let (Caption { label, hint }, input) = (field.caption(), field.input());
    let label_style = if focused { theme.accent } else { theme.dim };
    let label_width = canvas.put_text(area.x, area.y, area.width, label, label_style);
    if matches!(input, FieldInput::Choice { .. } | FieldInput::Checklist(_)) {
        // Where nothing is typed, the hint is after the label.
        let x = area.x + label_width + 2;
        canvas.put_text(x, area.y, area.right().saturating_sub(x), hint, theme.dim);
    }
    let body = Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(1),
    };
    if focused {
        let bar_height = match input {
            // The bar is beside the input line; the list below has one of its own.
            FieldInput::Person(_) => 1,
            // Only the selected item has it.
            FieldInput::Checklist(_) => 0,
            FieldInput::SingleLine(_)
            | FieldInput::MultiLine(_)
            | FieldInput::Time(_)
            | FieldInput::Choice { .. } => body.height,
        };
        for y in body.top()..body.top() + bar_height {
            canvas.put_text(area.x, y, 1, theme.glyphs.selection_bar, theme.accent);
        }
    }
    match input {
        FieldInput::SingleLine(text) | FieldInput::MultiLine(text) => {
            composer::paint(text, focused, hint, canvas, body);
        }
        FieldInput::Time(text) => paint_time(text, focused, hint, canvas, body),
        FieldInput::Person(person) => {
            composer::paint(&person.query, focused, hint, canvas, Rect { height: 1, ..body });
            let list = Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body };
            paint_people(person, canvas, list);
        }
        FieldInput::Choice { options, selected } => paint_choice(&options, selected, focused, canvas, body),
        FieldInput::Checklist(list) => {
            let list_area = Rect { y: body.y, height: body.height, ..area };
            paint_checklist(&list.items, focused.then_some(list.selected), canvas, list_area);
        }
    }
}

/// A time, and below it how it was understood.
fn paint_time(text: &Composer, focused: bool, hint: &'static str, canvas: &mut Canvas<'_>, area: Rect) {
    composer::paint(text, focused, hint, canvas, Rect { height: 1, ..area });
    let (theme, zone) = (canvas.theme, canvas.time.zone());
    let (line, style) = match wake_time::parse(&text.text(), canvas.time.server_now(), zone) {
        Ok(Some(moment)) => (safe_format!("{}", wake_time::format_time(moment, zone)), theme.good),
        Ok(None) => ("no reminder".into(), theme.dim),
        Err(error) => (safe_format!("{error}"), theme.warn),
    };
    if area.height > 1 && !text.is_empty() {
        canvas.put_text(area.x, area.y + 1, area.width, line, style);
    }
}

/// The people whose names match what is typed.
fn paint_people(field: &PersonField, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let (matching, selected) = (field.matching(), field.selected);
    let (line, style) = match &field.people {
        PeopleList::Loading(_) => (safe_format!("{} loading people", canvas.time.spinner()), theme.dim),
        PeopleList::Failed(error) => (safe_format!("Can't load people: {error}"), theme.bad),
        PeopleList::Loaded(_) if matching.is_empty() => ("No matches".into(), theme.dim),
        PeopleList::Loaded(_) => (Safe::default(), theme.dim),
    };
    canvas.put_text(area.x, area.y, area.width, line, style);
    let top = (selected + 1).saturating_sub(usize::from(area.height));
    for ((index, person), y) in matching.iter().enumerate().skip(top).zip(area.top()..area.bottom()) {
        let is_selected = index == selected;
        let bar = if is_selected { theme.glyphs.selection_bar } else { " " };
        let style = if is_selected { theme.strong } else { theme.text };
        canvas.put_text(area.x, y, 1, bar, theme.accent);
        let name = safe::sanitize_line(&person.name);
        canvas.put_text(area.x + 2, y, area.width.saturating_sub(2), name, style);
    }
}

fn paint_choice(
    options: &[&'static str],
    selected: usize,
    focused: bool,
    canvas: &mut Canvas<'_>,
    area: Rect,
) {
    let theme = canvas.theme;
    let mut x = area.x;
    for (index, option) in options.iter().enumerate() {
        let (text, style) = if index == selected {
            let style = if focused { theme.accent.patch(theme.strong) } else { theme.strong };
            (safe_format!("({option})"), style)
        } else {
            (safe_format!(" {option} "), theme.dim)
        };
        x += canvas.put_text(x, area.y, area.right().saturating_sub(x), text, style) + 1;
    }
    if focused {
        canvas.put_text(x + 1, area.y, area.right().saturating_sub(x + 1), "←→", theme.dim);
    }
}

fn paint_checklist(items: &[ChecklistItem], selected: Option<usize>, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let mut rows = area.top()..area.bottom();
    for (index, lines) in checklist_lines(items, selected, area.width).enumerate() {
        for (line, y) in lines.iter().zip(rows.by_ref()) {
            if selected == Some(index) {
                canvas.put_text(area.x, y, 1, theme.glyphs.selection_bar, theme.accent);
            }
            canvas.put_line(area.x + 2, y, area.width.saturating_sub(2), line);
        }
    }
}
