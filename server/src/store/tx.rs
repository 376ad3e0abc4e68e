//! What work in the store can access: one account for reading ([`AccountScope`]) or writing ([`AccountTx`]), or what
//! belongs to no account, for reading ([`SystemScope`]) or writing ([`SystemTx`]).

use std::ops::Deref;

use rusqlite::{Connection, Params, Row};
use tierup_common::id::AccountId;

use crate::store::effects::CommitEffects;
use crate::store::error::{Result, StoreError};

/// What belongs to no account, for reading.
pub struct SystemScope<'c> {
    pub(super) connection: &'c Connection,
}

/// The whole database, for writing.
pub struct SystemTx<'c> {
    scope: SystemScope<'c>,
    pub(super) effects: &'c mut CommitEffects,
}

impl<'c> Deref for SystemTx<'c> {
    type Target = SystemScope<'c>;

    fn deref(&self) -> &SystemScope<'c> {
        &self.scope
    }
}

impl<'c> SystemTx<'c> {
    pub(super) fn new(connection: &'c Connection, effects: &'c mut CommitEffects) -> Self {
        Self { scope: SystemScope { connection }, effects }
    }

    /// One account of it.
    pub fn account_tx(&mut self, account: AccountId) -> AccountTx<'_> {
        if !self.effects.touched_accounts.contains(&account) {
            self.effects.touched_accounts.push(account);
        }
        AccountTx { scope: AccountScope::new(self.connection, account), effects: self.effects }
    }
}

/// One account, for reading. Its methods are next to the tables that they read: `sessions.rs`, `handoffs.rs` and so on.
pub struct AccountScope<'c> {
    pub(super) connection: &'c Connection,
    pub(super) account: AccountId,
}

impl<'c> AccountScope<'c> {
    pub(super) fn new(connection: &'c Connection, account: AccountId) -> Self {
        Self { connection, account }
    }

    /// The first row of a query.
    pub(super) fn query_first<T>(
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

    /// The rows of a query until `is_enough` accepts one, and whether there are more after it.
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

    /// Runs a statement. Returns how many rows it changed.
    pub(super) fn execute(&self, sql: &str, parameters: impl Params) -> Result<usize> {
        Ok(self.connection.prepare_cached(sql)?.execute(parameters)?)
    }

    /// Runs a statement that must change exactly one row. The version of a row cannot change within a transaction, so
    /// anything else is a bug.
    pub(super) fn execute_one(&self, sql: &str, parameters: impl Params) -> Result<()> {
        match self.execute(sql, parameters)? {
            1 => Ok(()),
            rows => Err(StoreError::Sql(rusqlite::Error::StatementChangedRows(rows))),
        }
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
    /// Does a part of the work in a savepoint: if it fails, it leaves nothing, and the rest can go on.
    pub fn with_savepoint<T>(&mut self, work: impl FnOnce(&mut AccountTx<'_>) -> Result<T>) -> Result<T> {
        let (events_before, jobs_before) = (self.effects.events.len(), self.effects.job_kinds.len());
        let access_before = self.effects.access_changes.len();
        self.execute("SAVEPOINT attempt", [])?;
        let mut part =
            AccountTx { scope: AccountScope::new(self.connection, self.account), effects: self.effects };
        let outcome = work(&mut part);
        if outcome.is_err() {
            self.effects.events.truncate(events_before);
            self.effects.job_kinds.truncate(jobs_before);
            self.effects.access_changes.truncate(access_before);
            self.execute("ROLLBACK TO attempt", [])?;
        }
        self.execute("RELEASE attempt", [])?;
        outcome
    }
}
