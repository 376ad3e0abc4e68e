//! What a piece of work may touch: everything of nobody ([`System`]), everything of one account for reading
//! ([`AccountScope`]) and for writing ([`AccountTx`]).

use std::ops::Deref;
use std::time::Duration;

use rusqlite::{Connection, Params, Row};
use tierup_common::id::{AccountId, TokenId, UserId};
use tierup_common::time::Timestamp;

use crate::domain::{AssessmentChange, Change, Decision};
use crate::store::Result;
use crate::store::event_log::LogEntry;
use crate::store::handoffs::CounterDelta;

/// What a commit leaves to be told: the events it appended, and which workers there is work for.
#[derive(Debug, Default)]
pub struct CommitEffects {
    /// What happened, in order.
    pub events: Vec<LogEntry>,
    /// Kinds of jobs that there are new ones of.
    pub job_kinds: Vec<&'static str>,
    /// Accounts of which anything may have changed.
    pub touched_accounts: Vec<AccountId>,
    /// What changed about who may come in.
    pub access_changes: Vec<AccessChange>,
    /// Jobs that came to an end or were put off, by kind.
    pub finished_jobs: Vec<(&'static str, JobOutcome)>,
    /// From the commit's first statement to its being durable.
    pub duration: Duration,
    /// Pieces of work that shared the commit.
    pub batch_size: u32,
}

/// What changed about who may come in: whatever is remembered of callers no longer holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccessChange {
    /// A user is another than before; their streams go on.
    UserChanged,
    /// A token ended, and its streams with it.
    TokenRevoked(AccountId, TokenId),
    /// Every stream of a user ends, but those that came with this token.
    UserRevoked(AccountId, UserId, Option<TokenId>),
}

/// How a job ended, for the books.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JobOutcome {
    /// It is done.
    Done,
    /// It was put off.
    Retry,
    /// It failed for good.
    Failed,
}

impl JobOutcome {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retry => "again",
            Self::Failed => "failed",
        }
    }
}

impl CommitEffects {
    /// Adds what another piece of the same commit leaves.
    pub(super) fn merge(&mut self, other: Self) {
        self.events.extend(other.events);
        self.job_kinds.extend(other.job_kinds);
        self.touched_accounts.extend(other.touched_accounts);
        self.access_changes.extend(other.access_changes);
        self.finished_jobs.extend(other.finished_jobs);
    }
}

/// The whole database, for work that belongs to no one account.
pub struct SystemTx<'c> {
    pub(super) connection: &'c Connection,
    pub(super) effects: &'c mut CommitEffects,
}

impl<'c> SystemTx<'c> {
    pub(super) fn new(connection: &'c Connection, effects: &'c mut CommitEffects) -> Self {
        Self { connection, effects }
    }

    /// The part of it that belongs to one account.
    pub fn account_tx(&mut self, account: AccountId) -> AccountTx<'_> {
        if !self.effects.touched_accounts.contains(&account) {
            self.effects.touched_accounts.push(account);
        }
        AccountTx { scope: AccountScope::new(self.connection, account), effects: self.effects }
    }

    /// Asks the database for a sign of life.
    pub fn ping(&self) -> Result<()> {
        Ok(self.connection.query_row("SELECT 1", [], |_| Ok(()))?)
    }
}

/// One account, for reading. Its methods stand with the things they read: `sessions`, `handoffs`, `users`, `log`.
pub struct AccountScope<'c> {
    pub(super) connection: &'c Connection,
    pub(super) account: AccountId,
}

impl<'c> AccountScope<'c> {
    pub(super) fn new(connection: &'c Connection, account: AccountId) -> Self {
        Self { connection, account }
    }

    /// The first row of a query, if it has one.
    pub(super) fn query_one<T>(
        &self,
        sql: &str,
        parameters: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(parameters)?;
        Ok(rows.next()?.map(read).transpose()?)
    }

    /// All rows of a query.
    pub(super) fn query_all<T>(
        &self,
        sql: &str,
        parameters: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(parameters, read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Rows of a query up to the first that is enough, and whether there are more behind it.
    pub(super) fn query_until<T>(
        &self,
        sql: &str,
        parameters: impl Params,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
        mut is_enough: impl FnMut(&T) -> bool,
    ) -> Result<(Vec<T>, bool)> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(parameters)?;
        let mut values = Vec::new();
        while let Some(row) = rows.next()? {
            let value = read(row)?;
            let enough = is_enough(&value);
            values.push(value);
            if enough {
                return Ok((values, rows.next()?.is_some()));
            }
        }
        Ok((values, false))
    }

    /// Runs a statement; how many rows it touched.
    pub(super) fn execute(&self, sql: &str, parameters: impl Params) -> Result<usize> {
        Ok(self.connection.prepare_cached(sql)?.execute(parameters)?)
    }
}

/// One account, for writing.
pub struct AccountTx<'c> {
    scope: AccountScope<'c>,
    pub(super) effects: &'c mut CommitEffects,
}

impl<'c> Deref for AccountTx<'c> {
    type Target = AccountScope<'c>;

    fn deref(&self) -> &AccountScope<'c> {
        &self.scope
    }
}

impl AccountTx<'_> {
    /// Carries a decision out: its rows, its events and its jobs, in the transaction that is open.
    pub fn apply(&mut self, decision: Decision, now: Timestamp) -> Result<()> {
        let mut moved = CounterDelta::default();
        for change in decision.changes {
            moved += self.apply_change(change)?;
        }
        let logged = self.append_events(decision.events, moved, now)?;
        self.effects.events.extend(logged);
        for task in decision.jobs {
            self.enqueue(task, now)?;
        }
        Ok(())
    }

    /// Does a part of the work that leaves nothing behind if it is refused, while the rest goes on.
    pub fn with_savepoint<T>(&mut self, work: impl FnOnce(&mut AccountTx<'_>) -> Result<T>) -> Result<T> {
        let (events_before, jobs_before) = (self.effects.events.len(), self.effects.job_kinds.len());
        let rights_before = self.effects.access_changes.len();
        self.execute("SAVEPOINT attempt", [])?;
        let mut part =
            AccountTx { scope: AccountScope::new(self.connection, self.account), effects: self.effects };
        let outcome = work(&mut part);
        if outcome.is_err() {
            self.effects.events.truncate(events_before);
            self.effects.job_kinds.truncate(jobs_before);
            self.effects.access_changes.truncate(rights_before);
            self.execute("ROLLBACK TO attempt", [])?;
        }
        self.execute("RELEASE attempt", [])?;
        outcome
    }

    fn apply_change(&self, change: Change) -> Result<CounterDelta> {
        match change {
            Change::InsertHandoff(handoff, snapshot) => return self.insert_handoff(&handoff, &snapshot),
            Change::UpdateHandoff(handoff) => return self.update_handoff(&handoff),
            Change::InsertSession(session) => return self.insert_session(&session),
            Change::UpdateSession(session) => self.update_session(&session),
            Change::InsertMessage(session, message) => self.insert_message(session, &message),
            Change::PutBranch(session, branch) => self.put_branch(session, &branch),
            Change::PutAssessment(handoff, AssessmentChange::Ready(text, data)) => {
                self.put_assessment(handoff, &text, &data)
            }
            Change::PutAssessment(handoff, AssessmentChange::Failed(why)) => {
                self.put_assessment_error(handoff, &why)
            }
            Change::PutAssessment(handoff, AssessmentChange::StepsUpdated(data)) => {
                self.put_assessment_data(handoff, &data)
            }
        }?;
        Ok(CounterDelta::default())
    }
}
