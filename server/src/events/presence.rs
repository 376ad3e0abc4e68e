//! Who is viewing which handoff: every user who has a stream of that handoff open. Viewers of a parked
//! handoff are not shown.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use tierup_common::event::Signal;
use tierup_common::id::{HandoffId, UserId};
use tierup_common::user::Person;

use crate::events::frame::encode_signal;
use crate::store::StreamFilter;

/// Changes kept for streams that have not sent them yet.
const MAX_CHANGES: usize = 4 * 1024;

#[derive(Default)]
pub(super) struct Presence {
    /// Handoffs with viewers, and those that recently lost their last one.
    handoffs: HashMap<HandoffId, HandoffViewers>,
    /// The newest change of each handoff, in order: a stream only needs the current state.
    changes_by_version: BTreeMap<u64, HandoffId>,
    /// The number of changes so far.
    version: u64,
    /// The newest change that was dropped.
    pruned_version: u64,
}

#[derive(Default)]
struct HandoffViewers {
    /// Viewers, with how many streams each has.
    viewers: Vec<(Person, usize)>,
    /// The last change.
    version: u64,
    /// The frame for streams, encoded when it is first needed.
    cached_frame: Option<Bytes>,
}

impl Presence {
    /// Adds a stream of a viewer; returns whether the viewers changed.
    pub(super) fn add_viewer(&mut self, handoff: HandoffId, person: Person) -> bool {
        let viewers = &mut self.handoffs.entry(handoff).or_default().viewers;
        if let Some((_, streams)) = viewers.iter_mut().find(|(viewer, _)| viewer.id == person.id) {
            *streams += 1;
            return false;
        }
        viewers.push((person, 1));
        self.record_change(handoff);
        true
    }

    /// Removes a stream of a viewer; returns whether the viewers changed.
    pub(super) fn remove_viewer(&mut self, handoff: HandoffId, user: UserId) -> bool {
        let Some(entry) = self.handoffs.get_mut(&handoff) else { return false };
        let Some(index) = entry.viewers.iter().position(|(viewer, _)| viewer.id == user) else {
            return false;
        };
        entry.viewers[index].1 -= 1;
        if entry.viewers[index].1 > 0 {
            return false;
        }
        entry.viewers.remove(index);
        self.record_change(handoff);
        true
    }

    /// The number of changes so far.
    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn viewers(&self, handoff: HandoffId) -> Vec<Person> {
        self.handoffs.get(&handoff).map(HandoffViewers::viewers).unwrap_or_default()
    }

    /// Emits all handoffs with viewers, for a new stream; returns the current version.
    pub(super) fn emit_all(&mut self, filter: StreamFilter, mut emit: impl FnMut(Bytes)) -> u64 {
        let entry = self.handoffs.iter_mut().filter(|(handoff, _)| filter_includes(**handoff, filter));
        for (handoff, entry) in entry.filter(|(_, entry)| !entry.viewers.is_empty()) {
            emit(entry.encoded_frame(*handoff));
        }
        self.version
    }

    /// Emits the current state of each handoff that changed after `version`; returns the current version. None if
    /// changes since then were dropped.
    pub(super) fn emit_since(
        &mut self,
        version: u64,
        filter: StreamFilter,
        mut emit: impl FnMut(Bytes),
    ) -> Option<u64> {
        if version == self.version {
            return Some(version);
        }
        match filter {
            StreamFilter::Team if version < self.pruned_version => return None,
            StreamFilter::Team => {
                for handoff in self.changes_by_version.range(version + 1..).map(|(_, handoff)| handoff) {
                    emit(self.handoffs.entry(*handoff).or_default().encoded_frame(*handoff));
                }
            }
            StreamFilter::Handoff(handoff) => match self.handoffs.get_mut(&handoff) {
                Some(entry) if entry.version > version => emit(entry.encoded_frame(handoff)),
                None if version < self.pruned_version => return None,
                Some(_) | None => {}
            },
            StreamFilter::Session(_) => {}
        }
        Some(self.version)
    }

    fn record_change(&mut self, handoff: HandoffId) {
        self.version += 1;
        let entry = self.handoffs.entry(handoff).or_default();
        self.changes_by_version.remove(&entry.version);
        (entry.version, entry.cached_frame) = (self.version, None);
        self.changes_by_version.insert(self.version, handoff);
        if self.changes_by_version.len() > MAX_CHANGES
            && let Some((version, handoff)) = self.changes_by_version.pop_first()
        {
            self.pruned_version = version;
            if self.handoffs.get(&handoff).is_some_and(|entry| entry.viewers.is_empty()) {
                self.handoffs.remove(&handoff);
            }
        }
    }
}

impl HandoffViewers {
    fn viewers(&self) -> Vec<Person> {
        self.viewers.iter().map(|(person, _)| person.clone()).collect()
    }

    fn encoded_frame(&mut self, handoff_id: HandoffId) -> Bytes {
        let viewers = || self.viewers.iter().map(|(person, _)| person.clone()).collect();
        let frame = self.cached_frame.take();
        let frame =
            frame.unwrap_or_else(|| encode_signal(&Signal::Presence { handoff_id, viewers: viewers() }));
        self.cached_frame.insert(frame).clone()
    }
}

/// A team stream includes all handoffs, a handoff's its own, a session's none.
fn filter_includes(handoff: HandoffId, filter: StreamFilter) -> bool {
    match filter {
        StreamFilter::Team => true,
        StreamFilter::Handoff(wanted) => wanted == handoff,
        StreamFilter::Session(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tests::{at, caller};

    #[test]
    fn a_viewer_with_two_streams_leaves_when_the_last_one_closes() {
        let (handoff, priya) = (HandoffId::new(at(0)), caller("Priya Nair").person());
        let mut presence = Presence::default();
        presence.add_viewer(handoff, priya.clone());
        presence.add_viewer(handoff, priya.clone());
        presence.remove_viewer(handoff, priya.id);
        assert_eq!(presence.viewers(handoff), std::slice::from_ref(&priya));
        presence.remove_viewer(handoff, priya.id);
        assert!(presence.viewers(handoff).is_empty());
    }

    #[test]
    fn each_presence_change_is_sent_once() {
        let (handoff, priya) = (HandoffId::new(at(0)), caller("Priya Nair").person());
        let mut presence = Presence::default();
        let mut emitted_count = 0;
        let seen = presence.emit_all(StreamFilter::Team, |_| emitted_count += 1);
        presence.add_viewer(handoff, priya.clone());
        let seen = presence.emit_since(seen, StreamFilter::Team, |_| emitted_count += 1).unwrap();
        presence.remove_viewer(handoff, priya.id);
        let seen = presence.emit_since(seen, StreamFilter::Team, |_| emitted_count += 1).unwrap();
        assert_eq!(emitted_count, 2);
        presence.emit_since(seen, StreamFilter::Team, |_| emitted_count += 1).unwrap();
        assert_eq!(emitted_count, 2);
    }

    #[test]
    fn many_changes_of_one_handoff_are_sent_once_as_the_latest_state() {
        let (handoff, priya) = (HandoffId::new(at(0)), caller("Priya Nair").person());
        let mut presence = Presence::default();
        for _ in 0..2 * MAX_CHANGES {
            presence.add_viewer(handoff, priya.clone());
            presence.remove_viewer(handoff, priya.id);
        }
        for filter in [StreamFilter::Team, StreamFilter::Handoff(handoff)] {
            let mut frames = Vec::new();
            presence.emit_since(0, filter, |frame| frames.push(frame)).unwrap();
            assert_eq!(
                frames,
                [encode_signal(&Signal::Presence { handoff_id: handoff, viewers: Vec::new() })]
            );
        }
        assert_eq!((presence.handoffs.len(), presence.changes_by_version.len()), (1, 1));
    }

    #[test]
    fn presence_changes_are_bounded_and_a_stream_too_far_behind_is_detected() {
        let priya = caller("Priya Nair").person();
        let mut presence = Presence::default();
        for _ in 0..MAX_CHANGES {
            let handoff = HandoffId::new(at(0));
            presence.add_viewer(handoff, priya.clone());
            presence.remove_viewer(handoff, priya.id);
        }
        let first = presence.version();
        assert!(presence.emit_since(0, StreamFilter::Team, |_| {}).is_some());
        let handoff = HandoffId::new(at(0));
        presence.add_viewer(handoff, priya.clone());
        assert!(presence.emit_since(0, StreamFilter::Team, |_| {}).is_none());
        assert!(presence.emit_since(first, StreamFilter::Team, |_| {}).is_some());
        assert_eq!((presence.handoffs.len(), presence.changes_by_version.len()), (MAX_CHANGES, MAX_CHANGES));
        assert_eq!(presence.viewers(handoff), [priya]);
    }
}
