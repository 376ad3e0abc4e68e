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

#[cfg(test)]
mod tests {
    use tierup_common::id::{MessageId, Number, SessionId};

    use super::*;
    use crate::domain::message::{self, NewSessionIds};
    use crate::domain::tests::{at, caller};
    use crate::store::{create_database, migrate, with_transaction};

    #[test]
    fn a_page_looks_at_a_limited_part_of_the_log_and_says_where_to_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = create_database(folder.path()).unwrap();
        migrate(&mut connection).unwrap();
        let (sam, priya) = (caller("Sam Ortiz"), caller("Priya Nair"));
        let request = r#"{"intake_type": "free_text", "intake_content": {"text": "VPN is down"}}"#;
        let request = serde_json::from_str(request).unwrap();
        let pages = with_transaction(&mut connection, |system| {
            system.insert_account(sam.account, "Acme", at(0))?;
            let mut tx = system.account_tx(sam.account);
            for number in 1..=2_600 {
                let (id, message_id) = (SessionId::new(at(0)), MessageId::new(at(0)));
                let ids = NewSessionIds { id, number: Number(number), message_id };
                tx.apply(message::open_session(&request, ids, &sam, at(0)), at(0))?;
            }
            let query =
                |before| EventQuery { before, after: None, kinds: vec![Kind::MessageAdded], limit: 100 };
            let first = tx.event_page(&query(None), priya.id)?;
            let last = tx.event_page(&query(first.next_before), priya.id)?;
            Ok([first, last, tx.event_page(&query(Some(Seq(5))), sam.id)?])
        });
        let pages = pages.unwrap().map(|page| (page.items.len(), page.next_before, page.as_of_seq));
        let newest = Seq(5_200);
        assert_eq!(pages, [(0, Some(Seq(201)), newest), (0, None, newest), (2, None, newest)]);
    }
}
