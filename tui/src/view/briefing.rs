//! The ten-second screen: what happened on the left, the assessment on the right; one above the other where it is
//! narrow.

use ratatui::layout::{Constraint, Layout, Margin, Rect};
use tierup_common::assessment::AssessmentStatus;
use tierup_common::handoff::QueueItem;

use crate::keymap::{Action, BriefingVerb, Context};
use crate::state::briefing::{Briefing, Pane, Place};
use crate::state::painted::Target;
use crate::state::{Screen, State};
use crate::text::{Ink, wrap};
use crate::view::canvas::Canvas;
use crate::view::sheet::{Sheet, columns, readers, titled};

/// From this many columns on the halves stand side by side.
const SIDE_BY_SIDE: u16 = 90;
/// Below this many rows only the half that has the keys is shown.
const BOTH: u16 = 16;
/// Rows that say that an assessment is slow: they have their room before they are there.
const SLOW_ROWS: usize = 3;

pub(super) fn paint(state: &State, open: &Briefing, canvas: &mut Canvas<'_>, area: Rect) {
    let here =
        if matches!(state.screen, Screen::Session(_)) { Context::BriefingOverlay } else { Context::Briefing };
    let again = canvas.key(here, Action::Briefing(BriefingVerb::Reassess));
    let halves = match (area.width >= SIDE_BY_SIDE, area.height >= BOTH) {
        (true, _) => {
            let sides = [Constraint::Percentage(48), Constraint::Fill(1)];
            let [left, right] = Layout::horizontal(sides).areas(area);
            [Some(left), Some(right)]
        }
        (false, true) => {
            let height = assessment_height(open, &again, canvas, area);
            let [top, bottom] =
                Layout::vertical([Constraint::Fill(1), Constraint::Length(height)]).areas(area);
            [Some(top), Some(bottom)]
        }
        (false, false) => match open.pane {
            Pane::Happened => [Some(area), None],
            Pane::Assessment => [None, Some(area)],
        },
    };
    let frame = Frame { here, again, is_alone: halves.iter().any(Option::is_none) };
    if let Some(area) = halves[0] {
        happened(state, open, &frame, canvas, area);
    }
    if let Some(area) = halves[1] {
        assessment(state, open, &frame, canvas, area);
    }
    let under_way = if state.is_claiming(open.item.id) {
        Some(format!("{} claiming", canvas.spinner()))
    } else if state.is_taking_back(open.item.session_id) {
        Some(format!("{} taking it back", canvas.spinner()))
    } else if state.claim_in_doubt == Some(open.item.id) {
        Some("whether you claimed it is not known yet".into())
    } else {
        None
    };
    if let ([_, Some(area)] | [Some(area), None], Some(what)) = (halves, under_way) {
        canvas.foot_of_panel(area, &what);
    }
}

/// Rows of the lower half: as many as the assessment needs, but not much more than half of the room. While it is
/// written, the longest that it may have become so far: it grows, and never goes back by a row.
fn assessment_height(open: &Briefing, again: &str, canvas: &mut Canvas<'_>, area: Rect) -> u16 {
    let width = area.width.saturating_sub(4);
    let rows = match open.item.assessment_status {
        AssessmentStatus::Pending | AssessmentStatus::Running => {
            let raw = open.growing.as_deref().unwrap_or_default();
            wrap::plain(raw, usize::from(width), Ink::Plain).len() + SLOW_ROWS
        }
        AssessmentStatus::Ready | AssessmentStatus::Failed | AssessmentStatus::NotRequested => {
            let mut sheet = Sheet::new(width, again.to_owned());
            sheet.assessment(&open.item, None, open.evidence, canvas);
            sheet.len()
        }
    };
    let most = u32::from(area.height) * 55 / 100;
    u16::try_from(rows + 2).unwrap_or(u16::MAX).min(u16::try_from(most).unwrap_or(area.height))
}

/// What the halves share.
struct Frame {
    /// Whose keys these are.
    here: Context,
    /// The key that runs the assessment again.
    again: String,
    /// Whether the other half has no room.
    is_alone: bool,
}

impl Frame {
    /// Paints the border of a half. What has the keys is marked by more than a colour; where the other half has no
    /// room, the key that leads to it stands below.
    fn panel(&self, open: &Briefing, pane: Pane, canvas: &mut Canvas<'_>, area: Rect, title: (&str, &str)) {
        let is_focused = open.pane == pane;
        let bar = if is_focused && !self.is_alone { canvas.theme.glyphs.bar } else { "" };
        let room = area.width.saturating_sub(6 + columns(bar));
        canvas.panel(area, &format!("{bar}{}", titled(title.0, title.1, room)), is_focused);
        canvas.painted.target(area, Target::Pane(pane));
        let key = canvas.key(self.here, Action::Briefing(BriefingVerb::OtherPane));
        if self.is_alone && !key.is_empty() {
            let other = match pane {
                Pane::Happened => "assessment",
                Pane::Assessment => "what happened",
            };
            let room = area.width.saturating_sub(4);
            let y = area.bottom().saturating_sub(1);
            canvas.put(area.x + 1, y, room, &format!(" {key} {other} "), canvas.theme.dim);
        }
    }
}

fn happened(state: &State, open: &Briefing, frame: &Frame, canvas: &mut Canvas<'_>, area: Rect) {
    let item = &open.item;
    let inner = area.inner(Margin::new(2, 1));
    let mut sheet = Sheet::new(inner.width, String::new());
    sheet.line(&item.problem_summary, Ink::Strong);
    let summary = sheet.rows.len();
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
    sheet.rows.pop_if(|row| row.row().0.is_empty());
    let top = match open.happened {
        Place::Row(row) => row,
        // With the row before it, so that it does not look like the beginning.
        Place::Message(seq) => {
            let begin = sheet.messages.iter().find(|(known, _)| *known == seq);
            begin.map_or(0, |(_, row)| row.saturating_sub(1))
        }
    };
    // Once the problem is out of sight, the border has it.
    let is_in_sight = top.min(end_of(&sheet, inner)) < summary;
    let name = if is_in_sight {
        format!("#{}", item.number)
    } else {
        format!("#{} {}", item.number, item.problem_summary)
    };
    let readers = readers(item, state.my_id()).unwrap_or_default();
    frame.panel(open, Pane::Happened, canvas, area, (&name, &readers));
    let (top, end) = scrolled(canvas, area, inner, &sheet, top);
    (canvas.painted.happened, canvas.painted.happened_end) = (top, end);
    canvas.painted.page = usize::from(inner.height.saturating_sub(2)).max(1);
}

fn assessment(state: &State, open: &Briefing, frame: &Frame, canvas: &mut Canvas<'_>, area: Rect) {
    let (title, turns) = assessment_title(state, &open.item, canvas);
    if turns {
        canvas.spins();
    }
    let inner = area.inner(Margin::new(2, 1));
    if frame.is_alone {
        let name = format!("#{} {}", open.item.number, open.item.problem_summary);
        frame.panel(open, Pane::Assessment, canvas, area, (&name, &title));
    } else {
        frame.panel(open, Pane::Assessment, canvas, area, (&title, ""));
    }
    let mut sheet = Sheet::new(inner.width, frame.again.clone());
    sheet.assessment(&open.item, open.growing.as_deref(), open.evidence, canvas);
    sheet.slow(open, canvas);
    let mut top = open.assessment_top;
    if open.pane == Pane::Happened && !sheet.marked.is_empty() {
        // Whoever follows the evidence sees which piece it is.
        let height = usize::from(inner.height);
        top = top.min(sheet.marked.start).max(sheet.marked.end.saturating_sub(height));
    }
    (_, canvas.painted.assessment_end) = scrolled(canvas, area, inner, &sheet, top);
    canvas.painted.page = usize::from(inner.height.saturating_sub(2)).max(1);
}

/// What the panel of an assessment is called, with what it is doing; whether a spinner turns in it.
pub(super) fn assessment_title(state: &State, item: &QueueItem, canvas: &Canvas<'_>) -> (String, bool) {
    if state.is_reassessing(item.id) {
        return (format!("Assessment ── {} asking for it again", canvas.still()), true);
    }
    let is_written = matches!(item.assessment_status, AssessmentStatus::Pending | AssessmentStatus::Running);
    if is_written && !state.link.may_ask() {
        // Whether it is still being written, nobody here knows.
        return ("Assessment ── interrupted".into(), false);
    }
    match item.assessment_status {
        AssessmentStatus::Pending => (format!("Assessment ── {} waiting for its turn", canvas.still()), true),
        AssessmentStatus::Running => (format!("Assessment ── {} streaming", canvas.still()), true),
        AssessmentStatus::Ready | AssessmentStatus::Failed | AssessmentStatus::NotRequested => {
            ("Assessment".into(), false)
        }
    }
}

/// How far rows can be scrolled.
fn end_of(sheet: &Sheet, inner: Rect) -> usize {
    sheet.rows.len().saturating_sub(usize::from(inner.height))
}

/// Paints rows from one of them on; from which, and how far they can be scrolled.
fn scrolled(canvas: &mut Canvas<'_>, panel: Rect, inner: Rect, sheet: &Sheet, top: usize) -> (usize, usize) {
    let end = end_of(sheet, inner);
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
