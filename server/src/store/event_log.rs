//! The log of an account: its events in order.

use rusqlite::{Row, params};
use tierup_common::event::{Audience, Event, Kind};
use tierup_common::id::Seq;
use tierup_common::limit;
use tierup_common::time::Timestamp;

use crate::domain::PendingEvent;
use crate::domain::handoff::Handoff;
use crate::store::concern::{ids_from_blob, ids_to_blob};
use crate::store::counters::CounterDelta;
use crate::store::error::Result;
use crate::store::log_entry::{AppendedEvent, LogEntry, Visibility};
use crate::store::tx::{AccountScope, AccountTx};

/// A page of the log.
#[derive(Clone, Debug)]
pub struct LogPage {
    /// The events, in order.
    pub events: Vec<LogEntry>,
    /// The last position of the page.
    pub up_to: Seq,
    /// Whether there may be more after it.
    pub has_more: bool,
}

/// The ends of an account's log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogBounds {
    /// The oldest event that can be replayed; one past the newest if there is none.
    pub oldest: Seq,
    /// The newest event.
    pub newest: Seq,
}

impl AccountScope<'_> {
    /// The position of the newest event.
    pub fn newest_seq(&self) -> Result<Seq> {
        let seq =
            self.query_first("SELECT last_seq FROM account WHERE id = ?1", [self.account], |row| row.get(0))?;
        Ok(seq.unwrap_or_default())
    }

    /// The ends of the log.
    pub fn log_bounds(&self) -> Result<LogBounds> {
        let sql = "SELECT oldest_seq, last_seq FROM account WHERE id = ?1";
        let ends = self.query_first(sql, [self.account], |row| {
            Ok(LogBounds { oldest: row.get(0)?, newest: row.get(1)? })
        })?;
        Ok(ends.unwrap_or(LogBounds { oldest: Seq(1), newest: Seq(0) }))
    }

    /// The events after a position, whoever may see them: at most `limit`, and at most a page of text.
    pub fn log_page_after(&self, after: Seq, limit: u32) -> Result<LogPage> {
        let mut text = 0;
        let (events, is_cut) = self.query_until(
            "SELECT seq, type, session_id, handoff_id, only_user_id, concerned, body FROM event
             WHERE account_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
            params![self.account, after, limit],
            entry_from_row,
            |event| {
                text += event.json.len();
                text >= limit::MAX_PAGE_BYTES
            },
        )?;
        let up_to = events.last().map_or(after, |last| last.seq);
        let has_more = is_cut || events.len() == limit as usize;
        Ok(LogPage { events, up_to, has_more })
    }

    /// The position that a follower of the log has reached, if it has begun.
    pub fn follower_cursor(&self, follower: &str) -> Result<Option<Seq>> {
        let sql = "SELECT seq FROM cursor WHERE account_id = ?1 AND follower = ?2";
        self.query_first(sql, params![self.account, follower], |row| row.get(0))
    }

    /// An event, if the log still has it.
    pub fn event(&self, seq: Seq) -> Result<Option<Event>> {
        let body: Option<String> = self.query_first(
            "SELECT body FROM event WHERE account_id = ?1 AND seq = ?2",
            params![self.account, seq],
            |row| row.get(0),
        )?;
        Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
    }

    /// Whether there was a reminder about a handoff since it entered its state.
    pub fn has_reminded(&self, handoff: &Handoff) -> Result<bool> {
        let reminder = self.query_first(
            "SELECT 1 FROM event WHERE account_id = ?1 AND session_id = ?2 AND handoff_id = ?3
             AND type = ?5 AND at >= ?4",
            params![self.account, handoff.session_id, handoff.id, handoff.state_since, Kind::HandoffReminder],
            |_| Ok(()),
        )?;
        Ok(reminder.is_some())
    }
}

impl AccountTx<'_> {
    /// Moves the start of the log past events before a time, at most `limit`, and deletes those that are not milestones.
    /// Returns whether there may be more.
    pub fn prune_log(&self, before: Timestamp, limit: u32) -> Result<bool> {
        let LogBounds { oldest, newest } = self.log_bounds()?;
        let first_to_keep: Option<Seq> = self.query_first(
            "SELECT seq FROM event WHERE account_id = ?1 AND seq >= ?2 AND seq < ?3 AND at >= ?4 ORDER BY seq LIMIT 1",
            params![self.account, oldest, Seq(oldest.0 + u64::from(limit)), before],
            |row| row.get(0),
        )?;
        let start = first_to_keep.unwrap_or(Seq(oldest.0 + u64::from(limit)).min(newest.next()));
        if start == oldest {
            return Ok(false);
        }
        let milestones: Vec<Kind> = Kind::ALL.iter().copied().filter(|kind| kind.is_milestone()).collect();
        self.execute(
            "DELETE FROM event WHERE account_id = ?1 AND seq >= ?2 AND seq < ?3
             AND type NOT IN (SELECT value FROM json_each(?4))",
            params![self.account, oldest, start, serde_json::to_string(&milestones)?],
        )?;
        self.execute("UPDATE account SET oldest_seq = ?2 WHERE id = ?1", params![self.account, start])?;
        Ok(first_to_keep.is_none() && start <= newest)
    }

    /// Stores the position that a follower of the log has reached; `None` if it no longer follows.
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

    /// Appends events to the log; each gets the next position. The counters are in the same row of the account as the last
    /// position, which is written once.
    pub(super) fn append_events(
        &self,
        events: Vec<PendingEvent>,
        counters: CounterDelta,
        now: Timestamp,
    ) -> Result<Vec<AppendedEvent>> {
        if events.is_empty() && counters == CounterDelta::default() {
            return Ok(Vec::new());
        }
        let mut seq = self.newest_seq()?;
        let last = Seq(seq.0 + events.len() as u64);
        self.execute_one(
            "UPDATE account SET last_seq = ?2, open_handoffs = open_handoffs + ?3,
               claimed_handoffs = claimed_handoffs + ?4, last_handoff_number = coalesce(?5, last_handoff_number),
               last_session_number = coalesce(?6, last_session_number) WHERE id = ?1",
            params![
                self.account,
                last,
                counters.open,
                counters.claimed,
                counters.last_handoff_number,
                counters.last_session_number
            ],
        )?;
        let mut appended = Vec::with_capacity(events.len());
        for PendingEvent { body, recipient } in events {
            seq = seq.next();
            let concerned = match body.kind().audience() {
                Audience::Session => Some(self.concerned_users(body.session_id())?),
                Audience::Team => None,
            };
            let event =
                AppendedEvent::new(self.account, &Event { seq, at: now, body }, recipient, concerned)?;
            let LogEntry { kind, visibility, json, .. } = &event.entry;
            self.execute(
                "INSERT INTO event (account_id, seq, at, type, session_id, handoff_id, only_user_id, body, concerned)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    self.account,
                    seq,
                    now,
                    kind,
                    visibility.session,
                    visibility.handoff,
                    recipient,
                    json,
                    visibility.concerned.as_deref().map(ids_to_blob)
                ],
            )?;
            appended.push(event);
        }
        Ok(appended)
    }
}

fn entry_from_row(row: &Row<'_>) -> rusqlite::Result<LogEntry> {
    let (kind, visibility) = visibility_from_row(row)?;
    Ok(LogEntry { seq: row.get(0)?, kind, visibility, json: row.get(6)? })
}

/// The kind of an event and who may see it. The row begins with `seq, type, session_id, handoff_id, only_user_id, concerned`.
pub(super) fn visibility_from_row(row: &Row<'_>) -> rusqlite::Result<(Kind, Visibility)> {
    let kind: Kind = row.get(1)?;
    let concerned: Option<Vec<u8>> = row.get(5)?;
    let visibility = Visibility {
        session: row.get(2)?,
        handoff: row.get(3)?,
        recipient: row.get(4)?,
        audience: kind.audience(),
        concerned: concerned.as_deref().map(ids_from_blob),
    };
    Ok((kind, visibility))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::{self, NewSessionIds};
    use crate::domain::tests::{at, caller};
    use crate::store::{create_database, migrate, with_transaction};

    #[test]
    fn pruning_keeps_milestones_and_moves_the_start_of_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = create_database(folder.path()).unwrap();
        migrate(&mut connection).unwrap();
        let sam = caller("Sam Ortiz");
        let request = serde_json::from_str(
            r#"{"intake_type": "free_text", "intake_content": {"text": "VPN is down"}}"#,
        );
        let request = request.unwrap();
        let kinds = with_transaction(&mut connection, |system| {
            system.insert_account(sam.account, "Acme", at(0))?;
            let mut tx = system.account_tx(sam.account);
            let ids = NewSessionIds {
                id: tierup_common::id::SessionId::new(at(0)),
                number: tierup_common::id::Number(1),
                message_id: tierup_common::id::MessageId::new(at(0)),
            };
            tx.apply(message::open_session(&request, ids, &sam, at(0)), at(0))?;
            assert!(!tx.prune_log(at(60), 100)?, "all of the log is pruned in one step");
            assert_eq!(tx.log_bounds()?, LogBounds { oldest: Seq(3), newest: Seq(2) });
            let left = tx.query_all("SELECT type FROM event", [], |row| row.get::<_, Kind>(0))?;
            Ok(left)
        });
        assert_eq!(kinds.unwrap(), [Kind::SessionCreated]);
    }
}
