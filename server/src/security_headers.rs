//! The security headers of every response: browsers trust the declared type, and a page runs and loads nothing.

use std::sync::LazyLock;

use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::html;

/// Allows a page its own inline styles and nothing else: no scripts, requests, forms or frames.
static CSP_VALUE: LazyLock<HeaderValue> = LazyLock::new(|| {
    let styles = html::ALL.iter().filter_map(|page| inline_style(page)).map(|style| {
        let digest = Sha256::digest(style);
        format!(" 'sha256-{}'", STANDARD.encode(digest))
    });
    let styles = styles.collect::<String>();
    let policy = format!(
        "default-src 'none'; style-src{styles}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    // All ASCII, so this is always a valid header value.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// Adds the security headers to a response; the page headers only to HTML.
pub(crate) fn add_security_headers(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let is_page = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page {
        headers.insert(CONTENT_SECURITY_POLICY, CSP_VALUE.clone());
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
}

/// The content of a page's `<style>`, byte for byte: its hash must match.
fn inline_style(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("<style>")?;
    rest.split_once("</style>").map(|(style, _)| style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_one_inline_style_that_the_csp_allows() {
        for page in html::ALL {
            assert_eq!(page.matches("<style").count(), 1);
            assert!(!page.contains("style=\"") && !page.contains("<script"));
            // A template that wrote into its style would change the hash.
            let style = inline_style(page).unwrap();
            assert!(!style.contains("{{") && !style.contains("{number}"));
        }
        assert_eq!(CSP_VALUE.to_str().unwrap().matches("'sha256-").count(), 2);
    }
}
