//! Pages and counts of the queue.

use rusqlite::params;
use tierup_common::handoff::{HandoffStatus, Priority, QueueCounts, QueueItem, QueueState};
use tierup_common::id::{HandoffId, ParseIdError, SessionId, UserId};
use tierup_common::permission::Actor;

use crate::domain::access;
use crate::store::error::Result;
use crate::store::handoffs::{handoff_from_row, handoff_sql, queue_item};
use crate::store::search_conditions::{SearchConditions, ids_as_json};
use crate::store::tx::AccountScope;

/// A query for a page of the queue.
#[derive(Clone, Debug)]
pub struct QueueQuery {
    /// The state of the handoffs.
    pub state: QueueState,
    /// Only handoffs with this priority.
    pub priority: Option<Priority>,
    /// Only handoffs of these sessions.
    pub session_ids: Option<Vec<SessionId>>,
    /// Only what the fields of a search accept.
    pub conditions: SearchConditions,
    /// The size of a page.
    pub limit: u32,
    /// The end of the previous page.
    pub cursor: Option<QueueCursor>,
}

/// The last handoff of the previous page. The queue is sorted by priority, then oldest first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct QueueCursor {
    /// Its priority.
    pub priority: Priority,
    /// The handoff.
    pub id: HandoffId,
}

/// A scan of one index, by the status of a queue or of all escalations.
macro_rules! queue_sql {
    ($scope:literal) => {
        handoff_sql!(
            $scope,
            "AND h.priority = ?2 AND h.id > ?3
             AND (?5 IS NULL OR h.session_id IN (SELECT unhex(value) FROM json_each(?5)))
             AND (?8 IS NULL OR h.handed_off_by IN (SELECT unhex(value) FROM json_each(?8)))
             AND (?9 IS NULL OR h.claimed_by IN (SELECT unhex(value) FROM json_each(?9)))
             AND (?10 IS NULL OR h.handed_off_by = ?10 OR h.claimed_by = ?10)
             AND (?11 IS NULL OR h.created_at <= ?11) AND (?12 IS NULL OR h.created_at >= ?12)
             AND (?13 IS NULL OR h.status IN (SELECT value FROM json_each(?13)))
             ORDER BY h.id LIMIT ?4"
        )
    };
}

impl AccountScope<'_> {
    /// A page of the queue; one more than the limit if there are more.
    pub fn queue_page(&self, query: &QueueQuery, caller: UserId) -> Result<Vec<QueueItem>> {
        let mut items = Vec::new();
        for priority in Priority::ALL.iter().rev().copied() {
            let after = match query.cursor {
                Some(cursor) if cursor.priority < priority => continue,
                Some(cursor) if cursor.priority == priority => cursor.id,
                Some(_) | None => HandoffId::from_bytes([0; 16]),
            };
            let room = (query.limit as usize + 1).saturating_sub(items.len());
            let is_wanted = query.priority.is_none_or(|wanted| wanted == priority)
                && query.conditions.accepts_priority(priority);
            if room > 0 && is_wanted {
                items.extend(self.items_of_priority(query, caller, priority, after, room)?);
            }
        }
        Ok(items)
    }

    /// The handoffs of one priority after one of them, at most `limit`: a scan of one index.
    fn items_of_priority(
        &self,
        query: &QueueQuery,
        caller: UserId,
        priority: Priority,
        after: HandoffId,
        limit: usize,
    ) -> Result<Vec<QueueItem>> {
        let session_ids =
            query.session_ids.as_deref().map(|ids| ids_as_json(ids.iter().map(SessionId::as_bytes)));
        let wanted = &query.conditions;
        let status = match query.state {
            QueueState::All => None,
            QueueState::Open => Some(HandoffStatus::Open),
            QueueState::Claimed | QueueState::Mine => Some(HandoffStatus::Claimed),
        };
        let claimer = (query.state == QueueState::Mine).then_some(caller);
        let sql = if status.is_some() {
            // SQLite uses the partial index of the queue only with its condition spelled out.
            queue_sql!(
                "AND h.status = ?6 AND h.status IN ('open', 'claimed') AND (?7 IS NULL OR h.claimed_by = ?7) "
            )
        } else {
            queue_sql!("AND h.intent = 'escalate' ")
        };
        let parameters = params![
            self.account,
            priority,
            after,
            limit,
            session_ids,
            status,
            claimer,
            wanted.from,
            wanted.by,
            wanted.participant,
            wanted.created_before,
            wanted.created_after,
            wanted.handoff_statuses,
        ];
        let rows = self.query_all(sql, parameters, handoff_from_row)?;
        let items = rows.into_iter().map(|(handoff, assessment)| queue_item(handoff, assessment));
        let mut items: Vec<QueueItem> = items.collect::<Result<_>>()?;
        if items.iter().any(|item| item.assessment_error_detail.is_some()) {
            let reader = self.user(caller)?.map(|user| Actor { id: user.id, role: user.role });
            if !reader.is_some_and(access::can_see_error_detail) {
                for item in &mut items {
                    item.assessment_error_detail = None;
                }
            }
        }
        Ok(items)
    }

    /// The counts of the whole queue.
    pub fn queue_counts(&self, caller: UserId) -> Result<QueueCounts> {
        let mine = self.query_first(
            // SQLite uses the partial index of the queue only with its condition spelled out.
            "SELECT COUNT(*) FROM handoff WHERE account_id = ?1 AND status = 'claimed' AND claimed_by = ?2
             AND status IN ('open', 'claimed')",
            params![self.account, caller],
            |row| row.get(0),
        )?;
        let sql = "SELECT open_handoffs, claimed_handoffs FROM account WHERE id = ?1";
        let (open, claimed) =
            self.query_first(sql, [self.account], |row| Ok((row.get(0)?, row.get(1)?)))?.unwrap_or_default();
        Ok(QueueCounts { open, claimed, mine: mine.unwrap_or_default() })
    }
}

impl std::fmt::Display for QueueCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.priority, self.id)
    }
}

impl std::str::FromStr for QueueCursor {
    type Err = ParseIdError;

    fn from_str(text: &str) -> std::result::Result<Self, ParseIdError> {
        let (priority, id) = text.split_once('-').ok_or(ParseIdError)?;
        Ok(Self { priority: priority.parse().map_err(|_| ParseIdError)?, id: id.parse()? })
    }
}
