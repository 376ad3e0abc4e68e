//! The preview: what the selected row is about, without opening it.

use ratatui::layout::Rect;
use tierup_common::handoff::QueueItem;
use tierup_common::session::SessionItem;

use crate::keymap::{Action, Context, ListVerb};
use crate::state::State;
use crate::text::Ink;
use crate::view::briefing::assessment_title;
use crate::view::canvas::Canvas;
use crate::view::sheet::Sheet;

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let inner = canvas.panel(area, "Preview", false);
    let again = canvas.key(Context::Queue, Action::List(ListVerb::Reassess));
    let mut sheet = Sheet::new(inner.width, again);
    if let Some(session) = state.queue.selected_parked() {
        parked(state, session, &mut sheet, canvas);
    } else if let Some(session) = state.queue.selected_own() {
        own(session, &mut sheet, canvas);
    } else if let Some(item) = state.queue.selected() {
        handoff(state, item, &mut sheet, canvas);
    }
    sheet.paint(0, canvas, inner);
    if sheet.len() > usize::from(inner.height) {
        let open = canvas.key(Context::Queue, Action::List(ListVerb::Open));
        let more = format!("{} {open} shows all", canvas.theme.glyphs.more);
        canvas.foot_of_panel(area, &more);
    }
}

fn handoff(state: &State, item: &QueueItem, sheet: &mut Sheet, canvas: &mut Canvas<'_>) {
    sheet.title(&format!("#{}", item.number), &item.problem_summary);
    sheet.byline(item, canvas);
    sheet.notes(&item.engineer_notes);
    if let Some(snapshot) = state.queue.snapshot(item.id) {
        sheet.tried(&snapshot.branch_map, canvas);
    }
    sheet.gap();
    let (title, turns) = assessment_title(state, item, canvas);
    if turns {
        sheet.turning(&title, Ink::Accent);
    }
    sheet.assessment(item, state.queue.growing.get(&item.id).map(String::as_str), None, canvas);
}

/// What the user works on without having claimed it: the problem, and what was tried.
fn own(session: &SessionItem, sheet: &mut Sheet, canvas: &mut Canvas<'_>) {
    let title = session.title();
    sheet.title(&format!("session {}", session.number), &title);
    let ago = canvas.ago(session.updated_at);
    sheet.line(&format!("yours alone, last changed {ago}"), Ink::Dim);
    // The title is often how the problem begins.
    let problem = session.intake_content.text.trim();
    let problem = problem.strip_prefix(title.as_str()).unwrap_or(problem).trim();
    if !problem.is_empty() {
        sheet.gap();
        sheet.markdown(problem);
    }
    sheet.tried(&session.branch_map, canvas);
}

/// What was put aside: when it comes back, and what is waited for.
fn parked(state: &State, session: &SessionItem, sheet: &mut Sheet, canvas: &mut Canvas<'_>) {
    sheet.title(&format!("session {}", session.number), &session.title());
    let ago = canvas.ago(session.updated_at);
    sheet.line(&format!("parked {ago}"), Ink::Dim);
    let Some(item) = session.handoff_id.and_then(|id| state.queue.put_aside(id)) else { return };
    match item.wake_at {
        Some(at) => sheet.line(&canvas.wakes(at), Ink::Plain),
        None => sheet.line("without a reminder", Ink::Dim),
    }
    sheet.notes(&item.engineer_notes);
    sheet.tried(&session.branch_map, canvas);
}
