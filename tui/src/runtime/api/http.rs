//! The door to a server: requests and answers as HTTP has them, within the time and the size that an honest answer has.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::DateTime;
use futures_util::StreamExt;
use reqwest::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderMap};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use tierup_common::problem::{self, Problem};
use tierup_common::time::Timestamp;
use tierup_common::trim::trim_value;
use tokio::sync::Notify;

use crate::event::{CallError, TransportError};
use crate::runtime::api::ApiError;
use crate::runtime::clock;
use crate::text::login_input::{has_userinfo, is_loopback_host};

/// An answer takes at most so long, if nobody says otherwise.
pub const DEFAULT_RESPONSE_TIMEOUT: Duration = Duration::from_secs(15);
/// A connection is made within so long.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A stream that says nothing for so long is dead: the server sends a sign of life every 15 s.
const READ_TIMEOUT: Duration = Duration::from_secs(45);
/// An answer, in bytes, at most: 200 handoffs with all their limits used, and room.
const MAX_RESPONSE_BYTES: usize = 64 * 1024 * 1024;
/// A text in an answer, in bytes, at most; no honest one has an eighth of it. A larger one would have to be looked at
/// whenever something is painted.
const MAX_STRING_BYTES: usize = 256 * 1024;
/// What is said of an answer that no honest server gives.
const TOO_LARGE_MESSAGE: &str = "the server's answer is far too large";

/// The door to a server. Clones share its connections.
#[derive(Clone)]
pub(super) struct HttpClient {
    client: reqwest::Client,
    pub(super) base_url: Url,
    pub(super) response_timeout: Duration,
    /// How far the server's clock is ahead of this machine's, in milliseconds, as its last answer had it.
    clock_skew: Arc<AtomicI64>,
    /// Rings whenever the server answers.
    pub(super) responses: Arc<Notify>,
    /// Rings when the server did not answer in time.
    pub(super) timeouts: Arc<Notify>,
}

impl HttpClient {
    /// The door of the server at this address.
    pub(super) fn new(server: &str) -> Result<Self, ApiError> {
        let address = || ApiError::InvalidAddress(server.to_owned());
        let server = trim_value(server);
        if has_userinfo(server) {
            return Err(ApiError::AddressHasUserinfo);
        }
        // A parser of addresses passes over what is broken in the middle, and would go elsewhere.
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
        // A proxy knows another loopback than this machine's.
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

    /// The same door, whose answers take at most so long.
    pub(super) fn with_timeout(self, answer_time: Duration) -> Self {
        Self { response_timeout: answer_time, ..self }
    }

    /// A request, from nobody yet.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut url = self.base_url.clone();
        url.set_path(path);
        self.client.request(method, url)
    }

    /// The answer to a request: all of it within its time.
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
        // An answer without a body is the JSON that says so.
        let body = if body.is_empty() { b"null".as_slice() } else { &body };
        serde_json::from_slice(body)
            .map_err(|_| CallError::InvalidResponse("the server's answer is not one of tierup's".into()))
    }

    /// Hears why there was no answer. If it is that time ran out, those who listen to the server look whether it is still
    /// there.
    fn note_failure(&self, failure: CallError) -> CallError {
        if failure == CallError::Unreachable(TransportError::TimedOut) {
            self.timeouts.notify_waiters();
        }
        failure
    }

    /// This moment, by the server's clock, as far as it is known.
    pub(super) fn server_now(&self) -> Timestamp {
        Timestamp::from_millis(
            clock::now().as_millis().saturating_add(self.clock_skew.load(Ordering::Relaxed)),
        )
    }

    /// A stream that has begun. It has no end; only its beginning has its time.
    pub(super) async fn open_stream(&self, request: RequestBuilder) -> Result<Response, CallError> {
        let began = async {
            let response = request.header(ACCEPT, "text/event-stream").send().await;
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
                    "this is no tierup server: it sent something else than events".into(),
                ))
            }
        };
        let began = tokio::time::timeout(self.response_timeout, began).await;
        began.unwrap_or_else(|_| Err(CallError::Unreachable(TransportError::TimedOut)))
    }
}

/// How far an answer's clock is ahead, in milliseconds. It says whole seconds, and was some time on its way: what is
/// less than that is no difference.
fn clock_skew(headers: &HeaderMap, now: Timestamp) -> Option<i64> {
    let date = headers.get(DATE)?.to_str().ok()?;
    let date = Timestamp::from(DateTime::parse_from_rfc2822(date).ok()?.to_utc());
    let skew = date.as_millis().saturating_sub(now.as_millis());
    Some(if skew.unsigned_abs() < 2000 { 0 } else { skew })
}

/// Why a server said no: its problem, or what can be said without one.
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
            CallError::unreachable(format!("the server, or a proxy before it, answered {status}"))
        }
        Ok(_) => CallError::InvalidResponse(format!("this is no tierup server: it answered {status}")),
        Err(failure) => failure,
    }
}

/// Reads a body up to a size that no honest answer has.
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

/// Whether a text in some JSON is larger than any honest one.
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

/// Why a server was not reached, in a few words and without the address, which the user knows.
fn transport_error(error: &reqwest::Error) -> CallError {
    CallError::Unreachable(if error.is_timeout() {
        TransportError::TimedOut
    } else if error.is_connect() {
        TransportError::NoConnection
    } else {
        TransportError::Other("the connection broke off".into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_go_past_a_proxy() {
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
    fn the_servers_clock_is_known_by_its_answers() {
        let now = Timestamp::from(DateTime::parse_from_rfc3339("2026-11-22T09:30:00.400Z").unwrap().to_utc());
        let of = |date: &str| clock_skew(&HeaderMap::from_iter([(DATE, date.parse().unwrap())]), now);
        assert_eq!(of("Sun, 22 Nov 2026 09:30:00 GMT"), Some(0));
        assert_eq!(of("Sun, 22 Nov 2026 10:30:00 GMT"), Some(3_599_600));
        assert_eq!(of("Sun, 22 Nov 2026 09:20:00 GMT"), Some(-600_400));
        assert_eq!(of("once upon a time"), None);
        assert_eq!(clock_skew(&HeaderMap::new(), now), None);
    }

    #[test]
    fn a_giant_text_is_found_wherever_it_stands_and_many_small_ones_are_none() {
        let giant = "x".repeat(MAX_STRING_BYTES + 1);
        assert!(has_oversized_string(serde_json::json!({"a": [{"b": giant}]}).to_string().as_bytes()));
        let small = serde_json::json!(vec!["a \"quoted\" \\ text"; 100_000]);
        assert!(!has_oversized_string(small.to_string().as_bytes()));
    }
}
