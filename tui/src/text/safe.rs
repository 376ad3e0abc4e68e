//! Text that may reach a terminal: nothing in it moves the cursor, sets a title, changes the reading direction or
//! hides other text. Characters that would do so are replaced with visible marks.
//!
//! Only this module makes [`Safe`] and [`SafeText`]. Cells, window titles, notifications, the clipboard and standard
//! output take nothing else, so raw text cannot get there by mistake.

mod json;
mod sanitize;

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::text::ellipsis::ellipsize;

/// One line of safe text: no line breaks and no control characters. A literal becomes one with `into()`, other text
/// with [`sanitize_line`], and a formatted line with `safe_format!`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Safe<'t>(Cow<'t, str>);

/// Safe text of any number of lines, separated by `\n`. Output for programs may have tabs too.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct SafeText<'t>(Cow<'t, str>);

/// Makes one line safe: line breaks are shown as marks.
pub fn sanitize_line(raw: &str) -> Safe<'_> {
    Safe(sanitize::sanitize_one_line(raw))
}

/// Makes several lines safe: line breaks stay (`\r\n` and `\r` as `\n`), tabs become spaces.
pub fn sanitize_text(raw: &str) -> SafeText<'_> {
    SafeText(sanitize::sanitize_lines(raw))
}

/// Makes the beginning of a line safe, as far as it can be seen in `columns`. The rest of a long text is not read.
pub fn sanitize_prefix(raw: &str, columns: usize) -> Safe<'_> {
    // Room for the marks that each character may have.
    sanitize_line(&raw[..raw.floor_char_boundary(columns.saturating_mul(32).saturating_add(256))])
}

/// Serializes a value as JSON for a terminal: characters that act or hide are escaped, and the value stays the same.
pub fn escaped_json(value: &impl Serialize, pretty: bool) -> serde_json::Result<SafeText<'static>> {
    let json = json::to_escaped_json(value, pretty, sanitize::needs_escape)?;
    Ok(SafeText(Cow::Owned(json)))
}

/// The same for a terminal that takes only ASCII: all other characters are escaped too.
pub fn escaped_ascii_json(value: &impl Serialize, pretty: bool) -> serde_json::Result<SafeText<'static>> {
    let json = json::to_escaped_json(value, pretty, |c| !c.is_ascii() || sanitize::needs_escape(c))?;
    Ok(SafeText(Cow::Owned(json)))
}

/// Makes a formatted line safe; see `safe_format!`.
pub fn sanitize_format(arguments: fmt::Arguments<'_>) -> Safe<'static> {
    if let Some(literal) = arguments.as_str() {
        return literal.into();
    }
    let raw = arguments.to_string();
    match sanitize::sanitize_one_line(&raw) {
        Cow::Borrowed(_) => Safe(Cow::Owned(raw)),
        Cow::Owned(safe) => Safe(Cow::Owned(safe)),
    }
}

/// Formats one line of [`Safe`] text, like [`format!`].
macro_rules! safe_format {
    ($($argument:tt)*) => { $crate::text::safe::sanitize_format(format_args!($($argument)*)) };
}
pub(crate) use safe_format;

impl Safe<'_> {
    /// `count` spaces.
    pub fn spaces(count: usize) -> Self {
        Self(Cow::Owned(" ".repeat(count)))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many columns it takes.
    pub fn width(&self) -> usize {
        self.0.width()
    }

    /// Detaches it from the text that it borrows.
    pub fn into_owned(self) -> Safe<'static> {
        Safe(Cow::Owned(self.0.into_owned()))
    }

    /// The beginning, at most `columns` wide, with an ellipsis where it was cut.
    #[must_use]
    pub fn ellipsized(&self, columns: usize) -> Safe<'_> {
        Safe(ellipsize(&self.0, columns))
    }

    /// Without the spaces at its end.
    #[must_use]
    pub fn without_trailing_spaces(&self) -> Safe<'_> {
        Safe(Cow::Borrowed(self.0.trim_end_matches(' ')))
    }

    /// The text `count` times.
    #[must_use]
    pub fn repeated(&self, count: usize) -> Safe<'static> {
        Safe(Cow::Owned(self.0.repeat(count)))
    }

    /// Adds safe text at the end.
    pub fn push(&mut self, text: &Safe<'_>) {
        self.0.to_mut().push_str(&text.0);
    }

    /// The parts between the places where a line may break.
    pub fn word_bounds(&self) -> impl Iterator<Item = Safe<'_>> {
        self.0.split_word_bounds().map(|part| Safe(Cow::Borrowed(part)))
    }

    /// The characters, as people see them.
    pub fn graphemes(&self) -> impl Iterator<Item = Safe<'_>> {
        self.0.graphemes(true).map(|part| Safe(Cow::Borrowed(part)))
    }

    /// Replaces the characters for which there is a replacement.
    #[must_use]
    pub fn map_graphemes(&self, replacement: impl Fn(&str) -> Option<&'static str>) -> Safe<'_> {
        Safe(map_graphemes(&self.0, replacement))
    }
}

impl SafeText<'_> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Detaches it from the text that it borrows.
    pub fn into_owned(self) -> SafeText<'static> {
        SafeText(Cow::Owned(self.0.into_owned()))
    }

    /// Cells separated by tabs, for programs.
    pub fn tab_separated(cells: &[Safe<'_>]) -> SafeText<'static> {
        let cells: Vec<&str> = cells.iter().map(|cell| &**cell).collect();
        SafeText(Cow::Owned(cells.join("\t")))
    }

    /// Its lines. An empty text is one empty line.
    pub fn lines(&self) -> impl Iterator<Item = Safe<'_>> {
        self.0.split('\n').map(|line| Safe(Cow::Borrowed(line)))
    }

    /// Without the line breaks at its end.
    #[must_use]
    pub fn without_trailing_newlines(&self) -> SafeText<'_> {
        SafeText(Cow::Borrowed(self.0.trim_end_matches('\n')))
    }

    /// The beginning, at most `max_bytes` long.
    #[must_use]
    pub fn truncated(&self, max_bytes: usize) -> SafeText<'_> {
        SafeText(Cow::Borrowed(&self.0[..self.0.floor_char_boundary(max_bytes)]))
    }

    /// Replaces the characters for which there is a replacement.
    #[must_use]
    pub fn map_graphemes(&self, replacement: impl Fn(&str) -> Option<&'static str>) -> SafeText<'_> {
        SafeText(map_graphemes(&self.0, replacement))
    }
}

fn map_graphemes(text: &str, replacement: impl Fn(&str) -> Option<&'static str>) -> Cow<'_, str> {
    if text.graphemes(true).all(|grapheme| replacement(grapheme).is_none()) {
        return Cow::Borrowed(text);
    }
    let mapped = text.graphemes(true).map(|grapheme| match replacement(grapheme) {
        Some(literal) => Safe::from(literal).0,
        None => Cow::Borrowed(grapheme),
    });
    Cow::Owned(mapped.collect())
}

impl From<&'static str> for Safe<'_> {
    /// A literal. One that is not safe as it stands is sanitized.
    fn from(literal: &'static str) -> Self {
        if sanitize::is_safe_line(literal) { Self(Cow::Borrowed(literal)) } else { sanitize_line(literal) }
    }
}

impl<'t> From<&'t Safe<'_>> for Safe<'t> {
    fn from(text: &'t Safe<'_>) -> Self {
        Self(Cow::Borrowed(&text.0))
    }
}

impl<'t> From<Safe<'t>> for SafeText<'t> {
    fn from(line: Safe<'t>) -> Self {
        Self(line.0)
    }
}

impl From<Safe<'_>> for String {
    fn from(text: Safe<'_>) -> Self {
        text.0.into_owned()
    }
}

impl From<SafeText<'_>> for String {
    fn from(text: SafeText<'_>) -> Self {
        text.0.into_owned()
    }
}

impl Deref for Safe<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Deref for SafeText<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<&str> for Safe<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == **other
    }
}

impl PartialEq<&str> for SafeText<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == **other
    }
}

impl AsRef<str> for Safe<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for SafeText<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Safe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for SafeText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_formatted_lines_are_sanitized_too() {
        assert_eq!(Safe::from("✓ done"), "✓ done");
        assert_eq!(Safe::from("\x1b[2J"), "␛[2J");
        assert_eq!(safe_format!("claimed by {}", "Mallory\x07"), "claimed by Mallory␇");
        assert_eq!(safe_format!("plain"), "plain");
    }

    #[test]
    fn only_the_visible_prefix_of_a_long_text_is_sanitized() {
        assert!(sanitize_prefix(&"é".repeat(100_000), 10).len() < 1000);
    }

    #[test]
    fn replacement_characters_are_sanitized_too() {
        let replace = |grapheme: &str| match grapheme {
            "…" => Some("~"),
            "x" => Some("\x07"),
            _ => None,
        };
        assert_eq!(Safe::from("a…x").map_graphemes(replace), "a~␇");
    }
}
