//! Finds out whom to tell of a new handoff, and makes one job for each.

use tierup_common::id::HandoffId;

use crate::app::App;
use crate::domain::Job;
use crate::store::{self, Finish, Leased};

pub(super) async fn run(app: &App, leased: &Leased, id: HandoffId) -> store::Result<()> {
    let now = app.clock.now();
    let (account, leased) = (leased.account, leased.clone());
    let announced = app.store.commit(account, move |tx| {
        if !tx.finish(&leased, &Finish::Done)? {
            return Ok(());
        }
        let handoff = tx.handoff(id)?;
        for user in tx.audience(handoff.handed_off_by.id)? {
            tx.enqueue(Job::Mail { handoff_id: id, to: user.id }, now)?;
        }
        Ok(())
    });
    announced.await
}
