//! Shortens a line to a width.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The beginning of a line, at most `columns` wide, with an ellipsis where it was cut.
pub fn ellipsize(line: &str, columns: usize) -> Cow<'_, str> {
    if line.width() <= columns {
        return Cow::Borrowed(line);
    }
    let mut shortened = String::new();
    let mut width = 0;
    for grapheme in line.graphemes(true) {
        width += grapheme.width();
        if width + 1 > columns {
            break;
        }
        shortened.push_str(grapheme);
    }
    if columns > 0 {
        shortened.push('…');
    }
    Cow::Owned(shortened)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortened_line_ends_in_an_ellipsis() {
        assert_eq!(ellipsize("printer", 7), "printer");
        assert_eq!(ellipsize("printer", 5), "prin…");
        assert_eq!(ellipsize("日本語", 5), "日本…");
        assert_eq!(ellipsize("日本語", 4), "日…");
        assert_eq!(ellipsize("x", 0), "");
    }
}
