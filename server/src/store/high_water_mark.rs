//! The high-water mark: a stored time that decides what has expired, because the clock may be wrong.

use rusqlite::OptionalExtension;
use tierup_common::time::Timestamp;

use crate::store::error::Result;
use crate::store::tx::{SystemScope, SystemTx};

impl SystemScope<'_> {
    /// The stored mark, or else the time of the newest event; `None` if there is neither.
    pub fn high_water_mark(&self) -> Result<Option<Timestamp>> {
        let stored = self.connection.query_row("SELECT reached FROM upkeep", [], |row| row.get(0));
        let stored = stored.optional()?;
        if stored.is_some() {
            return Ok(stored);
        }
        let newest =
            "SELECT MAX(e.at) FROM account a JOIN event e ON e.account_id = a.id AND e.seq = a.last_seq";
        Ok(self.connection.query_row(newest, [], |row| row.get(0))?)
    }
}

impl SystemTx<'_> {
    /// Stores the mark.
    pub fn set_high_water_mark(&self, at: Timestamp) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO upkeep (only_row, reached) VALUES (1, ?1)";
        self.connection.execute(sql, [at])?;
        Ok(())
    }
}
