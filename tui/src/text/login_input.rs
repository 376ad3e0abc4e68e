//! What people copy from somewhere else: passwords, with what came along, and addresses, with where they lead.

// An address is a value: nothing is asked of a network here.
use core::net::IpAddr;

use tierup_common::trim::{strip_bom, trim_value};
use url::Url;

/// A password as it stands in a file or a line: with the blanks that it may have, without the line's end and the mark
/// that some editors put before a file.
pub fn trim_password_line(raw: &str) -> &str {
    strip_bom(raw).trim_end_matches(['\n', '\r'])
}

/// Whether an address names who comes, as in `http://user:password@host`. No part of the address of a server is meant to,
/// and such a one is not to be shown.
pub fn has_userinfo(server: &str) -> bool {
    trim_value(server).contains('@')
}

/// Whether what is sent to this address can be read on its way: it is not encrypted, and leaves this machine.
pub fn is_unencrypted_remote(server: &str) -> bool {
    // As the client reads it: it understands more than what is written as it should be.
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

    #[test]
    fn only_http_to_another_machine_is_unencrypted_remote() {
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
