//! What handlers extract from a request; each extractor rejects with a problem.
//!
//! The guard (`router/guard.rs`) runs before them: it authenticates the caller and buffers the body.

mod body_text;
mod client_ip;
mod header_value;
mod json_body;
mod parse_error;

use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use tierup_common::limit;
use tierup_common::problem::Code;
use url::form_urlencoded;

use crate::auth::{AuthorizedCaller, bearer_token};
use crate::domain::Refusal;
use crate::error::{ApiError, ApiResult};
use crate::extract::json_body::raw_body;
use crate::extract::parse_error::field_error;
use crate::store::IdempotencyKey;

pub use client_ip::{BehindProxy, ClientIp, PeerAddr};
pub use header_value::{single_header, single_header_text};
pub use json_body::{ValidJson, buffer_body};

/// Rejects a request without exactly one `Host` header (RFC 9112, section 3.2): of two, a proxy may have used the other.
pub async fn require_single_host(request: Request, next: Next) -> Response {
    match single_header(request.headers(), header::HOST.as_str()) {
        Ok(None) if request.version() == Version::HTTP_11 => {
            ApiError::new(Code::BadRequest, "the host header is missing").into_response()
        }
        Ok(_) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// The caller that the guard authenticated.
pub struct CurrentCaller(pub AuthorizedCaller);

impl<S: Sync> FromRequestParts<S> for CurrentCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> ApiResult<Self> {
        let caller = parts.extensions.get::<AuthorizedCaller>();
        caller
            .cloned()
            .map(Self)
            .ok_or_else(|| ApiError::internal(&"a public route has no caller to extract"))
    }
}

/// The caller's token.
pub struct BearerToken(pub SecretString);

impl<S: Sync> FromRequestParts<S> for BearerToken {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> ApiResult<Self> {
        let authorization = single_header_text(&parts.headers, header::AUTHORIZATION.as_str())?;
        Ok(Self(bearer_token(authorization)?.into()))
    }
}

/// The ids in the path. A malformed id is not found, like an unknown one.
pub struct PathParams<T>(pub T);

impl<S: Send + Sync, T: PathIds> FromRequestParts<S> for PathParams<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let raw = RawPathParams::from_request_parts(parts, state).await;
        let raw = raw.map_err(|_| Refusal::NotFound)?;
        let values: Vec<&str> = raw.iter().map(|(_, value)| value).collect();
        Ok(Self(T::parse(&values).ok_or(Refusal::NotFound)?))
    }
}

/// One id, or a [`PathPair`].
pub trait PathIds: Sized {
    /// Parses the path's segments, in order.
    fn parse(values: &[&str]) -> Option<Self>;
}

impl<A: std::str::FromStr> PathIds for A {
    fn parse(values: &[&str]) -> Option<Self> {
        values.first()?.parse().ok()
    }
}

/// The two ids of a path.
pub struct PathPair<A, B>(pub A, pub B);

impl<A: std::str::FromStr, B: std::str::FromStr> PathIds for PathPair<A, B> {
    fn parse(values: &[&str]) -> Option<Self> {
        Some(Self(values.first()?.parse().ok()?, values.get(1)?.parse().ok()?))
    }
}

/// The parsed query string.
pub struct QueryParams<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for QueryParams<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> ApiResult<Self> {
        parse_query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// Parses a query string. A parameter with an empty value counts as absent: forms and scripts send those.
pub fn parse_query<T: DeserializeOwned>(query: &str) -> ApiResult<T> {
    let pairs = form_urlencoded::parse(query.as_bytes()).filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(deserializer)
        .map_err(|error| field_error("query", &error.path().to_string(), error.inner()))
}

/// The `Idempotency-Key`, if there is one: with the caller and the request it identifies a repetition.
pub struct IdempotencyHeader(pub Option<IdempotencyKey>);

impl<S: Sync> FromRequestParts<S> for IdempotencyHeader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let Some(key) = single_header(&parts.headers, "idempotency-key")? else { return Ok(Self(None)) };
        let key = String::from_utf8_lossy(key.as_bytes()).into_owned();
        if !(1..=limit::MAX_IDEMPOTENCY_KEY_BYTES).contains(&key.chars().count()) {
            let detail =
                format!("Idempotency-Key must have 1 to {} characters", limit::MAX_IDEMPOTENCY_KEY_BYTES);
            return Err(ApiError::new(Code::BadRequest, detail));
        }
        let CurrentCaller(caller) = CurrentCaller::from_request_parts(parts, state).await?;
        let mut digest = Sha256::new();
        for part in [parts.method.as_str().as_bytes(), parts.uri.path().as_bytes(), &raw_body(parts)] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        Ok(Self(Some(IdempotencyKey { user: caller.id, key, fingerprint: digest.finalize().into() })))
    }
}
