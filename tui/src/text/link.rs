//! Links in text: how they are found, and which addresses a terminal may be given.

use std::sync::Arc;

use linkify::{LinkFinder, LinkKind};

/// Bytes of an address, at most: terminals cut longer ones.
const MAX_URL_BYTES: usize = 2000;

/// An address that a terminal may be given: the web or mail, in plain ASCII. A click goes where the text says, and
/// nothing in it ends the escape sequence that it stands in. Only [`safe_url`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SafeUrl(Arc<str>);

impl SafeUrl {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Checks whether a terminal may be given this address.
pub fn safe_url(raw: &str) -> Option<SafeUrl> {
    let is_known_scheme = ["http://", "https://", "mailto:"].iter().any(|scheme| raw.starts_with(scheme));
    let is_plain = raw.bytes().all(|byte| byte.is_ascii_graphic());
    (is_known_scheme && is_plain && raw.len() <= MAX_URL_BYTES).then(|| SafeUrl(raw.into()))
}

/// Splits raw text into addresses (`true`) and the text around them.
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
    fn only_short_http_urls_without_special_characters_become_links() {
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
    fn a_url_in_text_is_found_without_trailing_punctuation() {
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
