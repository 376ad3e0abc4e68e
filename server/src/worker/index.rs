//! Keeps the search index close behind the log, in small steps, so that no search waits long and no commit waits at all.

use std::time::Duration;

use crate::app::App;

/// Steps are at least this far apart: while much is written, indexing stays a small part of the work.
const STEP: Duration = Duration::from_millis(250);

/// Follows every account's log until the server stops.
pub(super) async fn follow(app: App) {
    let growth = app.bell.follow();
    // What was written before this start may not have been read.
    match app.store.read_system(|system| system.accounts()).await {
        Ok(accounts) => accounts.into_iter().for_each(|(account, _)| growth.mark(account)),
        Err(error) => tracing::warn!(%error, "the search index begins late"),
    }
    loop {
        let grown = tokio::select! {
            () = app.stop.cancelled() => return,
            grown = growth.grown() => grown,
        };
        for account in grown {
            match app.search.read_on(&app.store, account).await {
                // There may be more: look again in the next step.
                Ok(Some(_)) => growth.mark(account),
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "the search index did not take in what is new"),
            }
        }
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(STEP) => {}
        }
    }
}
