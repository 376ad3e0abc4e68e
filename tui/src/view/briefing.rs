//! The briefing: the history on the left, the assessment on the right; one above the other on a narrow screen.

mod pane_matches;

use ratatui::layout::{Constraint, Layout, Margin, Rect};
use tierup_common::assessment::AssessmentStatus;
use tierup_common::handoff::QueueItem;
use tierup_common::session::Message;
use tierup_common::time::Timestamp;

use crate::keymap::{Action, BriefingAction, Context, Keymap};
use crate::state::briefing::{Briefing, Pane, ScrollAnchor, is_being_assessed};
use crate::state::layer::Layer;
use crate::state::paint_output::ClickTarget;
use crate::state::story::Story;
use crate::state::{Screen, State};
use crate::text::{Safe, TextRole, safe, safe_format, wrap};
use crate::view::briefing::pane_matches::PaneMatches;
use crate::view::canvas::Canvas;
use crate::view::document::{Document, WritingProgress};
use crate::view::measure::{display_width, fit_title};
use crate::view::search::Matches;
use crate::view::{claim_notice, labels};

/// Columns from which the panes are side by side.
const MIN_WIDTH_SIDE_BY_SIDE: u16 = 90;
/// Rows below which only the focused pane is shown.
const MIN_HEIGHT_BOTH_PANES: u16 = 16;
/// Rows of the slow notice, which are reserved for it.
const SLOW_NOTICE_ROWS: usize = 3;

pub(super) fn paint(state: &State, briefing: &Briefing, canvas: &mut Canvas<'_>, area: Rect) {
    let context =
        if matches!(state.screen, Screen::Session(_)) { Context::BriefingOverlay } else { Context::Briefing };
    let reassess_key = state.settings.keymap.key_for(context, Action::Briefing(BriefingAction::Reassess));
    // Beside a session, three narrow columns would be harder to read than two.
    let is_wide = area.width >= MIN_WIDTH_SIDE_BY_SIDE && !state.is_briefing_beside_session();
    let panes = match (is_wide, area.height >= MIN_HEIGHT_BOTH_PANES) {
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
    let keymap = &state.settings.keymap;
    let fold_key = keymap.key_for(context, Action::Pager);
    let inner = |area: Rect| area.inner(Margin::new(2, 1));
    let documents = [
        panes[0].map(|area| history_document(state, briefing, &fold_key, canvas, inner(area))),
        panes[1].map(|area| {
            let size = (inner(area).width, inner(area).height);
            assessment_document(briefing, &reassess_key, canvas, size)
        }),
    ];
    let matches = PaneMatches::find(state, briefing, documents.each_ref().map(Option::as_ref), canvas);
    let frame = PaneLayout {
        keymap,
        context,
        focused_pane: matches.pane_in_sight().unwrap_or(briefing.pane),
        is_only_pane: panes.iter().any(Option::is_none),
        has_keys: context == Context::Briefing
            || state.layers.iter().any(|layer| matches!(layer, Layer::Briefing)),
    };
    let [history, assessment] = documents;
    if let (Some(area), Some(document)) = (panes[0], history) {
        paint_history_pane(state, briefing, &frame, (&document, &matches.history), canvas, area);
    }
    if let (Some(area), Some(document)) = (panes[1], assessment) {
        paint_assessment_pane(state, briefing, &frame, (&document, &matches.assessment), canvas, area);
    }
    // The pane that has the keys is the one that is looked at.
    let focused = match frame.focused_pane {
        Pane::History => panes[0],
        Pane::Assessment => panes[1],
    };
    if let Some(area) = focused {
        claim_notice::paint(state, briefing, context, canvas, area);
    }
    if let ([_, Some(area)] | [Some(area), None], Some(text)) = (panes, pending_text(state, briefing, canvas))
    {
        canvas.paint_panel_footer(area, &text);
    }
}

/// What is being done with the handoff, on the lower border.
fn pending_text(state: &State, briefing: &Briefing, canvas: &mut Canvas<'_>) -> Option<Safe<'static>> {
    if state.is_claiming(briefing.item.id) {
        Some(safe_format!("{} claiming", canvas.time.spinner()))
    } else if state.is_resuming(briefing.item.session_id) {
        Some(safe_format!("{} taking it back", canvas.time.spinner()))
    } else if state.claim_in_doubt == Some(briefing.item.id) {
        Some("claim result unknown: checking".into())
    } else {
        None
    }
}

/// Rows of the assessment below the history: as many as it needs, but at most 55 percent. While the first one is being
/// written, its rows are counted as raw text, so that the pane never shrinks.
fn assessment_height(
    briefing: &Briefing,
    reassess_key: &Safe<'static>,
    canvas: &mut Canvas<'_>,
    area: Rect,
) -> u16 {
    let width = area.width.saturating_sub(4);
    let max = u16::try_from(u32::from(area.height) * 55 / 100).unwrap_or(area.height);
    let rows = if is_being_assessed(&briefing.item) && briefing.assessment().is_none() {
        let raw = briefing.partial_assessment.as_deref().unwrap_or_default();
        wrap::plain_text(raw, usize::from(width), TextRole::Plain).len() + SLOW_NOTICE_ROWS
    } else {
        let size = (width, max.saturating_sub(2));
        assessment_document(briefing, reassess_key, canvas, size).len()
    };
    u16::try_from(rows + 2).unwrap_or(u16::MAX).min(max)
}

/// The assessment of a briefing, for a pane of this width and height. It has the reasons of the steps if they fit.
fn assessment_document(
    briefing: &Briefing,
    reassess_key: &Safe<'static>,
    canvas: &mut Canvas<'_>,
    (width, height): (u16, u16),
) -> Document {
    let progress = WritingProgress {
        text: briefing.partial_assessment.as_deref(),
        last_at: Some(briefing.last_progress_at),
    };
    let mut fill = |mut document: Document| {
        document.push_assessment(&briefing.item, progress, briefing.evidence_index, canvas);
        document
    };
    let document = fill(Document::new(width, reassess_key.clone()).with_reasons());
    if document.len() <= usize::from(height) {
        return document;
    }
    fill(Document::new(width, reassess_key.clone()))
}

/// What both panes need.
struct PaneLayout<'k> {
    keymap: &'k Keymap,
    context: Context,
    /// The pane that has the keys, or the current match.
    focused_pane: Pane,
    /// Whether there is no room for the other pane.
    is_only_pane: bool,
    /// Whether one of the panes has the keys; beside a session they have none.
    has_keys: bool,
}

impl PaneLayout<'_> {
    /// Paints the border of a pane. The focus is marked by a bar as well as a colour. If the other pane has no room,
    /// its key is below.
    fn paint_border(
        &self,
        pane: Pane,
        canvas: &mut Canvas<'_>,
        area: Rect,
        (head, tail): (Safe<'_>, Safe<'_>),
    ) {
        let is_focused = self.has_keys && self.focused_pane == pane;
        let bar = if is_focused && !self.is_only_pane { canvas.theme.glyphs.selection_bar } else { "" };
        let columns = area.width.saturating_sub(6 + display_width(bar));
        canvas.paint_panel(area, safe_format!("{bar}{}", fit_title(&head, &tail, columns)), is_focused);
        canvas.output.add_click_target(area, ClickTarget::Pane(pane));
        let key = self.keymap.key_for(self.context, Action::Briefing(BriefingAction::OtherPane));
        if self.is_only_pane && !key.is_empty() {
            let other = match pane {
                Pane::History => "assessment",
                Pane::Assessment => "history",
            };
            let y = area.bottom().saturating_sub(1);
            let text = safe_format!(" {key} {other} ");
            canvas.put_text(area.x + 1, y, area.width.saturating_sub(4), text, canvas.theme.dim);
        }
    }
}

/// What happened: the problem, the notes, what was tried and the last messages.
fn history_document(
    state: &State,
    briefing: &Briefing,
    fold_key: &Safe<'_>,
    canvas: &mut Canvas<'_>,
    inner: Rect,
) -> Document {
    let item = &briefing.item;
    let mut document = Document::new(inner.width, Safe::default());
    document.push_text(safe::sanitize_line(&item.problem_summary), TextRole::Strong);
    document.summary_height = document.len();
    document.push_byline(item, canvas);
    // A claim while the briefing is read is on the border, or what is read would move.
    if briefing.claim_while_reading(state.my_id()).is_none() {
        document.push_status(item, state.my_id(), canvas);
    }
    document.push_notes(&item.engineer_notes);
    match (&briefing.snapshot, briefing.fetch.error()) {
        (Some(snapshot), _) => {
            if let Some(changes) = &snapshot.changes_since {
                document.push_changes(changes, canvas);
            }
            document.push_branches(&snapshot.branch_map, canvas);
            document.push_messages(briefing, snapshot, fold_key, canvas);
            document.push_news(briefing, snapshot, news(state, briefing), fold_key, canvas);
        }
        (None, Some(error)) => {
            document.push_blank_line();
            document.push_text(safe_format!("Can't load the conversation: {error}"), TextRole::Bad);
        }
        (None, None) => {
            document.push_blank_line();
            let text = safe_format!("{} loading the conversation", canvas.time.spinner_frame());
            document.push_spinner_line(text, TextRole::Dim);
        }
    }
    document.lines.pop_if(|row| row.line().0.is_empty());
    document
}

fn paint_history_pane(
    state: &State,
    briefing: &Briefing,
    frame: &PaneLayout,
    (document, matches): (&Document, &Matches),
    canvas: &mut Canvas<'_>,
    area: Rect,
) {
    let item = &briefing.item;
    let inner = area.inner(Margin::new(2, 1));
    let top = match briefing.history_anchor {
        ScrollAnchor::Row(row) => row,
        // The row before it shows that there is more above.
        ScrollAnchor::Message(seq) => {
            let start = document.message_starts.iter().find(|(other, _)| *other == seq);
            // An assessment that ran again may quote what was said after the handoff.
            let is_later = document.message_starts.last().is_some_and(|(last, _)| *last < seq);
            let elsewhere = if is_later { document.len() } else { 0 };
            start.map_or(elsewhere, |(_, row)| row.saturating_sub(1))
        }
    };
    let top = matches.top_in_sight(top.min(max_scroll(document, inner)), usize::from(inner.height));
    // The border shows the problem once it has been scrolled out of sight.
    let head = if top.min(max_scroll(document, inner)) < document.summary_height {
        safe_format!("#{}", item.number)
    } else {
        safe_format!("#{} {}", item.number, item.problem_summary)
    };
    let tail = history_tail(state, briefing);
    frame.paint_border(Pane::History, canvas, area, (head, tail));
    let (top, max_scroll) = paint_scrolled(canvas, area, inner, document, top);
    matches.highlight(top, canvas, inner);
    (canvas.output.history_top, canvas.output.history_max_scroll) = (top, max_scroll);
    canvas.output.page_height = usize::from(inner.height.saturating_sub(2)).max(1);
}

/// What happened after the snapshot: as the open session has it, or else as the briefing fetched it.
fn news<'s>(state: &'s State, briefing: &'s Briefing) -> (&'s [Message], &'s Story) {
    match &state.screen {
        Screen::Session(chat) => (&chat.messages, &chat.story),
        Screen::Briefing(_) | Screen::Queue => (&briefing.news.messages, &briefing.news.story),
    }
}

/// How many messages are new, which may be out of sight, and who else is reading.
fn history_tail(state: &State, briefing: &Briefing) -> Safe<'static> {
    let readers = labels::readers(&briefing.item, state.my_id());
    let (messages, _) = news(state, briefing);
    let known = briefing.snapshot.as_ref().map_or(u32::MAX, |snapshot| snapshot.message_count);
    match (messages.iter().filter(|message| message.seq > known).count(), readers) {
        (0, readers) => readers.unwrap_or_default(),
        (new, None) => safe_format!("{new} new"),
        (new, Some(readers)) => safe_format!("{new} new, {readers}"),
    }
}

fn paint_assessment_pane(
    state: &State,
    briefing: &Briefing,
    frame: &PaneLayout,
    (document, matches): (&Document, &Matches),
    canvas: &mut Canvas<'_>,
    area: Rect,
) {
    let (title, has_spinner) =
        assessment_title(state, &briefing.item, Some(briefing.last_progress_at), canvas);
    if has_spinner {
        canvas.time.schedule_spinner_frame();
    }
    let inner = area.inner(Margin::new(2, 1));
    if frame.is_only_pane {
        let head = safe_format!("#{} {}", briefing.item.number, briefing.item.problem_summary);
        frame.paint_border(Pane::Assessment, canvas, area, (head, title));
    } else {
        frame.paint_border(Pane::Assessment, canvas, area, (title, Safe::default()));
    }
    let mut top = briefing.assessment_scroll;
    if briefing.pane == Pane::History && !document.marked_lines.is_empty() {
        // The selected piece of evidence stays visible while its message is read.
        let height = usize::from(inner.height);
        top = top.min(document.marked_lines.start).max(document.marked_lines.end.saturating_sub(height));
    }
    let top = matches.top_in_sight(top.min(max_scroll(document, inner)), usize::from(inner.height));
    let (top, max_scroll) = paint_scrolled(canvas, area, inner, document, top);
    matches.highlight(top, canvas, inner);
    (canvas.output.assessment_top, canvas.output.assessment_max_scroll) = (top, max_scroll);
    canvas.output.page_height = usize::from(inner.height.saturating_sub(2)).max(1);
}

/// The title of an assessment with its progress, and whether there is a spinner in it. `last_progress_at` is when the last
/// part of it arrived, if that is known.
pub(super) fn assessment_title(
    state: &State,
    item: &QueueItem,
    last_progress_at: Option<Timestamp>,
    canvas: &Canvas<'_>,
) -> (Safe<'static>, bool) {
    let spinner = canvas.time.spinner_frame();
    if state.is_reassessing(item.id) {
        return (safe_format!("Assessment ── {spinner} reassessing"), true);
    }
    if !is_being_assessed(item) {
        return ("Assessment".into(), false);
    }
    if !state.connection.allows_calls() {
        // Offline, it is unknown whether it is still being written.
        return ("Assessment ── interrupted".into(), false);
    }
    let text = state.queue.partial_assessments.get(&item.id).map(String::as_str);
    let progress = match (item.assessment_status, &item.ai_assessment_data) {
        (_, Some(_)) => {
            let progress = WritingProgress { text, last_at: last_progress_at };
            reassessment_progress(progress, canvas)
        }
        (AssessmentStatus::Pending, None) => "queued".into(),
        (
            AssessmentStatus::Running
            | AssessmentStatus::Ready
            | AssessmentStatus::Failed
            | AssessmentStatus::NotRequested,
            None,
        ) => "streaming".into(),
    };
    (safe_format!("Assessment ── {spinner} {progress}"), true)
}

/// How far a new assessment is, while the earlier one is shown.
fn reassessment_progress(progress: WritingProgress<'_>, canvas: &Canvas<'_>) -> Safe<'static> {
    match (progress.stalled_for(canvas), progress.text) {
        (Some(seconds), _) => safe_format!("reassessing, no progress for {seconds}s"),
        (None, Some(text)) => safe_format!("reassessing, {} characters so far", text.chars().count()),
        (None, None) => "reassessing".into(),
    }
}

/// The last row that a document can be scrolled to.
fn max_scroll(document: &Document, inner: Rect) -> usize {
    document.len().saturating_sub(usize::from(inner.height))
}

/// Paints a document from the row `top` on, as far as that can be scrolled; returns that row and the last one.
fn paint_scrolled(
    canvas: &mut Canvas<'_>,
    panel: Rect,
    inner: Rect,
    document: &Document,
    top: usize,
) -> (usize, usize) {
    let max_scroll = max_scroll(document, inner);
    let top = top.min(max_scroll);
    document.paint(top, canvas, inner);
    for (row, y) in (top..).zip(inner.top()..inner.bottom()) {
        if document.marked_lines.contains(&row) {
            canvas.put_text(inner.x - 1, y, 1, canvas.theme.glyphs.selection_bar, canvas.theme.accent);
        }
        if let Some((_, target)) = document.click_targets.iter().find(|(rows, _)| rows.contains(&row)) {
            canvas.output.add_click_target(Rect { y, height: 1, ..inner }, *target);
            if let ClickTarget::Fold(seq) = target {
                canvas.output.visible_folds.push(*seq);
            }
        }
    }
    if max_scroll > 0 {
        canvas.paint_rows_below(panel, max_scroll - top);
    }
    (top, max_scroll)
}
