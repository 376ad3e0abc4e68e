//! A long text on a screen of its own.

use ratatui::layout::Rect;

use crate::state::State;
use crate::state::pager::Pager;
use crate::state::search::SearchPlace;
use crate::text::{safe, safe_format};
use crate::view::canvas::Canvas;
use crate::view::search;

pub(super) fn paint(state: &State, pager: &Pager, canvas: &mut Canvas<'_>, area: Rect) {
    let message = &pager.message;
    let author = safe::sanitize_line(message.author_name.as_deref().unwrap_or("assistant"));
    let time = canvas.time.time_of_day(message.created_at);
    let count = message.content.lines().count();
    let lines = if count == 1 { "line" } else { "lines" };
    let title = safe_format!("{author}  {time} ── {count} {lines}");
    let inner = canvas.paint_screen_layer(area, title);
    let rows = pager.rows(usize::from(inner.width));
    let place = SearchPlace::Pager(message.id);
    search::paint_lines(state, place, canvas, inner, &rows, pager.scroll_offset);
}
