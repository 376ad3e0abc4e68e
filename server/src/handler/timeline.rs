//! The timeline of a session: all of its events as a stream of JSON, or one page of those that a client shows.

use axum::Json;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use tierup_common::event::Kind;
use tierup_common::id::{Seq, SessionId};

use crate::app::App;
use crate::auth::AuthorizedCaller;
use crate::error::ApiResult;
use crate::extract::{CurrentCaller, PathParams, QueryParams};
use crate::handler::{PageSize, page_limit, stream_json};
use crate::store::TimelineQuery as StoreQuery;

/// The query of a timeline. Any parameter asks for a page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimelineQuery {
    /// Only events before the one with this `seq`; the newest ones if absent.
    before: Option<Seq>,
    limit: Option<PageSize>,
    /// Only events of these types, separated by commas.
    #[schemars(with = "Option<String>")]
    types: Option<EventTypes>,
}

/// A list of event types, each once.
#[derive(Debug)]
struct EventTypes(Vec<Kind>);

impl<'de> Deserialize<'de> for EventTypes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut kinds: Vec<Kind> = Vec::new();
        for word in String::deserialize(from)?.split(',') {
            let kind = word.trim().parse().map_err(D::Error::custom)?;
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        Ok(Self(kinds))
    }
}

/// Returns the events of a session that the caller may see, in order: a page if the query asks for one, else all of them.
pub async fn list(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    PathParams(id): PathParams<SessionId>,
    QueryParams(query): QueryParams<TimelineQuery>,
) -> ApiResult<Response> {
    if query.before.is_none() && query.limit.is_none() && query.types.is_none() {
        return stream_all(app, caller, id).await;
    }
    let query = StoreQuery {
        kinds: query.types.map_or_else(|| Kind::ALL.to_vec(), |types| types.0),
        before: query.before,
        limit: page_limit(query.limit),
    };
    let page = app.store.read(caller.account, move |scope| {
        let session = scope.session(id)?;
        scope.timeline_page(&session, caller.id, &query)
    });
    Ok(Json(page.await?).into_response())
}

/// Sends all events in chunks.
async fn stream_all(app: App, caller: AuthorizedCaller, id: SessionId) -> ApiResult<Response> {
    let user = caller.id;
    let first = app.store.read(caller.account, move |scope| {
        scope.session(id)?;
        let up_to = scope.newest_seq()?;
        Ok((up_to, scope.timeline(id, user, Seq(0), up_to)?))
    });
    let (up_to, (events, next)) = first.await?;
    let mut head = br#"{"items":["#.to_vec();
    // Each event has a comma before it, also the first one.
    head.extend_from_slice(events.get(1..).unwrap_or_default());
    Ok(stream_json(head, next, b"]}", move |after| {
        app.clone().continue_read(caller.clone(), move |scope| scope.timeline(id, user, after, up_to))
    }))
}
