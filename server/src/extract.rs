//! What a handler asks a request for, and the guard that every route stands behind.
//!
//! The guard finds the caller, asks for the route's role and takes the body in, within its limits; only then the
//! handler's extractors run. Each of them answers in the form of a problem.

mod body_text;

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use tierup_common::limit;
use tierup_common::object::deserialize_object;
use tierup_common::problem::{Code, FieldError};
use tierup_common::redact;
use tierup_common::route;
use tierup_common::user::Role;
use url::form_urlencoded;

use crate::app::App;
use crate::auth::{AuthorizedCaller, bearer_token};
use crate::domain::Refusal;
use crate::domain::validation::{Validate, Validator};
use crate::error::{ApiError, ApiResult};
use crate::store::IdempotencyKey;

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// What the guard of a route goes by.
#[derive(Clone)]
pub struct GuardState {
    /// The server.
    pub app: App,
    /// Who may call.
    pub access: Access,
    /// Whether there is a body.
    pub takes_body: bool,
    /// How many bytes a body may have.
    pub max_body_bytes: usize,
}

/// Who may call a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Anybody, with or without a token.
    Public,
    /// Users with at least this role.
    AtLeast(Role),
}

/// The body as it came; empty where a route takes none.
#[derive(Clone)]
struct RawBody(Bytes);

/// Lets a request through to its handler, or answers in its place. The answer carries which route it was.
pub async fn guard(
    State(gate): State<GuardState>,
    matched: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let mut response = admit_request(&gate, &matched, request, next).await.into_response();
    response.extensions_mut().insert(matched);
    response
}

async fn admit_request(
    gate: &GuardState,
    matched: &MatchedPath,
    request: Request,
    next: Next,
) -> ApiResult<Response> {
    let GuardState { app, access, takes_body, max_body_bytes: most } = gate;
    let (mut parts, body) = request.into_parts();
    let mut under_way = None;
    if let Access::AtLeast(least) = *access {
        let authorization = single_header_text(&parts.headers, header::AUTHORIZATION.as_str())?;
        let caller = app.authenticator.authenticate(&app.store, &app.clock, authorization, least).await?;
        app.limits.check_request_rate(caller.id)?;
        // A stream is under way for as long as its user likes; how many they have open is looked at where it is opened.
        if matched.as_str() != route::STREAM.0 {
            under_way = Some(app.limits.begin_request(caller.id)?);
        }
        parts.extensions.insert(caller);
    }
    if matches!(parts.method, Method::POST | Method::PUT | Method::PATCH) {
        // From before the first look at the body: that look tells a client that waits for it to go on.
        let is_late = app.clock.sleep(BODY_TIMEOUT);
        let body = tokio::select! {
            biased;
            body = Limited::new(body, *most).collect() => body,
            () = is_late => {
                return Err(ApiError::new(Code::BadRequest, "the body took too long to arrive"));
            }
        };
        let body = match body {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                let detail = format!("a body may have {} KiB here", most / 1024);
                return Err(ApiError::new(Code::PayloadTooLarge, detail));
            }
            Err(_) => return Err(ApiError::new(Code::BadRequest, "the body broke off")),
        };
        if !takes_body && !is_empty_body(&body) {
            return Err(ApiError::new(Code::BadRequest, "body: this call takes none"));
        }
        parts.extensions.insert(RawBody(body));
        if let Access::AtLeast(least) = *access {
            // A body may take its time: whoever was put out meanwhile is out.
            let authorization = single_header_text(&parts.headers, header::AUTHORIZATION.as_str())?;
            let caller = app.authenticator.authenticate(&app.store, &app.clock, authorization, least).await?;
            parts.extensions.insert(caller);
        }
    }
    let response = next.run(Request::from_parts(parts, axum::body::Body::empty())).await;
    Ok(match under_way {
        Some(under_way) => under_way.hold_until_sent(response),
        None => response,
    })
}

/// Whether a body is empty, null, or an object without fields: many clients cannot send less.
fn is_empty_body(body: &[u8]) -> bool {
    let is_empty = |object: Option<serde_json::Map<_, _>>| object.is_none_or(|object| object.is_empty());
    let text = body_text::decode(body).map(str::trim_ascii);
    text.is_ok_and(|text| text.is_empty() || serde_json::from_str(text).is_ok_and(is_empty))
}

/// The one value of a header that must not be there twice.
pub fn single_header<'h>(headers: &'h HeaderMap, name: &str) -> ApiResult<Option<&'h HeaderValue>> {
    let mut values = headers.get_all(name).iter();
    let value = values.next();
    if values.next().is_some() {
        return Err(ApiError::new(Code::BadRequest, format!("the header {name} is there twice")));
    }
    Ok(value)
}

/// The same as text.
fn single_header_text<'h>(headers: &'h HeaderMap, name: &str) -> ApiResult<Option<&'h str>> {
    let text = single_header(headers, name)?.map(HeaderValue::to_str).transpose();
    text.map_err(|_| ApiError::new(Code::BadRequest, format!("the header {name} must be visible ASCII")))
}

/// Refuses a request that does not name its host once (RFC 9112, section 3.2): of two hosts a proxy may have gone by
/// the other.
pub async fn require_single_host(request: Request, next: Next) -> Response {
    match single_header(request.headers(), header::HOST.as_str()) {
        Ok(None) if request.version() == Version::HTTP_11 => {
            ApiError::new(Code::BadRequest, "the header host is missing").into_response()
        }
        Ok(_) => next.run(request).await,
        Err(twice) => twice.into_response(),
    }
}

impl FromRequestParts<App> for App {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(app.clone())
    }
}

/// The caller whom the guard let through.
pub struct CurrentCaller(pub AuthorizedCaller);

impl FromRequestParts<App> for CurrentCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> ApiResult<Self> {
        let caller = parts.extensions.get::<AuthorizedCaller>();
        caller.cloned().map(Self).ok_or_else(|| ApiError::internal(&"a public route asks for its caller"))
    }
}

/// The token that the caller came with.
pub struct BearerToken(pub SecretString);

impl FromRequestParts<App> for BearerToken {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> ApiResult<Self> {
        let authorization = single_header_text(&parts.headers, header::AUTHORIZATION.as_str())?;
        Ok(Self(bearer_token(authorization)?.into()))
    }
}

/// The network address a request comes from, as far as it can be believed: behind a proxy the last that the proxy
/// added to `X-Forwarded-For`; where there is none that can be read, and without a proxy, the connection's own.
pub struct ClientIp(pub IpAddr);

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct PeerAddr(pub SocketAddr);

impl FromRequestParts<App> for ClientIp {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        let forwarded = app.behind_proxy.then(|| forwarded_for(&parts.headers)).flatten();
        let remote = || parts.extensions.get::<PeerAddr>().map(|remote| remote.0.ip());
        let peer = forwarded.or_else(remote);
        peer.map(Self).ok_or_else(|| ApiError::internal(&"a request comes from nowhere"))
    }
}

/// Whom the nearest proxy has heard the request from, as it wrote it: an address, alone or with a port.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let last = last.rsplit(',').next()?.trim();
    let bracketed = last.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Some(address) = bracketed {
        return address.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    last.parse().ok().or_else(|| Some(last.parse::<SocketAddr>().ok()?.ip()))
}

/// The ids in the path. One that cannot be an id names nothing: not found, as any other that names nothing.
pub struct PathParams<T>(pub T);

impl<T: PathIds> FromRequestParts<App> for PathParams<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        let raw = RawPathParams::from_request_parts(parts, app).await;
        let raw = raw.map_err(|_| Refusal::NotFound)?;
        let values: Vec<&str> = raw.iter().map(|(_, value)| value).collect();
        Ok(Self(T::parse(&values).ok_or(Refusal::NotFound)?))
    }
}

/// One id, or two.
pub trait PathIds: Sized {
    /// Reads them, in the order of the path.
    fn parse(values: &[&str]) -> Option<Self>;
}

impl<A: std::str::FromStr> PathIds for A {
    fn parse(values: &[&str]) -> Option<Self> {
        values.first()?.parse().ok()
    }
}

/// Two ids of one path.
pub struct PathPair<A, B>(pub A, pub B);

impl<A: std::str::FromStr, B: std::str::FromStr> PathIds for PathPair<A, B> {
    fn parse(values: &[&str]) -> Option<Self> {
        Some(Self(values.first()?.parse().ok()?, values.get(1)?.parse().ok()?))
    }
}

/// The query string.
pub struct QueryParams<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for QueryParams<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> ApiResult<Self> {
        parse_query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// What a query string says. What is there without a value is as good as absent: forms and scripts send it so.
pub fn parse_query<T: DeserializeOwned>(query: &str) -> ApiResult<T> {
    let said = form_urlencoded::parse(query.as_bytes()).filter(|(_, value)| !value.is_empty());
    let said = form_urlencoded::Serializer::new(String::new()).extend_pairs(said).finish();
    let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(said.as_bytes()));
    serde_path_to_error::deserialize(reader)
        .map_err(|error| field_error("query", &error.path().to_string(), error.inner()))
}

/// The body, as JSON whose fields obey their rules.
pub struct ValidJson<T>(pub T);

impl<T: DeserializeOwned + Validate> FromRequestParts<App> for ValidJson<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> ApiResult<Self> {
        let content_type = single_header_text(&parts.headers, header::CONTENT_TYPE.as_str())?;
        let media = content_type.and_then(|value| value.split(';').next()).map(str::trim);
        if !media.is_some_and(|media| media.eq_ignore_ascii_case("application/json")) {
            let detail = "send JSON, with `Content-Type: application/json`";
            return Err(ApiError::new(Code::UnsupportedMediaType, detail));
        }
        body_text::ensure_identity_encoding(&parts.headers)?;
        let body = raw_body(parts);
        let mut reader = serde_json::Deserializer::from_str(body_text::decode(&body)?);
        let mut track = serde_path_to_error::Track::new();
        let tracked = serde_path_to_error::Deserializer::new(&mut reader, &mut track);
        let read: Result<T, _> = deserialize_object(tracked);
        let value = read.map_err(|error| {
            let path = track.path().to_string();
            // Where JSON itself breaks off, no field is to blame.
            if error.is_data() {
                field_error("body", &path, &error)
            } else {
                unreadable_error("body", &path, &error)
            }
        })?;
        reader.end().map_err(|error| unreadable_error("body", ".", &error))?;
        let mut check = Validator::default();
        value.validate(&mut check);
        check.finish()?;
        Ok(Self(value))
    }
}

fn raw_body(parts: &Parts) -> Bytes {
    parts.extensions.get::<RawBody>().map(|body| body.0.clone()).unwrap_or_default()
}

fn unreadable_error(source: &str, path: &str, error: &dyn std::fmt::Display) -> ApiError {
    let field = if is_root_path(path) { source.to_owned() } else { format!("{source}, {path}") };
    ApiError::new(Code::BadRequest, format!("{field}: {}", redact_value(&error.to_string())))
}

/// What is wrong, without a value of the wrong type: a password may be it, and answers are logged by those who ask.
fn redact_value(error: &str) -> String {
    if !error.starts_with("invalid ") {
        return error.to_owned();
    }
    match error.rsplit_once(" at line ") {
        Some((error, place)) => format!("{} at line {place}", redact::redact_message(error)),
        None => redact::redact_message(error),
    }
}

/// The same, with the field that is to blame as a rule's breach has it.
fn field_error(source: &str, path: &str, error: &dyn std::fmt::Display) -> ApiError {
    let mut answer = unreadable_error(source, path, error);
    let error = redact_value(&error.to_string());
    // Where in the text it stands is of no use to who looks at the field.
    let message = error.split_once(" at line ").map_or(error.as_str(), |(message, _)| message);
    let path = Some(path).filter(|path| !is_root_path(path));
    let missing = ["missing field `", "unknown field `"].iter().find_map(|begin| message.strip_prefix(begin));
    let missing = missing.and_then(|rest| rest.split('`').next());
    let field = match (path, missing) {
        (Some(path), Some(name)) if path != name && !path.ends_with(&format!(".{name}")) => {
            Some(format!("{path}.{name}"))
        }
        (Some(path), _) => Some(path.to_owned()),
        (None, name) => name.map(str::to_owned),
    };
    answer.problem.errors.extend(field.map(|field| FieldError { field, message: message.to_owned() }));
    answer
}

fn is_root_path(path: &str) -> bool {
    path == "." || path == "?"
}

/// What makes two requests one: the caller's `Idempotency-Key`, if they sent one.
pub struct IdempotencyHeader(pub Option<IdempotencyKey>);

impl FromRequestParts<App> for IdempotencyHeader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        let Some(key) = single_header(&parts.headers, "idempotency-key")? else { return Ok(Self(None)) };
        let key = String::from_utf8_lossy(key.as_bytes()).into_owned();
        if !(1..=limit::IDEMPOTENCY_KEY).contains(&key.chars().count()) {
            let detail = format!("an Idempotency-Key has 1 to {} characters", limit::IDEMPOTENCY_KEY);
            return Err(ApiError::new(Code::BadRequest, detail));
        }
        let CurrentCaller(caller) = CurrentCaller::from_request_parts(parts, app).await?;
        let mut digest = Sha256::new();
        for part in [parts.method.as_str().as_bytes(), parts.uri.path().as_bytes(), &raw_body(parts)] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        Ok(Self(Some(IdempotencyKey { user: caller.id, key, fingerprint: digest.finalize().into() })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_a_proxy_speaks_for_is_read_however_it_writes_it() {
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
