//! Tells webhooks what happened: follows every log, and makes a job of each call that somebody wants.

use std::collections::HashMap;

use tierup_common::id::{AccountId, Seq};

use crate::app::App;
use crate::delivery::DeliveryError;
use crate::domain::{Job, ScheduledJob, WebhookId};
use crate::events::LogFollower;
use crate::store::{self, JobResult, LeasedJob};
use crate::worker::outcome::{finish_delivery, finish_job};

/// The follower's name where its cursors are kept.
const CURSOR_NAME: &str = "webhooks";
/// Events read at a time.
const PAGE_SIZE: u32 = 256;

/// Follows the log of every account that has webhooks until the server stops. The first time from its end on: nobody
/// wants to be told what is long past.
pub(super) async fn follow_logs(app: App) {
    let follower = app.events.follow_logs();
    if let Err(error) = init_cursors(&app, &follower).await {
        tracing::error!(%error, "webhooks are not told what happened while the server was stopped");
    }
    // What was read and that nobody wants: noted here alone, and read again only after a start.
    let mut reached = HashMap::new();
    loop {
        let grown = tokio::select! {
            () = app.shutdown.cancelled() => return,
            grown = follower.changed_accounts() => grown,
        };
        for account in grown.into_iter().filter(|account| app.webhooks.has_any(*account)) {
            match enqueue_next_page(&app, account, &mut reached).await {
                Ok(ReadProgress::Partial) => follower.mark_changed(account),
                Ok(ReadProgress::Complete) => {}
                Err(error) => tracing::warn!(%error, "webhooks are told later"),
            }
        }
    }
}

/// Notes where each account begins, and looks at what happened since the last start.
async fn init_cursors(app: &App, follower: &LogFollower) -> store::Result<()> {
    for (account, _) in app.store.read_system(|system| system.accounts()).await? {
        let wanted = app.webhooks.has_any(account);
        let known = app.store.read(account, |scope| scope.follower_cursor(CURSOR_NAME)).await?;
        if wanted == known.is_some() {
            follower.mark_changed(account);
            continue;
        }
        let began = app.store.commit(account, move |tx| {
            let from = if wanted { Some(tx.newest_seq()?) } else { None };
            tx.set_cursor(CURSOR_NAME, from)
        });
        began.await?;
    }
    Ok(())
}

/// How much of a log was read.
enum ReadProgress {
    /// All there is.
    Complete,
    /// There may be more.
    Partial,
}

async fn enqueue_next_page(
    app: &App,
    account: AccountId,
    cursors: &mut HashMap<AccountId, Seq>,
) -> store::Result<ReadProgress> {
    let known = cursors.get(&account).copied();
    let page = app.store.read(account, move |scope| {
        let after = match known {
            Some(seq) => seq,
            None => scope.follower_cursor(CURSOR_NAME)?.unwrap_or_default(),
        };
        scope.log_page_after(after, PAGE_SIZE)
    });
    let page = page.await?;
    let for_all = page.events.iter().filter(|event| event.recipient.is_none());
    let calls: Vec<Job> = for_all
        .flat_map(|event| app.webhooks.subscribed_to(account, &event.kind).map(|hook| (event.seq, hook)))
        .map(|(seq, hook)| Job::Webhook { seq, hook })
        .collect();
    let read = if page.has_more { ReadProgress::Partial } else { ReadProgress::Complete };
    let up_to = page.up_to;
    if !calls.is_empty() || matches!(read, ReadProgress::Partial) {
        let now = app.clock.now();
        let told = app.store.commit(account, move |tx| {
            for job in calls {
                tx.enqueue(ScheduledJob { job, due: None }, now)?;
            }
            tx.set_cursor(CURSOR_NAME, Some(up_to))
        });
        told.await?;
    }
    cursors.insert(account, up_to);
    Ok(read)
}

/// Makes one call.
pub(super) async fn run(app: &App, leased: &LeasedJob, seq: Seq, hook: WebhookId) -> store::Result<()> {
    let event = app.store.read(leased.account, move |scope| scope.event(seq)).await?;
    let (Some(event), Some(hook)) = (event, app.webhooks.get(leased.account, hook)) else {
        // The log or the settings no longer have it.
        finish_job(app, leased, JobResult::Done).await;
        return Ok(());
    };
    let delivered = hook.call(&event, leased.account, app.clock.now()).await;
    if let Err(DeliveryError::Permanent(reason)) = &delivered {
        tracing::warn!(hook = hook.id().0, reason, "a webhook call failed");
    }
    finish_delivery(app, leased, delivered).await;
    Ok(())
}
