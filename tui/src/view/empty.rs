//! A list without rows: why that is, and what to do.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::effect::Call;
use crate::keymap::{Action, Context, LineVerb, ListVerb, SessionVerb};
use crate::state::State;
use crate::state::link::Link;
use crate::state::queue::Tab;
use crate::text::{Ink, safe, wrap};
use crate::view::canvas::Canvas;

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let (first, second, style) = words(state, canvas);
    let inside = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
    let y = area.y + area.height / 3;
    canvas.put(inside.x, y, inside.width, &first, style);
    let rows = wrap::plain(&second, usize::from(inside.width), Ink::Dim);
    let below = Rect { y: y + 1, height: area.bottom().saturating_sub(y + 1), ..inside };
    canvas.rows(below, &rows);
}

fn words(state: &State, canvas: &mut Canvas<'_>) -> (String, String, Style) {
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
            return (text, String::new(), theme.dim);
        }
        let said = if filter.is_partial {
            format!("No row here says “{words}”; the conversations could not be searched.")
        } else {
            format!("No row says “{words}”.")
        };
        let clear = if filter.is_open {
            key(Context::Filter, Action::Line(LineVerb::Cancel))
        } else {
            list(ListVerb::ClearFilter)
        };
        return (said, format!("{clear} shows all rows again."), theme.text);
    }
    let (first, second) = match state.queue.tab {
        Tab::Queue => (
            "Nothing waits.",
            format!(
                "New escalations appear here by themselves. {} opens a session of your own.",
                list(ListVerb::NewSession)
            ),
        ),
        Tab::Mine => {
            ("You work on nothing.", format!("{} in the queue picks something up.", list(ListVerb::PickUp)))
        }
        Tab::Parked if state.is_asking(|call| matches!(call, Call::OwnSessions(_))) => {
            return (format!("{} loading what is parked", canvas.spinner()), String::new(), theme.dim);
        }
        Tab::Parked => {
            let park = key(Context::Session, Action::Session(SessionVerb::Park));
            ("Nothing is parked.", format!("{park} in a session puts it aside, for you alone."))
        }
    };
    (first.into(), second, theme.text)
}

/// Nothing is known of the list yet: it is on its way, or it did not come.
fn not_loaded(state: &State, canvas: &mut Canvas<'_>) -> (String, String, Style) {
    let theme = canvas.theme;
    let failed = state.queue.load.as_ref().and_then(|load| load.failed.clone());
    let why = match (&state.link, failed) {
        (Link::Refused(why), _) => Some((why.clone(), "`tierup login` gets you another token.")),
        (Link::Offline { why, .. }, _) => Some((why.clone(), "It is tried again by itself.")),
        (Link::Connecting | Link::Live | Link::CatchingUp { .. }, Some(why)) => {
            Some((why, "It is tried again by itself."))
        }
        (Link::Connecting | Link::Live | Link::CatchingUp { .. }, None) => None,
    };
    match why {
        Some((why, then)) => {
            let cross = theme.glyphs.cross;
            (format!("{cross} The queue could not be loaded."), format!("{why}\n{then}"), theme.bad)
        }
        None => (format!("{} loading the queue", canvas.spinner()), String::new(), theme.dim),
    }
}
