//! The HTTP client: requests and responses within limits of time and size.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::DateTime;
use futures_util::StreamExt;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use tierup_common::problem::{self, Problem};
use tierup_common::time::Timestamp;
use tierup_common::trim::trim_value;
use tokio::sync::Notify;

use crate::event::{CallError, TransportError};
use crate::runtime::api::error::ApiError;
use crate::runtime::clock;
use crate::text::login_input::{has_userinfo, is_loopback_host};

/// How long a response may take, unless the user sets another limit.
pub const DEFAULT_RESPONSE_TIMEOUT: Duration = Duration::from_secs(15);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A stream that is silent for this long is dead: the server sends a keep-alive every 15 s.
const READ_TIMEOUT: Duration = Duration::from_secs(45);
/// The largest response, in bytes: 200 handoffs at all their limits, with room to spare.
const MAX_RESPONSE_BYTES: usize = 64 * 1024 * 1024;
/// The longest string in a response, in bytes: eight times what a tierup server sends. A longer one would slow down
/// every frame.
const MAX_STRING_BYTES: usize = 256 * 1024;
const TOO_LARGE_MESSAGE: &str = "the server's response is too large";

/// An HTTP client for one server. Clones share its connections.
#[derive(Clone)]
pub(super) struct HttpClient {
    client: reqwest::Client,
    pub(super) base_url: Url,
    pub(super) response_timeout: Duration,
    /// How far the server's clock is ahead of this machine's, in milliseconds, by its last response.
    clock_skew: Arc<AtomicI64>,
    /// Notified on every response.
    pub(super) responses: Arc<Notify>,
    /// Notified when a request times out.
    pub(super) timeouts: Arc<Notify>,
}

impl HttpClient {
    /// A client for the server at this address.
    pub(super) fn new(server: &str) -> Result<Self, ApiError> {
        let address = || ApiError::InvalidAddress(server.to_owned());
        let server = trim_value(server);
        if has_userinfo(server) {
            return Err(ApiError::AddressHasUserinfo);
        }
        // The URL parser skips line breaks inside an address, which would then lead elsewhere.
        if server.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(address());
        }
        let mut url: Url = server.parse().map_err(|_| address())?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(address());
        }
        url.set_path("/");
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect::<rustls::RootCertStore>();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map(|builder| builder.with_root_certificates(roots).with_no_client_auth());
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("tierup/", env!("CARGO_PKG_VERSION")));
        // A proxy's loopback is not this machine's.
        if is_loopback_host(url.host_str().unwrap_or_default()) {
            builder = builder.no_proxy();
        }
        if let Ok(tls) = tls {
            builder = builder.tls_backend_preconfigured(tls);
        }
        Ok(Self {
            client: builder.build()?,
            base_url: url,
            response_timeout: DEFAULT_RESPONSE_TIMEOUT,
            clock_skew: Arc::default(),
            responses: Arc::default(),
            timeouts: Arc::default(),
        })
    }

    /// The same, with another limit for the time of a response.
    pub(super) fn with_timeout(self, response_timeout: Duration) -> Self {
        Self { response_timeout, ..self }
    }

    /// The URL of a path on the server.
    pub(super) fn url(&self, path: &str) -> Url {
        let mut url = self.base_url.clone();
        url.set_path(path);
        url
    }

    /// A request without a token.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    /// A request to a URL, without a token.
    pub(super) fn request_url(&self, method: Method, url: &str) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends a request and parses the response; the time limit is for all of it.
    pub(super) async fn fetch<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, CallError> {
        let response = request.timeout(self.response_timeout).send().await;
        let response = response.map_err(|error| self.note_failure(transport_error(&error)))?;
        self.responses.notify_waiters();
        if let Some(skew) = clock_skew(response.headers(), clock::now()) {
            self.clock_skew.store(skew, Ordering::Relaxed);
        }
        if !response.status().is_success() {
            return Err(error_from_response(response).await);
        }
        let body = read_body(response).await.map_err(|failure| self.note_failure(failure))?;
        if has_oversized_string(&body) {
            return Err(CallError::InvalidResponse(TOO_LARGE_MESSAGE.into()));
        }
        // An empty response is `()`.
        let body = if body.is_empty() { b"null".as_slice() } else { &body };
        serde_json::from_slice(body)
            .map_err(|_| CallError::InvalidResponse("the response is not from a tierup server".into()))
    }

    /// Passes a failure on. After a timeout, streams check whether the server is still there.
    fn note_failure(&self, failure: CallError) -> CallError {
        if failure == CallError::Unreachable(TransportError::TimedOut) {
            self.timeouts.notify_waiters();
        }
        failure
    }

    /// Now, by the server's clock.
    pub(super) fn server_now(&self) -> Timestamp {
        Timestamp::from_millis(
            clock::now().as_millis().saturating_add(self.clock_skew.load(Ordering::Relaxed)),
        )
    }

    /// Sends the request of an event stream. Only its beginning has a time limit.
    pub(super) async fn open_stream(&self, request: RequestBuilder) -> Result<Response, CallError> {
        let began = async {
            let response = request.send().await;
            let response = response.map_err(|error| transport_error(&error))?;
            if response.status() != StatusCode::OK {
                return Err(error_from_response(response).await);
            }
            self.responses.notify_waiters();
            let kind = response.headers().get(CONTENT_TYPE).map(|kind| kind.as_bytes().to_owned());
            if kind.is_some_and(|kind| kind.starts_with(b"text/event-stream")) {
                Ok(response)
            } else {
                Err(CallError::InvalidResponse(
                    "not a tierup server: the response is not an event stream".into(),
                ))
            }
        };
        let began = tokio::time::timeout(self.response_timeout, began).await;
        began.unwrap_or_else(|_| Err(CallError::Unreachable(TransportError::TimedOut)))
    }
}

/// How far the clock of a response is ahead, in milliseconds. `Date` has whole seconds and took some time to arrive, so
/// less than two seconds count as none.
fn clock_skew(headers: &HeaderMap, now: Timestamp) -> Option<i64> {
    let date = headers.get(DATE)?.to_str().ok()?;
    let date = Timestamp::from(DateTime::parse_from_rfc2822(date).ok()?.to_utc());
    let skew = date.as_millis().saturating_sub(now.as_millis());
    Some(if skew.unsigned_abs() < 2000 { 0 } else { skew })
}

/// The error of a response that is not a success: its problem, or its status.
async fn error_from_response(response: Response) -> CallError {
    let status = response.status();
    let is_problem = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes() == problem::CONTENT_TYPE.as_bytes());
    let body = read_body(response).await;
    match body.map(|body| serde_json::from_slice::<Problem>(&body)) {
        Ok(Ok(problem)) if is_problem => CallError::Problem(Box::new(problem)),
        Ok(_) if status.is_server_error() => {
            CallError::unreachable(format!("the server or its proxy returned {status}"))
        }
        Ok(_) => CallError::InvalidResponse(format!("not a tierup server: it returned {status}")),
        Err(failure) => failure,
    }
}

/// Reads a body of at most [`MAX_RESPONSE_BYTES`].
async fn read_body(response: Response) -> Result<Vec<u8>, CallError> {
    let too_large = || CallError::InvalidResponse(TOO_LARGE_MESSAGE.into());
    let announced = usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(usize::MAX);
    if announced > MAX_RESPONSE_BYTES {
        return Err(too_large());
    }
    let mut body = Vec::with_capacity(announced.min(1024 * 1024));
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| transport_error(&error))?;
        if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Whether JSON holds a string of more than [`MAX_STRING_BYTES`].
fn has_oversized_string(json: &[u8]) -> bool {
    let (mut begin, mut escaped) = (None, false);
    for (place, byte) in json.iter().enumerate() {
        match (begin, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(from), b'"') if place - from > MAX_STRING_BYTES => return true,
            (Some(_), b'"') => begin = None,
            (None, b'"') => begin = Some(place),
            (Some(_) | None, _) => {}
        }
    }
    false
}

/// Why a server was not reached, without the address, which the user knows.
fn transport_error(error: &reqwest::Error) -> CallError {
    CallError::Unreachable(if error.is_timeout() {
        TransportError::TimedOut
    } else if error.is_connect() {
        TransportError::NoConnection
    } else {
        TransportError::Other("connection lost".into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_bypass_a_proxy() {
        for ours in ["http://localhost:7890", "http://127.0.0.1", "http://127.8.9.1/", "https://[::1]:1"] {
            let url: Url = ours.parse().unwrap();
            assert!(is_loopback_host(url.host_str().unwrap()), "{ours}");
        }
        for theirs in
            ["http://tierup.test", "http://localhost.test", "http://192.168.0.1", "http://[fe80::1]"]
        {
            let url: Url = theirs.parse().unwrap();
            assert!(!is_loopback_host(url.host_str().unwrap()), "{theirs}");
        }
    }

    #[test]
    fn the_servers_clock_is_read_from_its_responses() {
        let now = Timestamp::from(DateTime::parse_from_rfc3339("2026-11-22T09:30:00.400Z").unwrap().to_utc());
        let of = |date: &str| clock_skew(&HeaderMap::from_iter([(DATE, date.parse().unwrap())]), now);
        assert_eq!(of("Sun, 22 Nov 2026 09:30:00 GMT"), Some(0));
        assert_eq!(of("Sun, 22 Nov 2026 10:30:00 GMT"), Some(3_599_600));
        assert_eq!(of("Sun, 22 Nov 2026 09:20:00 GMT"), Some(-600_400));
        assert_eq!(of("once upon a time"), None);
        assert_eq!(clock_skew(&HeaderMap::new(), now), None);
    }

    #[test]
    fn one_giant_string_is_found_and_many_small_ones_are_fine() {
        let giant = "x".repeat(MAX_STRING_BYTES + 1);
        assert!(has_oversized_string(serde_json::json!({"a": [{"b": giant}]}).to_string().as_bytes()));
        let small = serde_json::json!(vec!["a \"quoted\" \\ text"; 100_000]);
        assert!(!has_oversized_string(small.to_string().as_bytes()));
    }
}
