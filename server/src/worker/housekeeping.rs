//! Throws away what nobody will ask for any more, a little at a time.

use std::time::Duration;

use tierup_common::id::AccountId;

use crate::app::App;
use crate::store;

/// Between two rounds.
const ROUND: Duration = Duration::from_hours(1);
/// Events looked at in one commit, so that nobody's change waits for long.
const STEP: u32 = 1_000;
/// A job that failed for good is kept so long, with the reason.
const FAILED_JOBS: Duration = Duration::from_hours(30 * 24);

/// Goes round until the server stops.
pub(super) async fn keep(app: App) {
    loop {
        if let Err(error) = round(&app).await {
            tracing::warn!(%error, "housekeeping is put off");
        }
        let next = app.clock.now().plus(ROUND);
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = app.clock.wait_until(next) => {}
        }
    }
}

async fn round(app: &App) -> store::Result<()> {
    let now = app.clock.now();
    app.limits.forget();
    let forgotten = app.store.commit_system(move |system| {
        system.forget_answers(now)?;
        system.forget_expired_tokens(now)?;
        system.forget_failed_jobs(now.minus(FAILED_JOBS))
    });
    forgotten.await?;
    for (account, _) in app.store.read_system(|system| system.accounts()).await? {
        prune(app, account).await?;
    }
    Ok(())
}

/// Moves the beginning of an account's log on to what is young enough.
async fn prune(app: &App, account: AccountId) -> store::Result<()> {
    let Some(retention) = app.event_retention else { return Ok(()) };
    let before = app.clock.now().minus(retention);
    while app.store.commit(account, move |tx| tx.prune_log(before, STEP)).await? {
        tokio::task::yield_now().await;
    }
    Ok(())
}
