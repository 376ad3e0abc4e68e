//! One function a call, each one breath: extract, decide, commit, answer.

pub mod auth;
pub mod event;
pub mod handoff;
pub mod health;
pub mod link;
pub mod session;
pub mod user;

use std::borrow::Cow;

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

/// Rows of a page when nobody says how many.
const PAGE: u32 = 50;

/// Rows of a page, as they are asked for: any number from 1 on, of which we give what we give.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rows(u32);

impl<'de> Deserialize<'de> for Rows {
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

impl JsonSchema for Rows {
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
fn page_limit(asked: Option<Rows>) -> u32 {
    asked.map_or(PAGE, |rows| rows.0.min(limit::PAGE))
}

/// Whether a search text asks for something.
fn is_asked(text: Option<&str>) -> bool {
    text.is_some_and(|text| !text.trim().is_empty())
}

/// The sessions that a search text finds, everything committed before the request included; nothing if there is no
/// search text.
async fn found(app: &App, caller: &Caller, text: Option<String>) -> ApiResult<Option<Vec<SessionId>>> {
    let Some(text) = text.filter(|text| is_asked(Some(text))) else { return Ok(None) };
    Ok(Some(app.search.sessions(&app.store, caller.account, text).await?))
}

/// A cursor that came from us, read back.
fn read_cursor<T: std::str::FromStr>(cursor: Option<&str>) -> ApiResult<Option<T>> {
    let read = cursor.map(str::parse).transpose();
    read.map_err(|_| {
        ApiError::new(Code::BadRequest, "query, cursor: pass next_cursor of an earlier page, or leave it out")
    })
}

/// Cuts a page that was read with one row too many, and says where the next begins.
fn cut<T, C: ToString>(rows: &mut Vec<T>, limit: u32, cursor: impl Fn(&T) -> C) -> Option<String> {
    let limit = limit as usize;
    if rows.len() <= limit {
        return None;
    }
    rows.truncate(limit);
    rows.last().map(|last| cursor(last).to_string())
}

/// A list that is whole.
#[derive(Serialize, JsonSchema)]
pub struct Items<T> {
    items: Vec<T>,
}

/// What happened in a session: the audit trail.
pub type Timeline = Items<Event>;
