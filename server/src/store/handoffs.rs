//! Handoffs as rows.

use rusqlite::{Row, params};
use serde_json::value::RawValue;
use tierup_common::assessment::{Assessment, AssessmentStatus};
use tierup_common::handoff::{Handoff as WireHandoff, HandoffStatus, QueueItem, Snapshot};
use tierup_common::id::{HandoffId, HandoffRef, Number};
use tierup_common::user::Person;

use crate::domain::handoff::{Claim, Handoff, HandoffState};
use crate::domain::session::Session;
use crate::domain::{Caller, Refusal, access};
use crate::store::counters::CounterDelta;
use crate::store::error::Result;
use crate::store::idempotency::Replayable;
use crate::store::tx::{AccountScope, AccountTx};

macro_rules! handoff_sql {
    ($($rest:literal),+) => {
        concat!(
            "SELECT h.id, h.number, h.session_id, h.intent, h.status, h.priority, h.title, h.notes,
               h.assessment_status, h.handed_off_by,
               (SELECT name FROM user WHERE account_id = h.account_id AND id = h.handed_off_by),
               h.claimed_by,
               (SELECT name FROM user WHERE account_id = h.account_id AND id = h.claimed_by),
               h.claimed_at, h.wake_at, h.created_at, h.updated_at, h.version, a.text, a.data, a.error, h.since, a.error_detail, h.asked_by,
               (SELECT name FROM user WHERE account_id = h.account_id AND id = h.asked_by),
               h.due_at
             FROM handoff h LEFT JOIN assessment a ON a.account_id = h.account_id AND a.handoff_id = h.id
             WHERE h.account_id = ?1 ",
            $($rest),+
        )
    };
}
pub(super) use handoff_sql;

/// A handoff with its snapshot as the stored JSON, which is sent without being parsed.
pub type RawHandoff = WireHandoff<Box<RawValue>>;

impl Replayable for RawHandoff {
    type Outline = QueueItem;

    fn outline(&self) -> QueueItem {
        // Notes and snapshot never change: they are loaded again.
        QueueItem { engineer_notes: String::new(), ..self.item.clone() }
    }

    fn restore(outline: QueueItem, scope: &AccountScope<'_>) -> Result<Self> {
        let engineer_notes = scope.handoff(outline.id)?.notes;
        let snapshot = RawValue::from_string(scope.snapshot_json(outline.id)?)?;
        Ok(WireHandoff { item: QueueItem { engineer_notes, ..outline }, snapshot })
    }
}

/// The stored assessment of a handoff: the latest one that is ready, and the latest error.
#[derive(Debug, Default)]
pub struct StoredAssessment {
    ready: Option<ReadyAssessment>,
    error: Option<String>,
    /// For admins.
    error_detail: Option<String>,
}

/// An assessment as text, and as data in JSON.
#[derive(Debug)]
struct ReadyAssessment {
    text: String,
    data: String,
}

impl AccountScope<'_> {
    /// A handoff, whoever may see it.
    pub fn handoff(&self, id: HandoffId) -> Result<Handoff> {
        Ok(self.find_handoff(id.into())?.ok_or(Refusal::NotFound)?.0)
    }

    /// A handoff that the caller may see, by id or number.
    pub fn visible_handoff(&self, reference: HandoffRef, caller: &Caller) -> Result<Handoff> {
        Ok(self.visible_handoff_with_assessment(reference, caller)?.0)
    }

    /// A handoff that the caller may see, with its assessment.
    pub fn visible_handoff_with_assessment(
        &self,
        reference: HandoffRef,
        caller: &Caller,
    ) -> Result<(Handoff, StoredAssessment)> {
        let found = self.find_handoff(reference)?.filter(|(handoff, _)| access::can_see(handoff, caller));
        let (handoff, mut assessment) = found.ok_or(Refusal::NotFound)?;
        assessment.error_detail.take_if(|_| !access::can_see_error_detail(caller.actor()));
        Ok((handoff, assessment))
    }

    /// A handoff that the caller may see, as it is sent.
    pub fn visible_raw_handoff(&self, reference: HandoffRef, caller: &Caller) -> Result<RawHandoff> {
        let (handoff, assessment) = self.visible_handoff_with_assessment(reference, caller)?;
        self.raw_handoff(handoff, assessment)
    }

    /// A handoff as it is sent.
    pub fn raw_handoff(&self, handoff: Handoff, assessment: StoredAssessment) -> Result<RawHandoff> {
        let snapshot = RawValue::from_string(self.snapshot_json(handoff.id)?)?;
        Ok(WireHandoff { item: queue_item(handoff, assessment)?, snapshot })
    }

    /// A handoff in its wire type, whoever may see it: for jobs.
    pub fn wire_handoff(&self, id: HandoffId) -> Result<WireHandoff> {
        let (handoff, mut assessment) = self.find_handoff(id.into())?.ok_or(Refusal::NotFound)?;
        assessment.error_detail = None;
        Ok(WireHandoff { item: queue_item(handoff, assessment)?, snapshot: self.snapshot(id)? })
    }

    fn find_handoff(&self, reference: HandoffRef) -> Result<Option<(Handoff, StoredAssessment)>> {
        match reference {
            HandoffRef::Id(id) => {
                self.query_first(handoff_sql!("AND h.id = ?2"), params![self.account, id], handoff_from_row)
            }
            HandoffRef::Number(number) => self.query_first(
                handoff_sql!("AND h.number = ?2"),
                params![self.account, number],
                handoff_from_row,
            ),
        }
    }

    /// The current handoff of a session if that is a park. `loaded` is one of its handoffs, mostly the current one.
    pub fn current_park(&self, session: &Session, loaded: &Handoff) -> Result<Option<Handoff>> {
        let current = match session.state.current_handoff() {
            Some(id) if id == loaded.id => Some(loaded.clone()),
            Some(id) => Some(self.handoff(id)?),
            None => None,
        };
        Ok(current.filter(|handoff| handoff.state == HandoffState::Parked))
    }

    /// Open or claimed handoffs after one of them, in the order of creation, at most `limit`.
    pub fn handoffs_by_status(
        &self,
        status: HandoffStatus,
        after: HandoffId,
        limit: usize,
    ) -> Result<Vec<Handoff>> {
        let rows = self.query_all(
            handoff_sql!(
                "AND h.status = ?2 AND h.status IN ('open', 'claimed') AND h.id > ?3 ORDER BY h.id LIMIT ?4"
            ),
            params![self.account, status, after, limit],
            handoff_from_row,
        )?;
        Ok(rows.into_iter().map(|(handoff, _)| handoff).collect())
    }

    /// The snapshot of a handoff.
    pub fn snapshot(&self, handoff: HandoffId) -> Result<Snapshot> {
        Ok(serde_json::from_str(&self.snapshot_json(handoff)?)?)
    }

    pub(super) fn snapshot_json(&self, handoff: HandoffId) -> Result<String> {
        let body = self.query_first(
            "SELECT body FROM snapshot WHERE account_id = ?1 AND handoff_id = ?2",
            params![self.account, handoff],
            |row| row.get(0),
        )?;
        Ok(body.ok_or(Refusal::NotFound)?)
    }

    /// The assessment of a handoff, if there is one.
    pub fn assessment(&self, handoff: HandoffId) -> Result<Option<Assessment>> {
        let data: Option<Option<String>> = self.query_first(
            "SELECT data FROM assessment WHERE account_id = ?1 AND handoff_id = ?2",
            params![self.account, handoff],
            |row| row.get(0),
        )?;
        Ok(data.flatten().map(|data| serde_json::from_str(&data)).transpose()?)
    }
}

impl AccountTx<'_> {
    /// The number of the next handoff. It is used up when a handoff is inserted.
    pub fn next_handoff_number(&self) -> Result<Number> {
        self.next_number("SELECT last_handoff_number + 1 FROM account WHERE id = ?1")
    }

    pub(super) fn insert_handoff(&self, handoff: &Handoff, snapshot: &Snapshot) -> Result<CounterDelta> {
        self.execute(
            "INSERT INTO handoff (account_id, id, number, session_id, intent, status, priority, title, notes,
               assessment_status, handed_off_by, wake_at, created_at, updated_at, version, since, asked_by, due_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
            params![
                self.account,
                handoff.id,
                handoff.number,
                handoff.session_id,
                handoff.intent,
                handoff.state.status(),
                handoff.priority,
                handoff.title,
                handoff.notes,
                handoff.assessment_status,
                handoff.handed_off_by.id,
                handoff.wake_at,
                handoff.created_at,
                handoff.updated_at,
                handoff.version + 1,
                handoff.state_since,
                handoff.asked_by.as_ref().map(|asker| asker.id),
                handoff.due_at
            ],
        )?;
        self.execute(
            "INSERT INTO snapshot (account_id, handoff_id, body) VALUES (?1, ?2, ?3)",
            params![self.account, handoff.id, serde_json::to_string(snapshot)?],
        )?;
        self.add_concerned_user(handoff.session_id, handoff.handed_off_by.id)?;
        Ok(CounterDelta {
            last_handoff_number: Some(handoff.number),
            ..CounterDelta::from_status_change(None, handoff.state.status())
        })
    }

    pub(super) fn update_handoff(&self, handoff: &Handoff) -> Result<CounterDelta> {
        let before = self.query_first(
            "SELECT status FROM handoff WHERE account_id = ?1 AND id = ?2",
            params![self.account, handoff.id],
            |row| row.get(0),
        )?;
        let claim = handoff.state.claim();
        self.execute_one(
            "UPDATE handoff SET status = ?4, assessment_status = ?5, claimed_by = ?6, claimed_at = ?7,
               updated_at = ?8, since = ?9, priority = ?10, title = ?11, due_at = ?12, version = version + 1
             WHERE account_id = ?1 AND id = ?2 AND version = ?3",
            params![
                self.account,
                handoff.id,
                handoff.version,
                handoff.state.status(),
                handoff.assessment_status,
                claim.map(|claim| claim.by.id),
                claim.map(|claim| claim.since),
                handoff.updated_at,
                handoff.state_since,
                handoff.priority,
                handoff.title,
                handoff.due_at
            ],
        )?;
        Ok(CounterDelta::from_status_change(before, handoff.state.status()))
    }

    pub(super) fn put_assessment(&self, id: HandoffId, text: &str, data: &Assessment) -> Result<()> {
        self.execute(
            "INSERT INTO assessment (account_id, handoff_id, text, data) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET text = excluded.text, data = excluded.data, error = NULL,
               error_detail = NULL",
            params![self.account, id, text, serde_json::to_string(data)?],
        )?;
        Ok(())
    }

    pub(super) fn put_assessment_error(
        &self,
        id: HandoffId,
        reason: &str,
        detail: Option<&str>,
    ) -> Result<()> {
        self.execute(
            "INSERT INTO assessment (account_id, handoff_id, error, error_detail) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET error = excluded.error, error_detail = excluded.error_detail",
            params![self.account, id, reason, detail],
        )?;
        Ok(())
    }

    pub(super) fn put_assessment_data(&self, id: HandoffId, data: &Assessment) -> Result<()> {
        self.execute_one(
            "UPDATE assessment SET data = ?3 WHERE account_id = ?1 AND handoff_id = ?2",
            params![self.account, id, serde_json::to_string(data)?],
        )?;
        self.put_step_outcomes(id, data)
    }
}

/// A handoff as the queue shows it, without its viewers. Remove the assessment's `error_detail` first, unless an admin
/// reads it.
pub(super) fn queue_item(handoff: Handoff, assessment: StoredAssessment) -> Result<QueueItem> {
    let claim = handoff.state.claim().cloned();
    let (asked_by, asked_by_name) = handoff.asked_by.map(|asker| (asker.id, asker.name)).unzip();
    let failed = handoff.assessment_status == AssessmentStatus::Failed;
    let (text, data) = assessment.ready.map(|ready| (ready.text, ready.data)).unzip();
    Ok(QueueItem {
        id: handoff.id,
        number: handoff.number,
        session_id: handoff.session_id,
        intent: handoff.intent,
        status: handoff.state.status(),
        priority: handoff.priority,
        problem_summary: handoff.title,
        engineer_notes: handoff.notes,
        assessment_status: handoff.assessment_status,
        assessment_error: assessment.error.filter(|_| failed),
        assessment_error_detail: assessment.error_detail.filter(|_| failed),
        ai_assessment: text,
        ai_assessment_data: data.map(|data| serde_json::from_str(&data)).transpose()?,
        handed_off_by: handoff.handed_off_by.id,
        handed_off_by_name: handoff.handed_off_by.name,
        claimed_by: claim.as_ref().map(|claim| claim.by.id),
        claimed_by_name: claim.as_ref().map(|claim| claim.by.name.clone()),
        claimed_at: claim.map(|claim| claim.since),
        wake_at: handoff.wake_at,
        asked_by,
        asked_by_name,
        due_at: handoff.due_at,
        created_at: handoff.created_at,
        updated_at: handoff.updated_at,
        version: handoff.version,
        viewers: Vec::new(),
    })
}

pub(super) fn handoff_from_row(row: &Row<'_>) -> rusqlite::Result<(Handoff, StoredAssessment)> {
    let status: HandoffStatus = row.get(4)?;
    let claim = match (row.get(11)?, row.get(12)?, row.get(13)?) {
        (Some(id), Some(name), Some(since)) => Some(Claim { by: Person { id, name }, since }),
        _ => None,
    };
    // The table's CHECKs prevent contradictory states, so the file is damaged if there is one.
    let state = HandoffState::from_parts(status, claim)
        .ok_or_else(|| rusqlite::Error::InvalidColumnType(4, "status".into(), rusqlite::types::Type::Text))?;
    let asked_by = match (row.get(23)?, row.get(24)?) {
        (Some(id), Some(name)) => Some(Person { id, name }),
        _ => None,
    };
    let handoff = Handoff {
        id: row.get(0)?,
        number: row.get(1)?,
        session_id: row.get(2)?,
        intent: row.get(3)?,
        state,
        priority: row.get(5)?,
        title: row.get(6)?,
        notes: row.get(7)?,
        assessment_status: row.get(8)?,
        handed_off_by: Person { id: row.get(9)?, name: row.get(10)? },
        wake_at: row.get(14)?,
        asked_by,
        due_at: row.get(25)?,
        created_at: row.get(15)?,
        updated_at: row.get(16)?,
        version: row.get(17)?,
        state_since: row.get(21)?,
    };
    let ready = match (row.get(18)?, row.get(19)?) {
        (Some(text), Some(data)) => Some(ReadyAssessment { text, data }),
        _ => None,
    };
    Ok((handoff, StoredAssessment { ready, error: row.get(20)?, error_detail: row.get(22)? }))
}
