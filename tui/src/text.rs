//! Text on its way to the screen: made safe, given meaning, broken into rows.
//!
//! Everything that people, models and servers wrote comes through here. What leaves is plain text with a meaning
//! ([`TextRole`]); which colour that is, the theme says.

pub mod link;
pub mod login_input;
pub mod markdown;
pub mod safe;
mod table;
pub mod wrap;

use std::borrow::Cow;
use std::sync::Arc;

use unicode_width::UnicodeWidthStr;

/// What a piece of text means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TextRole {
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
pub struct SafeSpan {
    /// The text.
    pub text: String,
    /// What it means.
    pub role: TextRole,
    /// Where it leads: an address that passed [`link::target`].
    pub link: Option<Arc<str>>,
}

impl SafeSpan {
    /// A piece of text that is safe already.
    pub fn new(text: impl Into<String>, role: TextRole) -> Self {
        Self { text: text.into(), role, link: None }
    }

    /// A piece of text that is safe already and leads somewhere.
    pub fn with_link(text: impl Into<String>, role: TextRole, target: Option<Arc<str>>) -> Self {
        Self { text: text.into(), role, link: target }
    }

    /// The same meaning, with another text.
    #[must_use]
    pub fn with_text(&self, text: impl Into<String>) -> Self {
        Self { text: text.into(), role: self.role, link: self.link.clone() }
    }
}

/// One row of the screen.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SafeLine(pub Vec<SafeSpan>);

impl SafeLine {
    /// A row of one piece.
    pub fn from_text(text: impl Into<String>, role: TextRole) -> Self {
        Self(vec![SafeSpan::new(text, role)])
    }

    /// How many columns it takes.
    pub fn width(&self) -> usize {
        self.0.iter().map(|piece| piece.text.width()).sum()
    }

    /// Its beginning, at most so many columns wide, with a mark where it was cut.
    #[must_use]
    pub fn ellipsized(&self, columns: usize) -> Cow<'_, Self> {
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
                pieces.push(piece.with_text(ellipsize(&format!("{}…", piece.text), room)));
                break;
            }
        }
        Cow::Owned(Self(pieces))
    }
}

/// The beginning of a line, at most so many columns wide, with a mark where it was cut.
pub fn ellipsize(line: &str, columns: usize) -> String {
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
        assert_eq!(ellipsize("printer", 7), "printer");
        assert_eq!(ellipsize("printer", 5), "prin…");
        assert_eq!(ellipsize("日本語", 5), "日本…");
        assert_eq!(ellipsize("日本語", 4), "日…");
        assert_eq!(ellipsize("x", 0), "");
    }

    #[test]
    fn a_cut_row_says_so_too_wherever_its_pieces_end() {
        let row =
            SafeLine(vec![SafeSpan::new("printer ", TextRole::Strong), SafeSpan::new("jams", TextRole::Dim)]);
        let text =
            |columns| row.ellipsized(columns).0.iter().map(|piece| piece.text.as_str()).collect::<String>();
        assert_eq!(text(12), "printer jams");
        assert_eq!(text(11), "printer ja…");
        assert_eq!(text(9), "printer …");
        assert_eq!(text(8), "printer…");
        assert_eq!(text(3), "pr…");
        assert_eq!(text(0), "");
    }
}
