//! Pieces of a line: safe text with a meaning.

use std::borrow::Cow;

use crate::text::link::SafeUrl;
use crate::text::safe::Safe;

/// The meaning of a span. The theme decides its style.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TextRole {
    /// Ordinary text.
    #[default]
    Plain,
    /// Strong emphasis.
    Strong,
    /// Emphasis.
    Emphasis,
    /// Code, commands and their output.
    Code,
    /// A heading.
    Heading,
    /// The text of a link.
    Link,
    /// Secondary text.
    Dim,
    /// Keys and other text that should catch the eye.
    Accent,
    /// Success.
    Good,
    /// A warning.
    Warn,
    /// An error.
    Bad,
    /// Urgent priority.
    Urgent,
    /// High priority.
    High,
}

/// A piece of a line with one meaning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SafeSpan {
    /// The text.
    pub text: Safe<'static>,
    /// Its meaning.
    pub role: TextRole,
    /// Where it leads.
    pub link: Option<SafeUrl>,
}

impl SafeSpan {
    /// A span that leads nowhere.
    pub fn new<'t>(text: impl Into<Safe<'t>>, role: TextRole) -> Self {
        Self::with_link(text, role, None)
    }

    /// A span that may lead somewhere.
    pub fn with_link<'t>(text: impl Into<Safe<'t>>, role: TextRole, link: Option<SafeUrl>) -> Self {
        Self { text: text.into().into_owned(), role, link }
    }

    /// Another text with the same meaning and link.
    #[must_use]
    pub fn with_text<'t>(&self, text: impl Into<Safe<'t>>) -> Self {
        Self::with_link(text, self.role, self.link.clone())
    }
}

/// One row of the screen.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SafeLine(pub Vec<SafeSpan>);

impl SafeLine {
    /// A line of one span.
    pub fn from_text<'t>(text: impl Into<Safe<'t>>, role: TextRole) -> Self {
        Self(vec![SafeSpan::new(text, role)])
    }

    /// How many columns it takes.
    pub fn width(&self) -> usize {
        spans_width(&self.0)
    }

    /// The beginning, at most `columns` wide, with an ellipsis where it was cut.
    #[must_use]
    pub fn ellipsized(&self, columns: usize) -> Cow<'_, Self> {
        if self.width() <= columns {
            return Cow::Borrowed(self);
        }
        let (mut spans, mut left) = (Vec::new(), columns);
        for span in &self.0 {
            let width = span.text.width();
            if width < left {
                spans.push(span.clone());
                left -= width;
            } else {
                // Everything after it is cut, so that the ellipsis is needed even where this span fits.
                let mut text = span.text.clone();
                text.push(&"…".into());
                spans.push(span.with_text(text.ellipsized(left)));
                break;
            }
        }
        Cow::Owned(Self(spans))
    }
}

/// How many columns spans take in one line.
pub(super) fn spans_width(spans: &[SafeSpan]) -> usize {
    spans.iter().map(|span| span.text.width()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortened_line_ends_in_an_ellipsis_wherever_its_spans_end() {
        let line =
            SafeLine(vec![SafeSpan::new("printer ", TextRole::Strong), SafeSpan::new("jams", TextRole::Dim)]);
        let text = |columns| line.ellipsized(columns).0.iter().map(|span| &*span.text).collect::<String>();
        assert_eq!(text(12), "printer jams");
        assert_eq!(text(11), "printer ja…");
        assert_eq!(text(9), "printer …");
        assert_eq!(text(8), "printer…");
        assert_eq!(text(3), "pr…");
        assert_eq!(text(0), "");
    }
}
