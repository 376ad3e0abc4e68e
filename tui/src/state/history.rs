//! Sessions of the past: those that were resolved, and those whose escalation ended otherwise. The server searches them,
//! page by page.

use std::collections::HashMap;

use tierup_common::id::SessionId;
use tierup_common::search_query::{SearchQuery, StatusWord};
use tierup_common::session::SessionItem;
use tierup_common::text::truncate;
use tierup_common::time::Timestamp;

use crate::effect::CallId;

/// Rows that are kept, at most. Who needs more narrows the search.
pub const MAX_ROWS: usize = 500;
/// The part of a problem or a resolution that a row keeps, in characters.
const MAX_TEXT_CHARS: usize = 1_000;
/// The possible causes that a row keeps.
const MAX_BRANCHES: usize = 8;
/// The part of a possible cause or its evidence that a row keeps, in characters.
const MAX_BRANCH_CHARS: usize = 200;

/// The rows of the history, and the load that fills them.
#[derive(Debug, Default)]
pub struct History {
    sessions: HashMap<SessionId, SessionItem>,
    /// The search that the rows answer; none before they are loaded.
    pub loaded_query: Option<String>,
    /// The search that was begun last.
    pub searched_query: Option<String>,
    /// The page that is being loaded.
    pub pending_page: Option<PendingPage>,
    /// Where the next page begins; none if there is none.
    pub next_cursor: Option<String>,
    /// When to load: after the last key of a filter, or after a change.
    pub load_at: Option<Timestamp>,
    /// Why the last page could not be loaded.
    pub error: Option<String>,
}

/// A page that is being loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PendingPage {
    /// The call.
    pub call_id: CallId,
    /// The search.
    pub query: String,
}

/// The search of the history for what a filter asks: without a status, what has ended.
pub fn history_query(filter: &SearchQuery) -> SearchQuery {
    let mut query = filter.without_unread();
    if query.statuses.is_empty() {
        query.statuses = vec![StatusWord::Resolved, StatusWord::Withdrawn];
    }
    query
}

impl History {
    /// A session, if it is among the rows.
    pub fn get(&self, id: SessionId) -> Option<&SessionItem> {
        self.sessions.get(&id)
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// Whether there are rows that were not loaded, and there is room for them.
    pub fn has_more(&self) -> bool {
        self.next_cursor.is_some() && self.sessions.len() < MAX_ROWS
    }

    /// Forgets all rows.
    pub fn clear(&mut self) {
        self.sessions.clear();
        self.next_cursor = None;
    }

    /// Adds or replaces a row, without what a list does not show.
    pub fn insert(&mut self, mut session: SessionItem) {
        session.intake_content.text = truncate(&session.intake_content.text, MAX_TEXT_CHARS);
        session.resolution = session.resolution.map(|text| truncate(&text, MAX_TEXT_CHARS));
        session.branch_map.truncate(MAX_BRANCHES);
        for branch in &mut session.branch_map {
            branch.hypothesis = truncate(&branch.hypothesis, MAX_BRANCH_CHARS);
            branch.evidence = branch.evidence.take().map(|text| truncate(&text, MAX_BRANCH_CHARS));
        }
        self.sessions.insert(session.id, session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_status_the_history_is_what_has_ended() {
        let query = |text| history_query(&SearchQuery::parse(text).unwrap()).to_string();
        assert_eq!(query("printer"), "status:resolved status:withdrawn printer");
        assert_eq!(query("status:active is:unread"), "status:active");
    }
}
