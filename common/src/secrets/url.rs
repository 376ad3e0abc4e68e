//! Passwords in URLs: `scheme://user:password@host`.

use crate::secrets::kind::{Secret, SecretKind};
use crate::secrets::value::is_placeholder;

const SCHEME_END: &str = "://";

pub(super) fn find(text: &str, found: &mut Vec<Secret>) {
    let mut schemes = text.match_indices(SCHEME_END).map(|(at, _)| at + SCHEME_END.len()).peekable();
    while let Some(start) = schemes.next() {
        // Each URL is read once, even if another follows without a space.
        let next = schemes.peek().map_or(text.len(), |next| next - SCHEME_END.len());
        let rest = &text[start..next];
        let url = rest.split(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '`')).next();
        if let Some(length) = url.and_then(userinfo_length)
            && let Some(colon) = rest[..length].find(':')
            && !is_placeholder(&rest[colon + 1..length])
        {
            found.push(Secret { range: start + colon + 1..start + length, kind: SecretKind::Password });
        }
    }
}

/// The length of `user:password` before the `@` of a URL. A password may contain the signs that should be encoded.
fn userinfo_length(url: &str) -> Option<usize> {
    let path = url.find(['/', '?', '#']).unwrap_or(url.len());
    if let Some(at) = url[..path].rfind('@') {
        // A password may contain what ends it: `user:x@1#y@host`. Rather too much is marked than a part of it is left.
        return if url[..at].contains(':') { url.rfind('@') } else { Some(at) };
    }
    // In `host:5000/image@sha256` and `[::1]/a@b`, it belongs to the path.
    let (_, port) = url[..path].split_once(':').filter(|_| !url.starts_with('['))?;
    if port.bytes().all(|byte| byte.is_ascii_digit()) { None } else { url.rfind('@') }
}
