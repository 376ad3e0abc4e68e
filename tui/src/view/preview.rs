//! The preview: what the selected row is about, without opening it.

use ratatui::layout::Rect;
use tierup_common::handoff::QueueItem;
use tierup_common::session::SessionItem;

use crate::keymap::{Action, Context, ListAction};
use crate::state::State;
use crate::text::TextRole;
use crate::view::briefing::assessment_title;
use crate::view::canvas::Canvas;
use crate::view::document::Document;

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let inner = canvas.paint_panel(area, "Preview", false);
    let again = canvas.key_for(Context::Queue, Action::List(ListAction::Reassess));
    let mut sheet = Document::new(inner.width, again);
    if let Some(session) = state.queue.selected_parked_session() {
        push_parked_session(state, session, &mut sheet, canvas);
    } else if let Some(session) = state.queue.selected_own_session() {
        push_own_session(session, &mut sheet, canvas);
    } else if let Some(item) = state.queue.selected_item() {
        push_handoff(state, item, &mut sheet, canvas);
    }
    sheet.paint(0, canvas, inner);
    if sheet.len() > usize::from(inner.height) {
        let open = canvas.key_for(Context::Queue, Action::List(ListAction::Open));
        let more = format!("{} {open} shows all", canvas.theme.glyphs.more_below);
        canvas.paint_panel_footer(area, &more);
    }
}

fn push_handoff(state: &State, item: &QueueItem, sheet: &mut Document, canvas: &mut Canvas<'_>) {
    sheet.push_title(&format!("#{}", item.number), &item.problem_summary);
    sheet.push_byline(item, canvas);
    sheet.push_notes(&item.engineer_notes);
    if let Some(snapshot) = state.queue.snapshot(item.id) {
        sheet.push_branches(&snapshot.branch_map, canvas);
    }
    sheet.push_blank_line();
    let (title, turns) = assessment_title(state, item, canvas);
    if turns {
        sheet.push_spinner_line(&title, TextRole::Accent);
    }
    sheet.push_assessment(
        item,
        state.queue.partial_assessments.get(&item.id).map(String::as_str),
        None,
        canvas,
    );
}

/// What the user works on without having claimed it: the problem, and what was tried.
fn push_own_session(session: &SessionItem, sheet: &mut Document, canvas: &mut Canvas<'_>) {
    let title = session.title();
    sheet.push_title(&format!("session {}", session.number), &title);
    let ago = canvas.format_ago(session.updated_at);
    sheet.push_raw_line(&format!("yours alone, last changed {ago}"), TextRole::Dim);
    // The title is often how the problem begins.
    let problem = session.intake_content.text.trim();
    let problem = problem.strip_prefix(title.as_str()).unwrap_or(problem).trim();
    if !problem.is_empty() {
        sheet.push_blank_line();
        sheet.push_markdown(problem);
    }
    sheet.push_branches(&session.branch_map, canvas);
}

/// What was put aside: when it comes back, and what is waited for.
fn push_parked_session(state: &State, session: &SessionItem, sheet: &mut Document, canvas: &mut Canvas<'_>) {
    sheet.push_title(&format!("session {}", session.number), &session.title());
    let ago = canvas.format_ago(session.updated_at);
    sheet.push_raw_line(&format!("parked {ago}"), TextRole::Dim);
    let Some(item) = session.handoff_id.and_then(|id| state.queue.parked_handoff(id)) else { return };
    match item.wake_at {
        Some(at) => sheet.push_raw_line(&canvas.reminder_label(at), TextRole::Plain),
        None => sheet.push_raw_line("without a reminder", TextRole::Dim),
    }
    sheet.push_notes(&item.engineer_notes);
    sheet.push_branches(&session.branch_map, canvas);
}
