//! Wraps text into rows of a width: at spaces, or inside a word that is longer than a row.

use crate::text::{Safe, SafeLine, SafeSpan, TextRole, safe};

/// Wraps raw text of several lines, all with one meaning. An empty line is an empty row.
pub fn plain_text(raw: &str, width: usize, role: TextRole) -> Vec<SafeLine> {
    let text = safe::sanitize_text(raw);
    let text = text.without_trailing_newlines();
    text.lines().flat_map(|line| spans(&[SafeSpan::new(line, role)], width, "")).collect()
}

/// Wraps the spans of one line. Every row after the first begins with `indent`.
pub fn spans<'t>(spans: &[SafeSpan], width: usize, indent: impl Into<Safe<'t>>) -> Vec<SafeLine> {
    let mut wrapper = LineWrapper::new(width, indent.into());
    for span in spans {
        for segment in span.text.word_bounds() {
            wrapper.push_segment(&segment, span);
        }
    }
    wrapper.finish()
}

struct LineWrapper<'i> {
    width: usize,
    indent: Safe<'i>,
    lines: Vec<SafeLine>,
    current_line: SafeLine,
    /// Columns taken in the current line.
    column: usize,
    /// The word being read, which moves to the next row if it does not fit.
    word: Vec<SafeSpan>,
    word_width: usize,
}

impl<'i> LineWrapper<'i> {
    fn new(width: usize, indent: Safe<'i>) -> Self {
        // An indent as wide as the row would leave no room for text.
        let indent = if indent.width() * 2 < width { indent } else { Safe::default() };
        Self {
            width: width.max(1),
            indent,
            lines: Vec::new(),
            current_line: SafeLine::default(),
            column: 0,
            word: Vec::new(),
            word_width: 0,
        }
    }

    fn push_segment(&mut self, segment: &Safe<'_>, template: &SafeSpan) {
        let segment_width = segment.width();
        if segment.chars().all(|c| c == ' ') {
            self.flush_word();
            // Spaces at the end of a row are not carried over.
            if self.column + segment_width <= self.width {
                append_span(&mut self.current_line.0, segment, template);
                self.column += segment_width;
            } else {
                self.break_line();
            }
            return;
        }
        append_span(&mut self.word, segment, template);
        self.word_width += segment_width;
    }

    fn flush_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        if self.column + self.word_width > self.width && self.column > self.indent.width() {
            self.break_line();
        }
        let word = std::mem::take(&mut self.word);
        let fits = self.column + self.word_width <= self.width;
        self.word_width = 0;
        for span in word {
            if fits {
                self.column += span.text.width();
                append_span(&mut self.current_line.0, &span.text, &span);
            } else {
                self.push_graphemes(&span);
            }
        }
    }

    fn push_graphemes(&mut self, span: &SafeSpan) {
        for grapheme in span.text.graphemes() {
            let grapheme_width = grapheme.width();
            if self.column + grapheme_width > self.width && self.column > 0 {
                self.break_line();
            }
            append_span(&mut self.current_line.0, &grapheme, span);
            self.column += grapheme_width;
        }
    }

    fn break_line(&mut self) {
        self.lines.push(std::mem::take(&mut self.current_line));
        self.column = self.indent.width();
        if !self.indent.is_empty() {
            append_span(&mut self.current_line.0, &self.indent, &SafeSpan::new("", TextRole::Plain));
        }
    }

    fn finish(mut self) -> Vec<SafeLine> {
        self.flush_word();
        self.lines.push(self.current_line);
        self.lines
    }
}

fn append_span(spans: &mut Vec<SafeSpan>, text: &Safe<'_>, template: &SafeSpan) {
    match spans.last_mut() {
        Some(last) if last.role == template.role && last.link == template.link => last.text.push(text),
        _ => spans.push(template.with_text(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(raw: &str, width: usize) -> Vec<String> {
        plain_text(raw, width, TextRole::Plain)
            .into_iter()
            .map(|line| line.0.iter().map(|span| &*span.text).collect())
            .collect()
    }

    #[test]
    fn a_row_breaks_at_a_space() {
        assert_eq!(wrapped("the quick brown fox", 10), ["the quick ", "brown fox"]);
        assert_eq!(wrapped("one\n\ntwo\n", 10), ["one", "", "two"]);
    }

    #[test]
    fn a_word_longer_than_a_row_breaks_inside() {
        assert_eq!(wrapped("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrapped("日本語日本語", 5), ["日本", "語日", "本語"]);
    }

    #[test]
    fn a_continued_line_is_indented() {
        let line = [SafeSpan::new("1. check the machine certificate", TextRole::Plain)];
        let rows: Vec<String> = spans(&line, 16, "   ")
            .into_iter()
            .map(|line| line.0.iter().map(|span| &*span.text).collect())
            .collect();
        assert_eq!(rows, ["1. check the ", "   machine ", "   certificate"]);
    }

    #[test]
    fn no_row_is_wider_than_the_given_width() {
        let raw = "A mixed bag: 日本語 and loooooooooooooooong words, 👩\u{200d}💻 and\ttabs\nnew lines";
        for width in 2..40 {
            for row in plain_text(raw, width, TextRole::Plain) {
                assert!(row.width() <= width, "{width}: {row:?}");
            }
        }
    }
}
