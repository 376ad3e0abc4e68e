//! Runs the assessment of a handoff.

use tierup_common::id::{AccountId, HandoffId, SessionId};

use crate::app::App;
use crate::assess::{self, AssessmentDraft, EngineContext, EngineError, FailureReason};
use crate::domain::assessment;
use crate::domain::briefing::Briefing;
use crate::domain::handoff::Handoff;
use crate::events::{DeltaTarget, SessionWatcher};
use crate::store::{self, AccountTx, JobResult, LeasedJob};
use crate::worker::engine_run::run_engine;

pub(super) async fn run(app: &App, leased: &LeasedJob, id: HandoffId) -> store::Result<()> {
    let Some((session, briefing)) = mark_started(app, leased, id).await? else { return Ok(()) };
    let context = EngineContext {
        account: leased.account,
        store: &app.store,
        search: &app.search,
        redactor: &app.redactor,
    };
    let started = app.clock.now();
    let writer = app.events.start_delta_writer(leased.account, DeltaTarget::Assessment(id));
    let mut sink = |text: &str| writer.append(text);
    let work = run_engine(app, leased.account, app.engine.assess(&briefing, context, &mut sink));
    let watcher = app.events.watch_session(session);
    let result = tokio::select! {
        result = work => result,
        ended = wait_for_end(app, leased.account, id, &watcher) => {
            ended?;
            return abandon(app, leased, id).await;
        }
    };
    match result {
        Ok((text, draft)) => finish(app, leased, id, started, text, draft).await,
        Err(EngineError(reason)) => fail(app, leased, id, reason).await,
    }
}

/// Waits until the handoff has left the queue: nobody reads its assessment then.
async fn wait_for_end(
    app: &App,
    account: AccountId,
    id: HandoffId,
    watcher: &SessionWatcher,
) -> store::Result<()> {
    loop {
        let mut woken = std::pin::pin!(watcher.woken());
        woken.as_mut().enable();
        if !app.store.read(account, move |scope| Ok(scope.handoff(id)?.state.is_ongoing())).await? {
            return Ok(());
        }
        woken.await;
    }
}

/// Ends the job of a handoff that has ended.
async fn abandon(app: &App, leased: &LeasedJob, id: HandoffId) -> store::Result<()> {
    let now = app.clock.now();
    commit_and_finish(app, leased, id, move |tx, handoff| {
        let has_earlier = tx.assessment(id)?.is_some();
        tx.apply(assessment::begin(handoff, has_earlier, now), now)
    })
    .await
}

/// Marks the assessment as running and returns the session and the briefing; none if the handoff has ended.
async fn mark_started(
    app: &App,
    leased: &LeasedJob,
    id: HandoffId,
) -> store::Result<Option<(SessionId, Briefing)>> {
    let now = app.clock.now();
    let (account, leased) = (leased.account, leased.clone());
    let commit = app.store.commit_deferred(move |system| {
        let tx = &mut system.account_tx(account);
        if !tx.holds_lease(&leased)? {
            return Ok(None);
        }
        let handoff = tx.handoff(id)?;
        let is_ongoing = handoff.state.is_ongoing();
        let has_earlier = tx.assessment(id)?.is_some();
        tx.apply(assessment::begin(&handoff, has_earlier, now), now)?;
        if !is_ongoing {
            tx.finish_job(&leased, &JobResult::Done)?;
            return Ok(None);
        }
        let session = handoff.session_id;
        Ok(Some((session, tx.handoff_briefing(handoff)?)))
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
    let data = assess::build_assessment(app.engine.as_ref(), draft, now.since(started), now);
    commit_and_finish(app, leased, id, move |tx, handoff| {
        tx.apply(assessment::complete(handoff, text, data, now), now)
    })
    .await
}

/// Records that the assessment failed, and why.
pub(super) async fn fail(
    app: &App,
    leased: &LeasedJob,
    id: HandoffId,
    reason: FailureReason,
) -> store::Result<()> {
    let now = app.clock.now();
    commit_and_finish(app, leased, id, move |tx, handoff| {
        tx.apply(assessment::fail(handoff, reason.sentence, reason.detail, now), now)
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
