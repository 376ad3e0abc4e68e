//! Tells webhooks what happened: finds out which ones want to know, and makes one job for each call.

use tierup_common::event::Event;
use tierup_common::id::Seq;

use crate::app::App;
use crate::domain::{Job, Task};
use crate::store::{self, Finish, Leased};
use crate::webhook::CallError;
use crate::worker::{again, end};

/// Makes a job for each webhook that wants to know.
pub(super) async fn fan_out(app: &App, leased: &Leased, seq: Seq) -> store::Result<()> {
    let now = app.clock.now();
    let Some(event) = event(app, leased, seq).await? else {
        end(app, leased, Finish::Done).await;
        return Ok(());
    };
    let places: Vec<usize> = app.hooks.wanting(leased.account, event.what.name()).collect();
    let (account, leased) = (leased.account, leased.clone());
    let told = app.store.commit(account, move |tx| {
        if !tx.finish(&leased, &Finish::Done)? {
            return Ok(());
        }
        for place in places {
            tx.enqueue(Task { job: Job::Call { seq, hook: place }, due: None }, now)?;
        }
        Ok(())
    });
    told.await
}

/// Makes one call.
pub(super) async fn call(app: &App, leased: &Leased, seq: Seq, hook: usize) -> store::Result<()> {
    let Some(event) = event(app, leased, seq).await? else {
        end(app, leased, Finish::Done).await;
        return Ok(());
    };
    match app.hooks.call(hook, leased.account, &event, app.clock.now()).await {
        Ok(()) => end(app, leased, Finish::Done).await,
        Err(CallError::Transient(why)) => again(app, leased, why).await,
        Err(CallError::Permanent(why)) => {
            tracing::warn!(hook, why, "a webhook was not told");
            end(app, leased, Finish::Failed(why)).await;
        }
    }
    Ok(())
}

/// The event, if the log still has it.
async fn event(app: &App, leased: &Leased, seq: Seq) -> store::Result<Option<Event>> {
    app.store.read(leased.account, move |scope| scope.event(seq)).await
}
