//! Scrolling a text by rows and pages.

use crate::keymap::Move;

/// Where a text with so many rows beyond the screen stands after a move.
pub(super) fn scroll_offset_after(offset: usize, movement: Move, max: usize, page: usize) -> usize {
    let page = page.max(1);
    // What was painted may be shorter now than when it was scrolled.
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
