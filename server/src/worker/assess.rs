//! Makes the assessment of a handoff.

use tierup_common::id::HandoffId;

use crate::app::App;
use crate::assess::{AssessmentDraft, EngineContext, EngineError};
use crate::domain::assessment;
use crate::domain::briefing::Briefing;
use crate::domain::handoff::Handoff;
use crate::events::TextKey;
use crate::store::{self, AccountTx, JobResult, LeasedJob};

pub(super) async fn run(app: &App, leased: &LeasedJob, id: HandoffId) -> store::Result<()> {
    let Some(briefing) = mark_started(app, leased, id).await? else { return Ok(()) };
    let library = EngineContext { account: leased.account, store: &app.store, search: &app.search };
    let started = app.clock.now();
    let writing = app.events.start_text(leased.account, TextKey::Assessment(id));
    let mut write = |more: &str| writing.append(more);
    match app.engine.assess(&briefing, library, &mut write).await {
        Ok((text, opinion)) => finish(app, leased, id, started, text, opinion).await,
        Err(EngineError(why)) => fail(app, leased, id, why).await,
    }
}

/// Marks the handoff as being assessed; nothing to do if it has ended meanwhile.
async fn mark_started(app: &App, leased: &LeasedJob, id: HandoffId) -> store::Result<Option<Briefing>> {
    let now = app.clock.now();
    let (account, leased) = (leased.account, leased.clone());
    let begun = app.store.commit_deferred(move |system| {
        let tx = &mut system.account_tx(account);
        if !tx.holds_lease(&leased)? {
            return Ok(None);
        }
        let handoff = tx.handoff(id)?;
        let goes_on = handoff.state.is_ongoing();
        tx.apply(assessment::begin(&handoff, now), now)?;
        if !goes_on {
            tx.finish_job(&leased, &JobResult::Done)?;
            return Ok(None);
        }
        Ok(Some(Briefing::from_handoff(handoff.title, handoff.notes, tx.snapshot(id)?)))
    });
    begun.await
}

async fn finish(
    app: &App,
    leased: &LeasedJob,
    id: HandoffId,
    started: tierup_common::time::Timestamp,
    text: String,
    draft: AssessmentDraft,
) -> store::Result<()> {
    let now = app.clock.now();
    let data = app.engine.build_assessment(draft, now.since(started), now);
    commit_and_finish(app, leased, id, move |tx, handoff| {
        tx.apply(assessment::complete(handoff, text, data, now), now)
    })
    .await
}

/// Notes that the assessment could not be made, and why.
pub(super) async fn fail(app: &App, leased: &LeasedJob, id: HandoffId, why: String) -> store::Result<()> {
    let now = app.clock.now();
    commit_and_finish(app, leased, id, move |tx, handoff| tx.apply(assessment::fail(handoff, why, now), now))
        .await
}

async fn commit_and_finish(
    app: &App,
    leased: &LeasedJob,
    id: HandoffId,
    work: impl FnOnce(&mut AccountTx<'_>, &Handoff) -> store::Result<()> + Send + 'static,
) -> store::Result<()> {
    let (account, leased) = (leased.account, leased.clone());
    let written = app.store.commit(account, move |tx| {
        if !tx.finish_job(&leased, &JobResult::Done)? {
            return Ok(());
        }
        let handoff = tx.handoff(id)?;
        work(tx, &handoff)
    });
    written.await
}
