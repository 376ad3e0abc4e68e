//! Breaking text into rows of a width: at spaces where there are any, inside a word where it is longer than a row.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::text::{Ink, Piece, Row, safe};

/// Breaks raw text of several lines, all of one meaning. An empty line is an empty row.
pub fn plain(raw: &str, width: usize, ink: Ink) -> Vec<Row> {
    let text = safe::text(raw);
    text.trim_end_matches('\n')
        .split('\n')
        .flat_map(|line| pieces(&[Piece::new(line, ink)], width, ""))
        .collect()
}

/// Breaks pieces that make one line. Every row after the first begins with `indent`.
pub fn pieces(line: &[Piece], width: usize, indent: &str) -> Vec<Row> {
    let mut rows = Breaker::new(width, indent);
    for piece in line {
        for word in piece.text.split_word_bounds() {
            rows.add(word, piece);
        }
    }
    rows.done()
}

struct Breaker<'i> {
    width: usize,
    indent: &'i str,
    rows: Vec<Row>,
    row: Row,
    /// Columns taken in the row.
    taken: usize,
    /// The row after its last space, which goes on to the next row if what follows does not fit.
    word: Vec<Piece>,
    word_width: usize,
}

impl<'i> Breaker<'i> {
    fn new(width: usize, indent: &'i str) -> Self {
        // A row that cannot hold its own indent would never end.
        let indent = if indent.width() * 2 < width { indent } else { "" };
        let row = Row::default();
        Self { width: width.max(1), indent, rows: Vec::new(), row, taken: 0, word: Vec::new(), word_width: 0 }
    }

    fn add(&mut self, part: &str, like: &Piece) {
        let part_width = part.width();
        if part.chars().all(|c| c == ' ') {
            self.place_word();
            // Spaces at the end of a row are not carried over.
            if self.taken + part_width <= self.width {
                push(&mut self.row.0, part, like);
                self.taken += part_width;
            } else {
                self.next_row();
            }
            return;
        }
        push(&mut self.word, part, like);
        self.word_width += part_width;
    }

    fn place_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        if self.taken + self.word_width > self.width && self.taken > self.indent.width() {
            self.next_row();
        }
        let word = std::mem::take(&mut self.word);
        let fits = self.taken + self.word_width <= self.width;
        self.word_width = 0;
        for piece in word {
            if fits {
                self.taken += piece.text.width();
                push(&mut self.row.0, &piece.text, &piece);
            } else {
                self.place_by_graphemes(&piece);
            }
        }
    }

    fn place_by_graphemes(&mut self, piece: &Piece) {
        for grapheme in piece.text.graphemes(true) {
            let grapheme_width = grapheme.width();
            if self.taken + grapheme_width > self.width && self.taken > 0 {
                self.next_row();
            }
            push(&mut self.row.0, grapheme, piece);
            self.taken += grapheme_width;
        }
    }

    fn next_row(&mut self) {
        self.rows.push(std::mem::take(&mut self.row));
        self.taken = self.indent.width();
        if !self.indent.is_empty() {
            push(&mut self.row.0, self.indent, &Piece::new("", Ink::Plain));
        }
    }

    fn done(mut self) -> Vec<Row> {
        self.place_word();
        self.rows.push(self.row);
        self.rows
    }
}

fn push(pieces: &mut Vec<Piece>, text: &str, like: &Piece) {
    match pieces.last_mut() {
        Some(last) if last.ink == like.ink && last.link == like.link => last.text.push_str(text),
        _ => pieces.push(like.like(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(raw: &str, width: usize) -> Vec<String> {
        plain(raw, width, Ink::Plain)
            .into_iter()
            .map(|row| row.0.into_iter().map(|piece| piece.text).collect())
            .collect()
    }

    #[test]
    fn a_row_breaks_at_a_space() {
        assert_eq!(rows("the quick brown fox", 10), ["the quick ", "brown fox"]);
        assert_eq!(rows("one\n\ntwo\n", 10), ["one", "", "two"]);
    }

    #[test]
    fn a_word_longer_than_a_row_breaks_inside() {
        assert_eq!(rows("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(rows("日本語日本語", 5), ["日本", "語日", "本語"]);
    }

    #[test]
    fn a_continued_line_is_indented() {
        let line = [Piece::new("1. check the machine certificate", Ink::Plain)];
        let rows: Vec<String> = pieces(&line, 16, "   ")
            .into_iter()
            .map(|row| row.0.into_iter().map(|piece| piece.text).collect())
            .collect();
        assert_eq!(rows, ["1. check the ", "   machine ", "   certificate"]);
    }

    #[test]
    fn no_row_is_wider_than_asked_for() {
        let raw = "A mixed bag: 日本語 and loooooooooooooooong words, 👩\u{200d}💻 and\ttabs\nnew lines";
        for width in 2..40 {
            for row in plain(raw, width, Ink::Plain) {
                assert!(row.width() <= width, "{width}: {row:?}");
            }
        }
    }
}
