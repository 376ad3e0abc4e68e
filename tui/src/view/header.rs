//! The first line: where one is, how the connection is, who one is. Where there is little room, what is known anyway
//! goes first: who one is, the name of the program, then the words of the connection.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::keymap::{Action, Context, ListAction, Tab};
use crate::state::State;
use crate::state::connection::ConnectionState;
use crate::state::paint_output::ClickTarget;
use crate::text::{ellipsize, safe};
use crate::view::canvas::Canvas;
use crate::view::document::display_width;

/// What the program is called.
const APP_NAME: &str = "tierup";

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let (mut links, style) = connection_status(state, canvas);
    let tabs =
        Tab::ALL.map(|tab| (tab, tab_key(tab, canvas), tab_label(tab_name(tab), tab_count(state, tab))));
    let tabs_width = |gap: u16| {
        let each = |(_, key, text): &(Tab, String, String)| display_width(key) + display_width(text) + gap;
        tabs.iter().map(each).sum::<u16>()
    };
    let room = area.width.saturating_sub(2);
    let who = identity(state, canvas);
    let link_width = links.first().map_or(0, |link| display_width(link));
    let brand = display_width(APP_NAME) + 3;
    let has_brand = brand + tabs_width(3) + link_width <= room;
    let has_who =
        has_brand && !who.is_empty() && brand + tabs_width(3) + link_width + 3 + display_width(&who) <= room;
    let gap = if has_brand { 3 } else { 2 };
    let mut x = area.x + 1;
    if has_brand {
        x += canvas.put_text(x, area.y, area.width, APP_NAME, canvas.theme.accent.patch(canvas.theme.strong))
            + gap;
    }
    // Where they would do something else, or type, they do not look like keys.
    let keys = if state.context() == Context::Queue { canvas.theme.accent } else { canvas.theme.dim };
    for (tab, key, text) in tabs {
        let style = if tab == state.queue.tab { canvas.theme.strong } else { canvas.theme.dim };
        let begin = x;
        x += canvas.put_text(x, area.y, area.width, &key, keys);
        x += canvas.put_text(x, area.y, area.width, &text, style);
        canvas.output.add_click_target(Rect { x: begin, width: x - begin, ..area }, ClickTarget::Tab(tab));
        x += gap;
    }
    let mut end = area.right() - 1;
    if has_who {
        end = canvas
            .put_text_right(end, area.y, display_width(&who), &who, canvas.theme.text)
            .saturating_sub(3);
    }
    let room = end.saturating_sub(x);
    let fits = links.iter().position(|link| display_width(link) <= room).unwrap_or(links.len() - 1);
    canvas.put_text_right(end, area.y, room, &links.swap_remove(fits), style);
}

/// The key that leads to a tab, and the column after it.
fn tab_key(tab: Tab, canvas: &Canvas<'_>) -> String {
    let key = canvas.key_for(Context::Queue, Action::List(ListAction::Tab(tab)));
    if key.is_empty() { key } else { format!("{key} ") }
}

const fn tab_name(tab: Tab) -> &'static str {
    match tab {
        Tab::Queue => "Queue",
        Tab::Mine => "Mine",
        Tab::Parked => "Parked",
    }
}

fn tab_count(state: &State, tab: Tab) -> usize {
    match tab {
        Tab::Queue => state.queue.counts.open(),
        Tab::Mine => state.queue.mine_count(state.my_id()),
        Tab::Parked => state.queue.parked_count(),
    }
}

fn tab_label(name: &str, count: usize) -> String {
    if count > 0 { format!("{name} {count}") } else { name.to_owned() }
}

fn identity(state: &State, canvas: &Canvas<'_>) -> String {
    let dot = canvas.theme.glyphs.dot;
    let Some(me) = &state.me else { return String::new() };
    format!(
        "{} {dot} {}",
        ellipsize(&safe::sanitize_line(&me.account_name), 24),
        ellipsize(&safe::sanitize_line(&me.user.name), 24)
    )
}

/// How the connection is: in full, and ever shorter.
fn connection_status(state: &State, canvas: &mut Canvas<'_>) -> (Vec<String>, Style) {
    let (glyphs, theme) = (canvas.theme.glyphs, canvas.theme);
    let forms = |glyph: &str, forms: &[String]| {
        let mut forms: Vec<String> = forms.iter().map(|form| format!("{glyph} {form}")).collect();
        forms.push(glyph.to_owned());
        forms
    };
    match &state.connection {
        ConnectionState::Connecting => (forms(glyphs.connecting, &["connecting".into()]), theme.warn),
        ConnectionState::Live => (forms(glyphs.live, &["live".into()]), theme.good),
        ConnectionState::CatchingUp { target_seq: to } => {
            let left = to.0.saturating_sub(state.last_event_seq.unwrap_or_default().0);
            (forms(glyphs.catching_up, &[format!("catching up {left}"), left.to_string()]), theme.warn)
        }
        ConnectionState::Polling { interval: every, .. } => {
            let every = every.as_secs().max(1);
            let all =
                [format!("not live, asks every {every}s (tierup doctor)"), "not live (tierup doctor)".into()];
            (forms(glyphs.connecting, &[all, ["not live".into(), "slow".into()]].concat()), theme.warn)
        }
        ConnectionState::Offline { since, retry_at, .. } => {
            let since = canvas.seconds_since(*since);
            let retry = match retry_at {
                Some(at) => format!("retry in {}s", canvas.seconds_until(*at)),
                None => "trying".into(),
            };
            let all = [
                format!("offline {since}s ({retry})"),
                format!("offline {since}s"),
                "offline".into(),
                format!("{since}s"),
            ];
            (forms(glyphs.offline, &all), theme.bad)
        }
        ConnectionState::Refused(why) => {
            // What is asked for can be done; any other refusal is a fact.
            let is_asked_for = matches!(why.as_str(), "not logged in" | "logged out");
            let short = if is_asked_for { "log in" } else { "refused" };
            (forms(glyphs.offline, &[why.clone(), short.into()]), theme.bad)
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use tierup_common::id::Seq;
    use tierup_common::time::Timestamp;

    use super::*;
    use crate::state::layer::Layer;

    fn header_line(link: ConnectionState, heard: u64, columns: u16) -> String {
        let mut state = State::default();
        (state.connection, state.last_event_seq, state.now) =
            (link, Some(Seq(heard)), Timestamp::from_millis(100_000));
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, 1));
        let area = buffer.area;
        paint(&state, &mut Canvas::new(&mut buffer, &state), area);
        buffer.content.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned()
    }

    #[test]
    fn the_connection_is_told_honestly_and_as_short_as_the_room_asks_for() {
        let offline = ConnectionState::Offline {
            since: Timestamp::from_millis(92_000),
            retry_at: Some(Timestamp::from_millis(103_000)),
            reason: "gone".into(),
        };
        let polling = ConnectionState::Polling {
            interval: std::time::Duration::from_secs(10),
            next_at: Timestamp::from_millis(103_000),
        };
        for (link, wide, narrow) in [
            (ConnectionState::Connecting, "◌ connecting", "◌"),
            (ConnectionState::Live, "● live", "● live"),
            (ConnectionState::CatchingUp { target_seq: Seq(42) }, "↻ catching up 12", "↻ 12"),
            (offline, "○ offline 8s (retry in 3s)", "○ offline"),
            (polling, "◌ not live, asks every 10s (tierup doctor)", "◌ not live"),
            (ConnectionState::Refused("this role may not".into()), "○ this role may not", "○ refused"),
            (ConnectionState::Refused("not logged in".into()), "○ not logged in", "○ log in"),
        ] {
            let shown = header_line(link.clone(), 30, 80);
            assert!(shown.ends_with(&format!("  {wide}")), "{shown:?}");
            let shown = header_line(link, 30, 40);
            assert!(shown.ends_with(&format!("  {narrow}")), "{shown:?}");
        }
    }

    #[test]
    fn before_the_log_in_nobody_takes_room_at_the_end() {
        assert!(header_line(ConnectionState::Refused("not logged in".into()), 0, 80).chars().count() == 79);
    }

    #[test]
    fn the_numbers_of_the_tabs_look_like_keys_where_they_are_keys() {
        let colour = |state: &State| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 1));
            let area = buffer.area;
            paint(state, &mut Canvas::new(&mut buffer, state), area);
            (buffer.content[1].symbol().to_owned(), buffer.content[1].fg)
        };
        let mut state = State::default();
        let accent = state.settings.theme.accent.fg.unwrap();
        assert_eq!(colour(&state), ("1".into(), accent));
        state.layers.push(Layer::Log { scroll_offset: 0 });
        assert_ne!(colour(&state), ("1".into(), accent), "they do nothing under a layer");
    }
}
