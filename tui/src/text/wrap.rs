//! Breaking text into rows of a width: at spaces where there are any, inside a word where it is longer than a row.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::text::{SafeLine, SafeSpan, TextRole, safe};

/// Breaks raw text of several lines, all of one meaning. An empty line is an empty row.
pub fn plain_text(raw: &str, width: usize, role: TextRole) -> Vec<SafeLine> {
    let text = safe::sanitize_text(raw);
    text.trim_end_matches('\n')
        .split('\n')
        .flat_map(|line| spans(&[SafeSpan::new(line, role)], width, ""))
        .collect()
}

/// Breaks pieces that make one line. Every row after the first begins with `indent`.
pub fn spans(spans: &[SafeSpan], width: usize, indent: &str) -> Vec<SafeLine> {
    let mut rows = LineWrapper::new(width, indent);
    for piece in spans {
        for word in piece.text.split_word_bounds() {
            rows.push_segment(word, piece);
        }
    }
    rows.finish()
}

struct LineWrapper<'i> {
    width: usize,
    indent: &'i str,
    lines: Vec<SafeLine>,
    current_line: SafeLine,
    /// Columns taken in the row.
    column: usize,
    /// The row after its last space, which goes on to the next row if what follows does not fit.
    word: Vec<SafeSpan>,
    word_width: usize,
}

impl<'i> LineWrapper<'i> {
    fn new(width: usize, indent: &'i str) -> Self {
        // A row that cannot hold its own indent would never end.
        let indent = if indent.width() * 2 < width { indent } else { "" };
        let row = SafeLine::default();
        Self {
            width: width.max(1),
            indent,
            lines: Vec::new(),
            current_line: row,
            column: 0,
            word: Vec::new(),
            word_width: 0,
        }
    }

    fn push_segment(&mut self, part: &str, template: &SafeSpan) {
        let part_width = part.width();
        if part.chars().all(|c| c == ' ') {
            self.flush_word();
            // Spaces at the end of a row are not carried over.
            if self.column + part_width <= self.width {
                append_span(&mut self.current_line.0, part, template);
                self.column += part_width;
            } else {
                self.break_line();
            }
            return;
        }
        append_span(&mut self.word, part, template);
        self.word_width += part_width;
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
        for piece in word {
            if fits {
                self.column += piece.text.width();
                append_span(&mut self.current_line.0, &piece.text, &piece);
            } else {
                self.push_graphemes(&piece);
            }
        }
    }

    fn push_graphemes(&mut self, span: &SafeSpan) {
        for grapheme in span.text.graphemes(true) {
            let grapheme_width = grapheme.width();
            if self.column + grapheme_width > self.width && self.column > 0 {
                self.break_line();
            }
            append_span(&mut self.current_line.0, grapheme, span);
            self.column += grapheme_width;
        }
    }

    fn break_line(&mut self) {
        self.lines.push(std::mem::take(&mut self.current_line));
        self.column = self.indent.width();
        if !self.indent.is_empty() {
            append_span(&mut self.current_line.0, self.indent, &SafeSpan::new("", TextRole::Plain));
        }
    }

    fn finish(mut self) -> Vec<SafeLine> {
        self.flush_word();
        self.lines.push(self.current_line);
        self.lines
    }
}

fn append_span(spans: &mut Vec<SafeSpan>, text: &str, template: &SafeSpan) {
    match spans.last_mut() {
        Some(last) if last.role == template.role && last.link == template.link => last.text.push_str(text),
        _ => spans.push(template.with_text(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(raw: &str, width: usize) -> Vec<String> {
        plain_text(raw, width, TextRole::Plain)
            .into_iter()
            .map(|row| row.0.into_iter().map(|piece| piece.text).collect())
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
            .map(|row| row.0.into_iter().map(|piece| piece.text).collect())
            .collect();
        assert_eq!(rows, ["1. check the ", "   machine ", "   certificate"]);
    }

    #[test]
    fn no_row_is_wider_than_asked_for() {
        let raw = "A mixed bag: 日本語 and loooooooooooooooong words, 👩\u{200d}💻 and\ttabs\nnew lines";
        for width in 2..40 {
            for row in plain_text(raw, width, TextRole::Plain) {
                assert!(row.width() <= width, "{width}: {row:?}");
            }
        }
    }
}
