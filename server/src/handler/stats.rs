//! Statistics of escalations.

use std::time::Duration;

use axum::Json;
use chrono::FixedOffset;
use schemars::JsonSchema;
use serde::Deserialize;
use tierup_common::problem::Code;
use tierup_common::stats::StatsReport;
use tierup_common::time::Timestamp;

use crate::app::App;
use crate::domain::stats::Period;
use crate::error::{ApiError, ApiResult};
use crate::extract::{CurrentCaller, QueryParams};

/// The period without `since`.
const DEFAULT_PERIOD: Duration = Duration::from_hours(24 * 30);
/// The longest period.
const MAX_PERIOD: Duration = Duration::from_hours(24 * 366);
/// The furthest zones, in minutes.
const MAX_OFFSET_MINUTES: i32 = 14 * 60;

/// The query of statistics.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatsQuery {
    /// Escalations from this time on; 30 days ago if absent, and at most 366 days ago.
    since: Option<Timestamp>,
    /// The offset of local time from UTC, for days and hours.
    #[schemars(range(min = -840, max = 840))]
    utc_offset_minutes: Option<i32>,
}

/// Returns how many escalations there were, and how long until they were claimed and resolved.
pub async fn report(
    app: App,
    CurrentCaller(caller): CurrentCaller,
    QueryParams(query): QueryParams<StatsQuery>,
) -> ApiResult<Json<StatsReport>> {
    let refuse = |detail: &str| ApiError::new(Code::BadRequest, format!("query, {detail}"));
    let until = app.clock.now();
    let since = query.since.unwrap_or_else(|| until.minus(DEFAULT_PERIOD));
    if until.since(since) > MAX_PERIOD {
        return Err(refuse("since: must be at most 366 days ago"));
    }
    let minutes = query.utc_offset_minutes.unwrap_or(0);
    let offset = Some(minutes)
        .filter(|minutes| minutes.abs() <= MAX_OFFSET_MINUTES)
        .and_then(|minutes| FixedOffset::east_opt(minutes * 60))
        .ok_or_else(|| refuse("utc_offset_minutes: must be between -840 and 840"))?;
    let period = Period { since, until, offset };
    Ok(Json(app.store.read(caller.account, move |scope| scope.stats(period)).await?))
}
