//! What waits, what is worked on and what is put aside: three lists over one store of rows.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use tierup_common::handoff::{HandoffStatus, Priority, QueueItem, Snapshot};
use tierup_common::id::{HandoffId, Seq, SessionId, UserId};
use tierup_common::session::SessionItem;
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::effect::Ticket;
use crate::state::counts::Counts;
use crate::state::filter::Filter;
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

/// Where a row stands: what waits before what is claimed, by the chosen order, then the oldest first.
type Key = (bool, i64, HandoffId);

/// The order of the rows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Sort {
    /// The most urgent first.
    #[default]
    Priority,
    /// The oldest first, however urgent.
    Age,
    /// What changed last first.
    Updated,
}

impl Sort {
    /// The orders there are.
    pub const ALL: [Self; 3] = [Self::Priority, Self::Age, Self::Updated];

    /// What it is called.
    pub fn word(self) -> &'static str {
        self.into()
    }

    fn key(self, item: &QueueItem) -> Key {
        let rank = match self {
            Self::Priority => match item.priority {
                Priority::Urgent => 0,
                Priority::High => 1,
                Priority::Normal => 2,
                Priority::Low => 3,
            },
            // Ids are made in the order of time.
            Self::Age => 0,
            Self::Updated => -item.updated_at.as_millis(),
        };
        (item.status != HandoffStatus::Open, rank, item.id)
    }
}

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
    /// How many wait and are worked on, whatever the filter shows.
    pub counts: Counts,
    /// What the rows must say to be in the lists.
    pub filter: Filter,
    /// The order of the rows.
    pub sort: Sort,
    /// What waits and what others have claimed.
    pub queue: List<Key, HandoffId>,
    /// What the user has claimed.
    pub mine: List<Key, HandoffId>,
    /// The user's parked sessions.
    pub parked: List<Reverse<SessionId>, SessionId>,
    parked_items: HashMap<SessionId, SessionItem>,
    /// The handoffs of parked sessions, as far as they were fetched.
    put_aside: HashMap<HandoffId, QueueItem>,
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

    /// Every handoff that is known, in no order.
    pub fn items(&self) -> impl Iterator<Item = &QueueItem> {
        self.items.values()
    }

    /// Whether the list that is shown has no rows.
    pub fn is_empty(&self) -> bool {
        match self.tab {
            Tab::Queue => self.queue.len() == 0,
            Tab::Mine => self.mine.len() == 0,
            Tab::Parked => self.parked.len() == 0,
        }
    }

    /// The handoff that the selected row is about; a parked session has one that is only its owner's.
    pub fn selected_id(&self) -> Option<HandoffId> {
        match self.tab {
            Tab::Queue => self.queue.selected(),
            Tab::Mine => self.mine.selected(),
            Tab::Parked => self.selected_parked().and_then(|session| session.handoff_id),
        }
    }

    /// The selected parked session, where those are shown.
    pub fn selected_parked(&self) -> Option<&SessionItem> {
        let id = self.parked.selected().filter(|_| self.tab == Tab::Parked)?;
        self.parked_items.get(&id)
    }

    /// The handoff of a parked session, if it was fetched.
    pub fn put_aside(&self, id: HandoffId) -> Option<&QueueItem> {
        self.put_aside.get(&id)
    }

    /// How many sessions are parked, whatever the filter shows.
    pub fn parked_count(&self) -> usize {
        self.parked_items.len()
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
        // The data says all that the text says.
        if item.ai_assessment_data.is_some() {
            item.ai_assessment = None;
        }
        let id = item.id;
        let Some(tab) = tab_of(&item, me) else {
            self.remove(id);
            if item.status == HandoffStatus::Parked {
                self.put_aside.insert(id, item);
            }
            return;
        };
        let key = self.sort.key(&item);
        let is_shown = !self.filter.is_on() || self.filter.looker().shows(&item);
        let (list, other) = match tab {
            Tab::Mine => (&mut self.mine, &mut self.queue),
            Tab::Queue | Tab::Parked => (&mut self.queue, &mut self.mine),
        };
        other.remove(id);
        if is_shown {
            list.put(id, key);
        } else {
            list.remove(id);
        }
        self.counts.add(&item);
        if let Some(known) = self.items.insert(id, item) {
            self.counts.remove(&known);
        }
    }

    /// Takes a handoff out of every list.
    pub fn remove(&mut self, id: HandoffId) {
        self.queue.remove(id);
        self.mine.remove(id);
        if let Some(known) = self.items.remove(&id) {
            self.counts.remove(&known);
        }
        self.put_aside.remove(&id);
        self.snapshots.remove(&id);
        self.growing.remove(&id);
    }

    /// Puts every row where it belongs: it is known now who the user is, or the filter or the order is another.
    pub fn arrange(&mut self, me: Option<UserId>) {
        let (mut queue, mut mine) = (Vec::with_capacity(self.items.len()), Vec::new());
        let mut looker = self.filter.looker();
        for item in self.items.values() {
            let Some(tab) = tab_of(item, me).filter(|_| looker.shows(item)) else { continue };
            let row = (self.sort.key(item), item.id);
            match tab {
                Tab::Mine => mine.push(row),
                Tab::Queue | Tab::Parked => queue.push(row),
            }
        }
        let parked = self.parked_items.values().filter(|session| looker.shows_parked(session));
        let parked = parked.map(|session| (Reverse(session.id), session.id)).collect();
        self.queue.replace(queue);
        self.mine.replace(mine);
        self.parked.replace(parked);
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
        let mut looker = self.filter.looker();
        let shown = sessions.iter().filter(|session| looker.shows_parked(session));
        self.parked.replace(shown.map(|session| (Reverse(session.id), session.id)).collect());
        self.parked_items = sessions.into_iter().map(|session| (session.id, session)).collect();
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

/// The list a handoff belongs to; none when it is over.
fn tab_of(item: &QueueItem, me: Option<UserId>) -> Option<Tab> {
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
