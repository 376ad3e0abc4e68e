//! Keeps the search index up to date with the log, in small batches. Commits never wait for it.

use std::time::Duration;

use crate::app::App;

/// The shortest time between batches, so that indexing stays cheap under a heavy write load.
const INTERVAL: Duration = Duration::from_millis(250);

/// Follows all accounts' logs until the server stops.
pub(super) async fn follow_logs(app: App) {
    let follower = app.events.event_log_follower();
    // The index may have missed events before this start.
    match app.store.read_system(|system| system.accounts()).await {
        Ok(accounts) => accounts.into_iter().for_each(|(account, _)| follower.mark_changed(account)),
        Err(error) => tracing::warn!(%error, "cannot list accounts; the search index may be out of date"),
    }
    loop {
        let accounts = tokio::select! {
            () = app.shutdown.cancelled() => return,
            accounts = follower.changed_accounts() => accounts,
        };
        for account in accounts {
            match app.search.index_next_batch(&app.store, account).await {
                // There may be more.
                Ok(Some(_)) => follower.mark_changed(account),
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "cannot update the search index"),
            }
        }
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}
