//! Slow work as rows: asked for in the transaction that needs it, leased to a worker, gone when it is done.

use std::collections::HashSet;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};
use tierup_common::id::{AccountId, HandoffId};
use tierup_common::time::Timestamp;

use crate::domain::{Job, ScheduledJob};
use crate::store::Result;
use crate::store::tx::{AccountScope, AccountTx, JobOutcome, SystemTx};

/// Nothing but a reminder is put off for so long.
const MAX_DELAY: Duration = Duration::from_hours(1);

/// A job that a worker has for a while.
#[derive(Clone, Debug)]
pub struct LeasedJob {
    /// Its row.
    pub id: i64,
    /// Whose.
    pub account: AccountId,
    /// What to do.
    pub job: Job,
    /// How often it was taken up, this time included.
    pub attempt: u32,
    /// When it was asked for: the same however often it is taken up.
    pub enqueued_at: Timestamp,
    /// Which lease this is: a later one makes it void.
    fencing_token: i64,
}

/// What became of a leased job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum JobResult {
    /// It is done.
    Done,
    /// It is to be tried again, not before this moment, for this reason.
    Retry(Timestamp, String),
    /// It failed for good; the row stays, with the reason.
    Failed(String),
}

impl JobResult {
    const fn outcome(&self) -> JobOutcome {
        match self {
            Self::Done => JobOutcome::Done,
            Self::Retry(..) => JobOutcome::Retry,
            Self::Failed(_) => JobOutcome::Failed,
        }
    }
}

impl Job {
    /// Every kind.
    pub const KINDS: [&str; 6] = ["assess", "reply", "announce", "mail", "ring", "call"];

    /// The word for it in the table: each kind has workers of its own.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Assess { .. } => "assess",
            Self::Reply { .. } => "reply",
            Self::Announce { .. } => "announce",
            Self::Mail { .. } => "mail",
            Self::Reminder { .. } => "ring",
            Self::Webhook { .. } => "call",
        }
    }
}

/// Leases of a process that ended are void: the work is free again.
pub(super) fn release_leases(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("UPDATE job SET lease_until = NULL WHERE failed = 0", [])?;
    Ok(())
}

impl AccountScope<'_> {
    /// Which handoffs will be looked at whether they ring, and since when each is as it is.
    pub fn pending_reminders(&self) -> Result<HashSet<(HandoffId, Timestamp)>> {
        let bodies: Vec<String> = self.query_all(
            "SELECT body FROM job WHERE account_id = ?1 AND kind = 'ring' AND failed = 0",
            [self.account],
            |row| row.get(0),
        )?;
        let mut rings = HashSet::new();
        for body in bodies {
            if let Job::Reminder { handoff_id, since, .. } = serde_json::from_str(&body)? {
                rings.insert((handoff_id, since));
            }
        }
        Ok(rings)
    }
}

impl AccountTx<'_> {
    /// Asks for work, at once or for some moment.
    pub fn enqueue(&mut self, task: ScheduledJob, now: Timestamp) -> Result<()> {
        let ScheduledJob { job, due } = task;
        let due = due.unwrap_or(now);
        self.execute(
            "INSERT INTO job (account_id, kind, body, due_at, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![self.account, job.kind(), serde_json::to_string(&job)?, due, now],
        )?;
        self.effects.job_kinds.push(job.kind());
        Ok(())
    }

    /// Ends a lease. False if the lease had run out and another worker has the job: then nothing of this worker's
    /// may be written.
    pub fn finish_job(&mut self, leased: &LeasedJob, result: &JobResult) -> Result<bool> {
        let touched = match result {
            JobResult::Done => self.execute(
                "DELETE FROM job WHERE id = ?1 AND fence = ?2",
                params![leased.id, leased.fencing_token],
            )?,
            JobResult::Retry(at, why) => self.execute(
                "UPDATE job SET lease_until = NULL, due_at = ?3, error = ?4 WHERE id = ?1 AND fence = ?2",
                params![leased.id, leased.fencing_token, at, why],
            )?,
            JobResult::Failed(why) => self.execute(
                "UPDATE job SET lease_until = NULL, failed = 1, error = ?3 WHERE id = ?1 AND fence = ?2",
                params![leased.id, leased.fencing_token, why],
            )?,
        };
        if touched == 1 {
            self.effects.finished_jobs.push((leased.job.kind(), result.outcome()));
        }
        Ok(touched == 1)
    }

    /// Whether a lease still holds.
    pub fn holds_lease(&self, leased: &LeasedJob) -> Result<bool> {
        let sql = "SELECT 1 FROM job WHERE id = ?1 AND fence = ?2";
        Ok(self.query_one(sql, params![leased.id, leased.fencing_token], |_| Ok(()))?.is_some())
    }
}

/// What stands at one moment, over all accounts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct QueueStats {
    /// Handoffs that wait.
    pub open: i64,
    /// Handoffs that are worked on.
    pub claimed: i64,
    /// Jobs by kind: how many wait or are being done, and how many failed for good.
    pub jobs: Vec<(&'static str, i64, i64)>,
}

impl SystemTx<'_> {
    /// What stands now.
    pub fn queue_stats(&self) -> Result<QueueStats> {
        let count = |sql: &str, value: &str| -> Result<i64> {
            Ok(self.connection.prepare_cached(sql)?.query_row([value], |row| row.get(0))?)
        };
        let handoffs =
            "SELECT COALESCE(SUM(open_handoffs), 0), COALESCE(SUM(claimed_handoffs), 0) FROM account";
        let (open, claimed) =
            self.connection.prepare_cached(handoffs)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let waiting = "SELECT COUNT(*) FROM job WHERE kind = ?1 AND failed = 0";
        let failed = "SELECT COUNT(*) FROM job WHERE kind = ?1 AND failed = 1";
        let jobs = Job::KINDS.iter().map(|kind| Ok((*kind, count(waiting, kind)?, count(failed, kind)?)));
        Ok(QueueStats { open, claimed, jobs: jobs.collect::<Result<_>>()? })
    }

    /// Takes up to so many jobs of a kind that are due and that nobody has, until a moment.
    pub fn lease_jobs(
        &self,
        kind: &str,
        limit: usize,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<LeasedJob>> {
        let mut statement = self.connection.prepare_cached(
            "UPDATE job SET lease_until = ?4, attempt = attempt + 1, fence = fence + 1
             WHERE id IN (SELECT id FROM job WHERE failed = 0 AND kind = ?1 AND due_at <= ?2
               AND (lease_until IS NULL OR lease_until <= ?2) ORDER BY due_at LIMIT ?3)
             RETURNING id, account_id, body, attempt, fence, created_at",
        )?;
        let rows = statement.query_map(params![kind, now, limit, until], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        })?;
        rows.map(|row| {
            let (id, account, body, attempt, fence, asked_at) = row?;
            Ok(LeasedJob {
                id,
                account,
                job: serde_json::from_str(&body)?,
                attempt,
                enqueued_at: asked_at,
                fencing_token: fence,
            })
        })
        .collect()
    }

    /// Forgets jobs that failed for good and were asked for before a moment.
    pub fn delete_failed_jobs(&self, before: Timestamp) -> Result<usize> {
        Ok(self.connection.execute("DELETE FROM job WHERE failed = 1 AND created_at < ?1", [before])?)
    }

    /// Makes due what is put off for longer than any job ever is: it was by a clock that has been set back since.
    /// Reminders are of moments that may be far.
    pub fn reset_far_due_jobs(&mut self, now: Timestamp) -> Result<usize> {
        let brought = self.connection.execute(
            "UPDATE job SET due_at = ?1 WHERE failed = 0 AND kind <> 'ring' AND lease_until IS NULL AND due_at > ?2",
            params![now, now.plus(MAX_DELAY)],
        )?;
        if brought > 0 {
            self.effects.job_kinds.extend(Job::KINDS);
        }
        Ok(brought)
    }

    /// When the next job of a kind can be taken up: its due time, or the end of a lease that may run out.
    pub fn next_due(&self, kind: &str) -> Result<Option<Timestamp>> {
        let first = |sql| -> Result<Option<Timestamp>> {
            let mut statement = self.connection.prepare_cached(sql)?;
            Ok(statement.query_row([kind], |row| row.get(0)).optional()?)
        };
        // Thousands may wait, but few are leased: neither of these looks at more than those few.
        let free = first(
            "SELECT due_at FROM job WHERE failed = 0 AND kind = ?1 AND lease_until IS NULL
             ORDER BY due_at LIMIT 1",
        )?;
        let leased = first(
            "SELECT lease_until FROM job WHERE failed = 0 AND kind = ?1 AND lease_until IS NOT NULL
             ORDER BY lease_until LIMIT 1",
        )?;
        Ok(free.into_iter().chain(leased).min())
    }
}

#[cfg(test)]
mod tests {
    //! Mutants seen to fail: a finish that ignores the fence, no reclaim.

    use rusqlite::Connection;
    use tierup_common::id::HandoffId;

    use super::*;
    use crate::store::{database, with_transaction};

    const NOW: Timestamp = Timestamp::from_millis(1_795_339_800_000);
    const LEASE: Duration = Duration::from_mins(1);

    /// A database in which one job waits.
    fn database_with_job() -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = database::create_database(folder.path()).unwrap();
        database::migrate(&mut connection).unwrap();
        let job = Job::Announce { handoff_id: HandoffId::new(NOW), reason: None };
        let account = AccountId::new(NOW);
        with_transaction(&mut connection, |system| {
            system.account_tx(account).enqueue(ScheduledJob { job, due: None }, NOW)
        })
        .unwrap();
        (folder, connection)
    }

    fn lease(connection: &mut Connection, now: Timestamp) -> Option<LeasedJob> {
        with_transaction(connection, |system| system.lease_jobs("announce", 1, now, now.plus(LEASE)))
            .unwrap()
            .pop()
    }

    fn finish(connection: &mut Connection, leased: &LeasedJob, finish: &JobResult) -> bool {
        with_transaction(connection, |system| system.account_tx(leased.account).finish_job(leased, finish))
            .unwrap()
    }

    #[test]
    fn a_job_is_one_workers_until_its_lease_runs_out_and_then_the_late_one_writes_nothing() {
        let (_folder, mut connection) = database_with_job();
        let first = lease(&mut connection, NOW).unwrap();
        assert!(lease(&mut connection, NOW.plus(LEASE / 2)).is_none(), "two workers have it");
        let second = lease(&mut connection, NOW.plus(LEASE)).unwrap();
        assert_eq!((first.attempt, second.attempt), (1, 2));
        for late in [JobResult::Done, JobResult::Retry(NOW, "late".into()), JobResult::Failed("late".into())]
        {
            assert!(!finish(&mut connection, &first, &late), "{late:?}");
        }
        let holds = |leased: &LeasedJob| {
            let leased = leased.clone();
            move |system: &mut SystemTx<'_>| system.account_tx(leased.account).holds_lease(&leased)
        };
        assert!(!with_transaction(&mut connection, holds(&first)).unwrap());
        assert!(with_transaction(&mut connection, holds(&second)).unwrap());
        assert!(finish(&mut connection, &second, &JobResult::Done));
        assert!(lease(&mut connection, NOW.plus(LEASE * 9)).is_none());
    }

    #[test]
    fn what_a_clock_that_was_ahead_put_off_for_days_is_done_when_it_is_right() {
        let (_folder, mut connection) = database_with_job();
        let put_off = |connection: &mut Connection, until: Timestamp| {
            let leased = lease(connection, NOW.plus(MAX_DELAY)).unwrap();
            assert!(finish(connection, &leased, &JobResult::Retry(until, "no answer".into())));
        };
        put_off(&mut connection, NOW.plus(Duration::from_mins(3)));
        assert_eq!(
            with_transaction(&mut connection, |system| system.reset_far_due_jobs(NOW)).unwrap(),
            0,
            "it waits its time"
        );
        put_off(&mut connection, NOW.plus(MAX_DELAY * 72));
        assert!(lease(&mut connection, NOW).is_none());
        assert_eq!(with_transaction(&mut connection, |system| system.reset_far_due_jobs(NOW)).unwrap(), 1);
        assert!(lease(&mut connection, NOW).is_some());
    }

    #[test]
    fn what_a_dead_process_had_is_free_at_the_next_start_and_what_failed_for_good_is_not() {
        let (_folder, mut connection) = database_with_job();
        lease(&mut connection, NOW).unwrap();
        release_leases(&connection).unwrap();
        let again = lease(&mut connection, NOW).unwrap();
        assert_eq!(again.attempt, 2);
        assert!(finish(&mut connection, &again, &JobResult::Failed("no use".into())));
        release_leases(&connection).unwrap();
        assert!(lease(&mut connection, NOW.plus(LEASE * 9)).is_none());
        let standing = with_transaction(&mut connection, |system| system.queue_stats()).unwrap();
        assert_eq!(standing.jobs.iter().find(|(kind, ..)| *kind == "announce"), Some(&("announce", 0, 1)));
    }
}
