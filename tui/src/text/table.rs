//! A table as rows: columns as wide as they must be, cells broken where there is too little room.

use pulldown_cmark::Alignment;
use unicode_width::UnicodeWidthStr;

use crate::text::{SafeLine, SafeSpan, TextRole, wrap};

/// A column is not made narrower than this; where it would be, the table is told line by line.
const MIN_COLUMN_WIDTH: usize = 6;
/// Between two columns.
const COLUMN_SEPARATOR: &str = " │ ";

/// A cell, as pieces that are safe.
pub(super) type TableCell = Vec<SafeSpan>;

/// A table as it is written. The first of its rows is its head.
#[derive(Default)]
pub(super) struct MarkdownTable {
    /// To which side the cells of each column lean.
    pub(super) alignments: Vec<Alignment>,
    pub(super) rows: Vec<Vec<TableCell>>,
}

impl MarkdownTable {
    /// Its rows, so many columns wide.
    pub(super) fn render(&self, width: usize) -> Vec<SafeLine> {
        render_columns(&self.rows, &self.alignments, width)
    }
}

fn render_columns(table: &[Vec<TableCell>], alignments: &[Alignment], width: usize) -> Vec<SafeLine> {
    let count = table.iter().map(Vec::len).max().unwrap_or(0);
    let Some(room) = width.checked_sub(COLUMN_SEPARATOR.width() * count.saturating_sub(1)) else {
        return render_stacked(table, width);
    };
    if count == 0 || room < count * MIN_COLUMN_WIDTH {
        return render_stacked(table, width);
    }
    let widths = column_widths(table, count, room);
    let mut rows = Vec::new();
    for (place, cells) in table.iter().enumerate() {
        rows.extend(render_row(
            cells,
            &widths,
            alignments,
            if place == 0 { Some(TextRole::Heading) } else { None },
        ));
        if place == 0 {
            let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
            rows.push(SafeLine::from_text(rule.join("─┼─"), TextRole::Dim));
        }
    }
    rows
}

/// How wide each column is: as wide as its widest cell, but the widest give way until all have room.
fn column_widths(table: &[Vec<TableCell>], count: usize, available: usize) -> Vec<usize> {
    let wanted = |column: usize| {
        let cells = table.iter().filter_map(|cells| cells.get(column));
        cells.map(|cell| cell_width(cell)).max().unwrap_or(0).max(1)
    };
    let mut widths: Vec<usize> = (0..count).map(wanted).collect();
    while widths.iter().sum::<usize>() > available {
        let over = widths.iter().sum::<usize>() - available;
        let widest = widths.iter().copied().max().unwrap_or(0);
        let second = widths.iter().copied().filter(|width| *width < widest).max().unwrap_or(0);
        let many = widths.iter().filter(|width| **width == widest).count();
        let give = over.div_ceil(many).min(widest - second.max(1)).max(1);
        for width in widths.iter_mut().filter(|width| **width == widest) {
            *width -= give;
        }
    }
    widths
}

fn cell_width(cell: &[SafeSpan]) -> usize {
    cell.iter().map(|piece| piece.text.width()).sum()
}

/// One row of the table, in as many rows as its tallest cell takes.
fn render_row(
    cells: &[TableCell],
    widths: &[usize],
    alignments: &[Alignment],
    header_role: Option<TextRole>,
) -> Vec<SafeLine> {
    let broken: Vec<Vec<SafeLine>> = widths
        .iter()
        .enumerate()
        .map(|(column, width)| wrap::spans(cells.get(column).map_or(&[][..], Vec::as_slice), *width, ""))
        .collect();
    let height = broken.iter().map(Vec::len).max().unwrap_or(0);
    (0..height)
        .map(|place| {
            let mut row = SafeLine::default();
            for (column, width) in widths.iter().enumerate() {
                if column > 0 {
                    row.0.push(SafeSpan::new(COLUMN_SEPARATOR, TextRole::Dim));
                }
                let mut cell = broken[column].get(place).cloned().unwrap_or_default();
                if let Some(last) = cell.0.last_mut() {
                    // The space at which it was broken would push it from its side.
                    last.text.truncate(last.text.trim_end_matches(' ').len());
                }
                let blank = width.saturating_sub(cell.width());
                let before = match alignments.get(column) {
                    Some(Alignment::Right) => blank,
                    Some(Alignment::Center) => blank / 2,
                    Some(Alignment::Left | Alignment::None) | None => 0,
                };
                row.0.push(SafeSpan::new(" ".repeat(before), TextRole::Plain));
                row.0.extend(
                    cell.0
                        .into_iter()
                        .map(|piece| SafeSpan { role: header_role.unwrap_or(piece.role), ..piece }),
                );
                row.0.push(SafeSpan::new(" ".repeat(blank - before), TextRole::Plain));
            }
            row
        })
        .collect()
}

/// Where columns have no room beside each other: each cell on a line of its own, after the name of its column.
fn render_stacked(table: &[Vec<TableCell>], width: usize) -> Vec<SafeLine> {
    let Some((head, body)) = table.split_first() else { return Vec::new() };
    let mut rows = Vec::new();
    for cells in body {
        for (column, cell) in cells.iter().enumerate() {
            let mut line: Vec<SafeSpan> = head.get(column).cloned().unwrap_or_default();
            for piece in &mut line {
                piece.role = TextRole::Dim;
            }
            line.push(SafeSpan::new(": ", TextRole::Dim));
            line.extend_from_slice(cell);
            rows.extend(wrap::spans(&line, width, "  "));
        }
        rows.push(SafeLine::default());
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(table: &[&[&str]], width: usize) -> Vec<String> {
        rendered_aligned(table, &[], width)
    }

    fn rendered_aligned(table: &[&[&str]], sides: &[Alignment], width: usize) -> Vec<String> {
        let cells =
            |row: &&[&str]| row.iter().map(|text| vec![SafeSpan::new(*text, TextRole::Plain)]).collect();
        let table = MarkdownTable { alignments: sides.to_vec(), rows: table.iter().map(cells).collect() };
        let text = |row: SafeLine| row.0.into_iter().map(|piece| piece.text).collect::<String>();
        table.render(width).into_iter().map(|row| text(row).trim_end().to_owned()).collect()
    }

    const TABLE: &[&[&str]] = &[&["Host", "State"], &["vpn-1", "drops the second packet"], &["日本", "fine"]];

    #[test]
    fn columns_stand_under_each_other() {
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
    fn cells_lean_to_the_side_that_is_written() {
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
    fn the_widest_column_gives_way_and_breaks_inside() {
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
    fn without_room_each_cell_has_a_line() {
        assert_eq!(rendered(&[&["a", "b"], &["one", "two"]], 10), ["a: one", "b: two", ""]);
    }
}
