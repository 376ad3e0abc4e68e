//! The log: what happened in an account, in order, and which part of it a reader may see.

use std::borrow::Cow;
use std::time::Duration;

use rusqlite::{Row, params};
use tierup_common::event::{Audience, Event};
use tierup_common::id::{AccountId, HandoffId, MessageId, Seq, SessionId, UserId};
use tierup_common::limit;
use tierup_common::time::Timestamp;

use crate::domain::PendingEvent;
use crate::domain::handoff::Handoff;
use crate::store::Result;
use crate::store::handoffs::CounterDelta;
use crate::store::session_export::{CHUNK_BYTES, json_list_items};
use crate::store::sessions::ensure_one_row;
use crate::store::tx::{AccountScope, AccountTx};

/// An event as it stands in the log, ready to be sent.
#[derive(Clone, Debug)]
pub struct LogEntry {
    /// Whose.
    pub account: AccountId,
    /// Its place.
    pub seq: Seq,
    /// How old the handoff was that it tells of; unknown of an event that was read back.
    pub handoff_age: Option<Duration>,
    /// Its name: one of ours, or as it was read back.
    pub kind: Cow<'static, str>,
    /// The session it tells of.
    pub session: SessionId,
    /// The handoff it tells of.
    pub handoff: Option<HandoffId>,
    /// The message that it brings; unknown of an event that was read back.
    pub message: Option<MessageId>,
    /// The one user who may know of it; everybody in the account, if none is named.
    pub recipient: Option<UserId>,
    /// Which streams carry it.
    pub audience: Audience,
    /// The event as JSON.
    pub json: String,
}

/// What part of the account's log a stream carries.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StreamFilter {
    /// All that is for the team.
    Team,
    /// One handoff.
    Handoff(HandoffId),
    /// One session, with what is said in it.
    Session(SessionId),
}

impl LogEntry {
    /// Whether a stream of this user, narrowed so, carries it.
    pub fn is_visible_to(&self, user: UserId, filter: StreamFilter) -> bool {
        let theirs = self.recipient.is_none_or(|only| only == user);
        theirs
            && match filter {
                StreamFilter::Team => self.audience == Audience::Team,
                StreamFilter::Handoff(handoff) => self.handoff == Some(handoff),
                StreamFilter::Session(session) => self.session == session,
            }
    }
}

/// A part of the log, from after one place up to another.
#[derive(Clone, Debug)]
pub struct LogPage {
    /// What is there, in order.
    pub events: Vec<LogEntry>,
    /// Everything up to here has been looked at.
    pub up_to: Seq,
    /// Whether there may be more behind it.
    pub has_more: bool,
}

/// The ends of an account's log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogBounds {
    /// The oldest event still kept; one past the newest when none is.
    pub oldest: Seq,
    /// The newest event.
    pub newest: Seq,
}

impl AccountScope<'_> {
    /// The newest event.
    pub fn newest_seq(&self) -> Result<Seq> {
        let seq =
            self.query_one("SELECT last_seq FROM account WHERE id = ?1", [self.account], |row| row.get(0))?;
        Ok(seq.unwrap_or_default())
    }

    /// The oldest event still kept, and the newest.
    pub fn log_bounds(&self) -> Result<LogBounds> {
        let sql = "SELECT oldest_seq, last_seq FROM account WHERE id = ?1";
        let ends = self.query_one(sql, [self.account], |row| {
            Ok(LogBounds { oldest: row.get(0)?, newest: row.get(1)? })
        })?;
        Ok(ends.unwrap_or(LogBounds { oldest: Seq(1), newest: Seq(0) }))
    }

    /// The next events after a place, at most so many, and no more text than a page has, whoever they are for.
    pub fn log_page_after(&self, after: Seq, limit: u32) -> Result<LogPage> {
        let mut text = 0;
        let (events, is_cut) = self.query_until(
            "SELECT seq, type, session_id, handoff_id, only_user_id, body FROM event
             WHERE account_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
            params![self.account, after, limit],
            |row| self.entry_from_row(row),
            |event| {
                text += event.json.len();
                text >= limit::PAGE_TEXT
            },
        )?;
        let up_to = events.last().map_or(after, |last| last.seq);
        let has_more = is_cut || events.len() == limit as usize;
        Ok(LogPage { events, up_to, has_more })
    }

    /// How far somebody who follows the log has come, if they have begun.
    pub fn follower_cursor(&self, follower: &str) -> Result<Option<Seq>> {
        let sql = "SELECT seq FROM cursor WHERE account_id = ?1 AND follower = ?2";
        self.query_one(sql, params![self.account, follower], |row| row.get(0))
    }

    /// One event, if the log still has it.
    pub fn event(&self, seq: Seq) -> Result<Option<Event>> {
        let body: Option<String> = self.query_one(
            "SELECT body FROM event WHERE account_id = ?1 AND seq = ?2",
            params![self.account, seq],
            |row| row.get(0),
        )?;
        Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
    }

    /// Whether a handoff has rung since it is as it is.
    pub fn has_reminded(&self, handoff: &Handoff) -> Result<bool> {
        let rung = self.query_one(
            "SELECT 1 FROM event WHERE account_id = ?1 AND session_id = ?2 AND handoff_id = ?3
             AND type = 'handoff_reminder' AND at >= ?4",
            params![self.account, handoff.session_id, handoff.id, handoff.state_since],
            |_| Ok(()),
        )?;
        Ok(rung.is_some())
    }

    /// What happened in a session after one place and up to another, in order, as far as this user may know: as JSON that
    /// goes on in a list, and the place after which it goes on then.
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
        let events = rows.iter().map(|(_, body)| serde_json::from_str(body));
        let events = events.collect::<serde_json::Result<Vec<Event>>>()?;
        Ok((json_list_items(&events)?, next))
    }

    fn entry_from_row(&self, row: &Row<'_>) -> rusqlite::Result<LogEntry> {
        let name: String = row.get(1)?;
        let reach = if name == "message_added" { Audience::Session } else { Audience::Team };
        Ok(LogEntry {
            account: self.account,
            seq: row.get(0)?,
            kind: name.into(),
            session: row.get(2)?,
            handoff: row.get(3)?,
            message: None,
            recipient: row.get(4)?,
            audience: reach,
            json: row.get(5)?,
            handoff_age: None,
        })
    }
}

impl AccountTx<'_> {
    /// Moves the beginning of the log on over events from before a moment, at most so many, and throws away those of
    /// them that are no milestones of their session. True if there may be more.
    pub fn prune_log(&self, before: Timestamp, limit: u32) -> Result<bool> {
        let LogBounds { oldest, newest } = self.log_bounds()?;
        let young: Option<Seq> = self.query_one(
            "SELECT seq FROM event WHERE account_id = ?1 AND seq >= ?2 AND seq < ?3 AND at >= ?4 ORDER BY seq LIMIT 1",
            params![self.account, oldest, Seq(oldest.0 + u64::from(limit)), before],
            |row| row.get(0),
        )?;
        let begin = young.unwrap_or(Seq(oldest.0 + u64::from(limit)).min(newest.next()));
        if begin == oldest {
            return Ok(false);
        }
        self.execute(
            "DELETE FROM event WHERE account_id = ?1 AND seq >= ?2 AND seq < ?3 AND type IN
             ('message_added', 'session_updated', 'handoff_step_updated', 'handoff_assessment_ready',
              'handoff_assessment_failed')",
            params![self.account, oldest, begin],
        )?;
        self.execute("UPDATE account SET oldest_seq = ?2 WHERE id = ?1", params![self.account, begin])?;
        Ok(young.is_none() && begin <= newest)
    }

    /// Notes how far somebody who follows the log has come; none that they follow it no longer.
    pub fn set_cursor(&self, follower: &str, to: Option<Seq>) -> Result<()> {
        match to {
            Some(seq) => self.execute(
                "INSERT INTO cursor (account_id, follower, seq) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET seq = excluded.seq",
                params![self.account, follower, seq],
            )?,
            None => self.execute(
                "DELETE FROM cursor WHERE account_id = ?1 AND follower = ?2",
                params![self.account, follower],
            )?,
        };
        Ok(())
    }

    /// Appends to the log: each event gets the next place of its account. What else the changes moved stands in the same
    /// row, which is written once.
    pub(super) fn append_events(
        &self,
        events: Vec<PendingEvent>,
        delta: CounterDelta,
        now: Timestamp,
    ) -> Result<Vec<LogEntry>> {
        if events.is_empty() && delta == CounterDelta::default() {
            return Ok(Vec::new());
        }
        let mut seq = self.newest_seq()?;
        let last = Seq(seq.0 + events.len() as u64);
        ensure_one_row(self.execute(
            "UPDATE account SET last_seq = ?2, open_handoffs = open_handoffs + ?3,
               claimed_handoffs = claimed_handoffs + ?4, last_handoff_number = coalesce(?5, last_handoff_number),
               last_session_number = coalesce(?6, last_session_number) WHERE id = ?1",
            params![self.account, last, delta.open, delta.claimed, delta.last_handoff_number, delta.last_session_number],
        )?)?;
        let mut logged = Vec::with_capacity(events.len());
        for PendingEvent { body: what, recipient: only } in events {
            seq = seq.next();
            let event = Event { seq, at: now, body: what };
            let entry = LogEntry {
                account: self.account,
                seq,
                handoff_age: event.body.handoff().map(|handoff| now.since(handoff.created_at)),
                kind: event.body.name().into(),
                session: event.body.session_id(),
                handoff: event.body.handoff().map(|handoff| handoff.handoff_id),
                message: event.body.message().map(|message| message.id),
                recipient: only,
                audience: event.body.audience(),
                json: serde_json::to_string(&event)?,
            };
            self.execute(
                "INSERT INTO event (account_id, seq, at, type, session_id, handoff_id, only_user_id, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![self.account, seq, now, entry.kind, entry.session, entry.handoff, only, entry.json],
            )?;
            logged.push(entry);
        }
        Ok(logged)
    }
}
