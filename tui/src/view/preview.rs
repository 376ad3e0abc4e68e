//! The preview of the selected row.

use ratatui::layout::Rect;
use tierup_common::handoff::QueueItem;
use tierup_common::session::SessionItem;

use crate::keymap::{Action, Context, ListAction};
use crate::state::State;
use crate::text::{TextRole, safe_format};
use crate::view::briefing::assessment_title;
use crate::view::canvas::Canvas;
use crate::view::document::{Document, WritingProgress};
use crate::view::history;

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let inner = canvas.paint_panel(area, "Preview", false);
    let keymap = &state.settings.keymap;
    let reassess_key = keymap.key_for(Context::Queue, Action::List(ListAction::Reassess));
    let mut document = Document::new(inner.width, reassess_key);
    if let Some(session) = state.queue.selected_parked_session() {
        push_parked_session(state, session, &mut document, canvas);
    } else if let Some(session) = state.queue.selected_past_session() {
        history::push_preview(session, &mut document, canvas);
    } else if let Some(session) = state.queue.selected_own_session() {
        push_own_session(session, &mut document, canvas);
    } else if let Some(unread) =
        state.queue.selected_session_id().and_then(|session| state.inbox.unread_session(session))
    {
        document.push_title(&safe_format!("{}", unread.label), &unread.problem);
        let ago = canvas.time.format_ago(unread.at);
        document.push_text(ago, TextRole::Dim);
        document.push_blank_line();
        document.push_markdown(&unread.text);
    } else if let Some(item) = state.queue.selected_item() {
        push_handoff(state, item, &mut document, canvas);
    }
    document.paint(0, canvas, inner);
    if document.len() > usize::from(inner.height) {
        let open = keymap.key_for(Context::Queue, Action::List(ListAction::Open));
        canvas.paint_panel_footer(area, safe_format!("{} {open} to see all", canvas.theme.glyphs.more_below));
    }
}

fn push_handoff(state: &State, item: &QueueItem, document: &mut Document, canvas: &mut Canvas<'_>) {
    document.push_title(&safe_format!("#{}", item.number), &item.problem_summary);
    document.push_byline(item, canvas);
    document.push_status(item, state.my_id(), canvas);
    document.push_notes(&item.engineer_notes);
    if let Some(snapshot) = state.queue.snapshot(item.id) {
        document.push_branches(&snapshot.branch_map, canvas);
    }
    document.push_blank_line();
    let (title, has_spinner) = assessment_title(state, item, None, canvas);
    if has_spinner {
        document.push_spinner_line(&title, TextRole::Accent);
    }
    let text = state.queue.partial_assessments.get(&item.id).map(String::as_str);
    document.push_assessment(item, WritingProgress { text, last_at: None }, None, canvas);
}

/// A session of the user's own: the problem, and what they have tried.
fn push_own_session(session: &SessionItem, document: &mut Document, canvas: &mut Canvas<'_>) {
    let title = session.title();
    document.push_title(&safe_format!("session {}", session.number), &title);
    let ago = canvas.time.format_ago(session.updated_at);
    document.push_text(safe_format!("only yours, changed {ago}"), TextRole::Dim);
    // The title is often the beginning of the problem.
    let problem = session.intake_content.text.trim();
    let problem = problem.strip_prefix(title.as_str()).unwrap_or(problem).trim();
    if !problem.is_empty() {
        document.push_blank_line();
        document.push_chat_text(problem);
    }
    document.push_branches(&session.branch_map, canvas);
}

/// A parked session: when it wakes, and what it waits for.
fn push_parked_session(
    state: &State,
    session: &SessionItem,
    document: &mut Document,
    canvas: &mut Canvas<'_>,
) {
    document.push_title(&safe_format!("session {}", session.number), &session.title());
    let ago = canvas.time.format_ago(session.updated_at);
    document.push_text(safe_format!("parked {ago}"), TextRole::Dim);
    let Some(item) = session.handoff_id.and_then(|id| state.queue.parked_handoff(id)) else { return };
    match item.wake_at {
        Some(at) => document.push_text(canvas.time.reminder_label(at), TextRole::Plain),
        None => document.push_text("no reminder", TextRole::Dim),
    }
    document.push_notes(&item.engineer_notes);
    document.push_branches(&session.branch_map, canvas);
}
