//! What a piece of work may touch: everything of nobody ([`System`]), everything of one account for reading
//! ([`Scope`]) and for writing ([`Tx`]).

use std::ops::Deref;
use std::time::Duration;

use rusqlite::{Connection, Params, Row};
use tierup_common::id::{AccountId, TokenId, UserId};
use tierup_common::time::Timestamp;

use crate::domain::{Change, Decision, Written};
use crate::store::Result;
use crate::store::handoffs::Moved;
use crate::store::log::Logged;

/// What a commit leaves to be told: the events it appended, and which workers there is work for.
#[derive(Debug, Default)]
pub struct News {
    /// What happened, in order.
    pub events: Vec<Logged>,
    /// Kinds of jobs that there are new ones of.
    pub jobs: Vec<&'static str>,
    /// Accounts of which anything may have changed.
    pub touched: Vec<AccountId>,
    /// What changed about who may come in.
    pub rights: Vec<Rights>,
    /// Jobs that came to an end or were put off, by kind.
    pub finished: Vec<(&'static str, Outcome)>,
    /// From the commit's first statement to its being durable.
    pub took: Duration,
    /// Pieces of work that shared the commit.
    pub pieces: u32,
}

/// What changed about who may come in: whatever is remembered of callers no longer holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rights {
    /// A user is another than before; their streams go on.
    Changed,
    /// A token ended, and its streams with it.
    TokenEnded(AccountId, TokenId),
    /// Every stream of a user ends, but those that came with this token.
    UserEnded(AccountId, UserId, Option<TokenId>),
}

/// How a job ended, for the books.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It was put off.
    Again,
    /// It failed for good.
    Failed,
}

impl Outcome {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Again => "again",
            Self::Failed => "failed",
        }
    }
}

impl News {
    /// Adds what another piece of the same commit leaves.
    pub(super) fn add(&mut self, other: Self) {
        self.events.extend(other.events);
        self.jobs.extend(other.jobs);
        self.touched.extend(other.touched);
        self.rights.extend(other.rights);
        self.finished.extend(other.finished);
    }
}

/// The whole database, for work that belongs to no one account.
pub struct System<'c> {
    pub(super) connection: &'c Connection,
    pub(super) news: &'c mut News,
}

impl<'c> System<'c> {
    pub(super) fn new(connection: &'c Connection, news: &'c mut News) -> Self {
        Self { connection, news }
    }

    /// The part of it that belongs to one account.
    pub fn account(&mut self, account: AccountId) -> Tx<'_> {
        if !self.news.touched.contains(&account) {
            self.news.touched.push(account);
        }
        Tx { scope: Scope::new(self.connection, account), news: self.news }
    }

    /// Asks the database for a sign of life.
    pub fn ping(&self) -> Result<()> {
        Ok(self.connection.query_row("SELECT 1", [], |_| Ok(()))?)
    }
}

/// One account, for reading. Its methods stand with the things they read: `sessions`, `handoffs`, `users`, `log`.
pub struct Scope<'c> {
    pub(super) connection: &'c Connection,
    pub(super) account: AccountId,
}

impl<'c> Scope<'c> {
    pub(super) fn new(connection: &'c Connection, account: AccountId) -> Self {
        Self { connection, account }
    }

    /// The first row of a query, if it has one.
    pub(super) fn one<T>(
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
    pub(super) fn all<T>(
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
    pub(super) fn until<T>(
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
    pub(super) fn run(&self, sql: &str, parameters: impl Params) -> Result<usize> {
        Ok(self.connection.prepare_cached(sql)?.execute(parameters)?)
    }
}

/// One account, for writing.
pub struct Tx<'c> {
    scope: Scope<'c>,
    pub(super) news: &'c mut News,
}

impl<'c> Deref for Tx<'c> {
    type Target = Scope<'c>;

    fn deref(&self) -> &Scope<'c> {
        &self.scope
    }
}

impl Tx<'_> {
    /// Carries a decision out: its rows, its events and its jobs, in the transaction that is open.
    pub fn apply(&mut self, decision: Decision, now: Timestamp) -> Result<()> {
        let mut moved = Moved::default();
        for change in decision.changes {
            moved += self.write(change)?;
        }
        let logged = self.append(decision.events, moved, now)?;
        self.news.events.extend(logged);
        for task in decision.jobs {
            self.enqueue(task, now)?;
        }
        Ok(())
    }

    /// Does a part of the work that leaves nothing behind if it is refused, while the rest goes on.
    pub fn attempt<T>(&mut self, work: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        let (events_before, jobs_before) = (self.news.events.len(), self.news.jobs.len());
        let rights_before = self.news.rights.len();
        self.run("SAVEPOINT attempt", [])?;
        let mut part = Tx { scope: Scope::new(self.connection, self.account), news: self.news };
        let outcome = work(&mut part);
        if outcome.is_err() {
            self.news.events.truncate(events_before);
            self.news.jobs.truncate(jobs_before);
            self.news.rights.truncate(rights_before);
            self.run("ROLLBACK TO attempt", [])?;
        }
        self.run("RELEASE attempt", [])?;
        outcome
    }

    fn write(&self, change: Change) -> Result<Moved> {
        match change {
            Change::OpenHandoff(handoff, snapshot) => return self.insert_handoff(&handoff, &snapshot),
            Change::UpdateHandoff(handoff) => return self.update_handoff(&handoff),
            Change::OpenSession(session) => return self.insert_session(&session),
            Change::UpdateSession(session) => self.update_session(&session),
            Change::AddMessage(session, message) => self.insert_message(session, &message),
            Change::PutBranch(session, branch) => self.put_branch(session, &branch),
            Change::PutAssessment(handoff, Written::Ready(text, data)) => {
                self.put_assessment(handoff, &text, &data)
            }
            Change::PutAssessment(handoff, Written::Failed(why)) => self.put_assessment_error(handoff, &why),
            Change::PutAssessment(handoff, Written::Marked(data)) => self.put_assessment_data(handoff, &data),
        }?;
        Ok(Moved::default())
    }
}
