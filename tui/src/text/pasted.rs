//! What people copy from somewhere else: addresses and tokens, with what came along; and where an address leads.

// An address is a value: nothing is asked of a network here.
use core::net::IpAddr;

use url::Url;

/// A text without what comes along when it is copied, or written into a file: line breaks, blanks, a byte order mark, and
/// a pair of quotes around it. For what has none of these in itself: addresses and tokens, never passwords.
pub fn trimmed(raw: &str) -> &str {
    let mut text = raw.trim_matches(is_around);
    for (begin, end) in [('"', '"'), ('\'', '\''), ('`', '`'), ('<', '>'), ('“', '”'), ('‘', '’')] {
        let inner = text.strip_prefix(begin).and_then(|text| text.strip_suffix(end));
        text = inner.unwrap_or(text).trim_matches(is_around);
    }
    text
}

/// A password as it stands in a file or a line: with the blanks that it may have, without the line's end and the mark
/// that some editors put before a file.
pub fn line_of_a_password(raw: &str) -> &str {
    raw.trim_start_matches('\u{feff}').trim_end_matches(['\n', '\r'])
}

/// Whether what is sent to this address can be read on its way: it is not encrypted, and leaves this machine.
pub fn can_be_overheard(server: &str) -> bool {
    // As the client reads it: it understands more than what is written as it should be.
    let Ok(url) = trimmed(server).parse::<Url>() else { return false };
    url.scheme() == "http" && url.host_str().is_some_and(|host| !is_this_machine(host))
}

/// Whether a host is this machine.
pub fn is_this_machine(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

fn is_around(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{feff}' | '\u{200b}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_along_when_a_token_is_copied_goes() {
        for raw in [
            "tup_x",
            " tup_x\n",
            "tup_x\r\n",
            "\u{feff}tup_x\r\n",
            "\"tup_x\"",
            "'tup_x'\n",
            " “tup_x” ",
            "<tup_x>",
            "\t'tup_x '",
            "\u{200b}tup_x",
            "`tup_x`",
        ] {
            assert_eq!(trimmed(raw), "tup_x", "{raw:?}");
        }
        // What is not around it stays, and is for others to refuse.
        assert_eq!(trimmed("tup_ x\ny"), "tup_ x\ny");
        assert_eq!(trimmed("\"tup_x"), "\"tup_x");
        assert_eq!(trimmed(" \n"), "");
    }

    #[test]
    fn a_password_keeps_its_blanks_and_quotes() {
        assert_eq!(line_of_a_password("\u{feff} \"it's\" \r\n"), " \"it's\" ");
    }

    #[test]
    fn only_what_leaves_this_machine_unencrypted_can_be_overheard() {
        for address in [
            "http://acme.test",
            " HTTP://10.0.0.1:7890/ ",
            "http://u@acme.test/x",
            "http://[fe80::1]:80",
            "http:acme.test",
            "http:/acme.test",
            r"http:\\acme.test",
            "http://localhost@acme.test",
        ] {
            assert!(can_be_overheard(address), "{address}");
        }
        for address in [
            "https://acme.test",
            "http://localhost:7890",
            "http://127.0.0.1:7890",
            "http://[::1]:7890",
            "http://tierup.localhost",
            "http:localhost:7890",
            "acme.test",
            "",
        ] {
            assert!(!can_be_overheard(address), "{address}");
        }
    }
}
