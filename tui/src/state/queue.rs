//! What waits, what is worked on and what is put aside: three lists over one store of rows.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use tierup_common::handoff::{HandoffStatus, QueueItem, Snapshot};
use tierup_common::id::{HandoffId, Seq, SessionId, UserId};
use tierup_common::session::{SessionItem, SessionStatus};
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::effect::Ticket;
use crate::state::counts::Counts;
use crate::state::filter::Filter;
use crate::state::list::List;
use crate::state::own::Own;
use crate::state::preview::Preview;
pub use crate::state::sort::{Key, Sort};

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

/// A row of what the user works on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mine {
    /// A handoff that they claimed.
    Handoff(HandoffId),
    /// A session of theirs that was not handed off, or came back to them.
    Session(SessionId),
}

/// Where such a row stands: what was claimed before the rest, of which the newest comes first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum MineKey {
    /// See [`Mine::Handoff`].
    Handoff(Key),
    /// See [`Mine::Session`].
    Session(Reverse<SessionId>),
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
    /// When all is asked for again, if a page did not come.
    pub retry_at: Option<Timestamp>,
    /// How often that has happened in a row.
    pub tries: u32,
}

/// The three lists.
#[derive(Debug, Default)]
pub struct Queue {
    /// Each in a place of its own: a table of what is half a kilobyte would be half empty.
    items: HashMap<HandoffId, Box<QueueItem>>,
    /// How many wait and are worked on, whatever the filter shows.
    pub counts: Counts,
    /// What the rows must say to be in the lists.
    pub filter: Filter,
    /// The order of the rows.
    pub sort: Sort,
    /// What waits and what others have claimed.
    pub queue: List<Key, HandoffId>,
    /// What the user works on.
    pub mine: List<MineKey, Mine>,
    /// The user's parked sessions.
    pub parked: List<Reverse<SessionId>, SessionId>,
    /// The user's own sessions, parked or not.
    own: Own,
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
        self.items.get(&id).map(Box::as_ref)
    }

    /// A handoff, to change what is not its place in the lists.
    pub fn item_mut(&mut self, id: HandoffId) -> Option<&mut QueueItem> {
        self.items.get_mut(&id).map(Box::as_mut)
    }

    /// A session of the user's own.
    pub fn session(&self, id: SessionId) -> Option<&SessionItem> {
        self.own.item(id)
    }

    /// The handoff of a session that somebody works on or that waits, as far as it is known.
    pub fn item_of(&self, session: SessionId) -> Option<&QueueItem> {
        self.items().find(|item| item.session_id == session)
    }

    /// The handoffs of the lists, in their order: what the user claimed comes first.
    pub fn handoffs(&self) -> impl Iterator<Item = &QueueItem> {
        let mine = self.mine.ids().filter_map(|row| match row {
            Mine::Handoff(id) => Some(id),
            Mine::Session(_) => None,
        });
        mine.chain(self.queue.ids()).filter_map(|id| self.item(id))
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
        self.items.values().map(Box::as_ref)
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
            Tab::Mine => match self.mine.selected() {
                Some(Mine::Handoff(id)) => Some(id),
                Some(Mine::Session(_)) | None => None,
            },
            Tab::Parked => self.selected_parked().and_then(|session| session.handoff_id),
        }
    }

    /// The selected parked session, where those are shown.
    pub fn selected_parked(&self) -> Option<&SessionItem> {
        let id = self.parked.selected().filter(|_| self.tab == Tab::Parked)?;
        self.own.item(id)
    }

    /// The selected session of the user's own that nobody had to claim, where those are shown.
    pub fn selected_own(&self) -> Option<&SessionItem> {
        match self.mine.selected().filter(|_| self.tab == Tab::Mine)? {
            Mine::Session(id) => self.own.item(id),
            Mine::Handoff(_) => None,
        }
    }

    /// The handoffs of the parked sessions that were not fetched yet.
    pub fn not_put_aside(&self) -> impl Iterator<Item = HandoffId> {
        let parked = self.own.parked().filter_map(|session| session.handoff_id);
        parked.filter(|id| !self.items.contains_key(id) && !self.put_aside.contains_key(id))
    }

    /// The handoff of a parked session, if it was fetched.
    pub fn put_aside(&self, id: HandoffId) -> Option<&QueueItem> {
        self.put_aside.get(&id)
    }

    /// How many sessions are parked, whatever the filter shows.
    pub fn parked_count(&self) -> usize {
        self.own.parked().len()
    }

    /// How much the user works on, whatever the filter shows.
    pub fn mine_count(&self, me: Option<UserId>) -> usize {
        self.counts.claimed(me) + self.rest(me).count()
    }

    /// The selected handoff of the list that is shown.
    pub fn selected(&self) -> Option<&QueueItem> {
        let id = match self.tab {
            Tab::Queue => self.queue.selected(),
            Tab::Mine => match self.mine.selected() {
                Some(Mine::Handoff(id)) => Some(id),
                Some(Mine::Session(_)) | None => None,
            },
            Tab::Parked => None,
        };
        id.and_then(|id| self.item(id))
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
        let tab = tab_of(&item, me);
        if !may_be_mine(&item, tab, me) {
            self.session_left(item.session_id);
        }
        let Some(tab) = tab else {
            self.remove(id);
            if item.status == HandoffStatus::Parked {
                self.put_aside.insert(id, item);
            }
            return;
        };
        let key = self.sort.key(&item);
        let is_shown = !self.filter.is_on() || self.filter.looker().shows(&item);
        match (tab, is_shown) {
            (Tab::Mine, true) => self.mine.put(Mine::Handoff(id), MineKey::Handoff(key)),
            (Tab::Queue | Tab::Parked, true) => self.queue.put(id, key),
            (Tab::Queue | Tab::Mine | Tab::Parked, false) => {}
        }
        if tab == Tab::Mine || !is_shown {
            self.queue.remove(id);
        }
        if tab != Tab::Mine || !is_shown {
            self.mine.remove(Mine::Handoff(id));
        } else {
            self.mine.remove(Mine::Session(item.session_id));
        }
        self.counts.add(&item);
        if let Some(known) = self.items.insert(id, Box::new(item)) {
            self.counts.remove(&known);
        }
    }

    /// Takes a handoff out of every list.
    pub fn remove(&mut self, id: HandoffId) {
        self.queue.remove(id);
        self.mine.remove(Mine::Handoff(id));
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
                Tab::Mine => mine.push((MineKey::Handoff(row.0), Mine::Handoff(item.id))),
                Tab::Queue | Tab::Parked => queue.push(row),
            }
        }
        let rest = self.rest(me).filter(|session| looker.shows_session(session));
        mine.extend(rest.map(|session| (MineKey::Session(Reverse(session.id)), Mine::Session(session.id))));
        let parked = self.own.parked().filter(|session| looker.shows_session(session));
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

    /// Replaces the user's own sessions that stand there.
    pub fn put_sessions(&mut self, status: SessionStatus, sessions: Vec<SessionItem>, me: Option<UserId>) {
        self.own.put(status, sessions);
        self.arrange(me);
    }

    /// The user works on a session no longer.
    pub fn session_left(&mut self, id: SessionId) {
        self.own.left(id);
        self.mine.remove(Mine::Session(id));
    }

    /// A load under way must not take what was brought otherwise for out of date.
    pub fn is_fresh(&mut self, id: HandoffId) {
        if let Some(load) = &mut self.load {
            load.fresh.insert(id);
        }
    }

    /// What comes next is newer than what is known, whatever its version.
    pub fn forget_versions(&mut self) {
        for item in self.items.values_mut() {
            item.version = 0;
        }
    }

    /// Sessions that the user works on without having claimed them.
    fn rest(&self, me: Option<UserId>) -> impl Iterator<Item = &SessionItem> {
        self.own.active(me).filter(move |session| {
            let handoff = session.handoff_id.and_then(|id| self.item(id));
            handoff.is_none_or(|item| tab_of(item, me) != Some(Tab::Mine))
        })
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

/// Whether the user may still work on the session of a handoff: not while it waits or is another's, nor where it was sent
/// back to another. One that ended otherwise says nothing about who works on the session now.
fn may_be_mine(item: &QueueItem, tab: Option<Tab>, me: Option<UserId>) -> bool {
    match (tab, item.status) {
        (Some(Tab::Queue | Tab::Parked), _) => me.is_none(),
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
