//! Request bodies: read within their limits, then parsed as JSON and validated.

use std::time::Duration;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use tierup_common::object::deserialize_object;
use tierup_common::problem::Code;

use crate::clock::Clock;
use crate::domain::validation::{Validate, Validator};
use crate::error::{ApiError, ApiResult};
use crate::extract::body_text;
use crate::extract::header_value::single_header_text;
use crate::extract::parse_error::{field_error, unreadable_error};

/// A body must arrive within this time.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The bytes of the request's body; absent where the route takes none.
#[derive(Clone)]
struct RawBody(Bytes);

/// Reads a body into the request's extensions, where [`ValidJson`] finds it. At most `max_bytes`; a route that takes no
/// body accepts only an empty one.
pub async fn buffer_body(
    parts: &mut Parts,
    body: Body,
    clock: &Clock,
    max_bytes: usize,
    takes_body: bool,
) -> ApiResult<()> {
    // The timeout starts before the first poll of the body, which sends `100 Continue` to a client that waits for it.
    let timeout = clock.sleep(BODY_TIMEOUT);
    let body = tokio::select! {
        biased;
        body = Limited::new(body, max_bytes).collect() => body,
        () = timeout => {
            return Err(ApiError::new(Code::BadRequest, "the body took too long to arrive"));
        }
    };
    let body = match body {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            let detail = format!("body too large: the limit here is {} KiB", max_bytes / 1024);
            return Err(ApiError::new(Code::PayloadTooLarge, detail));
        }
        Err(_) => return Err(ApiError::new(Code::BadRequest, "the body was cut off")),
    };
    if !takes_body && !is_empty_body(&body) {
        return Err(ApiError::new(Code::BadRequest, "body: this call takes none"));
    }
    parts.extensions.insert(RawBody(body));
    Ok(())
}

/// Whether a body is empty, `null` or `{}`: many clients always send one.
fn is_empty_body(body: &[u8]) -> bool {
    let is_empty = |object: Option<serde_json::Map<_, _>>| object.is_none_or(|object| object.is_empty());
    let text = body_text::decode(body).map(str::trim_ascii);
    text.is_ok_and(|text| text.is_empty() || serde_json::from_str(text).is_ok_and(is_empty))
}

/// The body's bytes; empty if there is none.
pub(super) fn raw_body(parts: &Parts) -> Bytes {
    parts.extensions.get::<RawBody>().map(|body| body.0.clone()).unwrap_or_default()
}

/// The body: JSON, parsed and validated.
pub struct ValidJson<T>(pub T);

impl<S: Sync, T: DeserializeOwned + Validate> FromRequestParts<S> for ValidJson<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> ApiResult<Self> {
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
            // Broken JSON is no fault of a field.
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
