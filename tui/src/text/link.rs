//! Links in text: what counts as one, and where a terminal may be told that it leads.

use std::sync::Arc;

use linkify::{LinkFinder, LinkKind};

/// An address, in bytes, at most: terminals cut longer ones.
const MAX_URL_BYTES: usize = 2000;

/// Where a link leads, if a terminal may be told so: the web and mail, in plain ASCII. Whoever clicks goes where the
/// text says, and nothing in it ends the sequence that it stands in.
pub fn safe_url(raw: &str) -> Option<Arc<str>> {
    let known = ["http://", "https://", "mailto:"].iter().any(|scheme| raw.starts_with(scheme));
    let is_plain = raw.bytes().all(|byte| byte.is_ascii_graphic());
    (known && is_plain && raw.len() <= MAX_URL_BYTES).then(|| raw.into())
}

/// The parts of a raw text, those that are addresses marked.
pub fn split_urls(raw: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let spans: Vec<_> =
        finder.spans(raw).map(|span| (span.start(), span.end(), span.kind().is_some())).collect();
    spans.into_iter().map(move |(start, end, is_link)| (&raw[start..end], is_link))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_plain_and_harmless_is_a_target() {
        assert!(safe_url("https://a.test/x?y=1#z").is_some());
        for raw in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://a.test/\x1b\\",
            "https://a.test/\u{202e}x",
            "https://a.test/a b",
            "a.test",
        ] {
            assert_eq!(safe_url(raw), None, "{raw:?}");
        }
        assert_eq!(safe_url(&format!("https://a.test/{}", "x".repeat(3000))), None);
    }

    #[test]
    fn an_address_in_a_text_is_found_without_what_follows_it() {
        let found: Vec<_> = split_urls("see https://a.test/x_y, or (http://b.test/).").collect();
        assert_eq!(
            found,
            [
                ("see ", false),
                ("https://a.test/x_y", true),
                (", or (", false),
                ("http://b.test/", true),
                (").", false)
            ]
        );
    }
}
