//! Makes the assessment of a handoff.

use tierup_common::id::HandoffId;

use crate::app::App;
use crate::assess::{Library, Opinion, Unable};
use crate::bell::Growing;
use crate::domain::assessment;
use crate::domain::briefing::Briefing;
use crate::domain::handoff::Handoff;
use crate::store::{self, Finish, Leased, Tx};

pub(super) async fn run(app: &App, leased: &Leased, id: HandoffId) -> store::Result<()> {
    let Some(briefing) = begin(app, leased, id).await? else { return Ok(()) };
    let library = Library { account: leased.account, store: &app.store, search: &app.search };
    let started = app.clock.now();
    let writing = app.bell.begin(leased.account, Growing::Assessment(id));
    let mut write = |more: &str| writing.grow(more);
    match app.engine.assess(&briefing, library, &mut write).await {
        Ok((text, opinion)) => finish(app, leased, id, started, text, opinion).await,
        Err(Unable(why)) => fail(app, leased, id, why).await,
    }
}

/// Marks the handoff as being assessed; nothing to do if it has ended meanwhile.
async fn begin(app: &App, leased: &Leased, id: HandoffId) -> store::Result<Option<Briefing>> {
    let now = app.clock.now();
    let (account, leased) = (leased.account, leased.clone());
    let begun = app.store.commit_in_passing(move |system| {
        let tx = &mut system.account(account);
        if !tx.holds(&leased)? {
            return Ok(None);
        }
        let handoff = tx.handoff(id)?;
        let goes_on = handoff.state.stands();
        tx.apply(assessment::begin(&handoff, now), now)?;
        if !goes_on {
            tx.finish(&leased, &Finish::Done)?;
            return Ok(None);
        }
        Ok(Some(Briefing::of_handoff(handoff.title, handoff.notes, tx.snapshot(id)?)))
    });
    begun.await
}

async fn finish(
    app: &App,
    leased: &Leased,
    id: HandoffId,
    started: tierup_common::time::Timestamp,
    text: String,
    opinion: Opinion,
) -> store::Result<()> {
    let now = app.clock.now();
    let data = app.engine.assessment(opinion, now.since(started), now);
    write_back(app, leased, id, move |tx, handoff| tx.apply(assessment::ready(handoff, text, data, now), now))
        .await
}

/// Notes that the assessment could not be made, and why.
pub(super) async fn fail(app: &App, leased: &Leased, id: HandoffId, why: String) -> store::Result<()> {
    let now = app.clock.now();
    write_back(app, leased, id, move |tx, handoff| tx.apply(assessment::failed(handoff, why, now), now)).await
}

async fn write_back(
    app: &App,
    leased: &Leased,
    id: HandoffId,
    work: impl FnOnce(&mut Tx<'_>, &Handoff) -> store::Result<()> + Send + 'static,
) -> store::Result<()> {
    let (account, leased) = (leased.account, leased.clone());
    let written = app.store.commit(account, move |tx| {
        if !tx.finish(&leased, &Finish::Done)? {
            return Ok(());
        }
        let handoff = tx.handoff(id)?;
        work(tx, &handoff)
    });
    written.await
}
