//! How sure an assessment is: a glyph, a word, and how they look.

use tierup_common::assessment::Confidence;

use crate::text::{Safe, TextRole, safe_format};
use crate::view::canvas::Canvas;
use crate::view::measure::display_width;

/// The glyph of a confidence, and how it looks.
pub(super) fn glyph_and_role(confidence: Confidence, canvas: &Canvas<'_>) -> (&'static str, TextRole) {
    let glyphs = canvas.theme.glyphs;
    match confidence {
        Confidence::High => (glyphs.check, TextRole::Good),
        Confidence::Medium => (glyphs.dot, TextRole::Plain),
        Confidence::Low | Confidence::Inconclusive => (glyphs.question, TextRole::Dim),
    }
}

/// A confidence in at most `columns`. The word "confidence", which tells it from a priority, is left out if it does not
/// fit.
pub(super) fn label_for_width(
    confidence: Confidence,
    canvas: &Canvas<'_>,
    columns: u16,
) -> (Safe<'static>, TextRole) {
    let (glyph, role) = glyph_and_role(confidence, canvas);
    // The list separates its parts with a dot already.
    let glyph = if glyph == canvas.theme.glyphs.dot { Safe::default() } else { safe_format!("{glyph} ") };
    let long = safe_format!("{glyph}{}", confidence.label());
    if display_width(&long) <= columns { (long, role) } else { (safe_format!("{glyph}{confidence}"), role) }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::*;
    use crate::state::State;

    #[test]
    fn the_label_includes_the_word_confidence_if_it_fits() {
        let (state, mut buffer) = (State::default(), Buffer::empty(Rect::new(0, 0, 1, 1)));
        let canvas = Canvas::new(&mut buffer, &state);
        for (confidence, long, narrow) in [
            (Confidence::High, "✓ high confidence", "✓ high"),
            (Confidence::Medium, "medium confidence", "medium"),
            (Confidence::Low, "? low confidence", "? low"),
            (Confidence::Inconclusive, "? inconclusive", "? inconclusive"),
        ] {
            assert_eq!(label_for_width(confidence, &canvas, 17).0, long);
            assert_eq!(label_for_width(confidence, &canvas, 13).0, narrow);
        }
    }
}
