//! Checks the assessment engine: whether its last run failed and why, and what its calls cost. For admins.

use std::time::Duration;

use tierup_common::engine::EngineStatus;

use crate::cli::doctor::finding::{Finding, good_finding, warning_finding};
use crate::error::call_error_message;
use crate::runtime::api::{ApiClient, requests};

pub(super) async fn check_engine(api: &ApiClient) -> Finding {
    match api.send(requests::engine_status()).await {
        Ok(status) => engine_finding(&status),
        // A server of an earlier version.
        Err(failure) => {
            let hint = "upgrade the server: this version does not report on its engine";
            warning_finding("engine", call_error_message(&failure), hint)
        }
    }
}

fn engine_finding(status: &EngineStatus) -> Finding {
    let says = match &status.model {
        None => status.engine.clone(),
        Some(model) => format!("{}, {model}: {}", status.engine, cost(status)),
    };
    match &status.last_failure {
        None => good_finding("engine", says),
        Some(failure) => {
            let detail = failure.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
            let hint = "check the settings that begin with assessment_: endpoint, model and key";
            warning_finding(
                "engine",
                format!("{says}; the last run failed: {}{detail}", failure.reason),
                hint,
            )
        }
    }
}

/// What the calls to a model cost since the server started.
fn cost(status: &EngineStatus) -> String {
    let EngineStatus { calls, failed_calls, prompt_tokens, completion_tokens, last_call_ms, .. } = status;
    if *calls == 0 {
        return "no calls yet".into();
    }
    let seconds = Duration::from_millis(*last_call_ms).as_secs_f64();
    format!(
        "{calls} calls, {failed_calls} without an answer, {prompt_tokens} tokens read and {completion_tokens} written, \
         the last call took {seconds:.1} s"
    )
}
