//! The timeline of a session: its events that a user may see, in chunks or in pages.

use rusqlite::params;
use tierup_common::event::{Event, EventBody, Kind};
use tierup_common::id::{Seq, SessionId, UserId};
use tierup_common::limit;
use tierup_common::time::Timestamp;
use tierup_common::timeline::{Timeline, TimelineEntry};

use crate::domain::session::Session;
use crate::store::chunk::{CHUNK_BYTES, json_list_items};
use crate::store::error::Result;
use crate::store::tx::AccountScope;

/// A query for a page of a timeline.
#[derive(Clone, Debug)]
pub struct TimelineQuery {
    /// Only events of these kinds.
    pub kinds: Vec<Kind>,
    /// Only events before this one.
    pub before: Option<Seq>,
    /// The size of a page.
    pub limit: u32,
}

impl AccountScope<'_> {
    /// A chunk of the events of a session that a user may see, after one position and up to another: as the continuation
    /// of a JSON list, with the position to continue after.
    pub fn timeline(
        &self,
        session: SessionId,
        user: UserId,
        after: Seq,
        up_to: Seq,
    ) -> Result<(Vec<u8>, Option<Seq>)> {
        let mut text = 0;
        let (rows, has_more) = self.query_until(
            "SELECT seq, body FROM event WHERE account_id = ?1 AND session_id = ?2 AND seq > ?4 AND seq <= ?5
             AND (only_user_id IS NULL OR only_user_id = ?3) ORDER BY seq",
            params![self.account, session, user, after, up_to],
            |row| Ok((row.get::<_, Seq>(0)?, row.get::<_, String>(1)?)),
            |(_, body)| {
                text += body.len();
                text >= CHUNK_BYTES
            },
        )?;
        let next = rows.last().filter(|_| has_more).map(|(seq, _)| *seq);
        let events = rows.iter().map(|(_, body)| self.complete_event(body));
        Ok((json_list_items(&events.collect::<Result<Vec<Event>>>()?)?, next))
    }

    /// A page of the events of a session that a user may see: the newest ones before a position, oldest first, with their
    /// places in the conversation.
    pub fn timeline_page(&self, session: &Session, user: UserId, query: &TimelineQuery) -> Result<Timeline> {
        let mut text = 0;
        let (mut rows, is_cut) = self.query_until(
            "SELECT seq, body FROM event WHERE account_id = ?1 AND session_id = ?2 AND seq < ?4
             AND (only_user_id IS NULL OR only_user_id = ?3) AND type IN (SELECT value FROM json_each(?5))
             ORDER BY seq DESC LIMIT ?6",
            params![
                self.account,
                session.id,
                user,
                query.before.unwrap_or(Seq(i64::MAX.unsigned_abs())),
                serde_json::to_string(&query.kinds)?,
                query.limit + 1
            ],
            |row| Ok((row.get::<_, Seq>(0)?, row.get::<_, String>(1)?)),
            |(_, body)| {
                text += body.len();
                text >= limit::MAX_PAGE_BYTES
            },
        )?;
        let has_more = is_cut || rows.len() > query.limit as usize;
        rows.truncate(query.limit as usize);
        let next_before = rows.last().filter(|_| has_more).map(|(seq, _)| *seq);
        let entries = rows.iter().rev().map(|(_, body)| {
            let event = self.complete_event(body)?;
            let after_message = Some(self.last_message_before(session, &event)?);
            Ok(TimelineEntry { event, after_message })
        });
        Ok(Timeline { items: entries.collect::<Result<_>>()?, next_before })
    }

    /// A stored event with what older servers did not store in it.
    fn complete_event(&self, body: &str) -> Result<Event> {
        let mut event: Event = serde_json::from_str(body)?;
        if let EventBody::HandoffCreated { handoff, engineer_notes, .. } = &mut event.body
            && engineer_notes.is_empty()
        {
            let notes = self.query_first(
                "SELECT notes FROM handoff WHERE account_id = ?1 AND id = ?2",
                params![self.account, handoff.handoff_id],
                |row| row.get(0),
            )?;
            *engineer_notes = notes.unwrap_or_default();
        }
        Ok(event)
    }

    /// The `seq` of the last message before an event. The log tells it exactly, as long as it has the event of that
    /// message; afterwards the times do.
    fn last_message_before(&self, session: &Session, event: &Event) -> Result<u32> {
        if event.body.kind() == Kind::SessionCreated {
            return Ok(0);
        }
        let in_log = self.query_first(
            "SELECT body ->> '$.message.seq' FROM event
             WHERE account_id = ?1 AND session_id = ?2 AND seq < ?3 AND type = ?4 ORDER BY seq DESC LIMIT 1",
            params![self.account, session.id, event.seq, Kind::MessageAdded],
            |row| row.get(0),
        )?;
        match in_log {
            Some(seq) => Ok(seq),
            None => self.last_message_at(session, event.at),
        }
    }

    /// The `seq` of the last message that was there at a moment. Messages are in the order of their times.
    fn last_message_at(&self, session: &Session, at: Timestamp) -> Result<u32> {
        let (mut known, mut beyond) = (0, session.message_count + 1);
        while known + 1 < beyond {
            let middle = u32::midpoint(known, beyond);
            let created_at: Option<Timestamp> = self.query_first(
                "SELECT created_at FROM message WHERE account_id = ?1 AND session_id = ?2 AND seq = ?3",
                params![self.account, session.id, middle],
                |row| row.get(0),
            )?;
            if created_at.is_some_and(|created_at| created_at <= at) {
                known = middle;
            } else {
                beyond = middle;
            }
        }
        Ok(known)
    }
}
