//! A session: its conversation, suggested steps and composer.

use ratatui::layout::{Constraint, Layout, Rect};
use tierup_common::session::{MessageKind, SessionStatus};

use crate::keymap::{Action, Context, SessionAction};
use crate::state::State;
use crate::state::chat::Chat;
use crate::state::paint_output::ClickTarget;
use crate::text::{Safe, safe, safe_format};
use crate::view::canvas::Canvas;
use crate::view::measure::fit_title;
use crate::view::steps::StepStrip;
use crate::view::{claim_notice, composer, labels, steps, transcript};

/// Rows of the composer without its border, at most.
const MAX_COMPOSER_ROWS: usize = 8;

pub(super) fn paint(state: &State, chat: &Chat, canvas: &mut Canvas<'_>, area: Rect) {
    let max_rows = usize::from(area.height / 3).clamp(1, MAX_COMPOSER_ROWS);
    let rows = composer::row_count(&chat.composer, area.width.saturating_sub(4), max_rows);
    let composer_height = u16::try_from(rows.max(1)).unwrap_or(1) + 2;
    let hide_key = state.settings.keymap.key_for(Context::Session, Action::Session(SessionAction::HideSteps));
    let assessment = chat.own_assessment(state.my_id());
    let strip = StepStrip::new(assessment, chat.first_visible_step, &hide_key, canvas, area.width);
    let strip_height =
        if state.is_step_strip_shown() { strip.height() } else { u16::from(state.is_awaiting_steps()) };
    let [transcript_area, strip_area, composer_area] = Layout::vertical([
        Constraint::Fill(1),
        Constraint::Length(strip_height),
        Constraint::Length(composer_height),
    ])
    .areas(area);
    let title = session_title(state, chat, canvas, transcript_area.width.saturating_sub(6));
    let is_focused = state.layers.is_empty() && chat.is_conversation_focused;
    let inner = canvas.paint_panel(transcript_area, &title, is_focused);
    transcript::paint(state, chat, canvas, transcript_area, inner);
    if let Some(briefing) = &chat.briefing {
        claim_notice::paint(state, briefing, Context::Session, canvas, transcript_area);
    }
    if state.is_awaiting_steps() {
        steps::paint_pending(canvas, strip_area);
    } else if strip_area.height > 0 {
        strip.paint(canvas, strip_area);
    }
    paint_composer(state, chat, canvas, composer_area);
}

/// The title of the session with its status and assignee, or with the pending call.
fn session_title(state: &State, chat: &Chat, canvas: &mut Canvas<'_>, columns: u16) -> Safe<'static> {
    let is_claiming = chat.briefing.as_ref().is_some_and(|open| state.is_claiming(open.item.id));
    let status = if is_claiming {
        safe_format!("{} claiming", canvas.time.spinner())
    } else if state.is_resuming(chat.id) {
        safe_format!("{} taking it back", canvas.time.spinner())
    } else {
        match chat.session() {
            Some(session) if Some(session.assignee_id) == state.my_id() => {
                safe_format!("{}, yours", labels::session_status(session.status))
            }
            Some(session) => {
                let status = labels::session_status(session.status);
                safe_format!("{status}, with {}", session.assignee_name)
            }
            None => Safe::default(),
        }
    };
    fit_title(&safe::sanitize_line(&chat.title()), &status, columns)
}

fn paint_composer(state: &State, chat: &Chat, canvas: &mut Canvas<'_>, area: Rect) {
    let (title, hint) = composer_label(state, chat);
    let title = if chat.vi.is_normal { safe_format!("{title} · normal mode") } else { title.into() };
    let focused = state.layers.is_empty() && !chat.is_conversation_focused && state.active_search().is_none();
    canvas.output.typing_area = Some(area);
    canvas.output.add_click_target(area, ClickTarget::Composer);
    let inner = canvas.paint_panel(area, title, focused);
    composer::paint(&chat.composer, focused, hint, canvas, inner);
}

/// The title of the composer and its hint: what happens to what is typed.
fn composer_label(state: &State, chat: &Chat) -> (&'static str, Safe<'static>) {
    match chat.status() {
        Some(SessionStatus::Resolved) => return ("Resolved", "This session has ended".into()),
        Some(SessionStatus::Paused) => {
            let take_back = Action::Session(SessionAction::TakeBack);
            let key = state.settings.keymap.key_for(Context::Session, take_back);
            return ("Parked", safe_format!("{key} takes it back; until then, your text is kept as a draft"));
        }
        _ if !state.can_write() => return ("Draft", "Your text is kept as a draft".into()),
        Some(SessionStatus::Escalated) => return ("Note", waiting_note_hint(state, chat)),
        None if !state.can_ask(chat) => return ("Note", waiting_note_hint(state, chat)),
        Some(SessionStatus::Active) | None => {}
    }
    match (state.message_kind(chat), chat.partner_name(state.my_id())) {
        (MessageKind::Note, _) if !state.can_ask(chat) => {
            let assignee = chat.session().map(|session| session.assignee_name.as_str()).unwrap_or_default();
            ("Note", safe_format!("A note for {assignee}; the assistant will not answer"))
        }
        (MessageKind::Ask, _) => ("Message", "Ask the assistant, or say what you tried".into()),
        (MessageKind::Note, Some(partner)) => ("Note", note_hint(state, partner)),
        (MessageKind::Note, None) => ("Note", "A note for your team; the assistant will not answer".into()),
    }
}

/// The hint of a note in a session that waits in the queue: for whom it is.
fn waiting_note_hint(state: &State, chat: &Chat) -> Safe<'static> {
    let sender = chat.briefing.as_ref().map(|briefing| &briefing.item);
    match sender.filter(|item| Some(item.handed_off_by) != state.my_id()) {
        Some(item) => {
            safe_format!(
                "A note for {} and whoever takes this; the assistant will not answer",
                item.handed_off_by_name
            )
        }
        None => "A note for whoever takes this; the assistant will not answer".into(),
    }
}

/// The hint of a note in a session of two people: to whom it goes, and how to ask the assistant instead.
fn note_hint(state: &State, partner: &str) -> Safe<'static> {
    let toggle = Action::Session(SessionAction::ToggleNote);
    let key = state.settings.keymap.key_for(Context::Session, toggle);
    if key.is_empty() {
        safe_format!("Write to {partner}; the assistant will not answer")
    } else {
        safe_format!("Write to {partner}; {key} asks the assistant instead")
    }
}
