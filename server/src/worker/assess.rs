//! Runs the assessment of a handoff.

use tierup_common::id::HandoffId;

use crate::app::App;
use crate::assess::{AssessmentDraft, EngineContext, EngineError};
use crate::domain::assessment;
use crate::domain::briefing::Briefing;
use crate::domain::handoff::Handoff;
use crate::events::DeltaTarget;
use crate::store::{self, AccountTx, JobResult, LeasedJob};

pub(super) async fn run(app: &App, leased: &LeasedJob, id: HandoffId) -> store::Result<()> {
    let Some(briefing) = mark_started(app, leased, id).await? else { return Ok(()) };
    let context = EngineContext { account: leased.account, store: &app.store, search: &app.search };
    let started = app.clock.now();
    let writer = app.events.start_delta_writer(leased.account, DeltaTarget::Assessment(id));
    let mut sink = |text: &str| writer.append(text);
    match app.engine.assess(&briefing, context, &mut sink).await {
        Ok((text, draft)) => finish(app, leased, id, started, text, draft).await,
        Err(EngineError(reason)) => fail(app, leased, id, reason).await,
    }
}

/// Marks the assessment as running and returns the briefing; none if the handoff has ended.
async fn mark_started(app: &App, leased: &LeasedJob, id: HandoffId) -> store::Result<Option<Briefing>> {
    let now = app.clock.now();
    let (account, leased) = (leased.account, leased.clone());
    let commit = app.store.commit_deferred(move |system| {
        let tx = &mut system.account_tx(account);
        if !tx.holds_lease(&leased)? {
            return Ok(None);
        }
        let handoff = tx.handoff(id)?;
        let is_ongoing = handoff.state.is_ongoing();
        tx.apply(assessment::begin(&handoff, now), now)?;
        if !is_ongoing {
            tx.finish_job(&leased, &JobResult::Done)?;
            return Ok(None);
        }
        Ok(Some(tx.handoff_briefing(handoff)?))
    });
    commit.await
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

/// Records that the assessment failed, and why.
pub(super) async fn fail(app: &App, leased: &LeasedJob, id: HandoffId, reason: String) -> store::Result<()> {
    let now = app.clock.now();
    commit_and_finish(app, leased, id, move |tx, handoff| {
        tx.apply(assessment::fail(handoff, reason, now), now)
    })
    .await
}

async fn commit_and_finish(
    app: &App,
    leased: &LeasedJob,
    id: HandoffId,
    work: impl FnOnce(&mut AccountTx<'_>, &Handoff) -> store::Result<()> + Send + 'static,
) -> store::Result<()> {
    let (account, leased) = (leased.account, leased.clone());
    let commit = app.store.commit(account, move |tx| {
        if !tx.finish_job(&leased, &JobResult::Done)? {
            return Ok(());
        }
        let handoff = tx.handoff(id)?;
        work(tx, &handoff)
    });
    commit.await
}
