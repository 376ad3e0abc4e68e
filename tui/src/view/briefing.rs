//! The ten-second screen: what happened on the left, the assessment on the right; one above the other where it is
//! narrow.

use ratatui::layout::{Constraint, Layout, Margin, Rect};
use tierup_common::assessment::AssessmentStatus;
use tierup_common::handoff::QueueItem;

use crate::keymap::{Action, BriefingAction, Context};
use crate::state::briefing::{Briefing, Pane, ScrollAnchor};
use crate::state::paint_output::ClickTarget;
use crate::state::{Screen, State};
use crate::text::{TextRole, wrap};
use crate::view::canvas::Canvas;
use crate::view::document::{Document, display_width, fit_title, readers_label};

/// From this many columns on the halves stand side by side.
const MIN_WIDTH_SIDE_BY_SIDE: u16 = 90;
/// Below this many rows only the half that has the keys is shown.
const MIN_HEIGHT_BOTH_PANES: u16 = 16;
/// Rows that say that an assessment is slow: they have their room before they are there.
const SLOW_NOTICE_ROWS: usize = 3;

pub(super) fn paint(state: &State, briefing: &Briefing, canvas: &mut Canvas<'_>, area: Rect) {
    let context =
        if matches!(state.screen, Screen::Session(_)) { Context::BriefingOverlay } else { Context::Briefing };
    let reassess_key = canvas.key_for(context, Action::Briefing(BriefingAction::Reassess));
    let halves = match (area.width >= MIN_WIDTH_SIDE_BY_SIDE, area.height >= MIN_HEIGHT_BOTH_PANES) {
        (true, _) => {
            let sides = [Constraint::Percentage(48), Constraint::Fill(1)];
            let [left, right] = Layout::horizontal(sides).areas(area);
            [Some(left), Some(right)]
        }
        (false, true) => {
            let height = assessment_height(briefing, &reassess_key, canvas, area);
            let [top, bottom] =
                Layout::vertical([Constraint::Fill(1), Constraint::Length(height)]).areas(area);
            [Some(top), Some(bottom)]
        }
        (false, false) => match briefing.pane {
            Pane::History => [Some(area), None],
            Pane::Assessment => [None, Some(area)],
        },
    };
    let frame = PaneFrame { context, reassess_key, is_only_pane: halves.iter().any(Option::is_none) };
    if let Some(area) = halves[0] {
        paint_history_pane(state, briefing, &frame, canvas, area);
    }
    if let Some(area) = halves[1] {
        paint_assessment_pane(state, briefing, &frame, canvas, area);
    }
    let pending_text = if state.is_claiming(briefing.item.id) {
        Some(format!("{} claiming", canvas.spinner()))
    } else if state.is_resuming(briefing.item.session_id) {
        Some(format!("{} taking it back", canvas.spinner()))
    } else if state.claim_in_doubt == Some(briefing.item.id) {
        Some("whether you claimed it is not known yet".into())
    } else {
        None
    };
    if let ([_, Some(area)] | [Some(area), None], Some(what)) = (halves, pending_text) {
        canvas.paint_panel_footer(area, &what);
    }
}

/// Rows of the lower half: as many as the assessment needs, but not much more than half of the room. While it is
/// written, the longest that it may have become so far: it grows, and never goes back by a row.
fn assessment_height(briefing: &Briefing, reassess_key: &str, canvas: &mut Canvas<'_>, area: Rect) -> u16 {
    let width = area.width.saturating_sub(4);
    let rows = match briefing.item.assessment_status {
        AssessmentStatus::Pending | AssessmentStatus::Running => {
            let raw = briefing.partial_assessment.as_deref().unwrap_or_default();
            wrap::plain_text(raw, usize::from(width), TextRole::Plain).len() + SLOW_NOTICE_ROWS
        }
        AssessmentStatus::Ready | AssessmentStatus::Failed | AssessmentStatus::NotRequested => {
            let mut sheet = Document::new(width, reassess_key.to_owned());
            sheet.push_assessment(&briefing.item, None, briefing.evidence_index, canvas);
            sheet.len()
        }
    };
    let most = u32::from(area.height) * 55 / 100;
    u16::try_from(rows + 2).unwrap_or(u16::MAX).min(u16::try_from(most).unwrap_or(area.height))
}

/// What the halves share.
struct PaneFrame {
    /// Whose keys these are.
    context: Context,
    /// The key that runs the assessment again.
    reassess_key: String,
    /// Whether the other half has no room.
    is_only_pane: bool,
}

impl PaneFrame {
    /// Paints the border of a half. What has the keys is marked by more than a colour; where the other half has no
    /// room, the key that leads to it stands below.
    fn paint_border(
        &self,
        briefing: &Briefing,
        pane: Pane,
        canvas: &mut Canvas<'_>,
        area: Rect,
        title: (&str, &str),
    ) {
        let is_focused = briefing.pane == pane;
        let bar = if is_focused && !self.is_only_pane { canvas.theme.glyphs.selection_bar } else { "" };
        let room = area.width.saturating_sub(6 + display_width(bar));
        canvas.paint_panel(area, &format!("{bar}{}", fit_title(title.0, title.1, room)), is_focused);
        canvas.output.add_click_target(area, ClickTarget::Pane(pane));
        let key = canvas.key_for(self.context, Action::Briefing(BriefingAction::OtherPane));
        if self.is_only_pane && !key.is_empty() {
            let other = match pane {
                Pane::History => "assessment",
                Pane::Assessment => "what happened",
            };
            let room = area.width.saturating_sub(4);
            let y = area.bottom().saturating_sub(1);
            canvas.put_text(area.x + 1, y, room, &format!(" {key} {other} "), canvas.theme.dim);
        }
    }
}

fn paint_history_pane(
    state: &State,
    briefing: &Briefing,
    frame: &PaneFrame,
    canvas: &mut Canvas<'_>,
    area: Rect,
) {
    let item = &briefing.item;
    let inner = area.inner(Margin::new(2, 1));
    let mut sheet = Document::new(inner.width, String::new());
    sheet.push_raw_line(&item.problem_summary, TextRole::Strong);
    let summary = sheet.lines.len();
    sheet.push_byline(item, canvas);
    sheet.push_notes(&item.engineer_notes);
    match (&briefing.snapshot, briefing.fetch.error()) {
        (Some(snapshot), _) => {
            sheet.push_branches(&snapshot.branch_map, canvas);
            sheet.push_messages(briefing, snapshot, canvas);
        }
        (None, Some(why)) => {
            sheet.push_blank_line();
            sheet.push_raw_line(&format!("What was handed over could not be fetched: {why}"), TextRole::Bad);
        }
        (None, None) => {
            sheet.push_blank_line();
            sheet.push_spinner_line(
                &format!("{} fetching what was handed over", canvas.spinner_frame()),
                TextRole::Dim,
            );
        }
    }
    sheet.lines.pop_if(|row| row.line().0.is_empty());
    let top = match briefing.history_anchor {
        ScrollAnchor::Row(row) => row,
        // With the row before it, so that it does not look like the beginning.
        ScrollAnchor::Message(seq) => {
            let begin = sheet.message_starts.iter().find(|(known, _)| *known == seq);
            begin.map_or(0, |(_, row)| row.saturating_sub(1))
        }
    };
    // Once the problem is out of sight, the border has it.
    let is_in_sight = top.min(max_scroll(&sheet, inner)) < summary;
    let name = if is_in_sight {
        format!("#{}", item.number)
    } else {
        format!("#{} {}", item.number, item.problem_summary)
    };
    let readers = readers_label(item, state.my_id()).unwrap_or_default();
    frame.paint_border(briefing, Pane::History, canvas, area, (&name, &readers));
    let (top, end) = paint_scrolled(canvas, area, inner, &sheet, top);
    (canvas.output.history_top, canvas.output.history_max_scroll) = (top, end);
    canvas.output.page_height = usize::from(inner.height.saturating_sub(2)).max(1);
}

fn paint_assessment_pane(
    state: &State,
    briefing: &Briefing,
    frame: &PaneFrame,
    canvas: &mut Canvas<'_>,
    area: Rect,
) {
    let (title, turns) = assessment_title(state, &briefing.item, canvas);
    if turns {
        canvas.schedule_spinner_frame();
    }
    let inner = area.inner(Margin::new(2, 1));
    if frame.is_only_pane {
        let name = format!("#{} {}", briefing.item.number, briefing.item.problem_summary);
        frame.paint_border(briefing, Pane::Assessment, canvas, area, (&name, &title));
    } else {
        frame.paint_border(briefing, Pane::Assessment, canvas, area, (&title, ""));
    }
    let mut sheet = Document::new(inner.width, frame.reassess_key.clone());
    sheet.push_assessment(
        &briefing.item,
        briefing.partial_assessment.as_deref(),
        briefing.evidence_index,
        canvas,
    );
    sheet.push_slow_notice(briefing, canvas);
    let mut top = briefing.assessment_scroll;
    if briefing.pane == Pane::History && !sheet.marked_lines.is_empty() {
        // Whoever follows the evidence sees which piece it is.
        let height = usize::from(inner.height);
        top = top.min(sheet.marked_lines.start).max(sheet.marked_lines.end.saturating_sub(height));
    }
    (_, canvas.output.assessment_max_scroll) = paint_scrolled(canvas, area, inner, &sheet, top);
    canvas.output.page_height = usize::from(inner.height.saturating_sub(2)).max(1);
}

/// What the panel of an assessment is called, with what it is doing; whether a spinner turns in it.
pub(super) fn assessment_title(state: &State, item: &QueueItem, canvas: &Canvas<'_>) -> (String, bool) {
    if state.is_reassessing(item.id) {
        return (format!("Assessment ── {} asking for it again", canvas.spinner_frame()), true);
    }
    let is_written = matches!(item.assessment_status, AssessmentStatus::Pending | AssessmentStatus::Running);
    if is_written && !state.connection.allows_calls() {
        // Whether it is still being written, nobody here knows.
        return ("Assessment ── interrupted".into(), false);
    }
    match item.assessment_status {
        AssessmentStatus::Pending => {
            (format!("Assessment ── {} waiting for its turn", canvas.spinner_frame()), true)
        }
        AssessmentStatus::Running => (format!("Assessment ── {} streaming", canvas.spinner_frame()), true),
        AssessmentStatus::Ready | AssessmentStatus::Failed | AssessmentStatus::NotRequested => {
            ("Assessment".into(), false)
        }
    }
}

/// How far rows can be scrolled.
fn max_scroll(sheet: &Document, inner: Rect) -> usize {
    sheet.lines.len().saturating_sub(usize::from(inner.height))
}

/// Paints rows from one of them on; from which, and how far they can be scrolled.
fn paint_scrolled(
    canvas: &mut Canvas<'_>,
    panel: Rect,
    inner: Rect,
    sheet: &Document,
    top: usize,
) -> (usize, usize) {
    let end = max_scroll(sheet, inner);
    let top = top.min(end);
    sheet.paint(top, canvas, inner);
    for (row, y) in (top..).zip(inner.top()..inner.bottom()) {
        if sheet.marked_lines.contains(&row) {
            canvas.put_text(inner.x - 1, y, 1, canvas.theme.glyphs.selection_bar, canvas.theme.accent);
        }
        if let Some((_, target)) = sheet.click_targets.iter().find(|(rows, _)| rows.contains(&row)) {
            canvas.output.add_click_target(Rect { y, height: 1, ..inner }, *target);
        }
    }
    if end > 0 {
        let more = canvas.theme.glyphs.more_below;
        let text = if top < end { format!("{more} {} more", end - top) } else { "end".into() };
        canvas.paint_panel_footer(panel, &text);
    }
    (top, end)
}
