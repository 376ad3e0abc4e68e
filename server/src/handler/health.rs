//! Signs of life, and figures, for whoever watches the process.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tierup_common::problem::Code;

use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::metrics;
use crate::store;

/// The process serves.
pub async fn live() -> StatusCode {
    StatusCode::OK
}

/// The database answers, the writer lives, and what it writes stays.
pub async fn ready(app: App) -> ApiResult<StatusCode> {
    match app.store.check_ready().await {
        Ok(()) => Ok(StatusCode::OK),
        Err(lost @ store::StoreError::FolderReplaced) => Err(lost.into()),
        Err(_) => Err(ApiError::new(Code::Unavailable, "the database does not answer")),
    }
}

/// What the server counts and times.
pub async fn metrics(app: App) -> ApiResult<Response> {
    let standing = app.store.read_system(|system| system.queue_stats()).await?;
    let text = app.metrics.encode_text(app.events.stream_count(), &standing);
    Ok(([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response())
}
