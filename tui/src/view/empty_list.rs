//! A list without rows: why that is, and what to do.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::effect::Call;
use crate::keymap::{Action, Context, LineAction, ListAction, SessionAction, Tab};
use crate::state::State;
use crate::state::connection::ConnectionState;
use crate::text::{SafeLine, SafeSpan, TextRole, safe, wrap};
use crate::view::canvas::Canvas;

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let (first, second, style) = empty_message(state, canvas);
    let inside = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
    let y = area.y + area.height / 3;
    canvas.put_text(inside.x, y, inside.width, &first, style);
    let rows = second.iter().flat_map(|line| wrap::spans(line, usize::from(inside.width), ""));
    let rows: Vec<SafeLine> = rows.collect();
    let below = Rect { y: y + 1, height: area.bottom().saturating_sub(y + 1), ..inside };
    canvas.put_lines(below, &rows);
}

/// What is said first, and how; then lines that say what to do.
type EmptyMessage = (String, Vec<Vec<SafeSpan>>, Style);

/// A sentence with a key in it, which looks like one.
fn line_with_key(before: &str, key: String, after: &str) -> Vec<SafeSpan> {
    vec![
        SafeSpan::new(before, TextRole::Dim),
        SafeSpan::new(key, TextRole::Accent),
        SafeSpan::new(after, TextRole::Dim),
    ]
}

fn empty_message(state: &State, canvas: &mut Canvas<'_>) -> EmptyMessage {
    let theme = canvas.theme;
    let key = |context, action| state.settings.keymap.key_for(context, action);
    let list = |verb| key(Context::Queue, Action::List(verb));
    if state.queue.as_of_seq.is_none() {
        return not_loaded_message(state, canvas);
    }
    let filter = &state.queue.filter;
    if filter.is_active() {
        let words = safe::sanitize_line(filter.text());
        if filter.search_at.is_some() || !filter.pending_calls.is_empty() {
            let text = format!("{} looking for “{words}” in the conversations", canvas.spinner());
            return (text, Vec::new(), theme.dim);
        }
        let said = format!("No row says “{words}”.");
        let clear = if filter.is_open {
            key(Context::Filter, Action::Line(LineAction::Cancel))
        } else {
            list(ListAction::ClearFilter)
        };
        let mut rows = vec![line_with_key("", clear, " shows all rows again.")];
        if filter.is_local_only {
            rows.insert(0, vec![SafeSpan::new("The conversations could not be searched.", TextRole::Warn)]);
        }
        return (said, rows, theme.text);
    }
    let (first, second) = match state.queue.tab {
        Tab::Queue => {
            let new = list(ListAction::NewSession);
            let before = "New escalations appear here by themselves. ";
            ("Nothing waits.", line_with_key(before, new, " opens a session of your own."))
        }
        Tab::Mine => {
            let pick_up = list(ListAction::PickUp);
            ("You work on nothing.", line_with_key("", pick_up, " in the queue picks something up."))
        }
        Tab::Parked if state.has_pending_call(|call| matches!(call, Call::OwnSessions(_))) => {
            return (format!("{} loading what is parked", canvas.spinner()), Vec::new(), theme.dim);
        }
        Tab::Parked => {
            let park = key(Context::Session, Action::Session(SessionAction::Park));
            ("Nothing is parked.", line_with_key("", park, " in a session puts it aside, for you alone."))
        }
    };
    (first.into(), vec![second], theme.text)
}

/// Nothing is known of the list yet: it is on its way, or it did not come.
fn not_loaded_message(state: &State, canvas: &mut Canvas<'_>) -> EmptyMessage {
    let theme = canvas.theme;
    let failed = state.queue.pending_load.as_ref().and_then(|load| load.error.clone());
    let by_itself = || vec![SafeSpan::new("It is tried again by itself.", TextRole::Dim)];
    let why = match (&state.connection, failed) {
        (ConnectionState::Refused(why), _) => {
            let command = SafeSpan::new("tierup login", TextRole::Code);
            Some((why.clone(), vec![command, SafeSpan::new(" gets you another token.", TextRole::Dim)]))
        }
        (ConnectionState::Offline { reason: why, .. }, _) => Some((why.clone(), by_itself())),
        (
            ConnectionState::Connecting
            | ConnectionState::Live
            | ConnectionState::CatchingUp { .. }
            | ConnectionState::Polling { .. },
            Some(why),
        ) => Some((why, by_itself())),
        (
            ConnectionState::Connecting
            | ConnectionState::Live
            | ConnectionState::CatchingUp { .. }
            | ConnectionState::Polling { .. },
            None,
        ) => None,
    };
    match why {
        Some((why, then)) => {
            let cross = theme.glyphs.cross;
            let lines = vec![vec![SafeSpan::new(safe::sanitize_line(&why), TextRole::Dim)], then];
            (format!("{cross} The queue could not be loaded."), lines, theme.bad)
        }
        None => (format!("{} loading the queue", canvas.spinner()), Vec::new(), theme.dim),
    }
}
