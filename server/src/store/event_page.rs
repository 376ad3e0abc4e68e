//! Pages of the log as a user may read it: the events that their stream of the whole team would carry.

use rusqlite::{Row, params};
use tierup_common::event::{Event, EventPage, Kind};
use tierup_common::id::{Seq, UserId};
use tierup_common::limit;

use crate::store::error::Result;
use crate::store::event_log::{LogBounds, visibility_from_row};
use crate::store::log_entry::StreamFilter;
use crate::store::tx::AccountScope;

/// The positions that one page looks at: a log of events that a user may not see must not keep a reader busy.
const MAX_POSITIONS: u64 = 5_000;

/// Which events of the log.
#[derive(Clone, Debug)]
pub struct EventQuery {
    /// Only events before this position.
    pub before: Option<Seq>,
    /// Only events after this position.
    pub after: Option<Seq>,
    /// Only these kinds; all if empty.
    pub kinds: Vec<Kind>,
    /// The events of a page, at most.
    pub limit: u32,
}

impl AccountScope<'_> {
    /// A page of the events that this user may see, oldest first; pages go from the newest to the oldest. A page may have
    /// no event although there are earlier ones.
    pub fn event_page(&self, query: &EventQuery, user: UserId) -> Result<EventPage> {
        let LogBounds { oldest, newest } = self.log_bounds()?;
        let end = query.before.unwrap_or(newest.next()).min(newest.next());
        let first = query.after.map_or(oldest, |after| after.next().max(oldest));
        let start = first.max(Seq(end.0.saturating_sub(MAX_POSITIONS)));
        let read = |row: &Row<'_>| {
            let (kind, visibility) = visibility_from_row(row)?;
            let is_wanted = query.kinds.is_empty() || query.kinds.contains(&kind);
            let is_visible = visibility.includes(user, StreamFilter::Team);
            // The text is read only if it is wanted.
            let body = (is_wanted && is_visible).then(|| row.get::<_, String>(6)).transpose()?;
            Ok((row.get::<_, Seq>(0)?, body))
        };
        let (mut count, mut text) = (0, 0);
        let (rows, is_cut) = self.query_until(
            "SELECT seq, type, session_id, handoff_id, only_user_id, concerned, body FROM event
             WHERE account_id = ?1 AND seq >= ?2 AND seq < ?3 ORDER BY seq DESC",
            params![self.account, start, end],
            read,
            |(_, body)| {
                count += u32::from(body.is_some());
                text += body.as_ref().map_or(0, String::len);
                count >= query.limit || text >= limit::MAX_PAGE_BYTES
            },
        )?;
        let next_before =
            if is_cut { rows.last().map(|(seq, _)| *seq) } else { (start > first).then_some(start) };
        let bodies = rows.iter().rev().filter_map(|(_, body)| body.as_deref());
        let items = bodies.map(serde_json::from_str).collect::<serde_json::Result<Vec<Event>>>()?;
        Ok(EventPage { items, next_before, as_of_seq: newest })
    }
}
