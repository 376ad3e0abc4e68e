//! Event streams.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use tierup_common::id::{HandoffId, HandoffRef, SessionId};
use tierup_common::problem::Code;
use tierup_common::time::Timestamp;

use crate::app::App;
use crate::domain::{Caller, Refusal, access};
use crate::error::{ApiError, ApiResult};
use crate::events::{EventStream, StreamOptions, StreamStart};
use crate::extract::{CurrentCaller, QueryParams, single_header};
use crate::serve::EndlessBody;
use crate::store::StreamFilter;

/// The query of a stream.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamQuery {
    #[serde(rename = "handoff_id")]
    handoff: Option<String>,
    #[serde(rename = "session_id")]
    session: Option<String>,
    last_event_id: Option<String>,
    /// Send a `caught_up` signal after the missed events.
    caught_up: Option<bool>,
}

/// Opens an event stream.
pub async fn stream(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    headers: HeaderMap,
    QueryParams(query): QueryParams<StreamQuery>,
) -> ApiResult<Response> {
    let (filter, viewing) = stream_filter(&app, &caller, &query).await?;
    let header = single_header(&headers, "last-event-id")?.map(|value| value.to_str().unwrap_or("?"));
    let start = match header.or(query.last_event_id.as_deref()) {
        None | Some("") => StreamStart::Now,
        Some(text) => text.parse().map_or(StreamStart::InvalidPosition, StreamStart::After),
    };
    app.limits.check_stream_count(app.events.user_stream_count(caller.account, caller.id))?;
    let options = StreamOptions { filter, viewing, start, send_caught_up: query.caught_up == Some(true) };
    let body =
        EventStream::open(&app.events, app.store.clone(), &app.clock, Arc::clone(&caller), options).await?;
    let body = body.ok_or(Refusal::InvalidToken)?;
    let mut response = axum::body::Body::new(body).into_response();
    response.extensions_mut().insert(EndlessBody);
    let headers = response.headers_mut();
    headers.insert(header::DATE, http_date(app.clock.now())?);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Otherwise nginx buffers events.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// A time in an HTTP header (RFC 9110, section 5.6.7).
fn http_date(at: Timestamp) -> ApiResult<HeaderValue> {
    let date = at.to_datetime().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    HeaderValue::try_from(date).map_err(|error| ApiError::internal(&error))
}

/// The filter of a stream, and the handoff that others see the caller view. A handoff or session that the caller may not
/// see is not found.
async fn stream_filter(
    app: &App,
    caller: &Caller,
    query: &StreamQuery,
) -> ApiResult<(StreamFilter, Option<HandoffId>)> {
    let not_found = || ApiError::from(Refusal::NotFound);
    match (&query.handoff, &query.session) {
        (None, None) => Ok((StreamFilter::Team, None)),
        (Some(handoff), None) => {
            let reference: HandoffRef = handoff.parse().map_err(|_| not_found())?;
            let reader = caller.clone();
            let handoff =
                app.store.read(caller.account, move |scope| scope.visible_handoff(reference, &reader));
            let handoff = handoff.await?;
            Ok((StreamFilter::Handoff(handoff.id), access::is_team_visible(&handoff).then_some(handoff.id)))
        }
        (None, Some(session)) => {
            let id: SessionId = session.parse().map_err(|_| not_found())?;
            app.store.read(caller.account, move |scope| scope.session(id)).await?;
            Ok((StreamFilter::Session(id), None))
        }
        (Some(_), Some(_)) => Err(ApiError::new(
            Code::BadRequest,
            "query: use handoff_id or session_id, not both; open two streams for both",
        )),
    }
}
