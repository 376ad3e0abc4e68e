//! Runs the engine for an account: within its calls to the model, and within the time limit as a whole.

use tierup_common::id::AccountId;

use crate::app::App;
use crate::assess::EngineError;

/// Runs an engine, and records how that ended for the account's admins.
pub(super) async fn run_engine<T>(
    app: &App,
    account: AccountId,
    work: impl Future<Output = Result<T, EngineError>>,
) -> Result<T, EngineError> {
    let work = async {
        wait_for_call(app, account).await?;
        work.await
    };
    let result = match app.engine.model_time_limit() {
        None => work.await,
        // Shorter than the lease, however many calls the engine makes: no other worker makes them again.
        Some(limit) => tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
            let seconds = limit.as_secs();
            Err(EngineError(format!("The model did not finish within {seconds} seconds.").into()))
        }),
    };
    app.engine_health.record(account, app.clock.now(), &result);
    result
}

/// Waits until the account has a call to the model left, if half of the time remains for the call then.
async fn wait_for_call(app: &App, account: AccountId) -> Result<(), EngineError> {
    while let Err(wait) = app.engine.take_call(account, app.clock.now()) {
        if wait > app.engine.time_limit() / 2 {
            let reason = "The team has used up its calls to the model: try again in a minute.";
            return Err(EngineError(reason.into()));
        }
        app.clock.sleep(wait).await;
    }
    Ok(())
}
