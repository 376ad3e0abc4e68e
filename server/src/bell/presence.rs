//! Who is reading what: whoever has a stream narrowed to a handoff of the team is reading it, and nobody else is. Who
//! reads a park is nobody's business.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use tierup_common::event::Signal;
use tierup_common::id::{HandoffId, UserId};
use tierup_common::user::Person;

use crate::bell::stream::signal_frame;
use crate::store::Narrow;

/// Changes kept for streams that have not sent them yet, at most.
const CHANGES: usize = 1024;

#[derive(Default)]
pub(super) struct Presence {
    /// Readers of each handoff, with how many streams each has.
    reading: HashMap<HandoffId, Vec<(Person, usize)>>,
    changes: VecDeque<Change>,
    /// How many changes there have been.
    version: u64,
}

struct Change {
    version: u64,
    handoff: HandoffId,
    frame: Bytes,
}

impl Presence {
    pub(super) fn enter(&mut self, handoff: HandoffId, person: Person) {
        let readers = self.reading.entry(handoff).or_default();
        if let Some((_, streams)) = readers.iter_mut().find(|(known, _)| known.id == person.id) {
            *streams += 1;
        } else {
            readers.push((person, 1));
            self.changed(handoff);
        }
    }

    pub(super) fn leave(&mut self, handoff: HandoffId, user: UserId) {
        let Some(readers) = self.reading.get_mut(&handoff) else { return };
        let Some(place) = readers.iter().position(|(known, _)| known.id == user) else { return };
        readers[place].1 -= 1;
        if readers[place].1 > 0 {
            return;
        }
        readers.remove(place);
        if readers.is_empty() {
            self.reading.remove(&handoff);
        }
        self.changed(handoff);
    }

    /// How many changes there have been.
    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn viewers(&self, handoff: HandoffId) -> Vec<Person> {
        let readers = self.reading.get(&handoff).map_or(&[][..], Vec::as_slice);
        readers.iter().map(|(person, _)| person.clone()).collect()
    }

    /// Everything as it is now, for a stream that begins; and the version that this is.
    pub(super) fn all(&self, narrow: Narrow, mut take: impl FnMut(Bytes)) -> u64 {
        for handoff in self.reading.keys().filter(|handoff| is_for(**handoff, narrow)) {
            take(self.frame(*handoff));
        }
        self.version
    }

    /// What changed after a version; and the version up to which has been looked.
    pub(super) fn after(&self, version: u64, narrow: Narrow, mut take: impl FnMut(Bytes)) -> u64 {
        let first = self.changes.front().map_or(self.version, |change| change.version);
        let skip = usize::try_from((version + 1).saturating_sub(first)).unwrap_or(usize::MAX);
        for change in self.changes.iter().skip(skip) {
            if is_for(change.handoff, narrow) {
                take(change.frame.clone());
            }
        }
        self.version
    }

    fn changed(&mut self, handoff: HandoffId) {
        self.version += 1;
        let change = Change { version: self.version, handoff, frame: self.frame(handoff) };
        self.changes.push_back(change);
        if self.changes.len() > CHANGES {
            self.changes.pop_front();
        }
    }

    fn frame(&self, handoff_id: HandoffId) -> Bytes {
        signal_frame(&Signal::Presence { handoff_id, viewers: self.viewers(handoff_id) })
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
        presence.leave(handoff, priya.id);
        let seen = presence.after(seen, Narrow::Team, |_| told += 1);
        assert_eq!(told, 2);
        presence.after(seen, Narrow::Team, |_| told += 1);
        assert_eq!(told, 2);
    }
}
