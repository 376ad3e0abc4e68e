//! What a handler asks a request for, and the guard that every route stands behind.
//!
//! The guard finds the caller, asks for the route's role and takes the body in, within its limits; only then the
//! handler's extractors run. Each of them answers in the form of a problem.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use tierup_common::limit;
use tierup_common::object::object;
use tierup_common::problem::{Code, FieldError};
use tierup_common::redact;
use tierup_common::user::Role;
use url::form_urlencoded;

use crate::app::App;
use crate::auth::bearer;
use crate::domain::valid::{Check, Valid};
use crate::domain::{Caller, Refusal};
use crate::error::{ApiError, ApiResult};
use crate::store::Key;

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(30);

/// Who may call a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Anybody, with or without a token.
    Public,
    /// Users with at least this role.
    From(Role),
}

/// The body as it came; empty where a route takes none.
#[derive(Clone)]
struct RawBody(Bytes);

/// Lets a request through to its handler, or answers in its place. The answer carries which route it was.
pub async fn guard(
    State((app, access, takes_body)): State<(App, Access, bool)>,
    matched: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let mut response = let_in(&app, access, takes_body, request, next).await.into_response();
    response.extensions_mut().insert(matched);
    response
}

async fn let_in(
    app: &App,
    access: Access,
    takes_body: bool,
    request: Request,
    next: Next,
) -> ApiResult<Response> {
    let (mut parts, body) = request.into_parts();
    if let Access::From(least) = access {
        let authorization = single(&parts.headers, header::AUTHORIZATION.as_str())?;
        let caller = app.tokens.caller(&app.store, &app.clock, authorization).await?;
        if caller.role < least {
            let detail = format!("this needs the role {least}; yours is {}", caller.role);
            return Err(ApiError::new(Code::Forbidden, detail));
        }
        app.limits.request(caller.id)?;
        parts.extensions.insert(caller);
    }
    if matches!(parts.method, Method::POST | Method::PUT | Method::PATCH) {
        let body = tokio::time::timeout(BODY_TIME, Limited::new(body, limit::BODY).collect()).await;
        let body = match body {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                let detail = format!("a body may have {} KiB", limit::BODY / 1024);
                return Err(ApiError::new(Code::PayloadTooLarge, detail));
            }
            Ok(Err(_)) => return Err(ApiError::new(Code::BadRequest, "the body broke off")),
            Err(_) => return Err(ApiError::new(Code::BadRequest, "the body took too long to arrive")),
        };
        if !takes_body && !says_nothing(&body) {
            return Err(ApiError::new(Code::BadRequest, "body: this call takes none"));
        }
        parts.extensions.insert(RawBody(body));
    }
    Ok(next.run(Request::from_parts(parts, axum::body::Body::empty())).await)
}

/// Whether a body is empty, null, or an object without fields: many clients cannot send less.
fn says_nothing(body: &[u8]) -> bool {
    let is_empty = |object: Option<serde_json::Map<_, _>>| object.is_none_or(|object| object.is_empty());
    body.trim_ascii().is_empty() || serde_json::from_slice(body).is_ok_and(is_empty)
}

/// The one value of a header that must not be there twice.
fn single<'h>(headers: &'h HeaderMap, name: &str) -> ApiResult<Option<&'h str>> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(ApiError::new(Code::BadRequest, format!("the header {name} is there twice")));
    }
    let text = value
        .to_str()
        .map_err(|_| ApiError::new(Code::BadRequest, format!("the header {name} must be visible ASCII")))?;
    Ok(Some(text))
}

impl FromRequestParts<App> for App {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(app.clone())
    }
}

/// The caller whom the guard let through.
pub struct Me(pub Arc<Caller>);

impl FromRequestParts<App> for Me {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> ApiResult<Self> {
        let caller = parts.extensions.get::<Arc<Caller>>();
        caller.cloned().map(Self).ok_or_else(|| ApiError::internal(&"a public route asks for its caller"))
    }
}

/// The token that the caller came with.
pub struct Bearer(pub SecretString);

impl FromRequestParts<App> for Bearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> ApiResult<Self> {
        let authorization = single(&parts.headers, header::AUTHORIZATION.as_str())?;
        Ok(Self(bearer(authorization)?.into()))
    }
}

/// The network address a request comes from, as far as it can be believed: the connection's own, or behind a proxy
/// the last that the proxy added to `X-Forwarded-For`.
pub struct Peer(pub Option<IpAddr>);

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Remote(pub SocketAddr);

impl FromRequestParts<App> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        if app.behind_proxy {
            let forwarded = parts.headers.get_all("x-forwarded-for").iter().next_back();
            let last =
                forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
            return Ok(Self(last));
        }
        Ok(Self(parts.extensions.get::<Remote>().map(|remote| remote.0.ip())))
    }
}

/// The ids in the path. One that cannot be an id names nothing: not found, as any other that names nothing.
pub struct Path<T>(pub T);

impl<T: PathIds> FromRequestParts<App> for Path<T> {
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
pub struct Both<A, B>(pub A, pub B);

impl<A: std::str::FromStr, B: std::str::FromStr> PathIds for Both<A, B> {
    fn parse(values: &[&str]) -> Option<Self> {
        Some(Self(values.first()?.parse().ok()?, values.get(1)?.parse().ok()?))
    }
}

/// The query string.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> ApiResult<Self> {
        read_query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// What a query string says. What is there without a value is as good as absent: forms and scripts send it so.
pub fn read_query<T: DeserializeOwned>(query: &str) -> ApiResult<T> {
    let said = form_urlencoded::parse(query.as_bytes()).filter(|(_, value)| !value.is_empty());
    let said = form_urlencoded::Serializer::new(String::new()).extend_pairs(said).finish();
    let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(said.as_bytes()));
    serde_path_to_error::deserialize(reader)
        .map_err(|error| bad_field("query", &error.path().to_string(), error.inner()))
}

/// The body, as JSON whose fields obey their rules.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + Valid> FromRequestParts<App> for Body<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> ApiResult<Self> {
        let content_type = single(&parts.headers, header::CONTENT_TYPE.as_str())?;
        let media = content_type.and_then(|value| value.split(';').next()).map(str::trim);
        if !media.is_some_and(|media| media.eq_ignore_ascii_case("application/json")) {
            let detail = "send JSON, with `Content-Type: application/json`";
            return Err(ApiError::new(Code::UnsupportedMediaType, detail));
        }
        let body = raw(parts);
        let mut reader = serde_json::Deserializer::from_slice(&body);
        let mut track = serde_path_to_error::Track::new();
        let tracked = serde_path_to_error::Deserializer::new(&mut reader, &mut track);
        let read: Result<T, _> = object(tracked);
        let value = read.map_err(|error| {
            let path = track.path().to_string();
            // Where JSON itself breaks off, no field is to blame.
            if error.is_data() { bad_field("body", &path, &error) } else { unreadable("body", &path, &error) }
        })?;
        reader.end().map_err(|error| unreadable("body", ".", &error))?;
        let mut check = Check::default();
        value.check(&mut check);
        check.done()?;
        Ok(Self(value))
    }
}

fn raw(parts: &Parts) -> Bytes {
    parts.extensions.get::<RawBody>().map(|body| body.0.clone()).unwrap_or_default()
}

fn unreadable(place: &str, path: &str, error: &dyn std::fmt::Display) -> ApiError {
    let field = if is_root(path) { place.to_owned() } else { format!("{place}, {path}") };
    ApiError::new(Code::BadRequest, format!("{field}: {}", without_value(&error.to_string())))
}

/// What is wrong, without a value of the wrong type: a password may be it, and answers are logged by those who ask.
fn without_value(error: &str) -> String {
    if !error.starts_with("invalid ") {
        return error.to_owned();
    }
    match error.rsplit_once(" at line ") {
        Some((error, place)) => format!("{} at line {place}", redact::reason(error)),
        None => redact::reason(error),
    }
}

/// The same, with the field that is to blame as a rule's breach has it.
fn bad_field(place: &str, path: &str, error: &dyn std::fmt::Display) -> ApiError {
    let mut answer = unreadable(place, path, error);
    let error = without_value(&error.to_string());
    // Where in the text it stands is of no use to who looks at the field.
    let message = error.split_once(" at line ").map_or(error.as_str(), |(message, _)| message);
    let path = Some(path).filter(|path| !is_root(path));
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

fn is_root(path: &str) -> bool {
    path == "." || path == "?"
}

/// What makes two requests one: the caller's `Idempotency-Key`, if they sent one.
pub struct Once(pub Option<Key>);

impl FromRequestParts<App> for Once {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        let Some(key) = parts.headers.get("idempotency-key") else { return Ok(Self(None)) };
        let key = String::from_utf8_lossy(key.as_bytes()).into_owned();
        if !(1..=limit::IDEMPOTENCY_KEY).contains(&key.chars().count()) {
            let detail = format!("an Idempotency-Key has 1 to {} characters", limit::IDEMPOTENCY_KEY);
            return Err(ApiError::new(Code::BadRequest, detail));
        }
        let Me(caller) = Me::from_request_parts(parts, app).await?;
        let mut digest = Sha256::new();
        for part in [parts.method.as_str().as_bytes(), parts.uri.path().as_bytes(), &raw(parts)] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        Ok(Self(Some(Key { user: caller.id, key, fingerprint: digest.finalize().into() })))
    }
}
