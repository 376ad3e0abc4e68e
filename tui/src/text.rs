//! Text on its way to the screen: made safe, given meaning, broken into rows.
//!
//! Everything that people, models and servers wrote comes through here. What leaves is plain text with a meaning
//! ([`Ink`]); which colour that is, the theme says.

pub mod link;
pub mod markdown;
pub mod pasted;
pub mod safe;
mod table;
pub mod wrap;

use std::borrow::Cow;
use std::sync::Arc;

use unicode_width::UnicodeWidthStr;

/// What a piece of text means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Ink {
    /// Nothing in particular.
    #[default]
    Plain,
    /// Strong emphasis.
    Strong,
    /// Emphasis.
    Emphasis,
    /// Code, commands, output.
    Code,
    /// A heading.
    Heading,
    /// Where a link leads.
    Link,
    /// Less important.
    Dim,
    /// What the eye should find first.
    Accent,
    /// It is well.
    Good,
    /// Take care.
    Warn,
    /// It is not well.
    Bad,
    /// Now.
    Urgent,
    /// Soon.
    High,
}

/// A piece of text of one meaning, without line breaks and safe to show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// What it means.
    pub ink: Ink,
    /// Where it leads: an address that passed [`link::target`].
    pub link: Option<Arc<str>>,
}

impl Piece {
    /// A piece of text that is safe already.
    pub fn new(text: impl Into<String>, ink: Ink) -> Self {
        Self { text: text.into(), ink, link: None }
    }

    /// A piece of text that is safe already and leads somewhere.
    pub fn linked(text: impl Into<String>, ink: Ink, target: Option<Arc<str>>) -> Self {
        Self { text: text.into(), ink, link: target }
    }

    /// The same meaning, with another text.
    #[must_use]
    pub fn like(&self, text: impl Into<String>) -> Self {
        Self { text: text.into(), ink: self.ink, link: self.link.clone() }
    }
}

/// One row of the screen.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Row(pub Vec<Piece>);

impl Row {
    /// A row of one piece.
    pub fn of(text: impl Into<String>, ink: Ink) -> Self {
        Self(vec![Piece::new(text, ink)])
    }

    /// How many columns it takes.
    pub fn width(&self) -> usize {
        self.0.iter().map(|piece| piece.text.width()).sum()
    }

    /// Its beginning, at most so many columns wide, with a mark where it was cut.
    #[must_use]
    pub fn cut(&self, columns: usize) -> Cow<'_, Self> {
        if self.width() <= columns {
            return Cow::Borrowed(self);
        }
        let (mut pieces, mut room) = (Vec::new(), columns);
        for piece in &self.0 {
            let width = piece.text.width();
            if width < room {
                pieces.push(piece.clone());
                room -= width;
            } else {
                // Whatever follows is cut off: the mark is needed, though this piece alone may fit.
                pieces.push(piece.like(cut(&format!("{}…", piece.text), room)));
                break;
            }
        }
        Cow::Owned(Self(pieces))
    }
}

/// The beginning of a line, at most so many columns wide, with a mark where it was cut.
pub fn cut(line: &str, columns: usize) -> String {
    use unicode_segmentation::UnicodeSegmentation;
    if line.width() <= columns {
        return line.to_owned();
    }
    let mut cut = String::new();
    let mut width = 0;
    for grapheme in line.graphemes(true) {
        width += grapheme.width();
        if width + 1 > columns {
            break;
        }
        cut.push_str(grapheme);
    }
    if columns > 0 {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_line_says_that_it_was_cut() {
        assert_eq!(cut("printer", 7), "printer");
        assert_eq!(cut("printer", 5), "prin…");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("x", 0), "");
    }

    #[test]
    fn a_cut_row_says_so_too_wherever_its_pieces_end() {
        let row = Row(vec![Piece::new("printer ", Ink::Strong), Piece::new("jams", Ink::Dim)]);
        let text = |columns| row.cut(columns).0.iter().map(|piece| piece.text.as_str()).collect::<String>();
        assert_eq!(text(12), "printer jams");
        assert_eq!(text(11), "printer ja…");
        assert_eq!(text(9), "printer …");
        assert_eq!(text(8), "printer…");
        assert_eq!(text(3), "pr…");
        assert_eq!(text(0), "");
    }
}
