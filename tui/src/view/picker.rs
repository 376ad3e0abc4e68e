//! Rows to pick from: what has been tried, what came of the steps, what was seen before.

use std::borrow::Cow;

use ratatui::layout::Rect;
use tierup_common::assessment::{Outcome, Similar, Step};
use tierup_common::session::{Branch, BranchStatus};

use crate::keymap::{Action, Context, TriedAction};
use crate::state::State;
use crate::state::layer::{Picker, PickerKind};
use crate::state::paint_output::ClickTarget;
use crate::text::{SafeLine, SafeSpan, TextRole, markdown, safe, wrap};
use crate::view::canvas::{Canvas, panel_around};

/// Columns of the box, at most.
const MAX_WIDTH: u16 = 96;

pub(super) fn paint(state: &State, picker: &Picker, canvas: &mut Canvas<'_>, area: Rect) {
    let width = MAX_WIDTH.min(area.width.saturating_sub(4)).max(area.width.min(40));
    let inside = usize::from(width.saturating_sub(6));
    let ink = |place| if place == picker.selected { TextRole::Strong } else { TextRole::Plain };
    let (title, items, empty) = match picker.kind {
        PickerKind::Branches => {
            let rows = |(place, branch): (usize, &Branch)| {
                branch_lines(
                    branch,
                    ink(place),
                    state.row_edits.branch_edit(branch.id).is_some(),
                    inside,
                    canvas,
                )
            };
            let items: Vec<Vec<SafeLine>> = state.branches().iter().enumerate().map(rows).collect();
            let add = canvas.key_for(Context::Tried, Action::Tried(TriedAction::Add));
            ("Tried", items, format!("Nothing yet. {add} notes what might be the cause."))
        }
        PickerKind::Steps => {
            let rows = |(place, step): (usize, &Step)| {
                step_lines(
                    (place, ink(place)),
                    step,
                    state.row_edits.step_outcome(step.id).is_some(),
                    inside,
                    canvas,
                )
            };
            let items = state.suggested_steps().iter().enumerate().map(rows).collect();
            ("What came of the steps", items, "No steps were suggested.".into())
        }
        PickerKind::SimilarCases => {
            let rows = |(place, case)| similar_case_lines(case, ink(place), inside);
            let items = state.similar_cases().iter().enumerate().map(rows).collect();
            ("Seen before", items, "Nothing like it was seen before.".into())
        }
    };
    let rows: usize = items.iter().map(Vec::len).sum();
    let error = picker
        .error
        .as_deref()
        .map(|why| wrap::plain_text(why, usize::from(width.saturating_sub(4)), TextRole::Bad));
    let error = error.unwrap_or_default();
    let foot = u16::try_from(error.len()).unwrap_or(0).min(3);
    let height = u16::try_from(rows.max(1) + 2).unwrap_or(u16::MAX).saturating_add(foot).min(area.height);
    let inner = canvas.paint_dialog(area, width, height, title);
    if items.is_empty() {
        canvas.put_text(inner.x, inner.y, inner.width, &empty, canvas.theme.dim);
    }
    let body = Rect { height: inner.height.saturating_sub(foot), ..inner };
    paint_items(&items, picker.selected, canvas, body, panel_around(inner));
    canvas.put_lines(Rect { y: body.bottom(), height: foot, ..inner }, &error);
}

/// The items from the one on that lets the chosen one be seen whole; on the border, which part of all that is.
fn paint_items(items: &[Vec<SafeLine>], at: usize, canvas: &mut Canvas<'_>, area: Rect, panel: Rect) {
    let room = usize::from(area.height);
    let mut top = at.min(items.len());
    let mut taken = items.get(at).map_or(0, Vec::len);
    while let Some(before) = top.checked_sub(1).filter(|before| taken + items[*before].len() <= room) {
        taken += items[before].len();
        top = before;
    }
    let mut y = area.y;
    for (place, rows) in items.iter().enumerate().skip(top) {
        let begin = y;
        for (row, y_of_row) in rows.iter().zip(begin..area.bottom()) {
            if place == at {
                canvas.put_text(area.x, y_of_row, 1, canvas.theme.glyphs.selection_bar, canvas.theme.accent);
            }
            canvas.put_line(area.x + 2, y_of_row, area.width.saturating_sub(2), row);
            y = y_of_row + 1;
        }
        canvas
            .output
            .add_click_target(Rect { y: begin, height: y - begin, ..area }, ClickTarget::PickerRow(place));
    }
    let rows = |items: &[Vec<SafeLine>]| items.iter().map(Vec::len).sum::<usize>();
    let all = rows(items);
    if all > room {
        canvas.paint_scrollbar(panel, area, rows(&items[..top]).min(all - room), room, all);
        canvas.paint_panel_footer(panel, &format!("{} of {}", at + 1, items.len()));
    }
}

fn branch_lines(
    branch: &Branch,
    role: TextRole,
    is_under_way: bool,
    width: usize,
    canvas: &mut Canvas<'_>,
) -> Vec<SafeLine> {
    let glyphs = canvas.theme.glyphs;
    let (glyph, word, ink) = match branch.status {
        BranchStatus::RuledOut => (glyphs.cross, "ruled out", TextRole::Dim),
        BranchStatus::Confirmed => (glyphs.check, "confirmed", TextRole::Good),
        BranchStatus::Open => (glyphs.question, "open", TextRole::Warn),
    };
    let glyph = if is_under_way { canvas.spinner() } else { glyph };
    let mut line = vec![SafeSpan::new(format!("{glyph} "), ink)];
    line.extend(markdown::inline_code_spans(&first_nonempty_line(&branch.hypothesis), role));
    line.push(SafeSpan::new(format!("  {word}"), ink));
    let mut rows = wrap::spans(&line, width, "  ");
    if let Some(evidence) = branch.evidence.as_deref().filter(|evidence| !evidence.trim().is_empty()) {
        let mut why = vec![SafeSpan::new("  ", TextRole::Dim)];
        why.extend(markdown::inline_code_spans(&first_nonempty_line(evidence), TextRole::Dim));
        rows.extend(wrap::spans(&why, width, "  "));
    }
    rows
}

/// The first line that says something, with a mark if more follows.
fn first_nonempty_line(raw: &str) -> Cow<'_, str> {
    let mut lines = raw.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    if lines.next().is_some() { format!("{first} …").into() } else { first.into() }
}

fn step_lines(
    (place, text): (usize, TextRole),
    step: &Step,
    is_under_way: bool,
    width: usize,
    canvas: &mut Canvas<'_>,
) -> Vec<SafeLine> {
    let glyphs = canvas.theme.glyphs;
    let mut line = vec![SafeSpan::new(format!("{}. ", place + 1), TextRole::Accent)];
    line.extend(markdown::inline_code_spans(&step.text, text));
    if is_under_way {
        line.push(SafeSpan::new(format!("  {}", canvas.spinner()), TextRole::Accent));
    } else {
        line.extend(outcome_span(step, &glyphs));
    }
    wrap::spans(&line, width, "   ")
}

/// What is known of a step, behind it.
pub(super) fn outcome_span(step: &Step, glyphs: &crate::view::theme::Glyphs) -> Option<SafeSpan> {
    match (step.outcome, step.already_tried) {
        (Some(Outcome::Worked), _) => {
            Some(SafeSpan::new(format!("  {} worked", glyphs.check), TextRole::Good))
        }
        (Some(Outcome::Failed), _) => {
            Some(SafeSpan::new(format!("  {} failed", glyphs.cross), TextRole::Warn))
        }
        (None, true) => Some(SafeSpan::new(format!("  {} tried", glyphs.dot), TextRole::Dim)),
        (None, false) => None,
    }
}

fn similar_case_lines(case: &Similar, role: TextRole, width: usize) -> Vec<SafeLine> {
    let head = [
        SafeSpan::new(format!("session {}  ", case.number), TextRole::Dim),
        SafeSpan::new(safe::sanitize_line(&case.problem_summary), role),
    ];
    let mut rows = wrap::spans(&head, width, "  ");
    let mut resolution = vec![SafeSpan::new("  ", TextRole::Plain)];
    resolution.extend(markdown::inline_code_spans(&case.resolution, TextRole::Plain));
    rows.extend(wrap::spans(&resolution, width, "  "));
    rows
}
