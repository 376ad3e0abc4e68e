//! How sure an assessment is, wherever it is shown: a glyph, a word, and how it looks.

use tierup_common::assessment::Confidence;

use crate::text::TextRole;
use crate::view::canvas::Canvas;
use crate::view::document::display_width;

/// How sure an assessment is, as a glyph and a meaning.
pub(super) fn glyph_and_role(confidence: Confidence, canvas: &Canvas<'_>) -> (&'static str, TextRole) {
    let glyphs = canvas.theme.glyphs;
    match confidence {
        Confidence::High => (glyphs.check, TextRole::Good),
        Confidence::Medium => (glyphs.dot, TextRole::Plain),
        Confidence::Low | Confidence::Inconclusive => (glyphs.question, TextRole::Dim),
    }
}

/// How sure an assessment is, in words that stand alone.
pub(super) const fn label(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "high confidence",
        Confidence::Medium => "medium confidence",
        Confidence::Low => "low confidence",
        Confidence::Inconclusive => "inconclusive",
    }
}

/// How sure an assessment is. That this is what it says is left out where there is no room: the priority is high or
/// low, too.
pub(super) fn label_for_width(confidence: Confidence, canvas: &Canvas<'_>, room: u16) -> (String, TextRole) {
    let (glyph, ink) = glyph_and_role(confidence, canvas);
    // A dot stands there already.
    let glyph = if glyph == canvas.theme.glyphs.dot { String::new() } else { format!("{glyph} ") };
    let long = format!("{glyph}{}", label(confidence));
    if display_width(&long) <= room { (long, ink) } else { (format!("{glyph}{confidence}"), ink) }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::*;
    use crate::state::State;

    #[test]
    fn what_is_high_is_said_where_there_is_room() {
        let (state, mut buffer) = (State::default(), Buffer::empty(Rect::new(0, 0, 1, 1)));
        let canvas = Canvas::new(&mut buffer, &state);
        for (sure, long, narrow) in [
            (Confidence::High, "✓ high confidence", "✓ high"),
            (Confidence::Medium, "medium confidence", "medium"),
            (Confidence::Low, "? low confidence", "? low"),
            (Confidence::Inconclusive, "? inconclusive", "? inconclusive"),
        ] {
            assert_eq!(label_for_width(sure, &canvas, 17).0, long);
            assert_eq!(label_for_width(sure, &canvas, 13).0, narrow);
        }
    }
}
