//! An empty list: why it is empty, and what to do.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::effect::Call;
use crate::keymap::{Action, Context, LineAction, ListAction, SessionAction, Tab};
use crate::state::State;
use crate::state::connection::ConnectionState;
use crate::text::{Safe, SafeLine, SafeSpan, TextRole, safe, safe_format, wrap};
use crate::view::canvas::Canvas;

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let message = empty_message(state, canvas);
    let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
    let y = area.y + area.height / 3;
    canvas.put_text(inner.x, y, inner.width, &message.title, message.style);
    let rows = message.hints.iter().flat_map(|line| wrap::spans(line, usize::from(inner.width), ""));
    let rows: Vec<SafeLine> = rows.collect();
    canvas.put_lines(Rect { y: y + 1, height: area.bottom().saturating_sub(y + 1), ..inner }, &rows);
}

/// The message of an empty list.
struct EmptyMessage {
    title: Safe<'static>,
    style: Style,
    /// Lines that say why, or what to do.
    hints: Vec<Vec<SafeSpan>>,
}

impl EmptyMessage {
    /// Something is being loaded.
    fn loading(what: &str, canvas: &mut Canvas<'_>) -> Self {
        let title = safe_format!("{} {what}", canvas.time.spinner());
        Self { title, style: canvas.theme.dim, hints: Vec::new() }
    }
}

/// A sentence that begins with a key.
fn key_hint(key: Safe<'_>, text: &'static str) -> Vec<SafeSpan> {
    vec![SafeSpan::new(key, TextRole::Accent), SafeSpan::new(text, TextRole::Dim)]
}

fn empty_message(state: &State, canvas: &mut Canvas<'_>) -> EmptyMessage {
    let key = |action| state.settings.keymap.key_for(Context::Queue, action);
    if state.queue.tab == Tab::History {
        return empty_history_message(state, canvas);
    }
    if state.queue.as_of_seq.is_none() {
        return not_loaded_message(state, canvas);
    }
    if state.queue.filter.is_active() {
        return no_matches_message(state, canvas);
    }
    let (title, hint) = match state.queue.tab {
        Tab::Queue | Tab::History => {
            let mut hint = vec![SafeSpan::new("New escalations appear here. ", TextRole::Dim)];
            hint.extend(key_hint(key(Action::List(ListAction::NewSession)), " starts a session."));
            ("No open escalations", hint)
        }
        Tab::Mine => {
            let pick_up = key(Action::List(ListAction::PickUp));
            ("No claims or open sessions", key_hint(pick_up, " in the queue picks up a handoff."))
        }
        Tab::Parked if state.has_pending_call(|call| matches!(call, Call::OwnSessions(_))) => {
            return EmptyMessage::loading("loading parked sessions", canvas);
        }
        Tab::Parked => {
            let park = Action::Session(SessionAction::Park);
            let park = state.settings.keymap.key_for(Context::Session, park);
            ("No parked sessions", key_hint(park, " in a session parks it. Only you can see it."))
        }
    };
    EmptyMessage { title: title.into(), style: canvas.theme.text, hints: vec![hint] }
}

/// Nothing has ended yet, nothing matches, or the server is still searching.
fn empty_history_message(state: &State, canvas: &mut Canvas<'_>) -> EmptyMessage {
    let history = &state.queue.history;
    let query = safe::sanitize_line(state.queue.filter.text());
    if let Some(error) = &history.error {
        let title = safe_format!("{} Can't search the history", canvas.theme.glyphs.cross);
        let reason = vec![SafeSpan::new(safe::sanitize_line(error), TextRole::Dim)];
        return EmptyMessage { title, style: canvas.theme.bad, hints: vec![reason] };
    }
    if !state.connection.allows_calls() {
        let hint = vec![SafeSpan::new("The server keeps it.", TextRole::Dim)];
        return EmptyMessage {
            title: "No history while offline".into(),
            style: canvas.theme.text,
            hints: vec![hint],
        };
    }
    if history.pending_page.is_some() || history.load_at.is_some() || history.loaded_query.is_none() {
        return EmptyMessage::loading("searching the history", canvas);
    }
    if state.queue.filter.is_active() {
        let clear = state.settings.keymap.key_for(Context::Queue, Action::List(ListAction::ClearFilter));
        let hints = vec![key_hint(clear, " shows all rows.")];
        return EmptyMessage {
            title: safe_format!("No matches for “{query}”"),
            style: canvas.theme.text,
            hints,
        };
    }
    let hint = vec![SafeSpan::new("What is resolved, sent back or taken back appears here.", TextRole::Dim)];
    EmptyMessage { title: "Nothing has ended yet".into(), style: canvas.theme.text, hints: vec![hint] }
}

/// The filter matches no row, or the server is still searching.
fn no_matches_message(state: &State, canvas: &mut Canvas<'_>) -> EmptyMessage {
    let filter = &state.queue.filter;
    let query = safe::sanitize_line(filter.text());
    if filter.search_at.is_some() || !filter.pending_calls.is_empty() {
        return EmptyMessage::loading(&format!("searching conversations for “{query}”"), canvas);
    }
    let keymap = &state.settings.keymap;
    let clear = if filter.is_open {
        keymap.key_for(Context::Filter, Action::Line(LineAction::Cancel))
    } else {
        keymap.key_for(Context::Queue, Action::List(ListAction::ClearFilter))
    };
    let mut hints = vec![key_hint(clear, " shows all rows.")];
    if filter.is_local_only {
        hints.insert(0, vec![SafeSpan::new("Can't search the conversations.", TextRole::Warn)]);
    }
    EmptyMessage { title: safe_format!("No matches for “{query}”"), style: canvas.theme.text, hints }
}

/// The list is being loaded, or could not be.
fn not_loaded_message(state: &State, canvas: &mut Canvas<'_>) -> EmptyMessage {
    let load_error = state.queue.pending_load.as_ref().and_then(|load| load.error.as_ref());
    let retrying = || vec![SafeSpan::new("Retrying …", TextRole::Dim)];
    let (reason, hint) = match (&state.connection, load_error) {
        (ConnectionState::Refused(reason), _) => {
            let command = SafeSpan::new("tierup login", TextRole::Code);
            (reason, vec![command, SafeSpan::new(" gets a new token.", TextRole::Dim)])
        }
        (ConnectionState::Offline { reason, .. }, _) => (reason, retrying()),
        (
            ConnectionState::Connecting
            | ConnectionState::Live
            | ConnectionState::CatchingUp { .. }
            | ConnectionState::Polling { .. },
            Some(error),
        ) => (error, retrying()),
        (
            ConnectionState::Connecting
            | ConnectionState::Live
            | ConnectionState::CatchingUp { .. }
            | ConnectionState::Polling { .. },
            None,
        ) => return EmptyMessage::loading("loading the queue", canvas),
    };
    EmptyMessage {
        title: safe_format!("{} Can't load the queue", canvas.theme.glyphs.cross),
        style: canvas.theme.bad,
        hints: vec![vec![SafeSpan::new(safe::sanitize_line(reason), TextRole::Dim)], hint],
    }
}
