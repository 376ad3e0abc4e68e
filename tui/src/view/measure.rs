//! Widths of text on the screen, and text that fits one.

use unicode_width::UnicodeWidthStr;

use crate::text::{Safe, safe_format};

/// How many columns a text takes.
pub(super) fn display_width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// A title of two parts, `head ── tail`, in at most `columns`. If they do not fit, the head is cut.
pub(super) fn fit_title(head: &Safe<'_>, tail: &Safe<'_>, columns: u16) -> Safe<'static> {
    /// Columns of the head without which the tail could be mistaken for it.
    const MIN_HEAD_WIDTH: usize = 4;
    let columns = usize::from(columns);
    if tail.is_empty() {
        return head.ellipsized(columns).into_owned();
    }
    let tail = safe_format!(" ── {tail}");
    let head_width = columns.saturating_sub(tail.width());
    if head_width < MIN_HEAD_WIDTH {
        safe_format!("{head}{tail}").ellipsized(columns).into_owned()
    } else {
        safe_format!("{}{tail}", head.ellipsized(head_width))
    }
}
