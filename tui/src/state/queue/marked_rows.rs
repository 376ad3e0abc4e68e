//! Rows of Mine that are there because something in their session is unread: sessions that have no other row there.

use std::cmp::Reverse;

use tierup_common::handoff::{HandoffStatus, QueueItem};
use tierup_common::id::{SessionId, UserId};

use crate::keymap::Tab;
use crate::state::lists::{RowKey, tab_for};
use crate::state::queue::Queue;

impl Queue {
    /// Shows a row in Mine for each of these sessions that has none in Mine or Parked, and removes those of others.
    pub fn place_marked_rows(&mut self, sessions: impl Iterator<Item = SessionId>, me: Option<UserId>) {
        let is_shown = !self.filter.is_active();
        let wanted: Vec<RowKey> =
            sessions.filter(|_| is_shown).filter_map(|session| self.marked_row(session, me)).collect();
        for old in std::mem::take(&mut self.marked_rows) {
            if !wanted.contains(&old) {
                self.remove_marked_row(&old, me);
            }
        }
        for key in &wanted {
            self.lists[Tab::Mine].upsert(key.clone());
        }
        self.marked_rows = wanted;
        self.are_marks_stale = false;
    }

    /// The row that a session needs; none if it has one anyway.
    fn marked_row(&self, session: SessionId, me: Option<UserId>) -> Option<RowKey> {
        if let Some(item) = self.item_for_session(session) {
            let has_row = tab_for(item, me) == Some(Tab::Mine) || self.is_waiting_for(item, me);
            return (!has_row).then(|| RowKey::Waiting(self.sort.sort_key(item)));
        }
        let is_parked = self.own_sessions.parked().any(|parked| parked.id == session);
        let has_row = is_parked || self.unclaimed_own_sessions(me).any(|own| own.id == session);
        (!has_row).then_some(RowKey::Marked(Reverse(session)))
    }

    /// Removes a row, unless it has become one that is there anyway.
    fn remove_marked_row(&mut self, key: &RowKey, me: Option<UserId>) {
        let id = crate::state::selection_list::ListKey::id(key);
        let stays = match (id.handoff().and_then(|id| self.item(id)), id.session()) {
            (Some(item), _) => tab_for(item, me) == Some(Tab::Mine) || self.is_waiting_for(item, me),
            (None, Some(session)) => self.unclaimed_own_sessions(me).any(|own| own.id == session),
            (None, None) => false,
        };
        if !stays {
            self.lists[Tab::Mine].remove(id);
        }
    }

    /// Whether the user escalated a handoff or opened its session, and others have to act on it.
    pub fn is_waiting_for(&self, item: &QueueItem, me: Option<UserId>) -> bool {
        let is_others = match item.status {
            HandoffStatus::Open => true,
            HandoffStatus::Claimed => item.claimed_by != me,
            HandoffStatus::Resolved
            | HandoffStatus::Withdrawn
            | HandoffStatus::Superseded
            | HandoffStatus::Parked
            | HandoffStatus::Resumed => false,
        };
        let is_mine = Some(item.handed_off_by) == me || self.is_opened_by_me(item.session_id);
        is_others && me.is_some() && is_mine
    }
}
