//! The lists over one store of handoffs, with the filter, the order and the load that fills them.

mod marked_rows;
mod selection;

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

use tierup_common::handoff::{HandoffStatus, QueueItem, Snapshot};
use tierup_common::id::{HandoffId, Seq, SessionId, UserId};
use tierup_common::session::{SessionItem, SessionStatus};
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::effect::CallId;
use crate::keymap::Tab;
use crate::state::filter::Filter;
use crate::state::handoff_counts::HandoffCounts;
use crate::state::history::History;
use crate::state::lists::{Lists, RowId, RowKey, RowList, is_answer_for, may_belong_to_mine, tab_for};
use crate::state::own_sessions::OwnSessions;
use crate::state::preview::PreviewState;
use crate::state::sort_order::SortOrder;

/// Snapshots kept for the preview, at most.
const MAX_SNAPSHOTS: usize = 100;

/// A load of the lists, page by page.
#[derive(Debug, Default)]
pub struct ListLoad {
    /// Calls without a reply yet.
    pub pending_calls: Vec<CallId>,
    /// The handoffs that it, or an event since it began, has brought. The others are out of date.
    pub changed_ids: HashSet<HandoffId>,
    /// The event up to which every page is current.
    pub as_of_seq: Option<Seq>,
    /// Why a page could not be fetched.
    pub error: Option<String>,
    /// When the load is retried, if a page could not be fetched.
    pub retry_at: Option<Timestamp>,
    /// The number of failed attempts in a row.
    pub attempts: u32,
}

/// The three lists.
#[derive(Debug, Default)]
pub struct Queue {
    /// Boxed, because a table with entries of half a kilobyte would waste memory.
    items: HashMap<HandoffId, Box<QueueItem>>,
    /// The numbers of open and claimed handoffs, whatever the filter hides.
    pub counts: HandoffCounts,
    /// The filter of the rows.
    pub filter: Filter,
    /// The order of the rows.
    pub sort: SortOrder,
    /// Whether a row has one line instead of two.
    pub is_dense: bool,
    /// The rows, by tab.
    pub lists: Lists,
    /// Handoffs that the user waits for, whatever the filter shows.
    waiting: HashSet<HandoffId>,
    /// Rows of Mine that are there only because something is unread.
    marked_rows: Vec<RowKey>,
    /// Whether those may be out of date.
    pub are_marks_stale: bool,
    /// The user's own sessions, parked or not.
    own_sessions: OwnSessions,
    /// The handoffs of parked sessions, as far as they were fetched.
    parked_handoffs: HashMap<HandoffId, QueueItem>,
    /// A handoff that was selected until somebody else took it; `update` takes it from here.
    pub gave_way: Option<HandoffId>,
    /// Sessions of the past.
    pub history: History,
    /// Handoffs that are marked, to be passed on together.
    pub marked: BTreeSet<HandoffId>,
    /// The tab that is shown.
    pub tab: Tab,
    /// The event up to which the lists are current; none before they are loaded.
    pub as_of_seq: Option<Seq>,
    /// A load that is in progress.
    pub pending_load: Option<ListLoad>,
    /// The newest event when the stream began: an older load may have missed events.
    pub stream_start_seq: Option<Seq>,
    /// Snapshots for the preview.
    snapshots: HashMap<HandoffId, Snapshot>,
    /// The preview of the selected row.
    pub preview: PreviewState,
    /// The texts of assessments that are being written.
    pub partial_assessments: HashMap<HandoffId, String>,
}

impl Queue {
    /// A handoff, as far as it is known.
    pub fn item(&self, id: HandoffId) -> Option<&QueueItem> {
        self.items.get(&id).map(Box::as_ref)
    }

    /// A handoff, to change what does not affect the lists.
    pub fn item_mut(&mut self, id: HandoffId) -> Option<&mut QueueItem> {
        self.items.get_mut(&id).map(Box::as_mut)
    }

    /// A session of the user's own.
    pub fn own_session(&self, id: SessionId) -> Option<&SessionItem> {
        self.own_sessions.get(id)
    }

    /// Whether the user opened a session, as far as it is known.
    pub fn is_opened_by_me(&self, session: SessionId) -> bool {
        self.own_sessions.is_opened(session)
    }

    /// The listed handoff of a session.
    pub fn item_for_session(&self, session: SessionId) -> Option<&QueueItem> {
        self.items().find(|item| item.session_id == session)
    }

    /// The listed handoffs in order, those that the user claimed first.
    pub fn listed_handoffs(&self) -> impl Iterator<Item = &QueueItem> {
        let is_in_queue = |row: &RowId| self.lists[Tab::Queue].contains(*row);
        let mine = self.lists[Tab::Mine].ids().filter(move |row| !is_in_queue(row));
        let rows = mine.chain(self.lists[Tab::Queue].ids());
        rows.filter_map(RowId::handoff).filter_map(|id| self.item(id))
    }

    /// The snapshot of a handoff, if it was fetched.
    pub fn snapshot(&self, id: HandoffId) -> Option<&Snapshot> {
        self.snapshots.get(&id)
    }

    /// Keeps the snapshot of a handoff.
    pub fn insert_snapshot(&mut self, id: HandoffId, snapshot: Snapshot) {
        if self.snapshots.len() >= MAX_SNAPSHOTS {
            self.snapshots.clear();
        }
        self.snapshots.insert(id, snapshot);
    }

    /// All known handoffs, in no order.
    pub fn items(&self) -> impl Iterator<Item = &QueueItem> {
        self.items.values().map(Box::as_ref)
    }

    /// The list that is shown.
    pub fn current_list(&self) -> &RowList {
        &self.lists[self.tab]
    }

    /// The list that is shown, to change it.
    pub fn current_list_mut(&mut self) -> &mut RowList {
        &mut self.lists[self.tab]
    }

    /// The next handoff of the queue after the selected one, around the end, that the predicate accepts.
    pub fn next_in_queue(&self, predicate: impl Fn(&QueueItem) -> bool) -> Option<HandoffId> {
        let accepts = |row: RowId| row.handoff().and_then(|id| self.item(id)).is_some_and(&predicate);
        self.lists[Tab::Queue].next_matching(accepts).and_then(RowId::handoff)
    }

    /// The handoffs of parked sessions that were not fetched yet.
    pub fn missing_parked_handoffs(&self) -> impl Iterator<Item = HandoffId> {
        let parked = self.own_sessions.parked().filter_map(|session| session.handoff_id);
        parked.filter(|id| !self.items.contains_key(id) && !self.parked_handoffs.contains_key(id))
    }

    /// The handoff of a parked session, if it was fetched.
    pub fn parked_handoff(&self, id: HandoffId) -> Option<&QueueItem> {
        self.parked_handoffs.get(&id)
    }

    /// How many sessions are parked, whatever the filter shows.
    pub fn parked_count(&self) -> usize {
        self.own_sessions.parked().count()
    }

    /// The rows of Mine, whatever the filter shows.
    pub fn mine_count(&self, me: Option<UserId>) -> usize {
        let own = self.counts.claimed_count(me)
            + self.counts.answer_count(me)
            + self.unclaimed_own_sessions(me).count();
        own + self.waiting.len() + self.marked_rows.len()
    }

    /// Inserts a handoff into the list that it belongs to, unless a later version is known.
    pub fn upsert_item(&mut self, mut item: QueueItem, me: Option<UserId>) {
        if let Some(known) = self.items.get(&item.id) {
            if known.version > item.version {
                return;
            }
            // Viewers come by the stream, and may be newer than a reply.
            item.viewers.clone_from(&known.viewers);
        }
        // The structured assessment has everything that the text has.
        if item.ai_assessment_data.is_some() {
            item.ai_assessment = None;
        }
        let id = item.id;
        let tab = tab_for(&item, me);
        if !may_belong_to_mine(&item, tab, me) {
            self.remove_own_session(item.session_id);
        }
        self.are_marks_stale = true;
        let Some(tab) = tab else {
            self.remove_item(id);
            if item.status == HandoffStatus::Parked {
                self.parked_handoffs.insert(id, item);
            }
            return;
        };
        let key = self.sort.sort_key(&item);
        let is_shown = !self.filter.is_active() || self.filter.row_matcher(me).matches(&item);
        let is_answer = is_answer_for(&item, me);
        let was_open = self.items.get(&id).is_some_and(|known| known.status == HandoffStatus::Open);
        let is_taken = was_open && item.status == HandoffStatus::Claimed;
        let is_waiting = self.is_waiting_for(&item, me);
        if is_waiting {
            self.waiting.insert(id);
        } else {
            self.waiting.remove(&id);
        }
        for list in [Tab::Queue, Tab::Mine] {
            if list == tab && is_shown && is_taken {
                let waiting = |row: RowId| row.handoff().and_then(|id| self.items.get(&id));
                let waits = |row| waiting(row).is_some_and(|item| item.status == HandoffStatus::Open);
                if self.lists[list].upsert_giving_way(RowKey::Handoff(key), waits) {
                    self.gave_way = Some(id);
                }
            } else if list == tab && is_shown {
                self.lists[list].upsert(RowKey::Handoff(key));
            } else if list == Tab::Mine && is_answer && is_shown {
                self.lists[list].upsert(RowKey::Answer(key));
            } else if list == Tab::Mine && is_waiting && is_shown {
                self.lists[list].upsert(RowKey::Waiting(key));
            } else {
                self.lists[list].remove(RowId::Handoff(id));
            }
        }
        if tab == Tab::Mine && is_shown {
            self.lists[Tab::Mine].remove(RowId::Session(item.session_id));
        }
        self.counts.add(&item);
        if let Some(known) = self.items.insert(id, Box::new(item)) {
            self.counts.remove(&known);
        }
    }

    /// Takes a handoff out of every list.
    pub fn remove_item(&mut self, id: HandoffId) {
        self.are_marks_stale = true;
        self.lists[Tab::Queue].remove(RowId::Handoff(id));
        self.lists[Tab::Mine].remove(RowId::Handoff(id));
        self.waiting.remove(&id);
        if let Some(known) = self.items.remove(&id) {
            self.counts.remove(&known);
        }
        self.parked_handoffs.remove(&id);
        self.marked.remove(&id);
        self.snapshots.remove(&id);
        self.partial_assessments.remove(&id);
    }

    /// Rebuilds the lists, after the user, the filter or the order has changed.
    pub fn rebuild_lists(&mut self, me: Option<UserId>) {
        let mut matcher = self.filter.row_matcher(me);
        let (mut queue, mut mine) = (Vec::with_capacity(self.items.len()), Vec::new());
        let waiting =
            self.items.values().filter(|item| self.is_waiting_for(item, me)).map(|item| item.id).collect();
        for item in self.items.values() {
            let Some(tab) = tab_for(item, me).filter(|_| matcher.matches(item)) else { continue };
            let rows = if tab == Tab::Mine { &mut mine } else { &mut queue };
            rows.push(RowKey::Handoff(self.sort.sort_key(item)));
            if is_answer_for(item, me) {
                mine.push(RowKey::Answer(self.sort.sort_key(item)));
            } else if self.is_waiting_for(item, me) {
                mine.push(RowKey::Waiting(self.sort.sort_key(item)));
            }
        }
        self.are_marks_stale = true;
        let session_row = |session: &SessionItem| RowKey::Session(Reverse(session.id));
        let own = self.unclaimed_own_sessions(me).filter(|session| matcher.matches_session(session));
        mine.extend(own.map(session_row));
        let parked = self.own_sessions.parked().filter(|session| matcher.matches_session(session));
        let parked = parked.map(session_row).collect();
        self.waiting = waiting;
        self.lists[Tab::Queue].replace_all(queue);
        self.lists[Tab::Mine].replace_all(mine);
        self.lists[Tab::Parked].replace_all(parked);
    }

    /// Removes the handoffs that the predicate rejects.
    pub fn retain_items(&mut self, predicate: impl Fn(&QueueItem) -> bool) {
        let gone: Vec<HandoffId> =
            self.items.values().filter(|item| !predicate(item)).map(|item| item.id).collect();
        for id in gone {
            self.remove_item(id);
        }
    }

    /// Replaces the user's own sessions with this status.
    pub fn replace_own_sessions(
        &mut self,
        status: SessionStatus,
        sessions: Vec<SessionItem>,
        me: Option<UserId>,
    ) {
        self.own_sessions.replace_all(status, sessions, me);
        self.rebuild_lists(me);
    }

    /// Removes a session that the user no longer works on.
    pub fn remove_own_session(&mut self, id: SessionId) {
        self.own_sessions.remove_active(id);
        self.are_marks_stale = true;
        self.lists[Tab::Mine].remove(RowId::Session(id));
    }

    /// Removes a session that is no longer parked.
    pub fn remove_parked_session(&mut self, id: SessionId) {
        self.own_sessions.remove_parked(id);
        self.lists[Tab::Parked].remove(RowId::Session(id));
    }

    /// Keeps a load that is in progress from treating a handoff as out of date.
    pub fn mark_fresh(&mut self, id: HandoffId) {
        if let Some(load) = &mut self.pending_load {
            load.changed_ids.insert(id);
        }
    }

    /// Makes any version of a handoff newer than the known one.
    pub fn reset_versions(&mut self) {
        for item in self.items.values_mut() {
            item.version = 0;
        }
    }

    /// Sessions that the user works on without a claim.
    fn unclaimed_own_sessions(&self, me: Option<UserId>) -> impl Iterator<Item = &SessionItem> {
        self.own_sessions.active(me).filter(move |session| {
            let handoff = session.handoff_id.and_then(|id| self.item(id));
            handoff.is_none_or(|item| tab_for(item, me) != Some(Tab::Mine))
        })
    }

    /// Sets who is reading a handoff.
    pub fn set_viewers(&mut self, id: HandoffId, viewers: Vec<Person>) {
        if let Some(item) = self.items.get_mut(&id) {
            item.viewers = viewers;
        }
    }

    /// Forgets who is reading what: a new connection sends it again.
    pub fn clear_viewers(&mut self) {
        for item in self.items.values_mut() {
            item.viewers.clear();
        }
    }
}
