//! Determines who to mail about a waiting handoff, and enqueues one job for each.

use tierup_common::event::ReminderReason;
use tierup_common::id::HandoffId;

use crate::app::App;
use crate::domain::{Job, ScheduledJob};
use crate::store::{self, JobResult, LeasedJob};

pub(super) async fn run(
    app: &App,
    leased: &LeasedJob,
    id: HandoffId,
    reason: Option<ReminderReason>,
) -> store::Result<()> {
    let now = app.clock.now();
    let (account, leased) = (leased.account, leased.clone());
    let commit = app.store.commit_deferred(move |system| {
        let tx = &mut system.account_tx(account);
        if !tx.finish_job(&leased, &JobResult::Done)? {
            return Ok(());
        }
        let handoff = tx.handoff(id)?;
        for user in tx.notification_recipients(handoff.handed_off_by.id)? {
            let job = Job::Mail { handoff_id: id, to: user.id, reason };
            tx.enqueue(ScheduledJob { job, due_at: None }, now)?;
        }
        Ok(())
    });
    commit.await
}
