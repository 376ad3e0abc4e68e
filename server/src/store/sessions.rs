//! Sessions as rows.

use rusqlite::types::Type;
use rusqlite::{Row, params};
use tierup_common::handoff::HandoffLink;
use tierup_common::id::{Number, SessionId, UserId};
use tierup_common::session::{
    IntakeContent, IntakeType, LatestEscalation, SessionItem, SessionLink, SessionStatus, SessionType,
};
use tierup_common::user::Person;

use crate::domain::session::{Resolution, Session, SessionState};
use crate::domain::{Caller, Refusal, access};
use crate::store::counters::CounterDelta;
use crate::store::error::{Result, StoreError};
use crate::store::search_conditions::{SearchConditions, ids_as_json};
use crate::store::tx::{AccountScope, AccountTx};

/// Duplicates that a session names: more are no help.
const MAX_DUPLICATES: u32 = 20;

/// A query for a page of sessions.
#[derive(Clone, Debug, Default)]
pub struct SessionQuery {
    /// Only sessions with this status.
    pub status: Option<SessionStatus>,
    /// Only sessions that this user opened or works on.
    pub participant: Option<UserId>,
    /// Only these sessions.
    pub session_ids: Option<Vec<SessionId>>,
    /// Only the session with this number.
    pub number: Option<Number>,
    /// Only what the fields of a search accept.
    pub conditions: SearchConditions,
    /// The size of a page.
    pub limit: u32,
    /// The end of the previous page.
    pub cursor: Option<SessionCursor>,
}

/// The last session of the previous page; sessions are sorted newest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionCursor(pub SessionId);

macro_rules! session_sql {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.number, s.title, s.summarised, s.status, s.tier, s.opener_id,
               (SELECT name FROM user WHERE account_id = s.account_id AND id = s.opener_id),
               s.assignee_id,
               (SELECT name FROM user WHERE account_id = s.account_id AND id = s.assignee_id),
               s.handoff_count, s.standing_id, s.escalation_id, s.message_count, s.resolution,
               s.created_at, s.updated_at, s.resolved_at, s.version, s.text_bytes, s.duplicate_of,
               s.duplicate_of_session,
               (SELECT number FROM handoff WHERE account_id = s.account_id AND id = s.duplicate_of)
             FROM session s WHERE s.account_id = ?1 ",
            $rest
        )
    };
}

impl AccountScope<'_> {
    /// A session.
    pub fn session(&self, id: SessionId) -> Result<Session> {
        let found =
            self.query_first(session_sql!("AND s.id = ?2"), params![self.account, id], session_from_row)?;
        Ok(found.ok_or(Refusal::NotFound)?)
    }

    /// A page of sessions, newest first; one more than the limit if there are more.
    pub fn sessions(&self, query: &SessionQuery) -> Result<Vec<Session>> {
        let conditions = &query.conditions;
        self.query_all(
            session_sql!(
                "AND (?2 IS NULL OR s.status = ?2)
                 AND (?3 IS NULL OR s.opener_id = ?3 OR s.assignee_id = ?3)
                 AND (?4 IS NULL OR s.id < ?4)
                 AND (?6 IS NULL OR s.id IN (SELECT unhex(value) FROM json_each(?6)))
                 AND (?7 IS NULL OR s.number = ?7)
                 AND (?8 IS NULL OR s.opener_id IN (SELECT unhex(value) FROM json_each(?8)))
                 AND (?9 IS NULL OR s.assignee_id IN (SELECT unhex(value) FROM json_each(?9)))
                 AND (?10 IS NULL OR s.opener_id = ?10 OR s.assignee_id = ?10)
                 AND (?11 IS NULL OR s.created_at <= ?11) AND (?12 IS NULL OR s.created_at >= ?12)
                 AND (?13 IS NULL OR EXISTS (SELECT 1 FROM handoff h WHERE h.account_id = s.account_id
                   AND h.id = s.escalation_id AND h.priority IN (SELECT value FROM json_each(?13))))
                 AND (?14 IS NULL OR s.status IN (SELECT value FROM json_each(?14))
                   OR EXISTS (SELECT 1 FROM handoff h WHERE h.account_id = s.account_id
                     AND h.id = s.escalation_id AND h.status IN (SELECT value FROM json_each(?15))))
                 ORDER BY s.id DESC LIMIT ?5"
            ),
            params![
                self.account,
                query.status,
                query.participant,
                query.cursor.map(|cursor| cursor.0),
                query.limit + 1,
                query.session_ids.as_deref().map(|ids| ids_as_json(ids.iter().map(SessionId::as_bytes))),
                query.number,
                conditions.from,
                conditions.by,
                conditions.participant,
                conditions.created_before,
                conditions.created_after,
                conditions.priority_ranks(),
                conditions.session_statuses,
                conditions.latest_statuses,
            ],
            session_from_row,
        )
    }

    /// The sessions that were resolved as duplicates of a session, the newest first.
    fn duplicates(&self, id: SessionId) -> Result<Vec<SessionLink>> {
        self.query_all(
            "SELECT id, number FROM session WHERE account_id = ?1 AND duplicate_of_session = ?2
             ORDER BY id DESC LIMIT ?3",
            params![self.account, id, MAX_DUPLICATES],
            |row| Ok(SessionLink { session_id: row.get(0)?, number: row.get(1)? }),
        )
    }

    /// A session as lists show it to the caller.
    pub fn session_item(&self, session: Session, caller: &Caller) -> Result<SessionItem> {
        let intake = self.intake(session.id)?;
        let branch_map = self.branches(session.id)?;
        let current_handoff = match session.state.current_handoff() {
            Some(id) => {
                let handoff = self.handoff(id)?;
                access::can_see(&handoff, caller).then_some(handoff.id)
            }
            None => None,
        };
        let duplicates = self.duplicates(session.id)?;
        let (resolution, latest_escalation) = (session.state.resolution(), self.latest_escalation(&session)?);
        Ok(SessionItem {
            id: session.id,
            number: session.number,
            session_type: SessionType::Guided,
            intake_type: IntakeType::FreeText,
            intake_content: IntakeContent { text: intake },
            problem_summary: session.problem_summary(),
            status: session.state.status(),
            confidence_tier: session.confidence_tier,
            user_id: session.opener.id,
            user_name: session.opener.name,
            assignee_id: session.assignee.id,
            assignee_name: session.assignee.name,
            handoff_count: session.handoff_count,
            handoff_id: current_handoff,
            latest_escalation,
            resolution: resolution.map(|resolution| resolution.text.clone()),
            duplicate_of: resolution.and_then(|resolution| resolution.duplicate_of),
            duplicates,
            branch_map,
            created_at: session.created_at,
            updated_at: session.updated_at,
            resolved_at: resolution.map(|resolution| resolution.at),
            version: session.version,
        })
    }

    fn latest_escalation(&self, session: &Session) -> Result<Option<LatestEscalation>> {
        let Some(id) = session.latest_escalation else { return Ok(None) };
        self.query_first(
            "SELECT number, priority, status FROM handoff WHERE account_id = ?1 AND id = ?2",
            params![self.account, id],
            |row| {
                let (number, priority, status) = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok(LatestEscalation { handoff_id: id, number, priority, status })
            },
        )
    }
}

impl AccountTx<'_> {
    /// The number of the next session. It is used up when a session is inserted.
    pub fn next_session_number(&self) -> Result<Number> {
        self.next_number("SELECT last_session_number + 1 FROM account WHERE id = ?1")
    }

    pub(super) fn next_number(&self, sql: &'static str) -> Result<Number> {
        let number = self.query_first(sql, [self.account], |row| row.get(0))?;
        number.ok_or(StoreError::Sql(rusqlite::Error::QueryReturnedNoRows))
    }

    pub(super) fn insert_session(&self, session: &Session) -> Result<CounterDelta> {
        self.execute(
            "INSERT INTO session (account_id, id, number, title, summarised, status, tier, opener_id,
               assignee_id, handoff_count, message_count, created_at, updated_at, version, text_bytes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            params![
                self.account,
                session.id,
                session.number,
                session.title,
                session.has_summary,
                session.state.status(),
                session.confidence_tier,
                session.opener.id,
                session.assignee.id,
                session.handoff_count,
                session.message_count,
                session.created_at,
                session.updated_at,
                session.version + 1,
                session.text_bytes
            ],
        )?;
        Ok(CounterDelta { last_session_number: Some(session.number), ..CounterDelta::default() })
    }

    pub(super) fn update_session(&self, session: &Session) -> Result<()> {
        let resolution = session.state.resolution();
        let original = resolution.and_then(|resolution| resolution.duplicate_of);
        self.execute_one(
            "UPDATE session SET status = ?4, tier = ?5, assignee_id = ?6, handoff_count = ?7,
               standing_id = ?8, escalation_id = ?9, message_count = ?10, resolution = ?11,
               updated_at = ?12, resolved_at = ?13, text_bytes = ?14, title = ?15, summarised = ?16,
               duplicate_of = ?17, duplicate_of_session = ?18, version = version + 1
             WHERE account_id = ?1 AND id = ?2 AND version = ?3",
            params![
                self.account,
                session.id,
                session.version,
                session.state.status(),
                session.confidence_tier,
                session.assignee.id,
                session.handoff_count,
                session.state.current_handoff(),
                session.latest_escalation,
                session.message_count,
                resolution.map(|resolution| &resolution.text),
                session.updated_at,
                resolution.map(|resolution| resolution.at),
                session.text_bytes,
                session.title,
                session.has_summary,
                original.map(|original| original.handoff_id),
                original.map(|original| original.session_id)
            ],
        )
    }
}

fn session_from_row(row: &Row<'_>) -> rusqlite::Result<Session> {
    let duplicate_of = match (row.get(20)?, row.get(21)?, row.get(22)?) {
        (Some(handoff_id), Some(session_id), Some(number)) => {
            Some(HandoffLink { handoff_id, number, session_id })
        }
        _ => None,
    };
    let resolution = match (row.get(14)?, row.get(17)?) {
        (Some(text), Some(at)) => Some(Resolution { text, at, duplicate_of }),
        _ => None,
    };
    // The table's CHECKs prevent contradictory states, so the file is damaged if there is one.
    let state = SessionState::from_parts(row.get(4)?, row.get(11)?, resolution)
        .ok_or_else(|| rusqlite::Error::InvalidColumnType(4, "status".into(), Type::Text))?;
    Ok(Session {
        id: row.get(0)?,
        number: row.get(1)?,
        title: row.get(2)?,
        has_summary: row.get(3)?,
        state,
        confidence_tier: row.get(5)?,
        opener: Person { id: row.get(6)?, name: row.get(7)? },
        assignee: Person { id: row.get(8)?, name: row.get(9)? },
        handoff_count: row.get(10)?,
        latest_escalation: row.get(12)?,
        message_count: row.get(13)?,
        created_at: row.get(15)?,
        updated_at: row.get(16)?,
        version: row.get(18)?,
        text_bytes: row.get(19)?,
    })
}
