//! The handlers: one function per route. Each extracts, decides, commits and answers.

pub mod auth;
pub mod engine;
pub mod event;
pub mod handoff;
pub mod health;
pub mod link;
pub mod session;
pub mod similar;
pub mod stats;
pub mod timeline;
pub mod user;

use std::borrow::Cow;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use tierup_common::id::SessionId;
use tierup_common::limit;
use tierup_common::problem::Code;
use tierup_common::search_query::SearchQuery;

use crate::app::App;
use crate::domain::Caller;
use crate::error::{ApiError, ApiResult};
use crate::store;

/// The default size of a page.
const DEFAULT_PAGE_SIZE: u32 = 50;

/// The requested size of a page: any number from 1, capped at [`limit::MAX_PAGE_ITEMS`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PageSize(u32);

impl<'de> Deserialize<'de> for PageSize {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(0) => Err(D::Error::custom("must be at least 1")),
            Ok(rows) => Ok(Self(rows)),
            Err(_) if is_number => Ok(Self(u32::MAX)),
            Err(_) => Err(D::Error::custom("must be a number")),
        }
    }
}

impl JsonSchema for PageSize {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "PageSize".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": 1})
    }
}

/// The size of a page.
fn page_limit(requested: Option<PageSize>) -> u32 {
    requested.map_or(DEFAULT_PAGE_SIZE, |rows| rows.0.min(limit::MAX_PAGE_ITEMS))
}

/// Parses the search of a list.
fn parse_search(text: Option<&str>) -> ApiResult<SearchQuery> {
    let refuse = |detail: String| ApiError::new(Code::BadRequest, format!("query, q: {detail}"));
    let query = SearchQuery::parse(text.unwrap_or_default()).map_err(|error| refuse(error.to_string()))?;
    if query.is_unread {
        return Err(refuse("only the console knows what is unread; leave is:unread out".into()));
    }
    Ok(query)
}

/// The sessions that match the words of a search, including everything that was committed before the request; `None`
/// if it has no words.
async fn search_sessions(
    app: &App,
    caller: &Caller,
    query: &SearchQuery,
) -> ApiResult<Option<Vec<SessionId>>> {
    let Some(text) = query.full_text() else { return Ok(None) };
    Ok(Some(app.search.find_sessions(&app.store, caller.account, text).await?))
}

/// Parses a cursor of an earlier page.
fn parse_cursor<T: std::str::FromStr>(cursor: Option<&str>) -> ApiResult<Option<T>> {
    cursor.map(str::parse).transpose().map_err(|_| {
        ApiError::new(Code::BadRequest, "query, cursor: must be the next_cursor of an earlier page")
    })
}

/// Cuts a page to its limit, or to [`limit::MAX_PAGE_BYTES`] by the text of its rows. `rows` has one more row than the limit if
/// there are more. Returns the cursor of the next page.
fn truncate_page<T, C: ToString>(
    rows: &mut Vec<T>,
    limit: u32,
    text_size: impl Fn(&T) -> usize,
    cursor: impl Fn(&T) -> C,
) -> Option<String> {
    let mut text = 0;
    let full = rows.iter().position(|row| {
        text += text_size(row);
        text >= limit::MAX_PAGE_BYTES
    });
    let limit = full.map_or(limit as usize, |last| (last + 1).min(limit as usize));
    if rows.len() <= limit {
        return None;
    }
    rows.truncate(limit);
    rows.last().map(|last| cursor(last).to_string())
}

/// Sends JSON that ends with a list, in chunks: `head` begins the list, `end` ends it, and `read` returns the chunk at a
/// cursor with the cursor of the next one. A chunk is read after the one before was sent, so that a slow client holds one
/// chunk in memory.
fn stream_json<C, F>(
    mut head: Vec<u8>,
    next: Option<C>,
    end: &'static [u8],
    read: impl Fn(C) -> F + Send + 'static,
) -> Response
where
    C: Send + 'static,
    F: Future<Output = store::Result<(Vec<u8>, Option<C>)>> + Send + 'static,
{
    let json = [(header::CONTENT_TYPE, "application/json")];
    let Some(next) = next else {
        head.extend_from_slice(end);
        return (json, head).into_response();
    };
    let rest = stream::try_unfold(Some(next), move |cursor| {
        let reading = cursor.map(&read);
        async move {
            let Some(reading) = reading else { return Ok(None) };
            let (mut chunk, next) = reading.await.inspect_err(|error| {
                // The status was sent before: the client sees a truncated body.
                tracing::warn!(%error, "an answer was truncated");
            })?;
            if next.is_none() {
                chunk.extend_from_slice(end);
            }
            Ok::<_, store::StoreError>(Some((Bytes::from(chunk), next)))
        }
    });
    let body = stream::once(std::future::ready(Ok(Bytes::from(head)))).chain(rest);
    (json, Body::from_stream(body)).into_response()
}

/// A complete list.
#[derive(Serialize, JsonSchema)]
pub struct Items<T> {
    items: Vec<T>,
}
