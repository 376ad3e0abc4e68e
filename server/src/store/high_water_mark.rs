//! How far the time has come that old things are thrown away by.

use rusqlite::OptionalExtension;
use tierup_common::time::Timestamp;

use crate::store::Result;
use crate::store::tx::SystemTx;

impl SystemTx<'_> {
    /// How far it has come; where that was never noted, the newest event says how far the clock was. None if nothing
    /// has happened yet.
    pub fn high_water_mark(&self) -> Result<Option<Timestamp>> {
        let noted = self.connection.query_row("SELECT reached FROM upkeep", [], |row| row.get(0));
        let noted = noted.optional()?;
        if noted.is_some() {
            return Ok(noted);
        }
        let newest =
            "SELECT MAX(e.at) FROM account a JOIN event e ON e.account_id = a.id AND e.seq = a.last_seq";
        Ok(self.connection.query_row(newest, [], |row| row.get(0))?)
    }

    /// Notes how far it has come.
    pub fn set_high_water_mark(&self, at: Timestamp) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO upkeep (only_row, reached) VALUES (1, ?1)";
        self.connection.execute(sql, [at])?;
        Ok(())
    }
}
