//! Event streams.

use std::sync::Arc;

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use tierup_common::event::{EventPage, Kind};
use tierup_common::id::{HandoffId, HandoffRef, Seq, SessionId};
use tierup_common::problem::Code;
use tierup_common::time::Timestamp;

use crate::app::App;
use crate::domain::{Caller, Refusal, access};
use crate::error::{ApiError, ApiResult};
use crate::events::{EventStream, StreamOptions, StreamStart};
use crate::extract::{CurrentCaller, QueryParams, single_header};
use crate::handler::{PageSize, page_limit};
use crate::serve::EndlessBody;
use crate::store::{EventQuery, StreamFilter};

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

/// The query of a page of the log.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventsQuery {
    /// Only events before the one with this `seq`; the newest ones if absent.
    before: Option<u64>,
    /// Only events after the one with this `seq`.
    after: Option<u64>,
    /// Only events of these types, separated by commas.
    types: Option<String>,
    limit: Option<PageSize>,
}

/// Returns a page of the events that the caller's stream of the whole team carries, oldest first. Pages go from the
/// newest to the oldest.
pub async fn list(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    QueryParams(query): QueryParams<EventsQuery>,
) -> ApiResult<Json<EventPage>> {
    let query = EventQuery {
        before: query.before.map(Seq),
        after: query.after.map(Seq),
        kinds: parse_kinds(query.types.as_deref())?,
        limit: page_limit(query.limit),
    };
    let user = caller.id;
    Ok(Json(app.store.read(caller.account, move |scope| scope.event_page(&query, user)).await?))
}

/// Event types, separated by commas.
fn parse_kinds(text: Option<&str>) -> ApiResult<Vec<Kind>> {
    let names =
        text.into_iter().flat_map(|text| text.split(',')).map(str::trim).filter(|name| !name.is_empty());
    let wanted: Vec<Kind> = names
        .map(|name| {
            name.parse().map_err(|_| {
                let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
                let detail = format!("query, types: must be of {}, separated by commas", known.join(", "));
                ApiError::new(Code::BadRequest, detail)
            })
        })
        .collect::<ApiResult<_>>()?;
    // Each once, however often it is named.
    Ok(Kind::ALL.iter().copied().filter(|kind| wanted.contains(kind)).collect())
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
