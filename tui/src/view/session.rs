//! A session: conversation, suggested steps, composer.

use ratatui::layout::{Constraint, Layout, Rect};
use tierup_common::session::{MessageKind, SessionStatus};

use crate::keymap::{Action, Context, SessionAction};
use crate::state::State;
use crate::state::chat::Chat;
use crate::view::canvas::Canvas;
use crate::view::document::fit_title;
use crate::view::{composer, steps, transcript};

/// Rows of the composer, without its border, at most.
const MAX_COMPOSER_ROWS: usize = 8;

pub(super) fn paint(state: &State, chat: &Chat, canvas: &mut Canvas<'_>, area: Rect) {
    let tallest = usize::from(area.height / 3).clamp(1, MAX_COMPOSER_ROWS);
    let typed = composer::row_count(&chat.composer, area.width.saturating_sub(4), tallest);
    let composer_height = u16::try_from(typed.max(1)).unwrap_or(1) + 2;
    let suggested = chat.suggested_steps(state.my_id());
    let first = steps::first_visible(suggested, chat.first_visible_step, canvas, area.width);
    let strip = if state.is_step_strip_shown() {
        steps::strip_height(suggested, first, canvas, area.width)
    } else {
        u16::from(state.is_awaiting_steps())
    };
    let [transcript_area, strip, composer_area] = Layout::vertical([
        Constraint::Fill(1),
        Constraint::Length(strip),
        Constraint::Length(composer_height),
    ])
    .areas(area);
    let title = session_title(state, chat, canvas, transcript_area.width.saturating_sub(6));
    let inner = canvas.paint_panel(transcript_area, &title, false);
    transcript::paint(state, chat, canvas, transcript_area, inner);
    if state.is_awaiting_steps() {
        steps::paint_pending(canvas, strip);
    } else if strip.height > 0 {
        steps::paint(suggested, first, canvas, strip);
    }
    paint_composer(state, chat, canvas, composer_area);
}

/// What the session is, and how it stands: what is under way, or else its status and whose it is.
fn session_title(state: &State, chat: &Chat, canvas: &mut Canvas<'_>, room: u16) -> String {
    let is_claiming = chat.briefing.as_ref().is_some_and(|open| state.is_claiming(open.item.id));
    let status = if is_claiming {
        format!("{} claiming", canvas.spinner())
    } else if state.is_resuming(chat.id) {
        format!("{} taking it back", canvas.spinner())
    } else {
        match chat.session() {
            Some(session) if Some(session.assignee_id) == state.my_id() => {
                format!("{}, yours", status_label(session.status))
            }
            Some(session) => {
                format!("{}, with {}", status_label(session.status), session.assignee_name)
            }
            None => String::new(),
        }
    };
    fit_title(&chat.title(), &status, room)
}

/// A status as the tabs and the boxes call it.
const fn status_label(status: SessionStatus) -> &'static str {
    match status {
        SessionStatus::Active => "active",
        SessionStatus::Paused => "parked",
        SessionStatus::Escalated => "escalated",
        SessionStatus::Resolved => "resolved",
    }
}

fn paint_composer(state: &State, chat: &Chat, canvas: &mut Canvas<'_>, area: Rect) {
    let closed = chat.status().filter(|status| *status != SessionStatus::Active);
    let back = state.settings.keymap.key_for(Context::Session, Action::Session(SessionAction::TakeBack));
    let parked = format!("{back} takes it back; what you type until then is kept as a draft");
    let (title, hint) = match (closed, chat.message_kind) {
        (Some(SessionStatus::Resolved), _) => ("Resolved", "This session has ended"),
        (Some(SessionStatus::Paused), _) => ("Parked", parked.as_str()),
        (Some(SessionStatus::Active | SessionStatus::Escalated), _) => {
            ("Draft", "This session is not active: what you type is kept as a draft")
        }
        (None, _) if chat.session().is_none() && chat.is_others_handoff(state.my_id()) => {
            ("Draft", "What you type is kept as a draft")
        }
        (None, MessageKind::Ask) => ("Message", "Ask the assistant, or say what you tried"),
        (None, MessageKind::Note) => ("Note", "A note for people: the assistant stays silent"),
    };
    let focused = state.layers.is_empty();
    let inner = canvas.paint_panel(area, title, focused);
    composer::paint(&chat.composer, focused, hint, canvas, inner);
}
