//! Finds a text in rows: whatever the case, and also where a row was broken.

use crate::text::{Safe, SafeLine, safe};

/// What is searched for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Query(Vec<char>);

/// A match, as one part for each row that it is in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Match {
    /// Its parts, from top to bottom.
    pub parts: Vec<MatchPart>,
}

/// The part of a match in one row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MatchPart {
    /// The index of the row.
    pub row: usize,
    /// Its first column.
    pub column: u16,
    /// How many columns it takes.
    pub width: u16,
}

impl Query {
    /// A query; none if the text is blank.
    pub fn new(raw: &str) -> Option<Self> {
        let text = safe::sanitize_line(raw);
        let words: Vec<&str> = text.split_whitespace().collect();
        let chars: Vec<char> = words.join(" ").chars().flat_map(char::to_lowercase).collect();
        (!chars.is_empty()).then_some(Self(chars))
    }

    /// Whether a raw text has every word of the query, so that its rows may match.
    pub fn may_match(&self, raw: &str) -> bool {
        let text = raw.to_lowercase();
        let words = self.0.split(|c| *c == ' ').map(|word| word.iter().collect::<String>());
        words.into_iter().all(|word| text.contains(&word))
    }

    /// The matches in rows that were wrapped to `width` columns, from top to bottom. They do not overlap.
    pub fn find<'r>(&self, rows: impl IntoIterator<Item = &'r SafeLine>, width: usize) -> Vec<Match> {
        let cells = cells_of(rows, width);
        let (mut found, mut at) = (Vec::new(), 0);
        while at < cells.len() {
            match self.end_of_match(&cells, at) {
                Some(end) => {
                    found.push(Match { parts: parts_of(&cells[at..end]) });
                    at = end;
                }
                None => at += 1,
            }
        }
        found
    }

    /// Where the match ends that begins at a cell.
    fn end_of_match(&self, cells: &[Cell], start: usize) -> Option<usize> {
        let mut at = start;
        for wanted in &self.0 {
            let blanks = cells[at..].iter().take_while(|cell| cell.is_blank()).count();
            if *wanted == ' ' {
                at += Some(blanks).filter(|count| *count > 0)?;
                continue;
            }
            // A word that is longer than a row goes on in the next one.
            if at > start && cells.get(at).is_some_and(|cell| cell.kind == CellKind::BreakInWord) {
                at += blanks;
            }
            cells.get(at).filter(|cell| cell.kind == CellKind::Char(*wanted))?;
            at += 1;
        }
        Some(at)
    }
}

impl Match {
    /// Its first row.
    pub fn row(&self) -> usize {
        self.parts.first().map_or(0, |part| part.row)
    }
}

/// A character of the rows, or the place where a row ends.
struct Cell {
    kind: CellKind,
    row: usize,
    column: u16,
    width: u16,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum CellKind {
    /// A character in lower case.
    Char(char),
    /// The end of a row.
    Break,
    /// The end of a row that is full, perhaps in the middle of a word.
    BreakInWord,
}

impl Cell {
    fn is_blank(&self) -> bool {
        match self.kind {
            CellKind::Char(c) => c == ' ',
            CellKind::Break | CellKind::BreakInWord => true,
        }
    }
}

fn cells_of<'r>(rows: impl IntoIterator<Item = &'r SafeLine>, width: usize) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (row, line) in rows.into_iter().enumerate() {
        let mut column = 0;
        for span in &line.0 {
            push_text(&span.text, row, &mut column, &mut cells);
        }
        // A wide character may leave the last column empty.
        let is_full = usize::from(column) + 1 >= width;
        let kind = if is_full { CellKind::BreakInWord } else { CellKind::Break };
        cells.push(Cell { kind, row, column, width: 0 });
    }
    cells
}

fn push_text(text: &Safe<'_>, row: usize, column: &mut u16, cells: &mut Vec<Cell>) {
    if text.is_ascii() {
        for byte in text.bytes() {
            let kind = CellKind::Char(byte.to_ascii_lowercase().into());
            cells.push(Cell { kind, row, column: *column, width: 1 });
            *column = column.saturating_add(1);
        }
        return;
    }
    for grapheme in text.graphemes() {
        let width = u16::try_from(grapheme.width()).unwrap_or(1);
        let chars = grapheme.chars().flat_map(char::to_lowercase);
        cells.extend(chars.map(|c| Cell { kind: CellKind::Char(c), row, column: *column, width }));
        *column = column.saturating_add(width);
    }
}

fn parts_of(cells: &[Cell]) -> Vec<MatchPart> {
    let mut parts: Vec<MatchPart> = Vec::new();
    for cell in cells.iter().filter(|cell| matches!(cell.kind, CellKind::Char(_))) {
        match parts.last_mut() {
            // Neither the space at the end of a row nor the indentation of the next one is part of it.
            _ if cell.is_blank() => {}
            Some(part) if part.row == cell.row => part.width = cell.column + cell.width - part.column,
            _ => parts.push(MatchPart { row: cell.row, column: cell.column, width: cell.width }),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::chat_markdown;

    /// Each match as its row, its first column and its width.
    fn found(query: &str, raw: &str, width: usize) -> Vec<Vec<(usize, u16, u16)>> {
        let rows = chat_markdown::render(raw, width).rows;
        let matches = Query::new(query).map(|query| query.find(&rows, width)).unwrap_or_default();
        let part = |part: &MatchPart| (part.row, part.column, part.width);
        matches.iter().map(|found| found.parts.iter().map(part).collect()).collect()
    }

    #[test]
    fn matches_are_found_whatever_the_case_and_do_not_overlap() {
        assert_eq!(found("vpn", "The VPN, the vpn\nVpn", 40), [[(0, 4, 3)], [(0, 13, 3)], [(1, 0, 3)]]);
        assert_eq!(found("aa", "aaaa a", 40), [[(0, 0, 2)], [(0, 2, 2)]]);
        assert_eq!(found("MENÜ", "Das menü", 40), [[(0, 4, 4)]]);
        assert!(found(" ", "a b", 40).is_empty());
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(found("接続", "VPN接続が切れます", 40), [[(0, 3, 4)]]);
    }

    #[test]
    fn a_match_goes_on_where_a_row_was_broken() {
        assert_eq!(found("quick  brown", "the quick brown fox", 10), [[(0, 4, 5), (1, 0, 5)]]);
        assert_eq!(found("certificate", "- a longcertificate", 10), [[(1, 6, 4), (2, 2, 7)]]);
        assert_eq!(found("efghij", "abcdefghij", 4), [[(1, 0, 4), (2, 0, 2)]]);
        assert!(found("onetwo", "one\ntwo", 40).is_empty());
        assert_eq!(found("one two", "one\ntwo", 40), [[(0, 0, 3), (1, 0, 3)]]);
    }

    #[test]
    fn a_text_may_match_if_it_has_every_word() {
        let query = Query::new("Error 809").unwrap();
        assert!(query.may_match("an ERROR, **809**") && !query.may_match("error 8"));
    }
}
