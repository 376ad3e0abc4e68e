//! Signs of life, for whoever watches the process.

use axum::http::StatusCode;
use tierup_common::problem::Code;

use crate::app::App;
use crate::error::{ApiError, ApiResult};

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
