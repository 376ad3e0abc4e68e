//! The assessment engine, for admins.

use axum::Json;
use tierup_common::engine::EngineStatus;

use crate::app::App;
use crate::extract::CurrentCaller;

/// Returns what the engine's calls cost, and why the account's last one failed.
pub async fn status(app: App, CurrentCaller(caller): CurrentCaller) -> Json<EngineStatus> {
    Json(app.engine.status(app.engine_health.last_failure(caller.account)))
}
