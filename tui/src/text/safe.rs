//! The one way for text to reach a terminal: nothing in it moves the cursor, sets a title, turns the reading
//! direction or hides. What would is shown as a visible mark.

use std::fmt::Write as _;
use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};
use unicode_segmentation::UnicodeSegmentation;

/// Marks on top of one character, at most; scripts need two or three.
const MAX_COMBINING_MARKS: usize = 8;
/// Columns between tab stops.
const TAB_WIDTH: usize = 4;

/// Text of several lines: line breaks stay (`\r\n` and `\r` as `\n`), tabs become spaces.
pub fn sanitize_text(raw: &str) -> String {
    if raw.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)) {
        return raw.to_owned();
    }
    let mut out = String::with_capacity(raw.len());
    let mut column = 0;
    for grapheme in raw.graphemes(true) {
        match grapheme {
            "\n" | "\r\n" | "\r" => {
                out.push('\n');
                column = 0;
            }
            "\t" => {
                let spaces = TAB_WIDTH - column % TAB_WIDTH;
                out.extend(std::iter::repeat_n(' ', spaces));
                column += spaces;
            }
            _ => {
                push_grapheme(grapheme, &mut out);
                column += 1;
            }
        }
    }
    out
}

/// Text of one line: a line break is shown as a mark too.
pub fn sanitize_line(raw: &str) -> String {
    if raw.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return raw.to_owned();
    }
    let mut out = String::with_capacity(raw.len());
    for grapheme in raw.graphemes(true) {
        match grapheme {
            "\t" => out.push(' '),
            "\n" | "\r\n" | "\r" => out.push('␤'),
            _ => push_grapheme(grapheme, &mut out),
        }
    }
    out
}

/// The beginning of a text that is shown in so many columns: what is cut off is not looked at. A character with all the
/// marks that it may have fits many times into what is left.
pub fn prefix_for_columns(raw: &str, columns: usize) -> &str {
    &raw[..raw.floor_char_boundary(columns.saturating_mul(32).saturating_add(256))]
}

/// A value as JSON that is as safe to look at as the rest: what acts or hides is escaped, and means the same.
pub fn escaped_json(value: &impl Serialize, pretty: bool) -> serde_json::Result<String> {
    let mut out = Vec::new();
    if pretty {
        value.serialize(&mut Serializer::with_formatter(
            &mut out,
            EscapingFormatter(PrettyFormatter::new()),
        ))?;
    } else {
        value.serialize(&mut Serializer::with_formatter(&mut out, EscapingFormatter(CompactFormatter)))?;
    }
    String::from_utf8(out).map_err(serde::ser::Error::custom)
}

/// A form of JSON, with what acts or hides escaped.
struct EscapingFormatter<F>(F);

macro_rules! delegate_to_inner {
    ($($name:ident($($argument:ident: $Type:ty),*))*) => {$(
        fn $name<W: ?Sized + io::Write>(&mut self, to: &mut W $(, $argument: $Type)*) -> io::Result<()> {
            self.0.$name(to $(, $argument)*)
        }
    )*};
}

impl<F: Formatter> Formatter for EscapingFormatter<F> {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, to: &mut W, text: &str) -> io::Result<()> {
        for c in text.chars() {
            if needs_escape(c) {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(to, "\\u{unit:04x}")?;
                }
            } else {
                to.write_all(c.encode_utf8(&mut [0; 4]).as_bytes())?;
            }
        }
        Ok(())
    }

    delegate_to_inner! {
        begin_array() end_array() begin_array_value(first: bool) end_array_value()
        begin_object() end_object() begin_object_key(first: bool) end_object_key()
        begin_object_value() end_object_value()
    }
}

fn push_grapheme(grapheme: &str, out: &mut String) {
    let is_emoji = grapheme.starts_with(is_pictograph);
    let mut omitted = 0_usize;
    let mut is_flag = false;
    let mut chars = grapheme.chars().enumerate().peekable();
    while let Some((place, c)) = chars.next() {
        match c {
            // How wide several pictures in one are, or a picture that says how it wants to look, no two terminals
            // agree on, and each would paint over what stands beside it: the first picture stands for all.
            '\u{200d}' if is_emoji && chars.next_if(|(_, next)| is_pictograph(*next)).is_some() => {}
            '\u{fe0e}' | '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' if is_emoji && place > 0 => {}
            _ if place > MAX_COMBINING_MARKS => omitted += 1,
            c if needs_escape(c) => push_visible(c, out),
            c => match regional_indicator_letter(c) {
                Some(half) => {
                    if !is_flag {
                        out.push('‹');
                    }
                    out.push(half);
                    is_flag =
                        chars.peek().is_some_and(|(_, next)| regional_indicator_letter(*next).is_some());
                    if !is_flag {
                        out.push('›');
                    }
                }
                None => out.push(c),
            },
        }
    }
    if omitted > 0 {
        // Writing to a String cannot fail.
        let _ = write!(out, "‹+{omitted}›");
    }
}

/// Characters that act on the terminal, turn the reading direction, or take no room.
fn needs_escape(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

fn is_pictograph(c: char) -> bool {
    matches!(c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{2bff}'
            | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

/// The letter that half of a flag stands for.
fn regional_indicator_letter(c: char) -> Option<char> {
    let place = matches!(c, '\u{1f1e6}'..='\u{1f1ff}').then(|| u32::from(c) - 0x1f1e6)?;
    char::from_u32(u32::from('A') + place)
}

fn push_visible(c: char, out: &mut String) {
    match c {
        '\u{0}'..='\u{1f}' => out.extend(char::from_u32(0x2400 + u32::from(c))),
        '\u{7f}' => out.push('␡'),
        _ => {
            // Writing to a String cannot fail.
            let _ = write!(out, "‹{:X}›", u32::from(c));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_as_it_is() {
        for raw in ["", "VPN is down", "Ñandú, Ærø, 日本語, עברית", "e\u{301}", "👩 💻 ❤ →"]
        {
            assert_eq!(sanitize_line(raw), raw);
        }
        assert_eq!(sanitize_text("one\r\ntwo\rthree\n"), "one\ntwo\nthree\n");
        assert_eq!(sanitize_text("a\tb"), "a   b");
    }

    #[test]
    fn what_acts_or_hides_is_shown() {
        assert_eq!(sanitize_line("\x1b[2J\x07"), "␛[2J␇");
        assert_eq!(sanitize_line("\u{9b}31m\u{7f}"), "‹9B›31m␡");
        assert_eq!(sanitize_line("abc\u{202e}fdp.exe"), "abc‹202E›fdp.exe");
        assert_eq!(sanitize_line("pass\u{200b}word\u{e0041}"), "pass‹200B›word‹E0041›");
        assert_eq!(sanitize_line("two\nlines\u{2028}three"), "two␤lines‹2028›three");
        assert_eq!(sanitize_line("a\u{200d}b"), "a‹200D›b");
    }

    #[test]
    fn a_picture_is_as_wide_in_every_terminal() {
        for (raw, shown) in [
            ("Peru 🇵🇪🇨🇭 x", "Peru ‹PE›‹CH› x"),
            ("half 🇵", "half ‹P›"),
            ("🇵🇪\u{200d}\u{fe0f}", "‹PE›‹200D›"),
            ("👨\u{200d}👩\u{200d}👧\u{200d}👦 family", "👨 family"),
            ("👩🏽\u{200d}💻 ❤\u{fe0f} 🏳\u{fe0f}\u{200d}🌈", "👩 ❤ 🏳"),
            ("Azure™\u{fe0f} 👩\u{200d}⚕\u{fe0f}", "Azure™ 👩"),
            // What joins nothing hides.
            ("👩\u{200d}", "👩‹200D›"),
            ("👩\u{200d}\u{93e}x", "👩‹200D›\u{93e}x"),
        ] {
            assert_eq!(sanitize_line(raw), shown);
            assert_eq!(sanitize_text(raw), shown);
        }
        let tower = format!("👩{}", "\u{301}".repeat(1000));
        assert_eq!(sanitize_line(&tower), format!("👩{}‹+992›", "\u{301}".repeat(8)));
    }

    #[test]
    fn json_says_the_same_and_hides_nothing() {
        let value = serde_json::json!({"a": "x\u{1b}[2J\u{9b}\u{202e}\u{e0041}é", "b": [1, {"c": []}]});
        for spread in [false, true] {
            let json = escaped_json(&value, spread).unwrap();
            assert!(json.contains(r"x\u001b[2J\u009b\u202e\udb40\udc41é"), "{json}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), value);
        }
        assert_eq!(escaped_json(&value["b"], false).unwrap(), serde_json::to_string(&value["b"]).unwrap());
        assert_eq!(
            escaped_json(&value["b"], true).unwrap(),
            serde_json::to_string_pretty(&value["b"]).unwrap()
        );
    }

    #[test]
    fn a_tower_of_marks_is_cut() {
        let tower = format!("a{}", "\u{301}".repeat(100_000));
        assert_eq!(sanitize_line(&tower), format!("a{}‹+99992›", "\u{301}".repeat(8)));
    }

    #[test]
    fn nothing_that_acts_is_left() {
        let every: String = (0..=0x10_ffff).filter_map(char::from_u32).collect();
        let safe = sanitize_text(&every);
        assert!(safe.chars().all(|c| c == '\n' || !c.is_control()));
        assert!(!safe.contains(['\u{202e}', '\u{200b}', '\u{2028}', '\u{feff}', '\u{e0041}']));
    }
}
