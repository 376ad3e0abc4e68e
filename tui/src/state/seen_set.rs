//! The handoffs that were opened or claimed on this machine: the newest ones.

use std::collections::{HashSet, VecDeque};

use tierup_common::id::HandoffId;
use tierup_common::limit;

/// The newest [`limit::MAX_SEEN_HANDOFFS`] ids, in the order they were seen.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SeenSet {
    order: VecDeque<HandoffId>,
    ids: HashSet<HandoffId>,
    /// Changes that the file may not have yet: seen (`true`), or unread again.
    pending: Vec<(HandoffId, bool)>,
}

impl SeenSet {
    /// Whether a handoff was seen.
    pub fn contains(&self, id: HandoffId) -> bool {
        self.ids.contains(&id)
    }

    /// Adds a handoff. The oldest one makes room.
    pub fn insert(&mut self, id: HandoffId) {
        if !self.ids.insert(id) {
            return;
        }
        self.order.push_back(id);
        while self.order.len() > limit::MAX_SEEN_HANDOFFS {
            if let Some(oldest) = self.order.pop_front() {
                self.ids.remove(&oldest);
            }
        }
    }

    /// Removes a handoff.
    pub fn remove(&mut self, id: HandoffId) {
        if self.ids.remove(&id) {
            self.order.retain(|other| *other != id);
        }
    }

    /// Adds or removes a handoff, in a way that is about to be written to the file.
    pub fn set_seen(&mut self, id: HandoffId, is_seen: bool) {
        if is_seen {
            self.insert(id);
        } else {
            self.remove(id);
        }
        self.pending.retain(|(other, _)| *other != id);
        self.pending.push((id, is_seen));
    }

    /// Replaces the set by the file's, and applies the changes again that the file may not have yet.
    pub fn merge_loaded(&mut self, ids: Vec<HandoffId>) {
        let pending = std::mem::take(&mut self.pending);
        *self = ids.into_iter().collect();
        for (id, is_seen) in pending {
            if self.contains(id) != is_seen {
                self.set_seen(id, is_seen);
            }
        }
    }

    /// The ids, the oldest first.
    pub fn ids(&self) -> impl Iterator<Item = HandoffId> + '_ {
        self.order.iter().copied()
    }
}

impl FromIterator<HandoffId> for SeenSet {
    fn from_iter<T: IntoIterator<Item = HandoffId>>(ids: T) -> Self {
        let mut seen = Self::default();
        for id in ids {
            seen.insert(id);
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8, m: u8) -> HandoffId {
        let mut bytes = [0; 16];
        bytes[..2].copy_from_slice(&[n, m]);
        HandoffId::from_bytes(bytes)
    }

    #[test]
    fn the_newest_two_hundred_seen_marks_are_kept() {
        let all: Vec<_> = (0..=250).map(|n: u8| id(n, 0)).collect();
        let seen: SeenSet = all.iter().copied().collect();
        assert_eq!(seen.ids().count(), 200);
        assert!(!seen.contains(all[50]) && seen.contains(all[51]) && seen.contains(all[250]));
    }

    #[test]
    fn unsaved_seen_marks_survive_loading_the_file() {
        let mut seen: SeenSet = [id(1, 0), id(2, 0)].into_iter().collect();
        seen.set_seen(id(3, 0), true);
        seen.set_seen(id(1, 0), false);
        // The file was read before either was written; then it has the one, and another console's.
        seen.merge_loaded(vec![id(1, 0), id(2, 0)]);
        assert_eq!(seen.ids().collect::<Vec<_>>(), [id(2, 0), id(3, 0)]);
        seen.merge_loaded(vec![id(1, 0), id(2, 0), id(3, 0), id(4, 0)]);
        assert_eq!(seen.ids().collect::<Vec<_>>(), [id(2, 0), id(3, 0), id(4, 0)]);
        seen.merge_loaded(vec![id(2, 0)]);
        assert_eq!(seen.ids().collect::<Vec<_>>(), [id(2, 0)]);
    }

    #[test]
    fn a_handoff_marked_unread_can_be_seen_again() {
        let mut seen: SeenSet = [id(1, 0), id(2, 0)].into_iter().collect();
        seen.remove(id(1, 0));
        assert!(!seen.contains(id(1, 0)));
        seen.insert(id(1, 0));
        assert_eq!(seen.ids().collect::<Vec<_>>(), [id(2, 0), id(1, 0)]);
    }
}
