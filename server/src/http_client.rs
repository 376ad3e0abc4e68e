//! The client for outgoing requests: to the addresses in the settings, but never to cloud metadata services, which
//! return credentials. Proxies in the environment are ignored: a proxy resolves names itself, past the check in here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Why a client cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum HttpClientError {
    /// The address must not be called.
    #[error("{0} is a link-local or metadata address\nhint: use another endpoint")]
    ForbiddenAddress(IpAddr),
    /// The library's error.
    #[error("http client: {0}")]
    Build(#[from] reqwest::Error),
}

/// A client for one URL. It follows no redirects, never connects to link-local or metadata addresses, and calls this
/// machine without the proxy. Callers set timeouts.
pub(crate) fn build_client(
    url: &url::Url,
    proxy: Option<&url::Url>,
) -> Result<reqwest::Client, HttpClientError> {
    let named = [literal_ip(url), proxy.and_then(literal_ip)];
    if let Some(ip) = named.into_iter().flatten().find(|ip| is_forbidden(*ip)) {
        return Err(HttpClientError::ForbiddenAddress(ip));
    }
    let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect::<rustls::RootCertStore>();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_root_certificates(roots).with_no_client_auth());
    let mut builder = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .dns_resolver(FilteringResolver);
    if let Some(proxy) = proxy.filter(|_| !is_loopback(url)) {
        builder = builder.proxy(reqwest::Proxy::all(proxy.clone())?);
    }
    if let Ok(tls) = tls {
        builder = builder.tls_backend_preconfigured(tls);
    }
    Ok(builder.build()?)
}

/// The IP address in a URL, if its host is one.
fn literal_ip(url: &url::Url) -> Option<IpAddr> {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
        Some(url::Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
        Some(url::Host::Domain(_)) | None => None,
    }
}

/// Whether a URL leads to this machine.
fn is_loopback(url: &url::Url) -> bool {
    match literal_ip(url) {
        Some(ip) => ip.to_canonical().is_loopback(),
        None => url.domain().is_some_and(|name| name == "localhost" || name.ends_with(".localhost")),
    }
}

/// Whether clouds return credentials at this address: link-local addresses and a few others, in any IPv6 notation of an
/// IPv4 address.
fn is_forbidden(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_forbidden_v4(ip),
        IpAddr::V6(ip) => {
            ip.is_unicast_link_local()
                || METADATA_V6.iter().any(|metadata| ip == Ipv6Addr::from(*metadata))
                || embedded_ipv4(ip).into_iter().any(is_forbidden_v4)
                // A NAT64 gateway may use any prefix: check the last four bytes of every address.
                || METADATA_V4.contains(&last_four_bytes(ip))
        }
    }
}

fn is_forbidden_v4(ip: Ipv4Addr) -> bool {
    ip.is_link_local() || METADATA_V4.contains(&ip)
}

/// IPv4 metadata addresses that are not link-local: Alibaba, Oracle and Azure.
const METADATA_V4: [Ipv4Addr; 4] = [
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
    Ipv4Addr::new(168, 63, 129, 16),
];

/// IPv6 metadata addresses that are not link-local: AWS, Google and Scaleway.
const METADATA_V6: [[u16; 8]; 3] = [
    [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254],
    [0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254],
    [0xfd00, 0x0042, 0, 0, 0, 0, 0, 0x0042],
];

/// The IPv4 addresses that an IPv6 address may embed.
fn embedded_ipv4(ip: Ipv6Addr) -> Vec<Ipv4Addr> {
    let bytes = ip.octets();
    let four = |at: [usize; 4]| Ipv4Addr::from(at.map(|at| bytes[at]));
    match ip.segments() {
        // ::a.b.c.d, ::ffff:a.b.c.d, ::ffff:0:a.b.c.d, 64:ff9b::a.b.c.d (NAT64) and …:0:5efe:a.b.c.d (ISATAP)
        [0, 0, 0, 0, 0, 0 | 0xffff, ..]
        | [0, 0, 0, 0, 0xffff, 0, ..]
        | [0x0064, 0xff9b, 0, 0, 0, 0, ..]
        | [_, _, _, _, 0 | 0x0200, 0x5efe, ..] => vec![last_four_bytes(ip)],
        // 64:ff9b:1::/48 (local-use NAT64), at every offset of RFC 6052; byte 8 is reserved.
        [0x0064, 0xff9b, 1, ..] => {
            vec![four([6, 7, 9, 10]), four([7, 9, 10, 11]), four([9, 10, 11, 12]), last_four_bytes(ip)]
        }
        // 2002:a.b.c.d:: (6to4)
        [0x2002, ..] => vec![four([2, 3, 4, 5])],
        // 2001:0: (Teredo): the server, and the client with all bits inverted.
        [0x2001, 0, ..] => {
            vec![four([4, 5, 6, 7]), Ipv4Addr::from(last_four_bytes(ip).octets().map(|byte| !byte))]
        }
        _ => Vec::new(),
    }
}

fn last_four_bytes(ip: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = ip.octets();
    Ipv4Addr::new(a, b, c, d)
}

/// Resolves names, and drops addresses that must not be called.
struct FilteringResolver;

impl Resolve for FilteringResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| !is_forbidden(address.ip())).collect();
            if allowed.is_empty() {
                return Err(format!("{} resolves to forbidden addresses only", name.as_str()).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_addresses_are_blocked_in_every_notation() {
        for host in [
            "169.254.169.254",
            "2852039166",
            "0xa9.0xfe.0xa9.0xfe",
            "169.254.1.1",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
            "[fe80::1]",
            "[fd00:ec2::254]",
            "[fd20:ce::254]",
            "[fd00:42::42]",
            "[::ffff:169.254.169.254]",
            "[::ffff:0:169.254.169.254]",
            "[::ffff:100.100.100.200]",
            "[::169.254.169.254]",
            "[::100.100.100.200]",
            "[64:ff9b::169.254.169.254]",
            "[64:ff9b::a9fe:1]",
            "[64:ff9b::100.100.100.200]",
            "[64:ff9b:1::169.254.169.254]",
            "[64:ff9b:1:a9fe:a9:fe00::]",
            "[64:ff9b:1:a9:fe:a9fe::]",
            "[64:ff9b:1:0:a9:fea9:fe00:0]",
            "[2002:a9fe:a9fe::1]",
            "[2002:6464:64c8::]",
            "[2001:0:a9fe:a9fe::1]",
            "[2001:0:4136:e378:8000:63bf:5601:5601]",
            "[2001:db8::5efe:169.254.1.1]",
            "[2001:db8:64::169.254.169.254]",
        ] {
            let refused = build_client(&format!("http://{host}/latest").parse().unwrap(), None);
            assert!(matches!(refused, Err(HttpClientError::ForbiddenAddress(_))), "{host}");
        }
        let elsewhere = "http://acme.test/".parse().unwrap();
        let proxy = "http://[64:ff9b::169.254.169.254]:3128/".parse().unwrap();
        assert!(build_client(&elsewhere, Some(&proxy)).is_err());
    }

    #[test]
    fn other_addresses_are_allowed_in_every_notation() {
        for host in [
            "127.0.0.1:11434",
            "[::1]",
            "10.0.0.7",
            "100.64.0.1",
            "[64:ff9b::8.8.8.8]",
            "[2002:808:808::1]",
            "[2001:4860:4860::8888]",
            "[fd00::7]",
            "acme.test",
        ] {
            build_client(&format!("http://{host}/v1").parse().unwrap(), None).unwrap();
        }
    }

    #[tokio::test]
    async fn a_host_that_resolves_only_to_metadata_addresses_is_blocked() {
        // IP addresses are resolved without a DNS query.
        let look_up =
            async |name: &str| FilteringResolver.resolve(name.parse().unwrap()).await.map(Iterator::count);
        assert!(look_up("169.254.169.254").await.is_err());
        assert!(look_up("64:ff9b::a9fe:a9fe").await.is_err());
        assert_eq!(look_up("127.0.0.1").await.unwrap(), 1);
    }
}
