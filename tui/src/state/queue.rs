//! What waits, what is worked on and what is put aside: three lists over one store of rows.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use tierup_common::handoff::{HandoffStatus, Priority, QueueItem, Snapshot};
use tierup_common::id::{HandoffId, Seq, SessionId, UserId};
use tierup_common::session::SessionItem;
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::effect::Ticket;
use crate::state::list::List;

/// Snapshots kept for the preview, at most.
const SNAPSHOTS: usize = 100;

/// Which list is shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Tab {
    /// What waits, and what others work on.
    #[default]
    Queue,
    /// What the user works on.
    Mine,
    /// What the user put aside.
    Parked,
}

impl Tab {
    /// The tabs, from left to right.
    pub const ALL: [Self; 3] = [Self::Queue, Self::Mine, Self::Parked];
}

/// Where a row stands: what waits before what is claimed, by priority, then the oldest first.
type Key = (bool, Reverse<Priority>, HandoffId);

/// A load of the lists: several pages, asked for one after the other.
#[derive(Debug, Default)]
pub struct Load {
    /// Requests under way.
    pub tickets: Vec<Ticket>,
    /// The rows that it, or an event since it began, brought. The others are out of date.
    pub fresh: HashSet<HandoffId>,
    /// The oldest moment that a page shows.
    pub as_of: Option<Seq>,
    /// Why a page did not come.
    pub failed: Option<String>,
}

/// What the selection rests on, and whether it has rested long enough to fetch more about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Preview {
    /// On nothing.
    #[default]
    Nothing,
    /// On this row, which it reached a moment ago.
    Resting {
        /// The row.
        id: HandoffId,
        /// When it will have rested long enough.
        until: Timestamp,
    },
    /// On this row, for a while.
    Rested(HandoffId),
}

impl Preview {
    /// The row, if there is one.
    pub const fn id(self) -> Option<HandoffId> {
        match self {
            Self::Nothing => None,
            Self::Resting { id, .. } | Self::Rested(id) => Some(id),
        }
    }
}

/// The three lists.
#[derive(Debug, Default)]
pub struct Queue {
    items: HashMap<HandoffId, QueueItem>,
    /// What waits and what others have claimed.
    pub queue: List<Key, HandoffId>,
    /// What the user has claimed.
    pub mine: List<Key, HandoffId>,
    /// The user's parked sessions.
    pub parked: List<Reverse<SessionId>, SessionId>,
    parked_items: HashMap<SessionId, SessionItem>,
    /// Which list is shown.
    pub tab: Tab,
    /// Every event up to here is in the lists; none before they were loaded.
    pub as_of: Option<Seq>,
    /// A load of the lists that is under way.
    pub load: Option<Load>,
    /// The newest event when the stream began: a load that is older missed something.
    pub live_from: Option<Seq>,
    /// What the selected row handed over, for the preview.
    snapshots: HashMap<HandoffId, Snapshot>,
    /// What the selection rests on.
    pub preview: Preview,
    /// Assessments that are being written, as far as they were heard.
    pub growing: HashMap<HandoffId, String>,
}

impl Queue {
    /// A handoff, as far as it is known.
    pub fn item(&self, id: HandoffId) -> Option<&QueueItem> {
        self.items.get(&id)
    }

    /// A handoff, to change what is not its place in the lists.
    pub fn item_mut(&mut self, id: HandoffId) -> Option<&mut QueueItem> {
        self.items.get_mut(&id)
    }

    /// A parked session.
    pub fn parked_item(&self, id: SessionId) -> Option<&SessionItem> {
        self.parked_items.get(&id)
    }

    /// What a handoff handed over, if it was fetched.
    pub fn snapshot(&self, id: HandoffId) -> Option<&Snapshot> {
        self.snapshots.get(&id)
    }

    /// Keeps what a handoff handed over.
    pub fn keep_snapshot(&mut self, id: HandoffId, snapshot: Snapshot) {
        if self.snapshots.len() >= SNAPSHOTS {
            self.snapshots.clear();
        }
        self.snapshots.insert(id, snapshot);
    }

    /// Handoffs that wait to be claimed.
    pub fn waiting(&self) -> impl Iterator<Item = &QueueItem> {
        self.queue
            .ids()
            .filter_map(|id| self.items.get(&id))
            .filter(|item| item.status == HandoffStatus::Open)
    }

    /// The selected handoff of the list that is shown.
    pub fn selected(&self) -> Option<&QueueItem> {
        let id = match self.tab {
            Tab::Queue => self.queue.selected(),
            Tab::Mine => self.mine.selected(),
            Tab::Parked => None,
        };
        id.and_then(|id| self.items.get(&id))
    }

    /// Puts a handoff into the list it belongs to. What is known of a later version stays.
    pub fn put(&mut self, mut item: QueueItem, me: Option<UserId>) {
        if let Some(known) = self.items.get(&item.id) {
            if known.version > item.version {
                return;
            }
            // Presence comes by the stream; an answer may be older than it.
            item.viewers.clone_from(&known.viewers);
        }
        let (id, key) = (item.id, key(&item));
        let is_mine = item.claimed_by.is_some() && item.claimed_by == me;
        match item.status {
            HandoffStatus::Claimed if is_mine => {
                self.queue.remove(id);
                self.mine.put(id, key);
            }
            HandoffStatus::Open | HandoffStatus::Claimed => {
                self.mine.remove(id);
                self.queue.put(id, key);
            }
            HandoffStatus::Resolved
            | HandoffStatus::Withdrawn
            | HandoffStatus::Superseded
            | HandoffStatus::Parked
            | HandoffStatus::Resumed => {
                self.remove(id);
                return;
            }
        }
        self.items.insert(id, item);
    }

    /// Takes a handoff out of every list.
    pub fn remove(&mut self, id: HandoffId) {
        self.queue.remove(id);
        self.mine.remove(id);
        self.items.remove(&id);
        self.snapshots.remove(&id);
        self.growing.remove(&id);
    }

    /// Puts every row into the list it belongs to again, once it is known who the user is.
    pub fn sort_out(&mut self, me: UserId) {
        for item in self.items.values().cloned().collect::<Vec<_>>() {
            self.put(item, Some(me));
        }
    }

    /// Forgets the rows that a fresh load of the lists did not bring.
    pub fn retain(&mut self, keep: impl Fn(&QueueItem) -> bool) {
        let gone: Vec<HandoffId> =
            self.items.values().filter(|item| !keep(item)).map(|item| item.id).collect();
        for id in gone {
            self.remove(id);
        }
    }

    /// Replaces the parked sessions.
    pub fn put_parked(&mut self, sessions: Vec<SessionItem>) {
        let selected = self.parked.selected();
        self.parked = List::default();
        self.parked_items.clear();
        for session in sessions {
            self.parked.put(session.id, Reverse(session.id));
            self.parked_items.insert(session.id, session);
        }
        if let Some(selected) = selected {
            self.parked.select(selected);
        }
    }

    /// Says who is reading what.
    pub fn set_viewers(&mut self, id: HandoffId, viewers: Vec<Person>) {
        if let Some(item) = self.items.get_mut(&id) {
            item.viewers = viewers;
        }
    }

    /// Nobody is known to read anything: a new connection tells anew.
    pub fn clear_viewers(&mut self) {
        for item in self.items.values_mut() {
            item.viewers.clear();
        }
    }
}

fn key(item: &QueueItem) -> Key {
    (item.status != HandoffStatus::Open, Reverse(item.priority), item.id)
}
