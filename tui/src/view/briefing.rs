//! The ten-second screen: what happened on the left, the assessment on the right; one above the other where it is
//! narrow.

use ratatui::layout::{Constraint, Layout, Rect};
use tierup_common::assessment::AssessmentStatus;
use tierup_common::handoff::QueueItem;

use crate::state::State;
use crate::state::briefing::{Briefing, Pane, Place};
use crate::state::painted::Target;
use crate::text::{Ink, safe};
use crate::view::canvas::Canvas;
use crate::view::sheet::{Sheet, readers};

/// From this many columns on the halves stand side by side.
const SIDE_BY_SIDE: u16 = 90;
/// Below this many rows only the half that has the keys is shown.
const BOTH: u16 = 16;

pub(super) fn paint(state: &State, open: &Briefing, canvas: &mut Canvas<'_>, area: Rect) {
    let halves = match (area.width >= SIDE_BY_SIDE, area.height >= BOTH) {
        (true, _) => {
            let sides = [Constraint::Percentage(48), Constraint::Fill(1)];
            let [left, right] = Layout::horizontal(sides).areas(area);
            [Some(left), Some(right)]
        }
        (false, true) => {
            let [top, bottom] =
                Layout::vertical([Constraint::Percentage(45), Constraint::Fill(1)]).areas(area);
            [Some(top), Some(bottom)]
        }
        (false, false) => match open.pane {
            Pane::Happened => [Some(area), None],
            Pane::Assessment => [None, Some(area)],
        },
    };
    if let Some(area) = halves[0] {
        happened(state, open, canvas, area);
    }
    if let Some(area) = halves[1] {
        assessment(state, open, canvas, area);
    }
}

fn happened(state: &State, open: &Briefing, canvas: &mut Canvas<'_>, area: Rect) {
    let item = &open.item;
    let title = match readers(item, state.my_id()) {
        Some(readers) => format!("#{} ── {readers}", item.number),
        None => format!("#{}", item.number),
    };
    let inner = canvas.panel(area, &title, open.pane == Pane::Happened);
    let mut sheet = Sheet::new(inner.width);
    sheet.line(&item.problem_summary, Ink::Strong);
    sheet.byline(item, canvas);
    sheet.notes(&item.engineer_notes);
    match (&open.snapshot, &open.failed) {
        (Some(snapshot), _) => {
            sheet.tried(&snapshot.branch_map, canvas);
            sheet.messages(open, snapshot, canvas);
        }
        (None, Some(why)) => {
            sheet.gap();
            sheet.line(&format!("What was handed over could not be fetched: {why}"), Ink::Bad);
        }
        (None, None) => {
            sheet.gap();
            sheet.turning(&format!("{} fetching what was handed over", canvas.still()), Ink::Dim);
        }
    }
    let top = match open.happened {
        Place::Row(row) => row,
        // With the row before it, so that it does not look like the beginning.
        Place::Message(seq) => {
            let begin = sheet.messages.iter().find(|(known, _)| *known == seq);
            begin.map_or(0, |(_, row)| row.saturating_sub(1))
        }
    };
    canvas.painted.target(area, Target::Pane(Pane::Happened));
    let (top, end) = scrolled(canvas, area, inner, &sheet, top);
    (canvas.painted.happened, canvas.painted.happened_end) = (top, end);
    canvas.painted.page = usize::from(inner.height.saturating_sub(2)).max(1);
}

fn assessment(state: &State, open: &Briefing, canvas: &mut Canvas<'_>, area: Rect) {
    let (title, turns) = assessment_title(&open.item, canvas);
    if turns {
        canvas.spins();
    }
    let inner = canvas.panel(area, &title, open.pane == Pane::Assessment);
    let mut sheet = Sheet::new(inner.width);
    sheet.assessment(&open.item, open.growing.as_deref(), open.evidence, canvas);
    sheet.slow(open, canvas);
    canvas.painted.target(area, Target::Pane(Pane::Assessment));
    let mut top = open.assessment_top;
    if open.pane == Pane::Happened && !sheet.marked.is_empty() {
        // Whoever follows the evidence sees which piece it is.
        let height = usize::from(inner.height);
        top = top.min(sheet.marked.start).max(sheet.marked.end.saturating_sub(height));
    }
    (_, canvas.painted.assessment_end) = scrolled(canvas, area, inner, &sheet, top);
    canvas.painted.page = usize::from(inner.height.saturating_sub(2)).max(1);
    if state.claiming.is_some_and(|claiming| claiming.handoff == open.item.id) {
        let spinner = canvas.spinner();
        let text = safe::line(&format!("{spinner} claiming"));
        canvas.foot_of_panel(area, &text);
    }
}

/// What the panel of an assessment is called, with what it is doing; whether a spinner turns in it.
pub(super) fn assessment_title(item: &QueueItem, canvas: &Canvas<'_>) -> (String, bool) {
    match item.assessment_status {
        AssessmentStatus::Pending => (format!("Assessment ── {} waiting for its turn", canvas.still()), true),
        AssessmentStatus::Running => (format!("Assessment ── {} streaming", canvas.still()), true),
        AssessmentStatus::Ready | AssessmentStatus::Failed | AssessmentStatus::NotRequested => {
            ("Assessment".into(), false)
        }
    }
}

/// Paints rows from one of them on; from which, and how far they can be scrolled.
fn scrolled(canvas: &mut Canvas<'_>, panel: Rect, inner: Rect, sheet: &Sheet, top: usize) -> (usize, usize) {
    let height = usize::from(inner.height);
    let end = sheet.len().saturating_sub(height);
    let top = top.min(end);
    sheet.paint(top, canvas, inner);
    for (row, y) in (top..).zip(inner.top()..inner.bottom()) {
        if sheet.marked.contains(&row) {
            canvas.put(inner.x - 1, y, 1, canvas.theme.glyphs.bar, canvas.theme.accent);
        }
        if let Some((_, target)) = sheet.targets.iter().find(|(rows, _)| rows.contains(&row)) {
            canvas.painted.target(Rect { y, height: 1, ..inner }, *target);
        }
    }
    if end > 0 {
        let more = canvas.theme.glyphs.more;
        let text = if top < end { format!("{more} {} more", end - top) } else { "end".into() };
        canvas.foot_of_panel(panel, &text);
    }
    (top, end)
}
