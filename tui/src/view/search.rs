//! The matches of the search: where they are, which one is the current one, and how they look.

use ratatui::layout::Rect;

use crate::state::State;
use crate::state::search::{SearchOrigin, SearchPlace, TextSearch};
use crate::text::find::Match;
use crate::text::{Safe, SafeLine, safe_format};
use crate::view::canvas::Canvas;

/// Matches in lines, and which of them is the current one.
#[derive(Default)]
pub(super) struct Matches {
    pub(super) all: Vec<Match>,
    pub(super) current: Option<usize>,
    /// Whether the current one is kept in sight.
    pub(super) is_followed: bool,
}

impl Matches {
    /// The matches of a search in lines that were wrapped to `width` columns.
    pub(super) fn find<'l>(
        search: Option<&TextSearch>,
        lines: impl IntoIterator<Item = &'l SafeLine>,
        width: u16,
    ) -> Self {
        let query = search.and_then(|search| search.query.as_ref());
        let all = query.map(|query| query.find(lines, usize::from(width))).unwrap_or_default();
        Self { all, current: None, is_followed: search.is_some_and(|search| search.is_following) }
    }

    /// The index of the first match from a row on.
    pub(super) fn first_from(&self, row: usize) -> Option<usize> {
        self.all.iter().position(|found| found.row() >= row)
    }

    /// The first visible row, so that the current match is in sight of `height` rows if it is kept there.
    pub(super) fn top_in_sight(&self, top: usize, height: usize) -> usize {
        let current = self.current.filter(|_| self.is_followed);
        let Some(row) = current.and_then(|index| self.all.get(index)).map(Match::row) else { return top };
        if (top..top + height).contains(&row) { top } else { row.saturating_sub(height / 3) }
    }

    /// Highlights the visible matches of lines that were painted from `top` on.
    pub(super) fn highlight(&self, top: usize, canvas: &mut Canvas<'_>, area: Rect) {
        for (index, found) in self.all.iter().enumerate() {
            for part in &found.parts {
                let Some(offset) = part.row.checked_sub(top).and_then(|offset| u16::try_from(offset).ok())
                else {
                    continue;
                };
                if offset < area.height {
                    let (x, y) = (area.x + part.column, area.y + offset);
                    canvas.highlight_match(x, y, part.width, self.current == Some(index));
                }
            }
        }
    }
}

/// Paints the lines of a layer from `top` on, with the matches of the search in this place.
pub(super) fn paint_lines(
    state: &State,
    place: SearchPlace,
    canvas: &mut Canvas<'_>,
    inner: Rect,
    lines: &[SafeLine],
    top: usize,
) {
    let search = state.search_in(place);
    let mut matches = Matches::find(search, lines, inner.width);
    let mut top = top;
    if let Some(search) = search {
        let origin = if let SearchOrigin::Row(row) = search.origin { row } else { 0 };
        let count = matches.all.len();
        matches.current = search.current_index(matches.first_from(origin).unwrap_or(0), count);
        canvas.output.match_position = Some((matches.current.map_or(0, |index| index + 1), count));
        top = matches.top_in_sight(top, usize::from(inner.height));
    }
    let top = canvas.put_scrolled_lines(inner, lines, top);
    matches.highlight(top, canvas, inner);
}

/// What the line of keys says about a search: the current match and the number of all.
pub(super) fn position_label(search: &TextSearch, painted: Option<(usize, usize)>) -> Safe<'static> {
    let position = match (search.place, search.hit) {
        (SearchPlace::Session(_), Some(hit)) => Some((hit.index + 1, hit.count)),
        (SearchPlace::Session(_), None) => Some((0, 0)),
        (SearchPlace::Briefing(_) | SearchPlace::Log | SearchPlace::Pager(_), _) => painted,
    };
    match position {
        _ if search.query.is_none() => Safe::default(),
        None | Some((_, 0)) => "no matches".into(),
        Some((current, count)) => safe_format!("{current} of {count}"),
    }
}
