//! Text on the screen that leads somewhere: written once more after each picture, as the hyperlinks (OSC 8) that
//! terminals make clickable. A terminal that knows none passes over what it is told.

use std::fmt::Write as _;

use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};

use crate::state::painted::Link;

/// The links that the terminal has been told of.
#[derive(Debug, Default)]
pub(super) struct Links(Vec<Shown>);

/// A link, and the cells that it was told for: a cell that is painted anew leads nowhere.
#[derive(Clone, PartialEq, Debug)]
struct Shown {
    link: Link,
    cells: Vec<Cell>,
}

impl Links {
    /// What to tell the terminal after a picture: links that are new, and text that leads nowhere any more. Nothing,
    /// mostly.
    pub(super) fn told(&mut self, links: &[Link], buffer: &Buffer) -> String {
        let now: Vec<Shown> = links.iter().map(|link| shown(link, buffer)).collect();
        let mut told = String::new();
        for old in self.0.iter().filter(|old| !now.contains(old)) {
            // What stands there now may be part of another link, which follows.
            let plain = shown(&old.link, buffer);
            if plain.cells == old.cells {
                told.push_str(&painted(&plain));
            }
        }
        for new in now.iter().filter(|new| !self.0.contains(new)) {
            // Writing to a String cannot fail.
            let _ = write!(told, "\x1b]8;;{}\x1b\\{}\x1b]8;;\x1b\\", new.link.target, painted(new));
        }
        self.0 = now;
        told
    }

    /// The terminal has forgotten everything.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

fn shown(link: &Link, buffer: &Buffer) -> Shown {
    let area = link.area.intersection(buffer.area);
    let cells = area.positions().filter_map(|position| buffer.cell(position).cloned()).collect();
    Shown { link: link.clone(), cells }
}

/// The cells of a link as the terminal takes them, colours included.
fn painted(shown: &Shown) -> String {
    let mut bytes = Vec::new();
    let mut x = shown.link.area.x;
    let cells: Vec<(u16, u16, &Cell)> = shown
        .cells
        .iter()
        .map(|cell| {
            x += 1;
            (x - 1, shown.link.area.y, cell)
        })
        // The cell behind a wide character is not painted.
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

    fn picture(text: &str) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 2));
        buffer.set_string(2, 1, text, Style::new());
        buffer
    }

    fn link(width: u16) -> Link {
        Link { area: Rect::new(2, 1, width, 1), target: "https://a.test/".into() }
    }

    #[test]
    fn a_link_is_told_once_and_again_when_its_text_was_painted_anew() {
        let mut links = Links::default();
        let told = links.told(&[link(4)], &picture("here"));
        assert!(told.starts_with("\x1b]8;;https://a.test/\x1b\\\x1b[2;3H"), "{told:?}");
        assert!(told.contains("here") && told.ends_with("\x1b]8;;\x1b\\"), "{told:?}");
        assert_eq!(links.told(&[link(4)], &picture("here")), "");
        assert!(links.told(&[link(4)], &picture("hers")).contains("hers"));
        links.forget();
        assert!(links.told(&[link(4)], &picture("hers")).contains("hers"));
    }

    #[test]
    fn text_that_stays_when_its_link_goes_leads_nowhere() {
        let mut links = Links::default();
        links.told(&[link(4)], &picture("here"));
        let told = links.told(&[], &picture("here"));
        assert!(told.contains("here") && !told.contains("]8;"), "{told:?}");
        links.told(&[link(4)], &picture("here"));
        assert_eq!(links.told(&[], &picture("gone")), "", "what was painted anew leads nowhere by itself");
    }
}
