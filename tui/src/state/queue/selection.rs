//! The selected row of the lists.

use tierup_common::handoff::{HandoffStatus, QueueItem};
use tierup_common::id::{HandoffId, SessionId, UserId};
use tierup_common::session::SessionItem;

use crate::keymap::Tab;
use crate::state::lists::RowId;
use crate::state::queue::Queue;

impl Queue {
    /// The selected row of the list that is shown.
    pub fn selected_row(&self) -> Option<RowId> {
        self.current_list().selected()
    }

    /// The handoff of the selected row. A parked session has one that only its owner sees.
    pub fn selected_handoff_id(&self) -> Option<HandoffId> {
        match self.selected_row()? {
            RowId::Handoff(id) => Some(id),
            RowId::Session(_) => self.selected_parked_session()?.handoff_id,
        }
    }

    /// The session of the selected row, if the row is not about a handoff.
    pub fn selected_session_id(&self) -> Option<SessionId> {
        self.selected_row().and_then(RowId::session)
    }

    /// The selected session, on the tab of parked sessions.
    pub fn selected_parked_session(&self) -> Option<&SessionItem> {
        self.own_session(self.selected_session_id().filter(|_| self.tab == Tab::Parked)?)
    }

    /// The selected session, on the tab of what the user works on.
    pub fn selected_own_session(&self) -> Option<&SessionItem> {
        self.own_session(self.selected_session_id().filter(|_| self.tab == Tab::Mine)?)
    }

    /// The selected session, on the tab of the past.
    pub fn selected_past_session(&self) -> Option<&SessionItem> {
        self.history.get(self.selected_session_id().filter(|_| self.tab == Tab::History)?)
    }

    /// The handoff that the selected row is about.
    pub fn selected_item(&self) -> Option<&QueueItem> {
        self.item(self.selected_row()?.handoff()?)
    }

    /// Selects the first handoff of the queue that waits, unless the selected one does; false if none waits.
    pub fn select_next_open(&mut self) -> bool {
        let is_open = |row: &RowId| {
            let item = row.handoff().and_then(|id| self.item(id));
            item.is_some_and(|item| item.status == HandoffStatus::Open)
        };
        let list = &self.lists[Tab::Queue];
        let next = list.selected().filter(is_open).or_else(|| list.ids().find(is_open));
        if let Some(next) = next.filter(|next| list.selected() != Some(*next)) {
            self.lists[Tab::Queue].select(next);
        }
        next.is_some()
    }

    /// Selects the first handoff of the queue that waits for this user: not one that they handed off themselves.
    pub fn select_first_to_take(&mut self, me: Option<UserId>) {
        let is_to_take = |row: &RowId| {
            let item = row.handoff().and_then(|id| self.item(id));
            item.is_some_and(|item| item.status == HandoffStatus::Open && Some(item.handed_off_by) != me)
        };
        let first = self.lists[Tab::Queue].ids().find(is_to_take);
        if let Some(row) = first {
            self.lists[Tab::Queue].select(row);
        }
    }
}
