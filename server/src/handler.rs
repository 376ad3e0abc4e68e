//! One function a call, each one breath: extract, decide, commit, answer.

pub mod auth;
pub mod event;
pub mod handoff;
pub mod health;
pub mod link;
pub mod session;
pub mod user;

use schemars::JsonSchema;
use serde::Serialize;
use tierup_common::event::Event;
use tierup_common::id::SessionId;
use tierup_common::limit;
use tierup_common::problem::Code;

use crate::app::App;
use crate::domain::Caller;
use crate::error::{ApiError, ApiResult};

/// Rows of a page when nobody says how many.
const PAGE: u32 = 50;

/// How many rows a page has: what was asked for, as far as we give.
fn page_limit(asked: Option<u32>) -> ApiResult<u32> {
    match asked {
        Some(0) => Err(ApiError::new(Code::BadRequest, "query, limit: must be at least 1")),
        Some(asked) => Ok(asked.min(limit::PAGE)),
        None => Ok(PAGE),
    }
}

/// The sessions that a search text finds, everything committed before the request included; nothing if there is no
/// search text.
async fn found(app: &App, caller: &Caller, text: Option<String>) -> ApiResult<Option<Vec<SessionId>>> {
    let Some(text) = text else { return Ok(None) };
    app.search.catch_up(&app.store, caller.account).await?;
    Ok(Some(app.search.sessions(caller.account, text).await?))
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
