//! Markdown tables as rows of text. Columns are as wide as they need to be; cells wrap where there is too little room.

use pulldown_cmark::Alignment;

use crate::text::span::spans_width;
use crate::text::{Safe, SafeLine, SafeSpan, TextRole, wrap};

/// Where columns would be narrower than this, each cell gets a line of its own.
const MIN_COLUMN_WIDTH: usize = 6;
/// Between two columns.
const COLUMN_SEPARATOR: &str = " │ ";
/// Columns of the separator.
const SEPARATOR_WIDTH: usize = 3;

/// The spans of a cell.
pub(super) type TableCell = Vec<SafeSpan>;

/// A table as it was parsed.
#[derive(Default)]
pub(super) struct MarkdownTable {
    /// How the cells of each column are aligned.
    pub(super) alignments: Vec<Alignment>,
    /// The cells row by row, the header first.
    pub(super) rows: Vec<Vec<TableCell>>,
}

impl MarkdownTable {
    /// Its rows, at most `width` columns wide.
    pub(super) fn render(&self, width: usize) -> Vec<SafeLine> {
        let count = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let available = width.checked_sub(SEPARATOR_WIDTH * count.saturating_sub(1));
        match available {
            Some(available) if count > 0 && available >= count * MIN_COLUMN_WIDTH => {
                self.render_columns(&self.column_widths(count, available))
            }
            Some(_) | None => self.render_stacked(width),
        }
    }

    /// The width of each column: that of its widest cell, but the widest columns shrink until all fit.
    fn column_widths(&self, count: usize, available: usize) -> Vec<usize> {
        let wanted = |column: usize| {
            let cells = self.rows.iter().filter_map(|cells| cells.get(column));
            cells.map(|cell| spans_width(cell)).max().unwrap_or(0).max(1)
        };
        let mut widths: Vec<usize> = (0..count).map(wanted).collect();
        while widths.iter().sum::<usize>() > available {
            let excess = widths.iter().sum::<usize>() - available;
            let widest = widths.iter().copied().max().unwrap_or(0);
            let second = widths.iter().copied().filter(|width| *width < widest).max().unwrap_or(0);
            let widest_count = widths.iter().filter(|width| **width == widest).count();
            let cut = excess.div_ceil(widest_count).min(widest - second.max(1)).max(1);
            for width in widths.iter_mut().filter(|width| **width == widest) {
                *width -= cut;
            }
        }
        widths
    }

    fn render_columns(&self, widths: &[usize]) -> Vec<SafeLine> {
        let Some((header, body)) = self.rows.split_first() else { return Vec::new() };
        let mut lines = self.render_row(header, widths, Some(TextRole::Heading));
        lines.push(SafeLine::from_text(rule(widths), TextRole::Dim));
        lines.extend(body.iter().flat_map(|cells| self.render_row(cells, widths, None)));
        lines
    }

    /// One row of the table, in as many lines as its tallest cell takes; `role` replaces that of the cells.
    fn render_row(&self, cells: &[TableCell], widths: &[usize], role: Option<TextRole>) -> Vec<SafeLine> {
        let cell_spans = |column| cells.get(column).map_or(&[][..], Vec::as_slice);
        let wrapped: Vec<Vec<SafeLine>> = widths
            .iter()
            .enumerate()
            .map(|(column, width)| wrap::spans(cell_spans(column), *width, ""))
            .collect();
        let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
        let line = |index: usize| {
            let mut line = SafeLine::default();
            for (column, width) in widths.iter().enumerate() {
                if column > 0 {
                    line.0.push(SafeSpan::new(COLUMN_SEPARATOR, TextRole::Dim));
                }
                let cell = wrapped[column].get(index).cloned().unwrap_or_default();
                line.0.extend(align(cell, *width, self.alignments.get(column), role));
            }
            line
        };
        (0..height).map(line).collect()
    }

    /// Each cell on its own line, after the header of its column.
    fn render_stacked(&self, width: usize) -> Vec<SafeLine> {
        let Some((header, body)) = self.rows.split_first() else { return Vec::new() };
        let mut lines = Vec::new();
        for cells in body {
            for (column, cell) in cells.iter().enumerate() {
                let mut line: Vec<SafeSpan> = header.get(column).cloned().unwrap_or_default();
                for span in &mut line {
                    span.role = TextRole::Dim;
                }
                line.push(SafeSpan::new(": ", TextRole::Dim));
                line.extend_from_slice(cell);
                lines.extend(wrap::spans(&line, width, "  "));
            }
            lines.push(SafeLine::default());
        }
        lines
    }
}

/// The line between the header and the rest.
fn rule(widths: &[usize]) -> Safe<'static> {
    let mut rule = Safe::default();
    for (column, width) in widths.iter().enumerate() {
        if column > 0 {
            rule.push(&"─┼─".into());
        }
        rule.push(&Safe::from("─").repeated(*width));
    }
    rule
}

/// One line of a cell, with spaces before and after it.
fn align(
    mut cell: SafeLine,
    width: usize,
    alignment: Option<&Alignment>,
    role: Option<TextRole>,
) -> impl Iterator<Item = SafeSpan> {
    if let Some(last) = cell.0.last_mut() {
        // The space where the line was wrapped would shift it.
        last.text = last.text.without_trailing_spaces().into_owned();
    }
    let blank = width.saturating_sub(cell.width());
    let before = match alignment {
        Some(Alignment::Right) => blank,
        Some(Alignment::Center) => blank / 2,
        Some(Alignment::Left | Alignment::None) | None => 0,
    };
    let padding = |columns| SafeSpan::new(Safe::spaces(columns), TextRole::Plain);
    let spans = cell.0.into_iter().map(move |span| SafeSpan { role: role.unwrap_or(span.role), ..span });
    std::iter::once(padding(before)).chain(spans).chain([padding(blank - before)])
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::text::safe;

    fn rendered(table: &[&[&str]], width: usize) -> Vec<String> {
        rendered_aligned(table, &[], width)
    }

    fn rendered_aligned(table: &[&[&str]], sides: &[Alignment], width: usize) -> Vec<String> {
        let cells = |row: &&[&str]| {
            row.iter().map(|text| vec![SafeSpan::new(safe::sanitize_line(text), TextRole::Plain)]).collect()
        };
        let table = MarkdownTable { alignments: sides.to_vec(), rows: table.iter().map(cells).collect() };
        let text = |line: &SafeLine| line.0.iter().map(|span| &*span.text).collect::<String>();
        table.render(width).iter().map(|line| text(line).trim_end().to_owned()).collect()
    }

    const TABLE: &[&[&str]] = &[&["Host", "State"], &["vpn-1", "drops the second packet"], &["日本", "fine"]];

    #[test]
    fn table_columns_line_up() {
        assert_eq!(
            rendered(TABLE, 60),
            [
                "Host  │ State",
                "──────┼────────────────────────",
                "vpn-1 │ drops the second packet",
                "日本  │ fine"
            ]
        );
    }

    #[test]
    fn cells_follow_the_alignment_of_their_column() {
        let table: &[&[&str]] = &[&["Host", "Lost"], &["a", "7"], &["gateway", "12 of 400"]];
        assert_eq!(
            rendered_aligned(table, &[Alignment::Center, Alignment::Right], 40),
            [" Host   │      Lost", "────────┼──────────", "   a    │         7", "gateway │ 12 of 400"]
        );
        assert_eq!(
            rendered_aligned(&[&["Rate"], &["many lost ones"]], &[Alignment::Right], 9),
            ["     Rate", "─────────", "many lost", "     ones"]
        );
    }

    #[test]
    fn the_widest_column_shrinks_and_wraps() {
        assert_eq!(
            rendered(TABLE, 22),
            [
                "Host  │ State",
                "──────┼───────────────",
                "vpn-1 │ drops the",
                "      │ second packet",
                "日本  │ fine"
            ]
        );
        for width in 1..60 {
            assert!(rendered(TABLE, width).iter().all(|row| row.width() <= width.max(2)), "{width}");
        }
    }

    #[test]
    fn a_table_too_wide_for_the_screen_puts_each_cell_on_its_own_line() {
        assert_eq!(rendered(&[&["a", "b"], &["one", "two"]], 10), ["a: one", "b: two", ""]);
    }
}
