//! Calls webhooks: follows all accounts' logs, and enqueues a job for each call.

use std::collections::HashMap;

use tierup_common::id::{AccountId, Seq};

use crate::app::App;
use crate::delivery::DeliveryError;
use crate::domain::{Job, ScheduledJob, WebhookId};
use crate::events::EventLogFollower;
use crate::metrics::Destination;
use crate::store::{self, JobResult, LeasedJob};
use crate::worker::outcome::{finish_delivery, finish_job};

/// Identifies this follower's cursors in the database.
const CURSOR_NAME: &str = "webhooks";
/// Events read at a time.
const PAGE_SIZE: u32 = 256;

/// Follows the logs of accounts with webhooks until the server stops. Starts at the end of a log: older events are not
/// sent.
pub(super) async fn follow_logs(app: App) {
    let follower = app.events.event_log_follower();
    if let Err(error) = init_cursors(&app, &follower).await {
        tracing::error!(%error, "webhooks miss the events since the last start");
    }
    // Cursors past events that no webhook gets. Kept in memory only: after a restart, such events are read again.
    let mut cursors = HashMap::new();
    loop {
        let accounts = tokio::select! {
            () = app.shutdown.cancelled() => return,
            accounts = follower.changed_accounts() => accounts,
        };
        for account in accounts.into_iter().filter(|account| app.webhooks.has_any(*account)) {
            match enqueue_next_page(&app, account, &mut cursors).await {
                Ok(ReadProgress::Partial) => follower.mark_changed(account),
                Ok(ReadProgress::Complete) => {}
                Err(error) => tracing::warn!(%error, "cannot enqueue webhook calls; trying again later"),
            }
        }
    }
}

/// Sets the cursors of accounts that are new to webhooks, and clears those of accounts without any.
async fn init_cursors(app: &App, follower: &EventLogFollower) -> store::Result<()> {
    for (account, _) in app.store.read_system(|system| system.accounts()).await? {
        let has_webhooks = app.webhooks.has_any(account);
        let cursor = app.store.read(account, |scope| scope.follower_cursor(CURSOR_NAME)).await?;
        if has_webhooks == cursor.is_some() {
            follower.mark_changed(account);
            continue;
        }
        let commit = app.store.commit(account, move |tx| {
            let from = if has_webhooks { Some(tx.newest_seq()?) } else { None };
            tx.set_cursor(CURSOR_NAME, from)
        });
        commit.await?;
    }
    Ok(())
}

/// How far an account's log was read.
enum ReadProgress {
    /// To its end.
    Complete,
    /// There may be more.
    Partial,
}

async fn enqueue_next_page(
    app: &App,
    account: AccountId,
    cursors: &mut HashMap<AccountId, Seq>,
) -> store::Result<ReadProgress> {
    let cursor = cursors.get(&account).copied();
    let page = app.store.read(account, move |scope| {
        let after = match cursor {
            Some(seq) => seq,
            None => scope.follower_cursor(CURSOR_NAME)?.unwrap_or_default(),
        };
        scope.log_page_after(after, PAGE_SIZE)
    });
    let page = page.await?;
    let public = page.events.iter().filter(|event| event.visibility.recipient.is_none());
    let calls: Vec<Job> = public
        .flat_map(|event| app.webhooks.subscribed_to(account, event.kind).map(|hook| (event.seq, hook)))
        .map(|(seq, hook)| Job::Webhook { seq, hook })
        .collect();
    let read = if page.has_more { ReadProgress::Partial } else { ReadProgress::Complete };
    let up_to = page.up_to;
    if !calls.is_empty() || matches!(read, ReadProgress::Partial) {
        let now = app.clock.now();
        let commit = app.store.commit(account, move |tx| {
            for job in calls {
                tx.enqueue(ScheduledJob { job, due_at: None }, now)?;
            }
            tx.set_cursor(CURSOR_NAME, Some(up_to))
        });
        commit.await?;
    }
    cursors.insert(account, up_to);
    Ok(read)
}

/// Makes a call.
pub(super) async fn run(app: &App, leased: &LeasedJob, seq: Seq, hook: WebhookId) -> store::Result<()> {
    let event = app.store.read(leased.account, move |scope| scope.event(seq)).await?;
    let (Some(event), Some(hook)) = (event, app.webhooks.get(leased.account, hook)) else {
        // The event or the webhook no longer exists.
        finish_job(app, leased, JobResult::Done).await;
        return Ok(());
    };
    let event = app.redactor.redact_texts(event, Destination::Webhook);
    let delivered = hook.deliver(&event, leased.account, app.clock.now()).await;
    if let Err(DeliveryError::Permanent(reason)) = &delivered {
        tracing::warn!(hook = hook.id().0, reason, "a webhook call failed");
    }
    finish_delivery(app, leased, delivered).await;
    Ok(())
}
