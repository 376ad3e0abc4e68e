//! Replaces characters that act on a terminal, change the reading direction or take no room with visible marks.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Combining marks on one character, at most; scripts need two or three.
const MAX_COMBINING_MARKS: usize = 8;
/// Columns between tab stops: those of terminals, where what people paste comes from.
const TAB_WIDTH: usize = 8;

/// Several lines: line breaks stay (`\r\n` and `\r` as `\n`), tabs become spaces.
pub(super) fn sanitize_lines(raw: &str) -> Cow<'_, str> {
    if raw.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)) {
        return Cow::Borrowed(raw);
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
                let start = out.len();
                push_grapheme(grapheme, &mut out);
                column += out[start..].width();
            }
        }
    }
    Cow::Owned(out)
}

/// One line: a line break is shown as a mark too.
pub(super) fn sanitize_one_line(raw: &str) -> Cow<'_, str> {
    if raw.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    for grapheme in raw.graphemes(true) {
        match grapheme {
            "\t" => out.push(' '),
            "\n" | "\r\n" | "\r" => out.push('␤'),
            _ => push_grapheme(grapheme, &mut out),
        }
    }
    Cow::Owned(out)
}

/// Whether a text is already one safe line. Combining marks are not counted.
pub(super) fn is_safe_line(text: &str) -> bool {
    text.chars().all(|c| !needs_escape(c) && regional_indicator_letter(c).is_none())
}

fn push_grapheme(grapheme: &str, out: &mut String) {
    let is_emoji = grapheme.starts_with(is_pictograph);
    let mut omitted = 0_usize;
    let mut is_flag = false;
    let mut chars = grapheme.chars().enumerate().peekable();
    while let Some((index, c)) = chars.next() {
        match c {
            // Terminals disagree about the width of joined emoji and of emoji with a variation selector, and would
            // paint over the neighbours: only the first emoji is kept.
            '\u{200d}' if is_emoji && chars.next_if(|(_, next)| is_pictograph(*next)).is_some() => {}
            '\u{fe0e}' | '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' if is_emoji && index > 0 => {}
            _ if index > MAX_COMBINING_MARKS => omitted += 1,
            c if needs_escape(c) => push_visible(c, out),
            c => match regional_indicator_letter(c) {
                Some(letter) => {
                    if !is_flag {
                        out.push('‹');
                    }
                    out.push(letter);
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

/// Whether a character acts on the terminal, changes the reading direction or takes no room.
pub(super) fn needs_escape(c: char) -> bool {
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

/// The letter of a regional indicator; two of them make a flag.
fn regional_indicator_letter(c: char) -> Option<char> {
    let index = matches!(c, '\u{1f1e6}'..='\u{1f1ff}').then(|| u32::from(c) - 0x1f1e6)?;
    char::from_u32(u32::from('A') + index)
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
    fn plain_text_is_unchanged() {
        for raw in ["", "VPN is down", "Ñandú, Ærø, 日本語, עברית", "e\u{301}", "👩 💻 ❤ →"]
        {
            assert_eq!(sanitize_one_line(raw), raw);
        }
        assert_eq!(sanitize_lines("one\r\ntwo\rthree\n"), "one\ntwo\nthree\n");
        assert_eq!(sanitize_lines("a\tb\n日本\tb\tc"), "a       b\n日本    b       c");
    }

    #[test]
    fn control_and_invisible_characters_are_made_visible() {
        assert_eq!(sanitize_one_line("\x1b[2J\x07"), "␛[2J␇");
        assert_eq!(sanitize_one_line("\u{9b}31m\u{7f}"), "‹9B›31m␡");
        assert_eq!(sanitize_one_line("abc\u{202e}fdp.exe"), "abc‹202E›fdp.exe");
        assert_eq!(sanitize_one_line("pass\u{200b}word\u{e0041}"), "pass‹200B›word‹E0041›");
        assert_eq!(sanitize_one_line("two\nlines\u{2028}three"), "two␤lines‹2028›three");
        assert_eq!(sanitize_one_line("a\u{200d}b"), "a‹200D›b");
    }

    #[test]
    fn emoji_and_flags_have_the_same_width_in_every_terminal() {
        for (raw, shown) in [
            ("Peru 🇵🇪🇨🇭 x", "Peru ‹PE›‹CH› x"),
            ("half 🇵", "half ‹P›"),
            ("🇵🇪\u{200d}\u{fe0f}", "‹PE›‹200D›"),
            ("👨\u{200d}👩\u{200d}👧\u{200d}👦 family", "👨 family"),
            ("👩🏽\u{200d}💻 ❤\u{fe0f} 🏳\u{fe0f}\u{200d}🌈", "👩 ❤ 🏳"),
            ("Azure™\u{fe0f} 👩\u{200d}⚕\u{fe0f}", "Azure™ 👩"),
            // A joiner without a second emoji is invisible.
            ("👩\u{200d}", "👩‹200D›"),
            ("👩\u{200d}\u{93e}x", "👩‹200D›\u{93e}x"),
        ] {
            assert_eq!(sanitize_one_line(raw), shown);
            assert_eq!(sanitize_lines(raw), shown);
        }
        let tower = format!("👩{}", "\u{301}".repeat(1000));
        assert_eq!(sanitize_one_line(&tower), format!("👩{}‹+992›", "\u{301}".repeat(8)));
    }

    #[test]
    fn stacked_combining_marks_are_cut() {
        let tower = format!("a{}", "\u{301}".repeat(100_000));
        assert_eq!(sanitize_one_line(&tower), format!("a{}‹+99992›", "\u{301}".repeat(8)));
    }

    #[test]
    fn no_control_or_bidi_character_is_left() {
        let every: String = (0..=0x10_ffff).filter_map(char::from_u32).collect();
        let safe = sanitize_lines(&every);
        assert!(safe.chars().all(|c| c == '\n' || !c.is_control()));
        assert!(!safe.contains(['\u{202e}', '\u{200b}', '\u{2028}', '\u{feff}', '\u{e0041}']));
    }
}
