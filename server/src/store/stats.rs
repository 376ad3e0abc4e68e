//! The times of escalations, for statistics.

use rusqlite::params;
use tierup_common::id::HandoffId;
use tierup_common::stats::StatsReport;
use tierup_common::user::Person;

use crate::domain::stats::{EscalationTimes, Period, StatsBuilder};
use crate::store::error::Result;
use crate::store::tx::AccountScope;

/// Escalations that a report counts, at most: the newest.
const MAX_ESCALATIONS: usize = 200_000;

impl AccountScope<'_> {
    /// The report of a period.
    pub fn stats(&self, period: Period) -> Result<StatsReport> {
        let mut builder = StatsBuilder::new(period);
        let mut count = 0;
        // Ids begin with the time, so this is a scan of the rows of the period.
        let (_, is_cut) = self.query_until(
            "SELECT h.priority, h.status, h.since, h.created_at, h.claimed_at, h.due_at, h.claimed_by,
               (SELECT name FROM user WHERE account_id = h.account_id AND id = h.claimed_by)
             FROM handoff h
             WHERE h.account_id = ?1 AND h.id >= ?2 AND h.created_at >= ?3 AND h.intent = 'escalate'
             ORDER BY h.id DESC",
            params![self.account, HandoffId::first_of(period.since), period.since],
            |row| {
                let times = EscalationTimes {
                    priority: row.get(0)?,
                    status: row.get(1)?,
                    state_since: row.get(2)?,
                    created_at: row.get(3)?,
                    claimed_at: row.get(4)?,
                    due_at: row.get(5)?,
                };
                let claimer = match (row.get(6)?, row.get(7)?) {
                    (Some(id), Some(name)) => Some(Person { id, name }),
                    _ => None,
                };
                Ok((times, claimer))
            },
            |(times, claimer)| {
                builder.add(*times, claimer.clone());
                count += 1;
                count == MAX_ESCALATIONS
            },
        )?;
        Ok(builder.finish(!is_cut))
    }
}
