//! Pickers: branches, step outcomes and similar cases.

use std::borrow::Cow;

use ratatui::layout::Rect;
use tierup_common::assessment::{Similar, Step};
use tierup_common::session::Branch;

use crate::keymap::{Action, Context, TriedAction};
use crate::state::State;
use crate::state::layer::{Picker, PickerKind};
use crate::state::paint_output::ClickTarget;
use crate::state::tried::TriedEntry;
use crate::text::{Safe, SafeLine, SafeSpan, TextRole, markdown, safe, safe_format, wrap};
use crate::view::canvas::{Canvas, panel_around};
use crate::view::document::reason_lines;
use crate::view::labels;

/// Columns of the box, at most.
const MAX_WIDTH: u16 = 96;
/// Rows of an error, at most.
const MAX_ERROR_ROWS: usize = 3;

pub(super) fn paint(state: &State, picker: &Picker, canvas: &mut Canvas<'_>, area: Rect) {
    let width = MAX_WIDTH.min(area.width.saturating_sub(4)).max(area.width.min(40));
    let list = PickerList::new(state, picker, usize::from(width.saturating_sub(6)), canvas);
    let error = picker.error.as_deref().unwrap_or_default();
    let mut error_lines = wrap::plain_text(error, usize::from(width.saturating_sub(4)), TextRole::Bad);
    error_lines.truncate(if error.is_empty() { 0 } else { MAX_ERROR_ROWS });
    let error_height = u16::try_from(error_lines.len()).unwrap_or(0);
    let rows: usize = list.items.iter().map(Vec::len).sum();
    let height = u16::try_from(rows.max(1) + 2).unwrap_or(u16::MAX).saturating_add(error_height);
    let inner = canvas.paint_dialog(area, width, height.min(area.height), list.title);
    if list.items.is_empty() {
        canvas.put_text(inner.x, inner.y, inner.width, &list.empty_text, canvas.theme.dim);
    }
    let body = Rect { height: inner.height.saturating_sub(error_height), ..inner };
    paint_items(&list.items, picker.selected, canvas, body, panel_around(inner));
    canvas.put_lines(Rect { y: body.bottom(), height: error_height, ..inner }, &error_lines);
}

/// The rows of a picker.
struct PickerList {
    title: &'static str,
    /// The lines of each row.
    items: Vec<Vec<SafeLine>>,
    /// The message when there are no rows.
    empty_text: Safe<'static>,
}

impl PickerList {
    fn new(state: &State, picker: &Picker, width: usize, canvas: &mut Canvas<'_>) -> Self {
        let role = |index| if index == picker.selected { TextRole::Strong } else { TextRole::Plain };
        match picker.kind {
            PickerKind::Branches => {
                let open = Action::Tried(TriedAction::Open);
                let open_key = state.settings.keymap.key_for(Context::Branches, open);
                let mut lines = |(index, entry): (usize, TriedEntry)| match entry {
                    TriedEntry::Recorded(branch) => {
                        let is_saving = state.row_edits.branch_edit(branch.id).is_some();
                        branch_lines(&branch, role(index), is_saving, width, canvas)
                    }
                    TriedEntry::Proposed(text) => {
                        let is_saving = state.row_edits.added_branch(&text).is_some();
                        proposal_lines(&text, index == picker.selected, is_saving, &open_key, width, canvas)
                    }
                };
                let items = state.tried_entries().into_iter().enumerate().map(&mut lines).collect();
                let add = Action::Tried(TriedAction::Add);
                let key = state.settings.keymap.key_for(Context::Branches, add);
                let empty_text = safe_format!("Nothing tried yet. {key} adds an entry.");
                Self { title: "Tried", items, empty_text }
            }
            PickerKind::Steps => {
                let lines = |(index, step): (usize, &Step)| {
                    let is_saving = state.row_edits.step_outcome(step.id).is_some();
                    let mut lines = step_lines((index, role(index)), step, is_saving, width, canvas);
                    lines.extend(reason_lines(step.why.as_deref(), "   ", width));
                    lines
                };
                let items = state.suggested_steps().iter().enumerate().map(lines).collect();
                Self { title: "Step outcomes", items, empty_text: "No suggested steps".into() }
            }
            PickerKind::SimilarCases => {
                let lines = |(index, case)| similar_case_lines(case, role(index), width);
                let items = state.similar_cases().iter().enumerate().map(lines).collect();
                Self { title: "Similar cases", items, empty_text: "No similar cases".into() }
            }
        }
    }
}

/// Paints the items from the first that leaves the selected one whole, and on the border which part of all that is.
fn paint_items(items: &[Vec<SafeLine>], selected: usize, canvas: &mut Canvas<'_>, area: Rect, panel: Rect) {
    let height = usize::from(area.height);
    let mut top = selected.min(items.len());
    let mut taken = items.get(selected).map_or(0, Vec::len);
    while let Some(before) = top.checked_sub(1).filter(|before| taken + items[*before].len() <= height) {
        taken += items[before].len();
        top = before;
    }
    let mut y = area.y;
    for (index, lines) in items.iter().enumerate().skip(top) {
        let start_y = y;
        for (line, line_y) in lines.iter().zip(start_y..area.bottom()) {
            if index == selected {
                canvas.put_text(area.x, line_y, 1, canvas.theme.glyphs.selection_bar, canvas.theme.accent);
            }
            canvas.put_line(area.x + 2, line_y, area.width.saturating_sub(2), line);
            y = line_y + 1;
        }
        let item_area = Rect { y: start_y, height: y - start_y, ..area };
        canvas.output.add_click_target(item_area, ClickTarget::PickerRow(index));
    }
    let rows = |items: &[Vec<SafeLine>]| items.iter().map(Vec::len).sum::<usize>();
    let total = rows(items);
    if total > height {
        canvas.paint_scrollbar(panel, area, rows(&items[..top]).min(total - height), height, total);
        canvas.paint_panel_footer(panel, safe_format!("{} of {}", selected + 1, items.len()));
    }
}

fn branch_lines(
    branch: &Branch,
    role: TextRole,
    is_saving: bool,
    width: usize,
    canvas: &mut Canvas<'_>,
) -> Vec<SafeLine> {
    let (glyph, word, status_role) = labels::branch_status(branch.status, &canvas.theme.glyphs);
    let glyph = if is_saving { canvas.time.spinner() } else { glyph };
    let mut line = vec![SafeSpan::new(safe_format!("{glyph} "), status_role)];
    line.extend(markdown::inline_code_spans(&first_nonempty_line(&branch.hypothesis), role));
    line.push(SafeSpan::new(safe_format!("  {word}"), status_role));
    let mut lines = wrap::spans(&line, width, "  ");
    if let Some(evidence) = branch.evidence.as_deref().filter(|evidence| !evidence.trim().is_empty()) {
        let mut line = vec![SafeSpan::new("  ", TextRole::Dim)];
        line.extend(markdown::inline_code_spans(&first_nonempty_line(evidence), TextRole::Dim));
        lines.extend(wrap::spans(&line, width, "  "));
    }
    lines
}

/// A hypothesis of the assessment that can be added.
fn proposal_lines(
    text: &str,
    is_selected: bool,
    is_saving: bool,
    open_key: &Safe<'_>,
    width: usize,
    canvas: &mut Canvas<'_>,
) -> Vec<SafeLine> {
    let role = if is_selected { TextRole::Strong } else { TextRole::Plain };
    let mut line = vec![SafeSpan::new(safe_format!("{} ", canvas.theme.glyphs.dot), TextRole::Dim)];
    line.extend(markdown::inline_code_spans(text, role));
    if is_saving {
        line.push(SafeSpan::new(safe_format!("  {}", canvas.time.spinner()), TextRole::Accent));
    } else {
        line.push(SafeSpan::new("  proposed", TextRole::Dim));
        if is_selected && !open_key.is_empty() {
            line.push(SafeSpan::new(": ", TextRole::Dim));
            line.push(SafeSpan::new(open_key, TextRole::Accent));
            line.push(SafeSpan::new(" adds it", TextRole::Dim));
        }
    }
    wrap::spans(&line, width, "  ")
}

/// The first line that is not blank, with an ellipsis if more follows.
fn first_nonempty_line(raw: &str) -> Cow<'_, str> {
    let mut lines = raw.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    if lines.next().is_some() { format!("{first} …").into() } else { first.into() }
}

fn step_lines(
    (index, role): (usize, TextRole),
    step: &Step,
    is_saving: bool,
    width: usize,
    canvas: &mut Canvas<'_>,
) -> Vec<SafeLine> {
    let mut line = vec![SafeSpan::new(safe_format!("{}. ", index + 1), TextRole::Accent)];
    line.extend(markdown::inline_code_spans(&step.text, role));
    if is_saving {
        line.push(SafeSpan::new(safe_format!("  {}", canvas.time.spinner()), TextRole::Accent));
    } else {
        line.extend(labels::step_outcome_span(step, &canvas.theme.glyphs));
    }
    wrap::spans(&line, width, "   ")
}

fn similar_case_lines(case: &Similar, role: TextRole, width: usize) -> Vec<SafeLine> {
    let problem = [
        SafeSpan::new(safe_format!("session {}  ", case.number), TextRole::Dim),
        SafeSpan::new(safe::sanitize_line(&case.problem_summary), role),
    ];
    let mut lines = wrap::spans(&problem, width, "  ");
    let mut resolution = vec![SafeSpan::new("  ", TextRole::Plain)];
    resolution.extend(markdown::inline_code_spans(&case.resolution, TextRole::Plain));
    lines.extend(wrap::spans(&resolution, width, "  "));
    lines.extend(reason_lines(case.why.as_deref(), "  ", width));
    lines
}
