//! The tab of what is over: its title, its rows and their preview.

use ratatui::layout::Rect;
use tierup_common::handoff::{HandoffStatus, Priority};
use tierup_common::id::SessionId;
use tierup_common::session::{SessionItem, SessionStatus};

use crate::state::State;
use crate::state::history::{MAX_ROWS, history_query};
use crate::text::{Safe, TextRole, safe, safe_format};
use crate::view::canvas::Canvas;
use crate::view::card::{CardLineWriter, STATUS_WIDTH, paint_selection_bar};
use crate::view::document::Document;
use crate::view::measure::display_width;

/// The title of the list, with its filter, in the longest form that fits.
pub(super) fn title(state: &State, count: usize, columns: u16) -> Safe<'static> {
    let (history, filter) = (&state.queue.history, &state.queue.filter);
    if history.loaded_query.is_none() {
        return "History".into();
    }
    let mut parts = vec!["newest first".to_owned()];
    if history.error.is_some() {
        parts.push("incomplete".into());
    }
    let more = if history.next_cursor.is_some() { "+" } else { "" };
    if filter.is_active() {
        let is_answered = history.loaded_query == Some(history_query(filter.query()).to_string());
        let found = match filter.error() {
            Some(error) => error.to_owned(),
            None if is_answered => format!("{count}{more}"),
            None => "searching".into(),
        };
        parts.push(format!("/{}: {found}", filter.text()));
    } else if count >= MAX_ROWS {
        parts.push(format!("the newest {count}"));
    }
    let long = safe_format!("History ── {}", parts.join(" ── "));
    let short = safe_format!("{}", parts.join(", "));
    let shortest = safe_format!("{}", parts.pop().unwrap_or_default());
    [long, short].into_iter().find(|form| display_width(form) <= columns).unwrap_or(shortest)
}

/// What became of a session, in one word.
fn status_word(session: &SessionItem) -> (&'static str, TextRole) {
    let latest = session.latest_escalation.as_ref().map(|latest| latest.status);
    match (session.status, latest) {
        (SessionStatus::Resolved, _) => ("resolved", TextRole::Good),
        (SessionStatus::Escalated, _) => ("waiting", TextRole::Accent),
        (SessionStatus::Paused, _) => ("parked", TextRole::Dim),
        (SessionStatus::Active, Some(HandoffStatus::Withdrawn)) => ("returned", TextRole::Dim),
        (SessionStatus::Active, _) => ("active", TextRole::Plain),
    }
}

/// A row: what became of it, the problem; then who, when and how.
pub(super) fn paint_session(
    state: &State,
    id: SessionId,
    selected: bool,
    canvas: &mut Canvas<'_>,
    card: Rect,
) {
    let Some(session) = state.queue.history.get(id) else { return };
    let theme = canvas.theme;
    paint_selection_bar(selected, canvas, card);
    let (word, role) = status_word(session);
    canvas.put_text(card.x + 1, card.y, STATUS_WIDTH, word, theme.style(role));
    let x = card.x + 2 + STATUS_WIDTH;
    let style = if selected { theme.strong } else { theme.text };
    let title = session.title();
    let title = safe::sanitize_line(&title);
    let matches = state.queue.filter.match_indices(&title);
    canvas.put_text_highlighted(x, card.y, card.right().saturating_sub(x), &title, style, &matches);
    if card.height > 1 {
        let area = Rect { x, y: card.y + 1, width: card.right().saturating_sub(x), height: 1 };
        let number = match &session.latest_escalation {
            Some(latest) => safe_format!("#{} s{}", latest.number, session.number),
            None => safe_format!("s{}", session.number),
        };
        let mut line = CardLineWriter::new(canvas, area, number);
        line.put_text(canvas, safe::sanitize_line(&session.assignee_name), theme.dim);
        let at = session.resolved_at.unwrap_or(session.updated_at);
        let ago = canvas.time.format_ago_short(at);
        line.put_separated(canvas, ago, theme.dim);
        let resolution = session.resolution.as_deref().unwrap_or_default();
        if let Some(first) = resolution.lines().find(|line| !line.trim().is_empty()) {
            line.put_separated(
                canvas,
                safe::sanitize_prefix(first.trim(), usize::from(area.width)),
                theme.text,
            );
        }
    }
    if selected {
        canvas.highlight_selected(card);
    }
}

/// The preview: how it ended, the problem, and what was tried.
pub(super) fn push_preview(session: &SessionItem, document: &mut Document, canvas: &mut Canvas<'_>) {
    let title = session.title();
    document.push_title(&safe_format!("session {}", session.number), &title);
    let at = canvas.time.format_ago(session.resolved_at.unwrap_or(session.updated_at));
    let ended = match (session.status, status_word(session).0) {
        (SessionStatus::Resolved, _) => safe_format!("resolved {at} by {}", session.assignee_name),
        (_, "returned") => safe_format!("returned to {}, changed {at}", session.assignee_name),
        (_, word) => safe_format!("{word}, {}, changed {at}", session.assignee_name),
    };
    document.push_text(ended, TextRole::Dim);
    let escalated = session.latest_escalation.as_ref().map_or_else(String::new, |latest| {
        let priority = if latest.priority == Priority::Normal { "" } else { latest.priority.as_str() };
        format!(", escalated as #{} {priority}", latest.number)
    });
    document
        .push_text(safe_format!("opened by {}{}", session.user_name, escalated.trim_end()), TextRole::Dim);
    if let Some(resolution) = &session.resolution {
        document.push_heading("Resolution");
        document.push_markdown(resolution);
    }
    // The title is often the beginning of the problem.
    let problem = session.intake_content.text.trim();
    let problem = problem.strip_prefix(title.as_str()).unwrap_or(problem).trim();
    if !problem.is_empty() {
        document.push_heading("Problem");
        document.push_markdown(problem);
    }
    document.push_branches(&session.branch_map, canvas);
}
