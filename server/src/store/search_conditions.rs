//! The fields of a search as parameters of a query: names as the ids of users, ages as times, lists as JSON.

use tierup_common::handoff::Priority;
use tierup_common::id::UserId;
use tierup_common::search_query::{SearchQuery, SessionCondition, names_person};
use tierup_common::time::Timestamp;

use crate::store::error::Result;
use crate::store::tx::AccountScope;

/// The fields of a search; `None` for what it does not ask. Lists are JSON, for `json_each`.
#[derive(Clone, Debug, Default)]
pub struct SearchConditions {
    /// Users who opened or escalated it.
    pub(super) from: Option<String>,
    /// Users who work on it.
    pub(super) by: Option<String>,
    /// A user who opened it, escalated it or works on it.
    pub(super) participant: Option<UserId>,
    pub(super) priorities: Vec<Priority>,
    pub(super) handoff_statuses: Option<String>,
    /// Statuses of sessions; with `latest_statuses`, either is enough.
    pub(super) session_statuses: Option<String>,
    /// Statuses of the latest escalation.
    pub(super) latest_statuses: Option<String>,
    pub(super) created_before: Option<Timestamp>,
    pub(super) created_after: Option<Timestamp>,
}

impl SearchConditions {
    /// Whether it accepts a priority.
    pub(super) fn accepts_priority(&self, priority: Priority) -> bool {
        self.priorities.is_empty() || self.priorities.contains(&priority)
    }

    /// The priorities as their ranks, which the database has.
    pub(super) fn priority_ranks(&self) -> Option<String> {
        let ranks: Vec<String> =
            self.priorities.iter().map(|priority| (*priority as u8).to_string()).collect();
        (!ranks.is_empty()).then(|| format!("[{}]", ranks.join(",")))
    }
}

impl AccountScope<'_> {
    /// The conditions of a search by this user.
    pub fn search_conditions(
        &self,
        query: &SearchQuery,
        caller: UserId,
        now: Timestamp,
    ) -> Result<SearchConditions> {
        let users = if query.from.is_empty() && query.by.is_empty() { Vec::new() } else { self.users()? };
        let people = |names: &[String]| {
            let named = users.iter().filter(|user| names_person(names, (user.id, &user.name), Some(caller)));
            (!names.is_empty()).then(|| ids_as_json(named.map(|user| user.id.as_bytes())))
        };
        let (mut sessions, mut latest) = (Vec::new(), Vec::new());
        for status in &query.statuses {
            match status.of_session() {
                SessionCondition::Status(status) => sessions.push(status),
                SessionCondition::LatestEscalation(status) => latest.push(status),
            }
        }
        let has_statuses = !query.statuses.is_empty();
        let handoffs: Vec<_> = query.statuses.iter().map(|status| status.of_handoff()).collect();
        Ok(SearchConditions {
            from: people(&query.from),
            by: people(&query.by),
            participant: query.is_mine.then_some(caller),
            priorities: query.priorities.clone(),
            handoff_statuses: has_statuses.then(|| serde_json::to_string(&handoffs)).transpose()?,
            session_statuses: has_statuses.then(|| serde_json::to_string(&sessions)).transpose()?,
            latest_statuses: has_statuses.then(|| serde_json::to_string(&latest)).transpose()?,
            created_before: query.created_before(now),
            created_after: query.created_after(now),
        })
    }
}

/// Ids as a JSON list of hexadecimal strings, for `json_each`.
pub(super) fn ids_as_json<'i>(ids: impl Iterator<Item = &'i [u8; 16]>) -> String {
    let hex = ids.map(|id| format!("\"{:032x}\"", u128::from_be_bytes(*id)));
    format!("[{}]", hex.collect::<Vec<_>>().join(","))
}
