//! Hyperlinks (OSC 8): the text of a link is written again after a frame, between sequences that make it clickable. Other
//! terminals ignore the sequences.

use std::fmt::Write as _;

use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};

use crate::state::paint_output::Hyperlink;

/// The links that are on the terminal.
#[derive(Debug, Default)]
pub(super) struct HyperlinkTracker(Vec<PrintedLink>);

/// A link and its cells as they were written: a redrawn cell is no longer part of it.
#[derive(Clone, PartialEq, Debug)]
struct PrintedLink {
    link: Hyperlink,
    cells: Vec<Cell>,
}

impl HyperlinkTracker {
    /// The output after a frame, mostly empty: new links, and the plain text of old ones.
    pub(super) fn update(&mut self, links: &[Hyperlink], buffer: &Buffer) -> String {
        let now: Vec<PrintedLink> = links.iter().map(|link| capture_link(link, buffer)).collect();
        let mut sequences = String::new();
        for old in self.0.iter().filter(|old| !now.contains(old)) {
            // This may be part of a new link, which follows.
            let plain = capture_link(&old.link, buffer);
            if plain.cells == old.cells {
                sequences.push_str(&ansi_cells(&plain));
            }
        }
        for new in now.iter().filter(|new| !self.0.contains(new)) {
            // Writing to a String cannot fail.
            let _ =
                write!(sequences, "\x1b]8;;{}\x1b\\{}\x1b]8;;\x1b\\", new.link.url.as_str(), ansi_cells(new));
        }
        self.0 = now;
        sequences
    }

    /// Forgets everything, because the terminal was cleared.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

fn capture_link(link: &Hyperlink, buffer: &Buffer) -> PrintedLink {
    let area = link.area.intersection(buffer.area);
    let cells = area.positions().filter_map(|position| buffer.cell(position).cloned()).collect();
    PrintedLink { link: link.clone(), cells }
}

/// The cells of a link as terminal output, with colours.
fn ansi_cells(shown: &PrintedLink) -> String {
    let mut bytes = Vec::new();
    let mut x = shown.link.area.x;
    let cells: Vec<(u16, u16, &Cell)> = shown
        .cells
        .iter()
        .map(|cell| {
            x += 1;
            (x - 1, shown.link.area.y, cell)
        })
        // The cell after a wide character is skipped.
        .filter(|(_, _, cell)| !cell.symbol().is_empty())
        .collect();
    // Writing to memory cannot fail.
    let _ = CrosstermBackend::new(&mut bytes).draw(cells.into_iter());
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;
    use crate::text::link::safe_url;

    fn buffer_with(text: &str) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 2));
        buffer.set_string(2, 1, text, Style::new());
        buffer
    }

    fn link(width: u16) -> Hyperlink {
        Hyperlink { area: Rect::new(2, 1, width, 1), url: safe_url("https://a.test/").unwrap() }
    }

    #[test]
    fn a_link_is_written_once_and_again_when_its_text_was_redrawn() {
        let mut links = HyperlinkTracker::default();
        let output = links.update(&[link(4)], &buffer_with("here"));
        assert!(output.starts_with("\x1b]8;;https://a.test/\x1b\\\x1b[2;3H"), "{output:?}");
        assert!(output.contains("here") && output.ends_with("\x1b]8;;\x1b\\"), "{output:?}");
        assert_eq!(links.update(&[link(4)], &buffer_with("here")), "");
        assert!(links.update(&[link(4)], &buffer_with("hers")).contains("hers"));
        links.clear();
        assert!(links.update(&[link(4)], &buffer_with("hers")).contains("hers"));
    }

    #[test]
    fn text_that_loses_its_link_is_rewritten_without_it() {
        let mut links = HyperlinkTracker::default();
        links.update(&[link(4)], &buffer_with("here"));
        let output = links.update(&[], &buffer_with("here"));
        assert!(output.contains("here") && !output.contains("]8;"), "{output:?}");
        links.update(&[link(4)], &buffer_with("here"));
        assert_eq!(links.update(&[], &buffer_with("gone")), "", "redrawn text has no link");
    }
}
