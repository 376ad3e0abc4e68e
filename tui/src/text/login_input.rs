//! What people paste into a log-in: passwords and server addresses.

// An address is only a value: nothing here uses the network.
use core::net::IpAddr;
use std::borrow::Cow;

use tierup_common::trim::{strip_bom, trim_value};
use url::Url;

/// The password in a line or a file: without the line break and a byte order mark. Its spaces are kept.
pub fn trim_password_line(raw: &str) -> &str {
    strip_bom(raw).trim_end_matches(['\n', '\r'])
}

/// A server's address with its scheme, which may be left out where the rest is clear: `127.0.0.1:7890` is this machine,
/// and any other host is reached by https.
pub fn with_scheme(server: &str) -> Cow<'_, str> {
    let server = trim_value(server);
    let authority = server.trim_end_matches('/');
    let is_port = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if is_port(port) => host,
        Some(_) | None => authority,
    };
    let is_name = !host.is_empty() && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
    let is_host = is_name || host.starts_with('[') && host.ends_with(']');
    // A single word may be anything.
    let is_clear = host.len() < authority.len() || host.contains('.') || is_loopback_host(host);
    if !is_host || !is_clear {
        return server.into();
    }
    let scheme = if is_loopback_host(host) { "http" } else { "https" };
    format!("{scheme}://{server}").into()
}

/// Whether an address holds a user or a password, as in `http://user:password@host`. A server's address needs neither,
/// and one that holds them must not be shown.
pub fn has_userinfo(server: &str) -> bool {
    trim_value(server).contains('@')
}

/// Whether requests to this address leave this machine unencrypted.
pub fn is_unencrypted_remote(server: &str) -> bool {
    // Parsed as the HTTP client does, which accepts sloppy addresses too.
    let Ok(url) = trim_value(server).parse::<Url>() else { return false };
    url.scheme() == "http" && url.host_str().is_some_and(|host| !is_loopback_host(host))
}

/// Whether a host is this machine.
pub fn is_loopback_host(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_keeps_its_spaces_and_quotes() {
        assert_eq!(trim_password_line("\u{feff} \"it's\" \r\n"), " \"it's\" ");
    }

    /// Seen to fail: with http for every host.
    #[test]
    fn an_address_without_a_scheme_is_completed_where_it_is_clear() {
        for (typed, whole) in [
            ("127.0.0.1:7890", "http://127.0.0.1:7890"),
            (" localhost ", "http://localhost"),
            ("[::1]:7890", "http://[::1]:7890"),
            ("tierup.acme.test", "https://tierup.acme.test"),
            ("10.0.0.1:7890/", "https://10.0.0.1:7890/"),
            ("queue:443", "https://queue:443"),
        ] {
            assert_eq!(with_scheme(typed), whole);
        }
        for other in [
            "",
            "acme",
            "http://acme.test",
            "https://127.0.0.1",
            "ftp://x",
            "sam:pw@acme.test",
            "http:acme.test",
            "::1",
        ] {
            assert_eq!(with_scheme(other), other);
        }
    }

    #[test]
    fn only_plain_http_to_another_host_is_unencrypted_remote() {
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
            assert!(is_unencrypted_remote(address), "{address}");
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
            assert!(!is_unencrypted_remote(address), "{address}");
        }
    }
}
