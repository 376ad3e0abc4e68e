//! Requests that this server makes: to addresses from the owner's configuration, and never to where a cloud keeps
//! its machines' secrets. By way of a proxy only if the configuration names one: the environment's is not heeded,
//! because a proxy looks names up itself, past the check that is made here.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum OutgoingError {
    /// The address is one that is never called.
    #[error("{0} is a link-local or metadata address; use another endpoint")]
    Forbidden(IpAddr),
    /// The client cannot be built.
    #[error("http client: {0}")]
    Client(#[from] reqwest::Error),
}

/// A client for one address that follows no redirects and never calls link-local addresses. What is on this machine is
/// called past the proxy, if there is one. The caller sets deadlines.
pub(crate) fn client(url: &url::Url, proxy: Option<&url::Url>) -> Result<reqwest::Client, OutgoingError> {
    let literal = literal(url);
    if let Some(ip) = literal.filter(|ip| is_forbidden(*ip)) {
        return Err(OutgoingError::Forbidden(ip));
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
        .dns_resolver(PublicNames);
    if let Some(proxy) = proxy.filter(|_| !is_here(url)) {
        builder = builder.proxy(reqwest::Proxy::all(proxy.clone())?);
    }
    if let Ok(tls) = tls {
        builder = builder.tls_backend_preconfigured(tls);
    }
    Ok(builder.build()?)
}

/// The address that a URL names outright.
fn literal(url: &url::Url) -> Option<IpAddr> {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
        Some(url::Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
        Some(url::Host::Domain(_)) | None => None,
    }
}

/// Whether an address is one of this machine.
fn is_here(url: &url::Url) -> bool {
    match literal(url) {
        Some(ip) => ip.to_canonical().is_loopback(),
        None => url.domain().is_some_and(|name| name == "localhost" || name.ends_with(".localhost")),
    }
}

/// `169.254.0.0/16` and `fe80::/10`: where clouds answer with credentials.
fn is_forbidden(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local() || ip == std::net::Ipv6Addr::from(AWS_METADATA),
    }
}

/// `fd00:ec2::254`, the one metadata address that is not link-local.
const AWS_METADATA: [u16; 8] = [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254];

/// Looks names up, and passes over addresses that are never called.
struct PublicNames;

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| !is_forbidden(address.ip())).collect();
            if allowed.is_empty() {
                return Err(format!("{} has no address that may be called", name.as_str()).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_addresses_are_never_called() {
        for url in [
            "http://169.254.169.254/latest",
            "http://[fe80::1]/",
            "http://[::ffff:169.254.169.254]/",
            "http://[fd00:ec2::254]/",
        ] {
            let refused = client(&url.parse().unwrap(), None);
            assert!(matches!(refused, Err(OutgoingError::Forbidden(_))), "{url}");
        }
        client(&"http://127.0.0.1:11434/v1".parse().unwrap(), None).unwrap();
    }
}
