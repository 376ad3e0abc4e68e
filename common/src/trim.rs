//! Removes white space and quotes around a value that was pasted, or set in a file or a variable.

/// Quotes that people, programs and mail clients put around a value.
const QUOTE_PAIRS: [(char, char); 6] =
    [('"', '"'), ('\'', '\''), ('`', '`'), ('<', '>'), ('“', '”'), ('‘', '’')];

/// A value without whitespace, line breaks, a byte order mark and quotes around it. For addresses, tokens and settings,
/// which contain none of these; never for passwords.
pub fn trim_value(text: &str) -> &str {
    let mut text = text.trim_matches(is_padding);
    for quotes @ (begin, end) in QUOTE_PAIRS {
        let inner = text.strip_prefix(begin).and_then(|text| text.strip_suffix(end));
        // The quotes of `"a" and "b"` do not enclose the whole text.
        let inner = inner.filter(|inner| !inner.contains(<[char; 2]>::from(quotes)));
        text = inner.map_or(text, |inner| inner.trim_matches(is_padding));
    }
    text
}

/// A text without the byte order mark that some programs put before it (RFC 8259, section 8.1).
pub fn strip_bom(text: &str) -> &str {
    text.strip_prefix(BOM).unwrap_or(text)
}

const BOM: char = '\u{feff}';

fn is_padding(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, BOM | '\u{200b}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_whitespace_around_a_value_are_removed() {
        for padded in [
            "tup_x",
            " tup_x\n",
            "tup_x\r\n",
            "\u{feff}tup_x\r\n",
            "\"tup_x\"",
            "'tup_x'\n",
            " “tup_x” ",
            "‘tup_x’",
            "<tup_x>",
            "\t'tup_x '",
            " \" tup_x \" ",
            "\u{200b}tup_x",
            "`tup_x`",
        ] {
            assert_eq!(trim_value(padded), "tup_x", "{padded:?}");
        }
        for unchanged in
            ["a b", "tup_ x\ny", "\"tup_x", "\"a\" and \"b\"", "<a> or <b>", "'a\"", "<a", "\"", ""]
        {
            assert_eq!(trim_value(unchanged), unchanged);
        }
        assert_eq!(trim_value(" \n"), "");
    }

    #[test]
    fn one_byte_order_mark_before_a_text_is_removed() {
        assert_eq!(strip_bom("\u{feff} a\u{feff}"), " a\u{feff}");
        assert_eq!(strip_bom("\u{feff}\u{feff}a"), "\u{feff}a");
        assert_eq!(strip_bom("a"), "a");
    }
}
