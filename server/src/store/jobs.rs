//! Slow work as rows: asked for in the transaction that needs it, leased to a worker, gone when it is done.

use std::collections::HashSet;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};
use tierup_common::id::{AccountId, HandoffId};
use tierup_common::time::Timestamp;

use crate::domain::{Job, Task};
use crate::store::Result;
use crate::store::tx::{Outcome, Scope, System, Tx};

/// Nothing but a reminder is put off for so long.
const PUT_OFF: Duration = Duration::from_hours(1);

/// A job that a worker has for a while.
#[derive(Clone, Debug)]
pub struct Leased {
    /// Its row.
    pub id: i64,
    /// Whose.
    pub account: AccountId,
    /// What to do.
    pub job: Job,
    /// How often it was taken up, this time included.
    pub attempt: u32,
    /// When it was asked for: the same however often it is taken up.
    pub asked_at: Timestamp,
    /// Which lease this is: a later one makes it void.
    fence: i64,
}

/// What became of a leased job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Finish {
    /// It is done.
    Done,
    /// It is to be tried again, not before this moment, for this reason.
    Again(Timestamp, String),
    /// It failed for good; the row stays, with the reason.
    Failed(String),
}

impl Finish {
    const fn outcome(&self) -> Outcome {
        match self {
            Self::Done => Outcome::Done,
            Self::Again(..) => Outcome::Again,
            Self::Failed(_) => Outcome::Failed,
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
            Self::Ring { .. } => "ring",
            Self::Call { .. } => "call",
        }
    }
}

/// Leases of a process that ended are void: the work is free again.
pub(super) fn reclaim(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("UPDATE job SET lease_until = NULL WHERE failed = 0", [])?;
    Ok(())
}

impl Scope<'_> {
    /// Which handoffs will be looked at whether they ring, and since when each is as it is.
    pub fn rings(&self) -> Result<HashSet<(HandoffId, Timestamp)>> {
        let bodies: Vec<String> = self.all(
            "SELECT body FROM job WHERE account_id = ?1 AND kind = 'ring' AND failed = 0",
            [self.account],
            |row| row.get(0),
        )?;
        let mut rings = HashSet::new();
        for body in bodies {
            if let Job::Ring { handoff_id, since, .. } = serde_json::from_str(&body)? {
                rings.insert((handoff_id, since));
            }
        }
        Ok(rings)
    }
}

impl Tx<'_> {
    /// Asks for work, at once or for some moment.
    pub fn enqueue(&mut self, task: Task, now: Timestamp) -> Result<()> {
        let Task { job, due } = task;
        let due = due.unwrap_or(now);
        self.run(
            "INSERT INTO job (account_id, kind, body, due_at, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![self.account, job.kind(), serde_json::to_string(&job)?, due, now],
        )?;
        self.news.jobs.push(job.kind());
        Ok(())
    }

    /// Ends a lease. False if the lease had run out and another worker has the job: then nothing of this worker's
    /// may be written.
    pub fn finish(&mut self, leased: &Leased, finish: &Finish) -> Result<bool> {
        let touched = match finish {
            Finish::Done => {
                self.run("DELETE FROM job WHERE id = ?1 AND fence = ?2", params![leased.id, leased.fence])?
            }
            Finish::Again(at, why) => self.run(
                "UPDATE job SET lease_until = NULL, due_at = ?3, error = ?4 WHERE id = ?1 AND fence = ?2",
                params![leased.id, leased.fence, at, why],
            )?,
            Finish::Failed(why) => self.run(
                "UPDATE job SET lease_until = NULL, failed = 1, error = ?3 WHERE id = ?1 AND fence = ?2",
                params![leased.id, leased.fence, why],
            )?,
        };
        if touched == 1 {
            self.news.finished.push((leased.job.kind(), finish.outcome()));
        }
        Ok(touched == 1)
    }

    /// Whether a lease still holds.
    pub fn holds(&self, leased: &Leased) -> Result<bool> {
        let sql = "SELECT 1 FROM job WHERE id = ?1 AND fence = ?2";
        Ok(self.one(sql, params![leased.id, leased.fence], |_| Ok(()))?.is_some())
    }
}

/// What stands at one moment, over all accounts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// Handoffs that wait.
    pub open: i64,
    /// Handoffs that are worked on.
    pub claimed: i64,
    /// Jobs by kind: how many wait or are being done, and how many failed for good.
    pub jobs: Vec<(&'static str, i64, i64)>,
}

impl System<'_> {
    /// What stands now.
    pub fn standing(&self) -> Result<Standing> {
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
        Ok(Standing { open, claimed, jobs: jobs.collect::<Result<_>>()? })
    }

    /// Takes up to so many jobs of a kind that are due and that nobody has, until a moment.
    pub fn lease(&self, kind: &str, most: usize, now: Timestamp, until: Timestamp) -> Result<Vec<Leased>> {
        let mut statement = self.connection.prepare_cached(
            "UPDATE job SET lease_until = ?4, attempt = attempt + 1, fence = fence + 1
             WHERE id IN (SELECT id FROM job WHERE failed = 0 AND kind = ?1 AND due_at <= ?2
               AND (lease_until IS NULL OR lease_until <= ?2) ORDER BY due_at LIMIT ?3)
             RETURNING id, account_id, body, attempt, fence, created_at",
        )?;
        let rows = statement.query_map(params![kind, now, most, until], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        })?;
        rows.map(|row| {
            let (id, account, body, attempt, fence, asked_at) = row?;
            Ok(Leased { id, account, job: serde_json::from_str(&body)?, attempt, asked_at, fence })
        })
        .collect()
    }

    /// Forgets jobs that failed for good and were asked for before a moment.
    pub fn forget_failed_jobs(&self, before: Timestamp) -> Result<usize> {
        Ok(self.connection.execute("DELETE FROM job WHERE failed = 1 AND created_at < ?1", [before])?)
    }

    /// Makes due what is put off for longer than any job ever is: it was by a clock that has been set back since.
    /// Reminders are of moments that may be far.
    pub fn bring_forward(&mut self, now: Timestamp) -> Result<usize> {
        let brought = self.connection.execute(
            "UPDATE job SET due_at = ?1 WHERE failed = 0 AND kind <> 'ring' AND lease_until IS NULL AND due_at > ?2",
            params![now, now.plus(PUT_OFF)],
        )?;
        if brought > 0 {
            self.news.jobs.extend(Job::KINDS);
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
    use crate::store::{connect, visit};

    const NOW: Timestamp = Timestamp::from_millis(1_795_339_800_000);
    const LEASE: Duration = Duration::from_mins(1);

    /// A database in which one job waits.
    fn with_a_job() -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = connect::create(folder.path()).unwrap();
        connect::migrate(&mut connection).unwrap();
        let job = Job::Announce { handoff_id: HandoffId::new(NOW), reason: None };
        let account = AccountId::new(NOW);
        visit(&mut connection, |system| system.account(account).enqueue(Task { job, due: None }, NOW))
            .unwrap();
        (folder, connection)
    }

    fn lease(connection: &mut Connection, now: Timestamp) -> Option<Leased> {
        visit(connection, |system| system.lease("announce", 1, now, now.plus(LEASE))).unwrap().pop()
    }

    fn finish(connection: &mut Connection, leased: &Leased, finish: &Finish) -> bool {
        visit(connection, |system| system.account(leased.account).finish(leased, finish)).unwrap()
    }

    #[test]
    fn a_job_is_one_workers_until_its_lease_runs_out_and_then_the_late_one_writes_nothing() {
        let (_folder, mut connection) = with_a_job();
        let first = lease(&mut connection, NOW).unwrap();
        assert!(lease(&mut connection, NOW.plus(LEASE / 2)).is_none(), "two workers have it");
        let second = lease(&mut connection, NOW.plus(LEASE)).unwrap();
        assert_eq!((first.attempt, second.attempt), (1, 2));
        for late in [Finish::Done, Finish::Again(NOW, "late".into()), Finish::Failed("late".into())] {
            assert!(!finish(&mut connection, &first, &late), "{late:?}");
        }
        let holds = |leased: &Leased| {
            let leased = leased.clone();
            move |system: &mut System<'_>| system.account(leased.account).holds(&leased)
        };
        assert!(!visit(&mut connection, holds(&first)).unwrap());
        assert!(visit(&mut connection, holds(&second)).unwrap());
        assert!(finish(&mut connection, &second, &Finish::Done));
        assert!(lease(&mut connection, NOW.plus(LEASE * 9)).is_none());
    }

    #[test]
    fn what_a_clock_that_was_ahead_put_off_for_days_is_done_when_it_is_right() {
        let (_folder, mut connection) = with_a_job();
        let put_off = |connection: &mut Connection, until: Timestamp| {
            let leased = lease(connection, NOW.plus(PUT_OFF)).unwrap();
            assert!(finish(connection, &leased, &Finish::Again(until, "no answer".into())));
        };
        put_off(&mut connection, NOW.plus(Duration::from_mins(3)));
        assert_eq!(
            visit(&mut connection, |system| system.bring_forward(NOW)).unwrap(),
            0,
            "it waits its time"
        );
        put_off(&mut connection, NOW.plus(PUT_OFF * 72));
        assert!(lease(&mut connection, NOW).is_none());
        assert_eq!(visit(&mut connection, |system| system.bring_forward(NOW)).unwrap(), 1);
        assert!(lease(&mut connection, NOW).is_some());
    }

    #[test]
    fn what_a_dead_process_had_is_free_at_the_next_start_and_what_failed_for_good_is_not() {
        let (_folder, mut connection) = with_a_job();
        lease(&mut connection, NOW).unwrap();
        reclaim(&connection).unwrap();
        let again = lease(&mut connection, NOW).unwrap();
        assert_eq!(again.attempt, 2);
        assert!(finish(&mut connection, &again, &Finish::Failed("no use".into())));
        reclaim(&connection).unwrap();
        assert!(lease(&mut connection, NOW.plus(LEASE * 9)).is_none());
        let standing = visit(&mut connection, |system| system.standing()).unwrap();
        assert_eq!(standing.jobs.iter().find(|(kind, ..)| *kind == "announce"), Some(&("announce", 0, 1)));
    }
}
