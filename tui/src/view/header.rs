//! The first line: the tabs, the connection and the user. On a narrow screen the user's name is left out first, then
//! the program's name, then the words of the connection.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::keymap::{Action, Context, ListAction, Tab};
use crate::state::State;
use crate::state::connection::ConnectionState;
use crate::state::paint_output::ClickTarget;
use crate::text::{Safe, safe, safe_format};
use crate::view::canvas::Canvas;
use crate::view::measure::display_width;

const APP_NAME: &str = "tierup";
/// With fewer columns, the last tab is shown only while it is the current one.
const NARROW_WIDTH: u16 = 56;
/// Columns of the account and of the user, at most.
const MAX_NAME_WIDTH: usize = 24;

pub(super) fn paint(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let connection = ConnectionLabel::new(state, canvas);
    let is_narrow = area.width < NARROW_WIDTH;
    // Its key works without it.
    let is_shown = |tab: &Tab| !is_narrow || *tab != Tab::History || state.queue.tab == Tab::History;
    let tabs = Tab::ALL.into_iter().filter(is_shown);
    let tabs: Vec<_> = tabs.map(|tab| TabLabel::new(state, tab, canvas)).collect();
    let tabs_width = |gap: u16| tabs.iter().map(|tab| tab.width() + gap).sum::<u16>();
    let user = user_label(state, canvas);
    let available = area.width.saturating_sub(2);
    let full_width = display_width(APP_NAME) + 3 + tabs_width(3) + connection.full_width();
    let has_app_name = full_width <= available;
    let has_user = has_app_name && !user.is_empty() && full_width + 3 + display_width(&user) <= available;
    let gap = if has_app_name { 3 } else { 2 };
    let theme = canvas.theme;
    let mut x = area.x + 1;
    if has_app_name {
        x += canvas.put_text(x, area.y, area.width, APP_NAME, theme.accent.patch(theme.strong)) + gap;
    }
    // Where they are no keys, they do not look like keys.
    let key_style = if state.context() == Context::Queue { theme.accent } else { theme.dim };
    for TabLabel { tab, key, label, mark } in &tabs {
        let style = if *tab == state.queue.tab { theme.strong } else { theme.dim };
        let start = x;
        x += canvas.put_text(x, area.y, area.width, key, key_style);
        x += canvas.put_text(x, area.y, area.width, label, style);
        x += canvas.put_text(x, area.y, area.width, mark, theme.accent);
        canvas.output.add_click_target(Rect { x: start, width: x - start, ..area }, ClickTarget::Tab(*tab));
        x += gap;
    }
    let mut end = area.right() - 1;
    if has_user {
        end = canvas.put_text_right(end, area.y, display_width(&user), &user, theme.text).saturating_sub(3);
    }
    connection.paint(canvas, end, area.y, end.saturating_sub(x));
}

/// A tab: its key, its name with the number of its rows, and how much in them is unread.
struct TabLabel {
    tab: Tab,
    key: Safe<'static>,
    label: Safe<'static>,
    mark: Safe<'static>,
}

impl TabLabel {
    fn new(state: &State, tab: Tab, canvas: &Canvas<'_>) -> Self {
        let mark = match state.unread_in_tab(tab) {
            0 => Safe::default(),
            unread => safe_format!(" {}{unread}", canvas.theme.glyphs.unread),
        };
        Self { tab, key: tab_key(state, tab), label: tab_label(state, tab), mark }
    }

    fn width(&self) -> u16 {
        [&self.key, &self.label, &self.mark].into_iter().map(|part| display_width(part)).sum()
    }
}

/// The key of a tab, with a space after it.
fn tab_key(state: &State, tab: Tab) -> Safe<'static> {
    let key = state.settings.keymap.key_for(Context::Queue, Action::List(ListAction::Tab(tab)));
    if key.is_empty() { key } else { safe_format!("{key} ") }
}

/// The name of a tab, with the number of its rows.
fn tab_label(state: &State, tab: Tab) -> Safe<'static> {
    let (name, count) = match tab {
        Tab::Queue => ("Queue", state.queue.counts.open()),
        Tab::Mine => ("Mine", state.queue.mine_count(state.my_id())),
        Tab::Parked => ("Parked", state.queue.parked_count()),
        Tab::History => ("History", 0),
    };
    if count > 0 { safe_format!("{name} {count}") } else { name.into() }
}

/// The account and the user; empty before the log-in.
fn user_label(state: &State, canvas: &Canvas<'_>) -> Safe<'static> {
    let Some(me) = &state.me else { return Safe::default() };
    let (account, user) = (safe::sanitize_line(&me.account_name), safe::sanitize_line(&me.user.name));
    let (account, user) = (account.ellipsized(MAX_NAME_WIDTH), user.ellipsized(MAX_NAME_WIDTH));
    safe_format!("{account} {} {user}", canvas.theme.glyphs.dot)
}

/// The state of the connection, in forms that get shorter.
struct ConnectionLabel {
    glyph: &'static str,
    /// The longest first. Where none fits, only the glyph is shown.
    forms: Vec<Safe<'static>>,
    style: Style,
}

impl ConnectionLabel {
    fn new(state: &State, canvas: &mut Canvas<'_>) -> Self {
        let (glyphs, theme) = (canvas.theme.glyphs, canvas.theme);
        let (glyph, style, forms) = match &state.connection {
            ConnectionState::Connecting => (glyphs.connecting, theme.warn, vec!["connecting".into()]),
            ConnectionState::Live => (glyphs.live, theme.good, vec!["live".into()]),
            ConnectionState::CatchingUp { target_seq } => {
                let left = target_seq.0.saturating_sub(state.last_event_seq.unwrap_or_default().0);
                let forms = vec![safe_format!("catching up {left}"), safe_format!("{left}")];
                (glyphs.catching_up, theme.warn, forms)
            }
            ConnectionState::Polling { interval, .. } => {
                let seconds = interval.as_secs().max(1);
                let forms = vec![
                    safe_format!("not live, polling every {seconds}s (tierup doctor)"),
                    "not live (tierup doctor)".into(),
                    "not live".into(),
                    "slow".into(),
                ];
                (glyphs.connecting, theme.warn, forms)
            }
            ConnectionState::Offline { since, retry_at, .. } => {
                let since = canvas.time.seconds_since(*since);
                let retry = match retry_at {
                    Some(at) => safe_format!("retry in {}s", canvas.time.seconds_until(*at)),
                    None => "trying".into(),
                };
                let forms = vec![
                    safe_format!("offline {since}s ({retry})"),
                    safe_format!("offline {since}s"),
                    "offline".into(),
                    safe_format!("{since}s"),
                ];
                (glyphs.offline, theme.bad, forms)
            }
            ConnectionState::Refused(reason) => {
                // The first two ask for something, any other reason is a fact.
                let wants_login = matches!(reason.as_str(), "not logged in" | "logged out");
                let short = if wants_login { "log in" } else { "refused" };
                (glyphs.offline, theme.bad, vec![safe_format!("{reason}"), short.into()])
            }
        };
        Self { glyph, forms, style }
    }

    /// Columns of the longest form.
    fn full_width(&self) -> u16 {
        let longest = self.forms.first().map_or(0, |form| 1 + display_width(form));
        display_width(self.glyph) + longest
    }

    /// Paints the longest form that fits before the column `end`.
    fn paint(&self, canvas: &mut Canvas<'_>, end: u16, y: u16, columns: u16) {
        let mut forms = self.forms.iter().map(|form| safe_format!("{} {form}", self.glyph));
        let fitting = forms.find(|form| display_width(form) <= columns);
        canvas.put_text_right(end, y, columns, fitting.unwrap_or_else(|| self.glyph.into()), self.style);
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use tierup_common::id::Seq;
    use tierup_common::time::Timestamp;

    use super::*;
    use crate::state::layer::Layer;

    fn header_line(connection: ConnectionState, last_seq: u64, columns: u16) -> String {
        let mut state = State::default();
        (state.connection, state.last_event_seq, state.now) =
            (connection, Some(Seq(last_seq)), Timestamp::from_millis(100_000));
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, 1));
        let area = buffer.area;
        paint(&state, &mut Canvas::new(&mut buffer, &state), area);
        buffer.content.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned()
    }

    #[test]
    fn the_connection_is_shown_in_the_longest_form_that_fits() {
        let offline = ConnectionState::Offline {
            since: Timestamp::from_millis(92_000),
            retry_at: Some(Timestamp::from_millis(103_000)),
            reason: "gone".into(),
        };
        let polling = ConnectionState::Polling {
            interval: std::time::Duration::from_secs(10),
            next_at: Timestamp::from_millis(103_000),
        };
        for (connection, wide, narrow) in [
            (ConnectionState::Connecting, "◌ connecting", "◌"),
            (ConnectionState::Live, "● live", "● live"),
            (ConnectionState::CatchingUp { target_seq: Seq(42) }, "↻ catching up 12", "↻ 12"),
            (offline, "○ offline 8s (retry in 3s)", "○ offline"),
            (polling, "◌ not live, polling every 10s (tierup doctor)", "◌ not live"),
            (ConnectionState::Refused("this role may not".into()), "○ this role may not", "○ refused"),
            (ConnectionState::Refused("not logged in".into()), "○ not logged in", "○ log in"),
        ] {
            let shown = header_line(connection.clone(), 30, 90);
            assert!(shown.ends_with(&format!("  {wide}")), "{shown:?}");
            let shown = header_line(connection, 30, 40);
            assert!(shown.ends_with(&format!("  {narrow}")), "{shown:?}");
        }
    }

    #[test]
    fn before_the_login_the_connection_is_right_aligned() {
        assert!(header_line(ConnectionState::Refused("not logged in".into()), 0, 80).chars().count() == 79);
    }

    #[test]
    fn tab_numbers_look_like_keys_only_where_they_are_keys() {
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
