//! A list without rows: why that is, and what to do.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::effect::Call;
use crate::keymap::{Action, Context, LineVerb, ListVerb, SessionVerb};
use crate::state::State;
use crate::state::link::Link;
use crate::state::queue::Tab;
use crate::text::{Ink, Piece, Row, safe, wrap};
use crate::view::canvas::Canvas;

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let (first, second, style) = words(state, canvas);
    let inside = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
    let y = area.y + area.height / 3;
    canvas.put(inside.x, y, inside.width, &first, style);
    let rows = second.iter().flat_map(|line| wrap::pieces(line, usize::from(inside.width), ""));
    let rows: Vec<Row> = rows.collect();
    let below = Rect { y: y + 1, height: area.bottom().saturating_sub(y + 1), ..inside };
    canvas.rows(below, &rows);
}

/// What is said first, and how; then lines that say what to do.
type Words = (String, Vec<Vec<Piece>>, Style);

/// A sentence with a key in it, which looks like one.
fn with_key(before: &str, key: String, after: &str) -> Vec<Piece> {
    vec![Piece::new(before, Ink::Dim), Piece::new(key, Ink::Accent), Piece::new(after, Ink::Dim)]
}

fn words(state: &State, canvas: &mut Canvas<'_>) -> Words {
    let theme = canvas.theme;
    let key = |context, action| state.settings.keymap.key_for(context, action);
    let list = |verb| key(Context::Queue, Action::List(verb));
    if state.queue.as_of.is_none() {
        return not_loaded(state, canvas);
    }
    let filter = &state.queue.filter;
    if filter.is_on() {
        let words = safe::line(filter.text());
        if filter.ask_at.is_some() || !filter.asked.is_empty() {
            let text = format!("{} looking for “{words}” in the conversations", canvas.spinner());
            return (text, Vec::new(), theme.dim);
        }
        let said = format!("No row says “{words}”.");
        let clear = if filter.is_open {
            key(Context::Filter, Action::Line(LineVerb::Cancel))
        } else {
            list(ListVerb::ClearFilter)
        };
        let mut rows = vec![with_key("", clear, " shows all rows again.")];
        if filter.is_partial {
            rows.insert(0, vec![Piece::new("The conversations could not be searched.", Ink::Warn)]);
        }
        return (said, rows, theme.text);
    }
    let (first, second) = match state.queue.tab {
        Tab::Queue => {
            let new = list(ListVerb::NewSession);
            let before = "New escalations appear here by themselves. ";
            ("Nothing waits.", with_key(before, new, " opens a session of your own."))
        }
        Tab::Mine => {
            let pick_up = list(ListVerb::PickUp);
            ("You work on nothing.", with_key("", pick_up, " in the queue picks something up."))
        }
        Tab::Parked if state.is_asking(|call| matches!(call, Call::OwnSessions(_))) => {
            return (format!("{} loading what is parked", canvas.spinner()), Vec::new(), theme.dim);
        }
        Tab::Parked => {
            let park = key(Context::Session, Action::Session(SessionVerb::Park));
            ("Nothing is parked.", with_key("", park, " in a session puts it aside, for you alone."))
        }
    };
    (first.into(), vec![second], theme.text)
}

/// Nothing is known of the list yet: it is on its way, or it did not come.
fn not_loaded(state: &State, canvas: &mut Canvas<'_>) -> Words {
    let theme = canvas.theme;
    let failed = state.queue.load.as_ref().and_then(|load| load.failed.clone());
    let by_itself = || vec![Piece::new("It is tried again by itself.", Ink::Dim)];
    let why = match (&state.link, failed) {
        (Link::Refused(why), _) => {
            let command = Piece::new("tierup login", Ink::Code);
            Some((why.clone(), vec![command, Piece::new(" gets you another token.", Ink::Dim)]))
        }
        (Link::Offline { why, .. }, _) => Some((why.clone(), by_itself())),
        (Link::Connecting | Link::Live | Link::CatchingUp { .. } | Link::Polling { .. }, Some(why)) => {
            Some((why, by_itself()))
        }
        (Link::Connecting | Link::Live | Link::CatchingUp { .. } | Link::Polling { .. }, None) => None,
    };
    match why {
        Some((why, then)) => {
            let cross = theme.glyphs.cross;
            let lines = vec![vec![Piece::new(safe::line(&why), Ink::Dim)], then];
            (format!("{cross} The queue could not be loaded."), lines, theme.bad)
        }
        None => (format!("{} loading the queue", canvas.spinner()), Vec::new(), theme.dim),
    }
}
