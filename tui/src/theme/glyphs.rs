//! What stands for what, with Unicode and without.

use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthStr;

use crate::text::{Safe, SafeText};

/// Which characters a terminal can show.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Charset {
    /// All of them.
    #[default]
    Unicode,
    /// All of them, but the console draws with ASCII alone: for fonts that lack the glyphs.
    AsciiGlyphs,
    /// ASCII alone: to a terminal that does not read UTF-8, the bytes of anything else could be commands.
    AsciiOnly,
}

/// What stands for what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Glyphs {
    /// The selected row.
    pub selection_bar: &'static str,
    /// Not seen yet.
    pub unread: &'static str,
    /// Done, or it worked.
    pub check: &'static str,
    /// Failed, or ruled out.
    pub cross: &'static str,
    /// Not settled.
    pub question: &'static str,
    /// Between words of one line.
    pub dot: &'static str,
    /// Connected.
    pub live: &'static str,
    /// Connecting.
    pub connecting: &'static str,
    /// Catching up.
    pub catching_up: &'static str,
    /// Not connected.
    pub offline: &'static str,
    /// Where text is being written.
    pub stream_cursor: &'static str,
    /// There is more below.
    pub more_below: &'static str,
    /// There is more to the left, and to the right.
    pub more_sideways: (&'static str, &'static str),
    /// Before a suggested step.
    pub step_marker: &'static str,
    /// The part of a long list that is on the screen.
    pub scrollbar_thumb: &'static str,
    /// Something is under way.
    pub spinner_frames: &'static [&'static str],
}

impl Glyphs {
    /// For terminals with Unicode.
    pub const UNICODE: Self = Self {
        selection_bar: "▌",
        unread: "●",
        check: "✓",
        cross: "✗",
        question: "?",
        dot: "·",
        live: "●",
        connecting: "◌",
        catching_up: "↻",
        offline: "○",
        stream_cursor: "▌",
        more_below: "▼",
        more_sideways: ("‹", "›"),
        step_marker: "▏",
        scrollbar_thumb: "┃",
        spinner_frames: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
    };

    /// For those without.
    pub const ASCII: Self = Self {
        selection_bar: ">",
        unread: "*",
        check: "+",
        cross: "x",
        question: "?",
        dot: "-",
        live: "*",
        connecting: "~",
        catching_up: "^",
        offline: "!",
        stream_cursor: "_",
        more_below: "v",
        more_sideways: ("<", ">"),
        step_marker: "|",
        scrollbar_thumb: "#",
        spinner_frames: &["|", "/", "-", "\\"],
    };
}

/// What a picture looks like in ASCII: lines and marks become their like. Other text stays, unless the terminal
/// takes ASCII alone: then it is spelt as well as one column for one column can.
pub fn transliterate_buffer(buffer: &mut Buffer, charset: Charset) {
    for cell in &mut buffer.content {
        let symbol = cell.symbol();
        if symbol.is_ascii() {
            continue;
        }
        match ascii_equivalent(symbol) {
            Some(like) => cell.set_symbol(like),
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

/// What has no like. As wide as it was, it keeps everything else in its place.
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
    fn lines_and_marks_have_their_like_and_text_stays_where_the_terminal_can_show_it() {
        assert_eq!(rendered(Charset::AsciiGlyphs), "|\"é日 \"~ +   ");
        assert_eq!(rendered(Charset::AsciiOnly), "|\"??? \"~ +   ");
    }

    #[test]
    fn a_text_outside_the_screen_is_spelt_like_one_on_it() {
        assert_eq!(
            transliterate(&"(2) tierup · Café 日…".into(), Charset::AsciiOnly),
            "(2) tierup - Caf? ??~"
        );
        assert_eq!(transliterate(&"tierup · Café".into(), Charset::AsciiGlyphs), "tierup · Café");
    }
}
