//! Tells webhooks what happened: follows every log, and makes a job of each call that somebody wants.

use std::collections::HashMap;

use tierup_common::id::{AccountId, Seq};

use crate::app::App;
use crate::bell::Growth;
use crate::domain::{HookId, Job, Task};
use crate::store::{self, Finish, Leased};
use crate::webhook::CallError;
use crate::worker::{again, end};

/// The follower's name where its cursors are kept.
const FOLLOWER: &str = "webhooks";
/// Events read at a time.
const PAGE: u32 = 256;

/// Follows the log of every account that has webhooks until the server stops. The first time from its end on: nobody
/// wants to be told what is long past.
pub(super) async fn follow(app: App) {
    let growth = app.bell.follow();
    if let Err(error) = begin(&app, &growth).await {
        tracing::error!(%error, "webhooks are not told what happened while the server was stopped");
    }
    // What was read and that nobody wants: noted here alone, and read again only after a start.
    let mut reached = HashMap::new();
    loop {
        let grown = tokio::select! {
            () = app.stop.cancelled() => return,
            grown = growth.grown() => grown,
        };
        for account in grown.into_iter().filter(|account| app.hooks.is_any(*account)) {
            match read_on(&app, account, &mut reached).await {
                Ok(Read::Part) => growth.mark(account),
                Ok(Read::All) => {}
                Err(error) => tracing::warn!(%error, "webhooks are told later"),
            }
        }
    }
}

/// Notes where each account begins, and looks at what happened since the last start.
async fn begin(app: &App, growth: &Growth) -> store::Result<()> {
    for (account, _) in app.store.read_system(|system| system.accounts()).await? {
        let wanted = app.hooks.is_any(account);
        let known = app.store.read(account, |scope| scope.cursor(FOLLOWER)).await?;
        if wanted == known.is_some() {
            growth.mark(account);
            continue;
        }
        let began = app.store.commit(account, move |tx| {
            let from = if wanted { Some(tx.newest_seq()?) } else { None };
            tx.move_cursor(FOLLOWER, from)
        });
        began.await?;
    }
    Ok(())
}

/// How much of a log was read.
enum Read {
    /// All there is.
    All,
    /// There may be more.
    Part,
}

async fn read_on(
    app: &App,
    account: AccountId,
    reached: &mut HashMap<AccountId, Seq>,
) -> store::Result<Read> {
    let known = reached.get(&account).copied();
    let page = app.store.read(account, move |scope| {
        let after = match known {
            Some(seq) => seq,
            None => scope.cursor(FOLLOWER)?.unwrap_or_default(),
        };
        scope.log_after(after, PAGE)
    });
    let page = page.await?;
    let for_all = page.events.iter().filter(|event| event.only.is_none());
    let calls: Vec<Job> = for_all
        .flat_map(|event| app.hooks.wanting(account, &event.name).map(|hook| (event.seq, hook)))
        .map(|(seq, hook)| Job::Call { seq, hook })
        .collect();
    let read = if page.has_more { Read::Part } else { Read::All };
    let up_to = page.up_to;
    if !calls.is_empty() || matches!(read, Read::Part) {
        let now = app.clock.now();
        let told = app.store.commit(account, move |tx| {
            for job in calls {
                tx.enqueue(Task { job, due: None }, now)?;
            }
            tx.move_cursor(FOLLOWER, Some(up_to))
        });
        told.await?;
    }
    reached.insert(account, up_to);
    Ok(read)
}

/// Makes one call.
pub(super) async fn call(app: &App, leased: &Leased, seq: Seq, hook: HookId) -> store::Result<()> {
    let event = app.store.read(leased.account, move |scope| scope.event(seq)).await?;
    let (Some(event), Some(hook)) = (event, app.hooks.find(leased.account, hook)) else {
        // The log or the settings no longer have it.
        end(app, leased, Finish::Done).await;
        return Ok(());
    };
    match hook.call(&event, leased.account, app.clock.now()).await {
        Ok(()) => end(app, leased, Finish::Done).await,
        Err(CallError::Transient(why)) => again(app, leased, why).await,
        Err(CallError::Permanent(why)) => {
            tracing::warn!(hook = hook.id().0, why, "a webhook was not told");
            end(app, leased, Finish::Failed(why)).await;
        }
    }
    Ok(())
}
