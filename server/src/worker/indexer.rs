//! Keeps the search index up to date with the log, in small batches. Commits never wait for it.

use std::collections::HashMap;
use std::time::Duration;

use tierup_common::id::AccountId;
use tokio::sync::watch;

use crate::app::App;
use crate::progress::IndexProgress;
use crate::store::SessionQuery;

/// The shortest time between batches, so that indexing stays cheap under a heavy write load.
const INTERVAL: Duration = Duration::from_millis(250);

/// How far the accounts are whose index is built anew.
#[derive(Default)]
struct Rebuilds {
    /// The number of the newest session of each account when the server started.
    totals: HashMap<AccountId, u64>,
    done: HashMap<AccountId, u64>,
}

impl Rebuilds {
    /// So many sessions of an account are indexed; none says that its index is complete.
    fn report(&mut self, account: AccountId, done: Option<u64>, progress: &watch::Sender<IndexProgress>) {
        let total = self.totals.get(&account).copied().unwrap_or_default();
        // One that is complete from the beginning is no work.
        if done.is_none() && !self.done.contains_key(&account) {
            return;
        }
        self.done.insert(account, done.unwrap_or(total).min(total));
        let totals = self.done.keys().filter_map(|account| self.totals.get(account));
        let now = IndexProgress { done: self.done.values().sum(), total: totals.sum() };
        progress.send_if_modified(|known| std::mem::replace(known, now) != now);
    }
}

/// Follows all accounts' logs until the server stops.
pub(super) async fn follow_logs(app: App) {
    let follower = app.events.event_log_follower();
    let mut rebuilds = Rebuilds::default();
    // The index may have missed events before this start.
    match app.store.read_system(|system| system.accounts()).await {
        Ok(accounts) => {
            for (account, _) in accounts {
                let query = SessionQuery { limit: 1, ..SessionQuery::default() };
                let newest = app.store.read(account, move |scope| scope.sessions(&query)).await;
                let number =
                    newest.ok().and_then(|page| page.first().map(|session| u64::from(session.number.0)));
                rebuilds.totals.insert(account, number.unwrap_or_default());
                follower.mark_changed(account);
            }
        }
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
            rebuilds.report(account, app.search.rebuilt_sessions(account), &app.index_progress);
        }
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}
