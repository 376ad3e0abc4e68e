//! Keeps the search index close behind the log, in small steps, so that no search waits long and no commit waits at all.

use std::time::Duration;

use crate::app::App;

/// Steps are at least this far apart: while much is written, indexing stays a small part of the work.
const INTERVAL: Duration = Duration::from_millis(250);

/// Follows every account's log until the server stops.
pub(super) async fn follow_logs(app: App) {
    let follower = app.events.follow_logs();
    // What was written before this start may not have been read.
    match app.store.read_system(|system| system.accounts()).await {
        Ok(accounts) => accounts.into_iter().for_each(|(account, _)| follower.mark_changed(account)),
        Err(error) => tracing::warn!(%error, "the search index begins late"),
    }
    loop {
        let grown = tokio::select! {
            () = app.shutdown.cancelled() => return,
            grown = follower.changed_accounts() => grown,
        };
        for account in grown {
            match app.search.index_next_batch(&app.store, account).await {
                // There may be more: look again in the next step.
                Ok(Some(_)) => follower.mark_changed(account),
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "the search index did not take in what is new"),
            }
        }
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}
