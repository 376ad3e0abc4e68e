//! Signs of life, and figures, for whoever watches the process.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tierup_common::problem::Code;

use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::metrics;

/// The process serves.
pub async fn live() -> StatusCode {
    StatusCode::OK
}

/// The database answers and the writer lives.
pub async fn ready(app: App) -> ApiResult<StatusCode> {
    if app.store.is_ready().await {
        return Ok(StatusCode::OK);
    }
    Err(ApiError::new(Code::Unavailable, "the database does not answer"))
}

/// What the server counts and times.
pub async fn metrics(app: App) -> ApiResult<Response> {
    let standing = app.store.read_system(|system| system.standing()).await?;
    let text = app.metrics.text(app.bell.streams(), &standing);
    Ok(([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response())
}
