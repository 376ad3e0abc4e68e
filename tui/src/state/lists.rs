//! The rows of the lists, and which list a handoff belongs to.

use std::cmp::Reverse;
use std::ops::{Index, IndexMut};

use tierup_common::handoff::{HandoffStatus, QueueItem};
use tierup_common::id::{HandoffId, SessionId, UserId};

use crate::keymap::Tab;
use crate::state::selection_list::{ListKey, SelectionList};
use crate::state::sort_order::SortKey;

/// What a row of a list is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RowId {
    /// A handoff.
    Handoff(HandoffId),
    /// A session of the user's own: parked, never handed off, or returned to them.
    Session(SessionId),
}

impl RowId {
    /// The handoff, if the row is about one.
    pub const fn handoff(self) -> Option<HandoffId> {
        if let Self::Handoff(id) = self { Some(id) } else { None }
    }

    /// The session, if the row is about one.
    pub const fn session(self) -> Option<SessionId> {
        if let Self::Session(id) = self { Some(id) } else { None }
    }
}

/// The position of a row: answers to the user's questions first, then handoffs, then sessions, the newest first. In Mine,
/// what others work on comes last.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum RowKey {
    /// A handoff that answers a question of the user's.
    Answer(SortKey),
    /// See [`RowId::Handoff`].
    Handoff(SortKey),
    /// See [`RowId::Session`].
    Session(Reverse<SessionId>),
    /// A session of others with something unread, which has no other row.
    Marked(Reverse<SessionId>),
    /// A handoff that others have to act on: the user escalated it, or has something unread in it.
    Waiting(SortKey),
}

impl ListKey for RowKey {
    type Id = RowId;

    fn id(&self) -> RowId {
        match self {
            Self::Answer((_, _, id)) | Self::Handoff((_, _, id)) | Self::Waiting((_, _, id)) => {
                RowId::Handoff(*id)
            }
            Self::Session(Reverse(id)) | Self::Marked(Reverse(id)) => RowId::Session(*id),
        }
    }
}

/// The rows of one list.
pub type RowList = SelectionList<RowKey>;

/// The lists, by tab.
#[derive(Debug, Default)]
pub struct Lists {
    queue: RowList,
    mine: RowList,
    parked: RowList,
    history: RowList,
}

impl Index<Tab> for Lists {
    type Output = RowList;

    fn index(&self, tab: Tab) -> &RowList {
        match tab {
            Tab::Queue => &self.queue,
            Tab::Mine => &self.mine,
            Tab::Parked => &self.parked,
            Tab::History => &self.history,
        }
    }
}

impl IndexMut<Tab> for Lists {
    fn index_mut(&mut self, tab: Tab) -> &mut RowList {
        match tab {
            Tab::Queue => &mut self.queue,
            Tab::Mine => &mut self.mine,
            Tab::Parked => &mut self.parked,
            Tab::History => &mut self.history,
        }
    }
}

/// Whether the user may still work on the session of a handoff: not while it waits or is another's, nor where it was sent
/// back to another. One that ended otherwise says nothing about who works on the session now.
pub(super) fn may_belong_to_mine(item: &QueueItem, tab: Option<Tab>, me: Option<UserId>) -> bool {
    match (tab, item.status) {
        (Some(Tab::Queue | Tab::Parked | Tab::History), _) => me.is_none(),
        (None, HandoffStatus::Withdrawn) => me.is_none() || Some(item.handed_off_by) == me,
        (Some(Tab::Mine), _)
        | (
            None,
            HandoffStatus::Open
            | HandoffStatus::Claimed
            | HandoffStatus::Resolved
            | HandoffStatus::Superseded
            | HandoffStatus::Parked
            | HandoffStatus::Resumed,
        ) => true,
    }
}

/// Whether a handoff that waits answers a question of the user's. It is in the queue, and at the top of what the user works
/// on.
pub fn is_answer_for(item: &QueueItem, me: Option<UserId>) -> bool {
    item.status == HandoffStatus::Open && item.asked_by.is_some() && item.asked_by == me
}

/// The list a handoff belongs to; none when it is over.
pub(super) fn tab_for(item: &QueueItem, me: Option<UserId>) -> Option<Tab> {
    match item.status {
        HandoffStatus::Claimed if item.claimed_by.is_some() && item.claimed_by == me => Some(Tab::Mine),
        HandoffStatus::Open | HandoffStatus::Claimed => Some(Tab::Queue),
        HandoffStatus::Resolved
        | HandoffStatus::Withdrawn
        | HandoffStatus::Superseded
        | HandoffStatus::Parked
        | HandoffStatus::Resumed => None,
    }
}
