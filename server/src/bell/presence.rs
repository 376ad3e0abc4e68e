//! Who is reading what: whoever has a stream narrowed to a handoff of the team is reading it, and nobody else is. Who
//! reads a park is nobody's business.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use tierup_common::event::Signal;
use tierup_common::id::{HandoffId, UserId};
use tierup_common::user::Person;

use crate::bell::stream::signal_frame;
use crate::store::Narrow;

/// Handoffs whose last change is kept for streams that have not sent it yet, at most.
const CHANGES: usize = 4 * 1024;

#[derive(Default)]
pub(super) struct Presence {
    /// Handoffs that are read, and those whose last change was that nobody reads them any more.
    known: HashMap<HandoffId, Known>,
    /// The last change of each, in order: what lay between two looks of a stream is of no use to it.
    changes: BTreeMap<u64, HandoffId>,
    /// How many changes there have been.
    version: u64,
    /// The newest change that is no longer kept.
    forgotten: u64,
}

#[derive(Default)]
struct Known {
    /// Readers, with how many streams each has.
    readers: Vec<(Person, usize)>,
    /// The last change.
    version: u64,
    /// What streams are told, made when the first of them looks.
    frame: Option<Bytes>,
}

impl Presence {
    /// Somebody reads a handoff with one more stream; whether that is news.
    pub(super) fn enter(&mut self, handoff: HandoffId, person: Person) -> bool {
        let readers = &mut self.known.entry(handoff).or_default().readers;
        if let Some((_, streams)) = readers.iter_mut().find(|(known, _)| known.id == person.id) {
            *streams += 1;
            return false;
        }
        readers.push((person, 1));
        self.changed(handoff);
        true
    }

    /// Somebody reads a handoff with one stream less; whether that is news.
    pub(super) fn leave(&mut self, handoff: HandoffId, user: UserId) -> bool {
        let Some(known) = self.known.get_mut(&handoff) else { return false };
        let Some(place) = known.readers.iter().position(|(known, _)| known.id == user) else { return false };
        known.readers[place].1 -= 1;
        if known.readers[place].1 > 0 {
            return false;
        }
        known.readers.remove(place);
        self.changed(handoff);
        true
    }

    /// How many changes there have been.
    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn viewers(&self, handoff: HandoffId) -> Vec<Person> {
        self.known.get(&handoff).map(Known::viewers).unwrap_or_default()
    }

    /// Everything as it is now, for a stream that begins; and the version that this is.
    pub(super) fn all(&mut self, narrow: Narrow, mut take: impl FnMut(Bytes)) -> u64 {
        let known = self.known.iter_mut().filter(|(handoff, _)| is_for(**handoff, narrow));
        for (handoff, known) in known.filter(|(_, known)| !known.readers.is_empty()) {
            take(known.frame(*handoff));
        }
        self.version
    }

    /// What changed after a version, each handoff as it is now; and the version up to which has been looked. None if
    /// that is so long ago that not everything is known any more.
    pub(super) fn after(&mut self, version: u64, narrow: Narrow, mut take: impl FnMut(Bytes)) -> Option<u64> {
        if version == self.version {
            return Some(version);
        }
        match narrow {
            Narrow::Team if version < self.forgotten => return None,
            Narrow::Team => {
                for handoff in self.changes.range(version + 1..).map(|(_, handoff)| handoff) {
                    take(self.known.entry(*handoff).or_default().frame(*handoff));
                }
            }
            Narrow::Handoff(handoff) => match self.known.get_mut(&handoff) {
                Some(known) if known.version > version => take(known.frame(handoff)),
                None if version < self.forgotten => return None,
                Some(_) | None => {}
            },
            Narrow::Session(_) => {}
        }
        Some(self.version)
    }

    fn changed(&mut self, handoff: HandoffId) {
        self.version += 1;
        let known = self.known.entry(handoff).or_default();
        self.changes.remove(&known.version);
        (known.version, known.frame) = (self.version, None);
        self.changes.insert(self.version, handoff);
        if self.changes.len() > CHANGES
            && let Some((version, handoff)) = self.changes.pop_first()
        {
            self.forgotten = version;
            if self.known.get(&handoff).is_some_and(|known| known.readers.is_empty()) {
                self.known.remove(&handoff);
            }
        }
    }
}

impl Known {
    fn viewers(&self) -> Vec<Person> {
        self.readers.iter().map(|(person, _)| person.clone()).collect()
    }

    fn frame(&mut self, handoff_id: HandoffId) -> Bytes {
        let viewers = || self.readers.iter().map(|(person, _)| person.clone()).collect();
        let frame = self.frame.take();
        let frame =
            frame.unwrap_or_else(|| signal_frame(&Signal::Presence { handoff_id, viewers: viewers() }));
        self.frame.insert(frame).clone()
    }
}

/// The whole team sees who reads what; a stream narrowed to a session has other things to tell.
fn is_for(handoff: HandoffId, narrow: Narrow) -> bool {
    match narrow {
        Narrow::Team => true,
        Narrow::Handoff(wanted) => wanted == handoff,
        Narrow::Session(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tests::{at, caller};

    #[test]
    fn somebody_with_two_streams_leaves_with_the_last() {
        let (handoff, priya) = (HandoffId::new(at(0)), caller("Priya Nair").person());
        let mut presence = Presence::default();
        presence.enter(handoff, priya.clone());
        presence.enter(handoff, priya.clone());
        presence.leave(handoff, priya.id);
        assert_eq!(presence.viewers(handoff), std::slice::from_ref(&priya));
        presence.leave(handoff, priya.id);
        assert!(presence.viewers(handoff).is_empty());
    }

    #[test]
    fn each_change_is_told_once() {
        let (handoff, priya) = (HandoffId::new(at(0)), caller("Priya Nair").person());
        let mut presence = Presence::default();
        let mut told = 0;
        let seen = presence.all(Narrow::Team, |_| told += 1);
        presence.enter(handoff, priya.clone());
        let seen = presence.after(seen, Narrow::Team, |_| told += 1).unwrap();
        presence.leave(handoff, priya.id);
        let seen = presence.after(seen, Narrow::Team, |_| told += 1).unwrap();
        assert_eq!(told, 2);
        presence.after(seen, Narrow::Team, |_| told += 1).unwrap();
        assert_eq!(told, 2);
    }

    #[test]
    fn what_changed_often_between_two_looks_is_told_once_as_it_is_now() {
        let (handoff, priya) = (HandoffId::new(at(0)), caller("Priya Nair").person());
        let mut presence = Presence::default();
        for _ in 0..2 * CHANGES {
            presence.enter(handoff, priya.clone());
            presence.leave(handoff, priya.id);
        }
        for narrow in [Narrow::Team, Narrow::Handoff(handoff)] {
            let mut told = Vec::new();
            presence.after(0, narrow, |frame| told.push(frame)).unwrap();
            assert_eq!(told, [signal_frame(&Signal::Presence { handoff_id: handoff, viewers: Vec::new() })]);
        }
        assert_eq!((presence.known.len(), presence.changes.len()), (1, 1));
    }

    #[test]
    fn whoever_missed_more_than_is_kept_is_told_so_and_what_is_kept_has_an_end() {
        let priya = caller("Priya Nair").person();
        let mut presence = Presence::default();
        for _ in 0..CHANGES {
            let handoff = HandoffId::new(at(0));
            presence.enter(handoff, priya.clone());
            presence.leave(handoff, priya.id);
        }
        let first = presence.version();
        assert!(presence.after(0, Narrow::Team, |_| {}).is_some());
        let handoff = HandoffId::new(at(0));
        presence.enter(handoff, priya.clone());
        assert!(presence.after(0, Narrow::Team, |_| {}).is_none());
        assert!(presence.after(first, Narrow::Team, |_| {}).is_some());
        assert_eq!((presence.known.len(), presence.changes.len()), (CHANGES, CHANGES));
        assert_eq!(presence.viewers(handoff), [priya]);
    }
}
