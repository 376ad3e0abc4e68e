//! Glyphs in Unicode and in ASCII, and text for terminals that take only ASCII.

use ratatui::buffer::Buffer;
use tierup_common::assessment::Reservation;
use unicode_width::UnicodeWidthStr;

use crate::text::{Safe, SafeText};

/// The characters that a terminal can show.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Charset {
    /// All characters.
    #[default]
    Unicode,
    /// All characters, but glyphs and lines are ASCII: for fonts that lack them.
    AsciiGlyphs,
    /// Only ASCII: a terminal that does not read UTF-8 could take other bytes for commands.
    AsciiOnly,
}

/// The glyphs of the console.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Glyphs {
    /// Beside the selected row.
    pub selection_bar: &'static str,
    /// An unread handoff.
    pub unread: &'static str,
    /// Done, worked, confirmed.
    pub check: &'static str,
    /// Failed, ruled out.
    pub cross: &'static str,
    /// Open, or without support.
    pub question: &'static str,
    /// Incomplete.
    pub cut_off: &'static str,
    /// Between the parts of a line.
    pub dot: &'static str,
    /// Connected.
    pub live: &'static str,
    /// Connecting.
    pub connecting: &'static str,
    /// Catching up.
    pub catching_up: &'static str,
    /// Not connected.
    pub offline: &'static str,
    /// The end of text that is being written.
    pub stream_cursor: &'static str,
    /// More rows above.
    pub more_above: &'static str,
    /// More rows below.
    pub more_below: &'static str,
    /// More to the left, and to the right.
    pub more_sideways: (&'static str, &'static str),
    /// Before a suggested step.
    pub step_marker: &'static str,
    /// The visible part of a long list.
    pub scrollbar_thumb: &'static str,
    /// The frames of a spinner.
    pub spinner_frames: &'static [&'static str],
}

impl Glyphs {
    /// Glyphs in Unicode.
    pub const UNICODE: Self = Self {
        selection_bar: "▌",
        unread: "●",
        check: "✓",
        cross: "✗",
        question: "?",
        cut_off: "…",
        dot: "·",
        live: "●",
        connecting: "◌",
        catching_up: "↻",
        offline: "○",
        stream_cursor: "▌",
        more_above: "▲",
        more_below: "▼",
        more_sideways: ("‹", "›"),
        step_marker: "▏",
        scrollbar_thumb: "┃",
        spinner_frames: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
    };

    /// Glyphs in ASCII.
    pub const ASCII: Self = Self {
        selection_bar: ">",
        unread: "*",
        check: "+",
        cross: "x",
        question: "?",
        cut_off: "~",
        dot: "-",
        live: "*",
        connecting: "~",
        catching_up: "^",
        offline: "!",
        stream_cursor: "_",
        more_above: "^",
        more_below: "v",
        more_sideways: ("<", ">"),
        step_marker: "|",
        scrollbar_thumb: "#",
        spinner_frames: &["|", "/", "-", "\\"],
    };

    /// Why an assessment must not be taken as it stands.
    pub const fn reservation(&self, reservation: Reservation<'_>) -> &'static str {
        match reservation {
            Reservation::Contradicted(_) => self.cross,
            Reservation::CutOff => self.cut_off,
            Reservation::Uncited => self.question,
        }
    }
}

/// Replaces lines and glyphs on the screen with ASCII. For a terminal that takes only ASCII, all other characters are
/// replaced too, each with as many columns as it had.
pub fn transliterate_buffer(buffer: &mut Buffer, charset: Charset) {
    for cell in &mut buffer.content {
        let symbol = cell.symbol();
        if symbol.is_ascii() {
            continue;
        }
        match ascii_equivalent(symbol) {
            Some(ascii) => cell.set_symbol(ascii),
            None if charset == Charset::AsciiOnly => cell.set_symbol(replacement_for(symbol)),
            None => continue,
        };
    }
}

/// A line for a terminal with these characters: a title, a notification, output of a command.
pub fn transliterate<'t>(line: &'t Safe<'_>, charset: Charset) -> Safe<'t> {
    line.map_graphemes(|symbol| transliteration(symbol, charset))
}

/// The same for text of several lines.
pub fn transliterate_text<'t>(text: &'t SafeText<'_>, charset: Charset) -> SafeText<'t> {
    text.map_graphemes(|symbol| transliteration(symbol, charset))
}

/// What to print instead of a character outside the screen, if anything.
fn transliteration(symbol: &str, charset: Charset) -> Option<&'static str> {
    let is_printable = charset != Charset::AsciiOnly || symbol.is_ascii();
    (!is_printable).then(|| ascii_equivalent(symbol).unwrap_or(replacement_for(symbol)))
}

fn ascii_equivalent(symbol: &str) -> Option<&'static str> {
    Some(match symbol {
        "─" | "━" | "–" | "—" | "·" => "-",
        "│" | "┃" | "▏" => "|",
        "╭" | "╮" | "╰" | "╯" | "├" | "┤" | "✓" => "+",
        "…" => "~",
        "•" | "●" => "*",
        "“" | "”" | "„" => "\"",
        "‘" | "’" => "'",
        "‹" | "←" => "<",
        "›" | "→" => ">",
        "✕" | "✗" => "x",
        "▌" | "█" => "#",
        "↑" => "^",
        "↓" => "v",
        _ => return None,
    })
}

/// The replacement of a character without an ASCII equivalent, with the same width.
fn replacement_for(symbol: &str) -> &'static str {
    if symbol.width() > 1 { "??" } else { "?" }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::*;

    fn rendered(charset: Charset) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        buffer.set_string(0, 0, "│“é日”… ╯", ratatui::style::Style::new());
        transliterate_buffer(&mut buffer, charset);
        buffer.content.iter().map(|cell| cell.symbol()).collect()
    }

    #[test]
    fn glyphs_become_ascii_and_text_only_if_the_charset_requires_it() {
        assert_eq!(rendered(Charset::AsciiGlyphs), "|\"é日 \"~ +   ");
        assert_eq!(rendered(Charset::AsciiOnly), "|\"??? \"~ +   ");
    }

    #[test]
    fn the_window_title_is_transliterated_like_the_screen() {
        assert_eq!(
            transliterate(&"(2) tierup · Café 日…".into(), Charset::AsciiOnly),
            "(2) tierup - Caf? ??~"
        );
        assert_eq!(transliterate(&"tierup · Café".into(), Charset::AsciiGlyphs), "tierup · Café");
    }
}
