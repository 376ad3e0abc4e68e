//! Scrolling a text by rows and pages.

use crate::keymap::Move;

/// The first visible row after a move, in a text that can be scrolled by `max` rows.
pub(super) fn scroll_offset_after(offset: usize, movement: Move, max: usize, page: usize) -> usize {
    let page = page.max(1);
    // The text may have become shorter since.
    let top = offset.min(max);
    match movement {
        Move::Down => (top + 1).min(max),
        Move::Up => top.saturating_sub(1),
        Move::PageDown => (top + page).min(max),
        Move::PageUp => top.saturating_sub(page),
        Move::Top => 0,
        Move::Bottom => max,
    }
}
