//! One function a call, each one breath: extract, decide, commit, answer.

pub mod auth;
pub mod event;
pub mod handoff;
pub mod health;
pub mod link;
pub mod session;
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
use tierup_common::event::Event;
use tierup_common::id::SessionId;
use tierup_common::limit;
use tierup_common::problem::Code;

use crate::app::App;
use crate::domain::Caller;
use crate::error::{ApiError, ApiResult};
use crate::store;

/// Rows of a page when nobody says how many.
const DEFAULT_PAGE_SIZE: u32 = 50;

/// Rows of a page, as they are asked for: any number from 1 on, of which we give what we give.
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
        "Rows".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": 1})
    }
}

/// How many rows a page has: what was asked for, as far as we give.
fn page_limit(requested: Option<PageSize>) -> u32 {
    requested.map_or(DEFAULT_PAGE_SIZE, |rows| rows.0.min(limit::PAGE))
}

/// Whether a search text asks for something.
fn has_search_text(text: Option<&str>) -> bool {
    text.is_some_and(|text| !text.trim().is_empty())
}

/// The sessions that a search text finds, everything committed before the request included; nothing if there is no
/// search text.
async fn search_sessions(
    app: &App,
    caller: &Caller,
    text: Option<String>,
) -> ApiResult<Option<Vec<SessionId>>> {
    let Some(text) = text.filter(|text| has_search_text(Some(text))) else { return Ok(None) };
    Ok(Some(app.search.find_sessions(&app.store, caller.account, text).await?))
}

/// A cursor that came from us, read back.
fn parse_cursor<T: std::str::FromStr>(cursor: Option<&str>) -> ApiResult<Option<T>> {
    let read = cursor.map(str::parse).transpose();
    read.map_err(|_| {
        ApiError::new(Code::BadRequest, "query, cursor: pass next_cursor of an earlier page, or leave it out")
    })
}

/// Cuts a page that was read with one row too many, or with too much text by what its rows weigh, and says where the next
/// begins.
fn truncate_page<T, C: ToString>(
    rows: &mut Vec<T>,
    limit: u32,
    text_size: impl Fn(&T) -> usize,
    cursor: impl Fn(&T) -> C,
) -> Option<String> {
    let mut text = 0;
    let full = rows.iter().position(|row| {
        text += text_size(row);
        text >= limit::PAGE_TEXT
    });
    let limit = full.map_or(limit as usize, |place| (place + 1).min(limit as usize));
    if rows.len() <= limit {
        return None;
    }
    rows.truncate(limit);
    rows.last().map(|last| cursor(last).to_string())
}

/// A body of JSON that ends in a list of which a piece at a time is in memory: what stands before and begins the list,
/// where it goes on, what ends it, and how the next piece is read, and where it goes on then. A piece is read when the one
/// before is on its way: a client that takes its time holds nothing but that.
fn stream_json<P, F>(
    mut head: Vec<u8>,
    next: Option<P>,
    end: &'static [u8],
    read: impl Fn(P) -> F + Send + 'static,
) -> Response
where
    P: Send + 'static,
    F: Future<Output = store::Result<(Vec<u8>, Option<P>)>> + Send + 'static,
{
    let json = [(header::CONTENT_TYPE, "application/json")];
    let Some(next) = next else {
        head.extend_from_slice(end);
        return (json, head).into_response();
    };
    let rest = stream::try_unfold(Some(next), move |place| {
        let reading = place.map(&read);
        async move {
            let Some(reading) = reading else { return Ok(None) };
            let (mut piece, next) = reading.await.inspect_err(|error| {
                // What was sent cannot be taken back: the client sees that the answer breaks off.
                tracing::warn!(%error, "an answer broke off");
            })?;
            if next.is_none() {
                piece.extend_from_slice(end);
            }
            Ok::<_, store::StoreError>(Some((Bytes::from(piece), next)))
        }
    });
    let body = stream::once(std::future::ready(Ok(Bytes::from(head)))).chain(rest);
    (json, Body::from_stream(body)).into_response()
}

/// A list that is whole.
#[derive(Serialize, JsonSchema)]
pub struct Items<T> {
    items: Vec<T>,
}

/// What happened in a session: the audit trail.
pub type Timeline = Items<Event>;
