//! Jobs as rows: added by the transaction that asks for the work, leased to a worker, deleted when done.

use std::collections::HashSet;
use std::time::Duration;

use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, OptionalExtension, ToSql, params};
use tierup_common::id::{AccountId, HandoffId};
use tierup_common::time::Timestamp;

use crate::domain::{Job, JobKind, ScheduledJob};
use crate::store::effects::JobOutcome;
use crate::store::error::Result;
use crate::store::tx::{AccountScope, AccountTx, SystemScope, SystemTx};

/// The longest delay of a retry. Only reminders are due later.
const MAX_DELAY: Duration = Duration::from_hours(1);

/// A job that is leased to a worker.
#[derive(Clone, Debug)]
pub struct LeasedJob {
    /// Its row.
    pub id: i64,
    /// The account.
    pub account: AccountId,
    /// The work.
    pub job: Job,
    /// The number of this attempt, from 1.
    pub attempt: u32,
    /// When the job was added; the same for all attempts.
    pub enqueued_at: Timestamp,
    /// Grows with each lease; an earlier lease is void.
    fencing_token: i64,
}

/// The result of an attempt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum JobResult {
    /// The job is done.
    Done,
    /// Try again, not before this time, for this reason.
    Retry(Timestamp, String),
    /// The job failed for good. Its row stays, with the reason.
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

impl ToSql for JobKind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.as_str()))
    }
}

/// Ends the leases of a process that has ended.
pub(super) fn release_leases(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("UPDATE job SET lease_until = NULL WHERE failed = 0", [])?;
    Ok(())
}

impl AccountScope<'_> {
    /// The handoffs with a reminder job, each with the start of the state that it is about.
    pub fn pending_reminders(&self) -> Result<HashSet<(HandoffId, Timestamp)>> {
        let bodies: Vec<String> = self.query_all(
            "SELECT body FROM job WHERE account_id = ?1 AND kind = ?2 AND failed = 0",
            params![self.account, JobKind::Reminder],
            |row| row.get(0),
        )?;
        let mut reminders = HashSet::new();
        for body in bodies {
            if let Job::Reminder { handoff_id, since, .. } = serde_json::from_str(&body)? {
                reminders.insert((handoff_id, since));
            }
        }
        Ok(reminders)
    }
}

impl AccountTx<'_> {
    /// Adds a job.
    pub fn enqueue(&mut self, ScheduledJob { job, due_at: due }: ScheduledJob, now: Timestamp) -> Result<()> {
        let due = due.unwrap_or(now);
        self.execute(
            "INSERT INTO job (account_id, kind, body, due_at, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![self.account, job.kind(), serde_json::to_string(&job)?, due, now],
        )?;
        self.effects.job_kinds.push(job.kind());
        Ok(())
    }

    /// Ends a lease with a result. Returns `false` if another worker has leased the job since; then this worker must not
    /// write anything.
    pub fn finish_job(&mut self, leased: &LeasedJob, result: &JobResult) -> Result<bool> {
        let touched = match result {
            JobResult::Done => self.execute(
                "DELETE FROM job WHERE id = ?1 AND fence = ?2",
                params![leased.id, leased.fencing_token],
            )?,
            JobResult::Retry(at, reason) => self.execute(
                "UPDATE job SET lease_until = NULL, due_at = ?3, error = ?4 WHERE id = ?1 AND fence = ?2",
                params![leased.id, leased.fencing_token, at, reason],
            )?,
            JobResult::Failed(reason) => self.execute(
                "UPDATE job SET lease_until = NULL, failed = 1, error = ?3 WHERE id = ?1 AND fence = ?2",
                params![leased.id, leased.fencing_token, reason],
            )?,
        };
        if touched == 1 {
            self.effects.finished_jobs.push((leased.job.kind(), result.outcome()));
        }
        Ok(touched == 1)
    }

    /// Whether no other worker has leased the job since.
    pub fn holds_lease(&self, leased: &LeasedJob) -> Result<bool> {
        let sql = "SELECT 1 FROM job WHERE id = ?1 AND fence = ?2";
        Ok(self.query_first(sql, params![leased.id, leased.fencing_token], |_| Ok(()))?.is_some())
    }
}

/// The current numbers of handoffs and jobs, of all accounts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct QueueStats {
    /// Open handoffs.
    pub open: i64,
    /// Claimed handoffs.
    pub claimed: i64,
    /// Open handoffs past their response target.
    pub overdue: i64,
    /// Jobs by kind.
    pub jobs: Vec<JobCounts>,
}

/// The current numbers of jobs of a kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JobCounts {
    /// The kind.
    pub kind: JobKind,
    /// Jobs that wait or run.
    pub waiting: i64,
    /// Jobs that failed for good.
    pub failed: i64,
}

impl SystemScope<'_> {
    /// The current numbers.
    pub fn queue_stats(&self, now: Timestamp) -> Result<QueueStats> {
        let count = |sql: &str, kind: JobKind| -> Result<i64> {
            Ok(self.connection.prepare_cached(sql)?.query_row([kind], |row| row.get(0))?)
        };
        let handoffs =
            "SELECT COALESCE(SUM(open_handoffs), 0), COALESCE(SUM(claimed_handoffs), 0) FROM account";
        let (open, claimed) =
            self.connection.prepare_cached(handoffs)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let waiting = "SELECT COUNT(*) FROM job WHERE kind = ?1 AND failed = 0";
        let failed = "SELECT COUNT(*) FROM job WHERE kind = ?1 AND failed = 1";
        let jobs = JobKind::ALL
            .into_iter()
            .map(|kind| Ok(JobCounts { kind, waiting: count(waiting, kind)?, failed: count(failed, kind)? }));
        let overdue = "SELECT COUNT(*) FROM handoff WHERE status = 'open' AND due_at < ?1";
        let overdue = self.connection.prepare_cached(overdue)?.query_row([now], |row| row.get(0))?;
        Ok(QueueStats { open, claimed, overdue, jobs: jobs.collect::<Result<_>>()? })
    }

    /// When the next job of a kind can be leased: its due time, or the end of another lease.
    pub fn next_due(&self, kind: JobKind) -> Result<Option<Timestamp>> {
        let first = |sql| -> Result<Option<Timestamp>> {
            let mut statement = self.connection.prepare_cached(sql)?;
            Ok(statement.query_row([kind], |row| row.get(0)).optional()?)
        };
        // Thousands may wait, but few are leased: each query looks at few rows.
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

impl SystemTx<'_> {
    /// Leases up to `limit` jobs of a kind that are due and free, until a time.
    pub fn lease_jobs(
        &self,
        kind: JobKind,
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
            let (id, account, body, attempt, fencing_token, enqueued_at) = row?;
            Ok(LeasedJob {
                id,
                account,
                job: serde_json::from_str(&body)?,
                attempt,
                enqueued_at,
                fencing_token,
            })
        })
        .collect()
    }

    /// Deletes jobs that failed for good and were added before a time.
    pub fn delete_failed_jobs(&self, before: Timestamp) -> Result<usize> {
        Ok(self.connection.execute("DELETE FROM job WHERE failed = 1 AND created_at < ?1", [before])?)
    }

    /// Makes jobs due that a clock far ahead has put off for longer than any retry. Reminders may be due that late.
    pub fn reset_far_due_jobs(&mut self, now: Timestamp) -> Result<usize> {
        let reset = self.connection.execute(
            "UPDATE job SET due_at = ?1 WHERE failed = 0 AND kind <> ?3 AND lease_until IS NULL AND due_at > ?2",
            params![now, now.plus(MAX_DELAY), JobKind::Reminder],
        )?;
        if reset > 0 {
            self.effects.job_kinds.extend(JobKind::ALL);
        }
        Ok(reset)
    }
}

#[cfg(test)]
mod tests {
    //! Mutants seen to fail: a finish that ignores the fence, no reclaim.

    use rusqlite::Connection;
    use tierup_common::id::HandoffId;

    use super::*;
    use crate::store::{create_database, migrate, with_transaction};

    const NOW: Timestamp = Timestamp::from_millis(1_795_339_800_000);
    const LEASE: Duration = Duration::from_mins(1);

    /// A database with one job.
    fn database_with_job() -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = create_database(folder.path()).unwrap();
        migrate(&mut connection).unwrap();
        let job = Job::Announce { handoff_id: HandoffId::new(NOW), reason: None };
        let account = AccountId::new(NOW);
        with_transaction(&mut connection, |system| {
            system.account_tx(account).enqueue(ScheduledJob { job, due_at: None }, NOW)
        })
        .unwrap();
        (folder, connection)
    }

    fn lease(connection: &mut Connection, now: Timestamp) -> Option<LeasedJob> {
        with_transaction(connection, |system| system.lease_jobs(JobKind::Announce, 1, now, now.plus(LEASE)))
            .unwrap()
            .pop()
    }

    fn finish(connection: &mut Connection, leased: &LeasedJob, result: &JobResult) -> bool {
        with_transaction(connection, |system| system.account_tx(leased.account).finish_job(leased, result))
            .unwrap()
    }

    #[test]
    fn a_job_belongs_to_one_worker_until_its_lease_expires() {
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
    fn jobs_scheduled_by_a_fast_clock_are_due_once_the_clock_is_right() {
        let (_folder, mut connection) = database_with_job();
        let put_off = |connection: &mut Connection, until: Timestamp| {
            let leased = lease(connection, NOW.plus(MAX_DELAY)).unwrap();
            assert!(finish(connection, &leased, &JobResult::Retry(until, "no answer".into())));
        };
        put_off(&mut connection, NOW.plus(Duration::from_mins(3)));
        assert_eq!(
            with_transaction(&mut connection, |system| system.reset_far_due_jobs(NOW)).unwrap(),
            0,
            "a normal delay stays"
        );
        put_off(&mut connection, NOW.plus(MAX_DELAY * 72));
        assert!(lease(&mut connection, NOW).is_none());
        assert_eq!(with_transaction(&mut connection, |system| system.reset_far_due_jobs(NOW)).unwrap(), 1);
        assert!(lease(&mut connection, NOW).is_some());
    }

    #[test]
    fn a_restart_frees_leases_but_not_jobs_that_failed_for_good() {
        let (_folder, mut connection) = database_with_job();
        lease(&mut connection, NOW).unwrap();
        release_leases(&connection).unwrap();
        let again = lease(&mut connection, NOW).unwrap();
        assert_eq!(again.attempt, 2);
        assert!(finish(&mut connection, &again, &JobResult::Failed("no use".into())));
        release_leases(&connection).unwrap();
        assert!(lease(&mut connection, NOW.plus(LEASE * 9)).is_none());
        let stats = with_transaction(&mut connection, |system| system.queue_stats(NOW)).unwrap();
        let counts = JobCounts { kind: JobKind::Announce, waiting: 0, failed: 1 };
        assert!(stats.jobs.contains(&counts));
    }
}
