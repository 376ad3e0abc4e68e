//! The first line: where one is, how the connection is, who one is.

use ratatui::layout::Rect;

use crate::state::State;
use crate::state::link::Link;
use crate::state::painted::Target;
use crate::state::queue::Tab;
use crate::text::{cut, safe};
use crate::view::canvas::Canvas;
use crate::view::sheet::columns;

/// From this many columns on there is room to say who one is.
const ROOM_FOR_NAMES: u16 = 100;

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let mut x = area.x + 1;
    x += canvas.put(x, area.y, area.width, "tierup", canvas.theme.accent.patch(canvas.theme.strong)) + 3;
    for (number, tab) in (1..).zip(Tab::ALL) {
        let (name, count) = match tab {
            Tab::Queue => ("Queue", state.queue.waiting().count()),
            Tab::Mine => ("Mine", state.queue.mine.len()),
            Tab::Parked => ("Parked", state.queue.parked.len()),
        };
        let style = if tab == state.queue.tab { canvas.theme.strong } else { canvas.theme.dim };
        let begin = x;
        x += canvas.put(x, area.y, area.width, &format!("{number} "), canvas.theme.accent);
        x += canvas.put(x, area.y, area.width, name, style);
        if count > 0 {
            x += canvas.put(x, area.y, area.width, &format!(" {count}"), style);
        }
        canvas.painted.target(Rect { x: begin, width: x - begin, ..area }, Target::Tab(tab));
        x += 3;
    }
    let mut end = area.right() - 1;
    if let Some(me) = state.me.as_ref().filter(|_| area.width >= ROOM_FOR_NAMES) {
        let dot = canvas.theme.glyphs.dot;
        let who = format!(
            "{} {dot} {}",
            cut(&safe::line(&me.account_name), 24),
            cut(&safe::line(&me.user.name), 24)
        );
        end = canvas.put_right(end, area.y, columns(&who), &who, canvas.theme.text).saturating_sub(3);
    }
    let (text, style) = link(state, canvas);
    canvas.put_right(end, area.y, end.saturating_sub(x), &text, style);
}

fn link(state: &State, canvas: &mut Canvas<'_>) -> (String, ratatui::style::Style) {
    let glyphs = canvas.theme.glyphs;
    match &state.link {
        Link::Connecting => (format!("{} connecting", glyphs.connecting), canvas.theme.warn),
        Link::Live => (format!("{} live", glyphs.live), canvas.theme.good),
        Link::CatchingUp { to } => {
            let left = to.0.saturating_sub(state.heard.unwrap_or_default().0);
            (format!("{} catching up {left}", glyphs.catching_up), canvas.theme.warn)
        }
        Link::Offline { since, retry_at, .. } => {
            let since = canvas.seconds_since(*since);
            let retry = match retry_at {
                Some(at) => format!("retry in {}s", canvas.seconds_until(*at)),
                None => "trying".into(),
            };
            (format!("{} offline {since}s ({retry})", glyphs.offline), canvas.theme.bad)
        }
        Link::Refused(why) => (format!("{} {why}", glyphs.offline), canvas.theme.bad),
    }
}
