//! Looks, at the moment it was due, whether a handoff is to ring again.

use tierup_common::id::HandoffId;
use tierup_common::time::Timestamp;

use crate::app::App;
use crate::domain::reminder;
use crate::store::{self, Finish, Leased};

pub(super) async fn run(
    app: &App,
    leased: &Leased,
    id: HandoffId,
    since: Timestamp,
    warned: bool,
) -> store::Result<()> {
    let (now, policy) = (app.clock.now(), app.policy());
    let (account, leased) = (leased.account, leased.clone());
    let rung = app.store.commit(account, move |tx| {
        if !tx.finish(&leased, &Finish::Done)? {
            return Ok(());
        }
        let handoff = tx.handoff(id)?;
        let session = tx.session(handoff.session_id)?;
        tx.apply(reminder::ring(&handoff, &session, since, warned, policy, now), now)
    });
    rung.await
}
