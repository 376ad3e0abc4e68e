//! Finds out whom to tell of a handoff that waits, and makes one job for each.

use tierup_common::event::ReminderReason;
use tierup_common::id::HandoffId;

use crate::app::App;
use crate::domain::{Job, Task};
use crate::store::{self, Finish, Leased};

pub(super) async fn run(
    app: &App,
    leased: &Leased,
    id: HandoffId,
    reason: Option<ReminderReason>,
) -> store::Result<()> {
    let now = app.clock.now();
    let (account, leased) = (leased.account, leased.clone());
    let announced = app.store.commit_in_passing(move |system| {
        let tx = &mut system.account(account);
        if !tx.finish(&leased, &Finish::Done)? {
            return Ok(());
        }
        let handoff = tx.handoff(id)?;
        for user in tx.audience(handoff.handed_off_by.id)? {
            let job = Job::Mail { handoff_id: id, to: user.id, reason };
            tx.enqueue(Task { job, due: None }, now)?;
        }
        Ok(())
    });
    announced.await
}
