//! Health checks and metrics.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tierup_common::problem::Code;

use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::metrics;
use crate::store;

/// Returns 200 while the process runs.
pub async fn live() -> StatusCode {
    StatusCode::OK
}

/// Returns 200 while the server can read and write.
pub async fn ready(app: App) -> ApiResult<StatusCode> {
    match app.store.check_ready().await {
        Ok(()) => Ok(StatusCode::OK),
        Err(error @ store::StoreError::FolderReplaced) => Err(error.into()),
        Err(_) => Err(ApiError::new(Code::Unavailable, "the database does not answer")),
    }
}

/// Returns the metrics.
pub async fn metrics(app: App) -> ApiResult<Response> {
    let now = app.clock.now();
    let stats = app.store.read_system(move |system| system.queue_stats(now)).await?;
    let text = app.metrics.encode_text(app.events.stream_count(), &stats);
    Ok(([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response())
}
