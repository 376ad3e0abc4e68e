//! The address that a request comes from.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{FromRef, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::error::ApiError;

/// The client's IP address. Behind a proxy: the last entry of `X-Forwarded-For`, which the proxy itself added. Otherwise,
/// or if that entry cannot be parsed: the address of the connection.
pub struct ClientIp(pub IpAddr);

/// The remote address of a connection.
#[derive(Clone, Copy, Debug)]
pub struct PeerAddr(pub SocketAddr);

/// Whether a proxy stands in front of this server, so that `X-Forwarded-For` is trusted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BehindProxy(pub bool);

impl<S: Sync> FromRequestParts<S> for ClientIp
where
    BehindProxy: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let BehindProxy(behind_proxy) = BehindProxy::from_ref(state);
        let forwarded = behind_proxy.then(|| forwarded_for(&parts.headers)).flatten();
        let peer = || parts.extensions.get::<PeerAddr>().map(|peer| peer.0.ip());
        let address = forwarded.or_else(peer);
        address.map(Self).ok_or_else(|| ApiError::internal(&"the request has no remote address"))
    }
}

/// The client's address as the nearest proxy wrote it: with or without a port, IPv6 with or without brackets.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let last = last.rsplit(',').next()?.trim();
    let bracketed = last.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Some(address) = bracketed {
        return address.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    last.parse().ok().or_else(|| Some(last.parse::<SocketAddr>().ok()?.ip()))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;

    #[test]
    fn the_client_ip_is_read_from_every_form_of_x_forwarded_for() {
        let says = |values: &[&str]| {
            let values = values.iter().map(|value| HeaderValue::from_bytes(value.as_bytes()).unwrap());
            let name = header::HeaderName::from_static("x-forwarded-for");
            let headers: HeaderMap = values.map(|value| (name.clone(), value)).collect();
            forwarded_for(&headers).map(|address| address.to_string())
        };
        for (values, address) in [
            (&["203.0.113.9"][..], "203.0.113.9"),
            (&["203.0.113.9:50123"], "203.0.113.9"),
            (&["2001:db8::1"], "2001:db8::1"),
            (&["[2001:db8::1]"], "2001:db8::1"),
            (&["[2001:db8::1]:50123"], "2001:db8::1"),
            (&["198.51.100.7, 203.0.113.9:50123"], "203.0.113.9"),
            (&["198.51.100.7,203.0.113.9 "], "203.0.113.9"),
            (&["unknown, 203.0.113.9"], "203.0.113.9"),
            (&["198.51.100.7", "203.0.113.9"], "203.0.113.9"),
        ] {
            assert_eq!(says(values).as_deref(), Some(address), "{values:?}");
        }
        let unreadable = ["", "unknown", "_hidden", "203.0.113.9,", "203.0.113.9:", "203.0.113.9:99999"];
        let others = ["[203.0.113.9]", "fe80::1%eth0", "\u{2460}", "203.0.113.9, unknown", "203.0.113.9;x"];
        for value in unreadable.into_iter().chain(others) {
            assert_eq!(says(&[value]), None, "{value:?}");
            assert_eq!(says(&["203.0.113.9", value]), None, "what came before is not the proxy's word");
        }
        assert_eq!(says(&[]), None);
    }
}
