//! A list that keeps its selection, and the selection's place on the screen, while rows come, go and move.

use std::collections::HashMap;
use std::hash::Hash;

/// What a list is ordered by. It contains the id of its row, so that a long list does not store each id once more.
pub trait ListKey: Ord + Clone {
    /// Identifies a row, whatever its place.
    type Id: Copy + Eq + Hash;

    /// The id of the row.
    fn id(&self) -> Self::Id;
}

/// Rows in the order of their keys, one of them selected.
#[derive(Clone, Debug)]
pub struct SelectionList<K: ListKey> {
    rows: Vec<K>,
    key_by_id: HashMap<K::Id, K>,
    selected: Option<K::Id>,
    /// Whether the user chose the selected row.
    is_user_selected: bool,
    /// The first visible row.
    scroll_offset: usize,
}

impl<K: ListKey> Default for SelectionList<K> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            key_by_id: HashMap::new(),
            selected: None,
            is_user_selected: false,
            scroll_offset: 0,
        }
    }
}

impl<K: ListKey> SelectionList<K> {
    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows, in order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = K::Id> + DoubleEndedIterator + '_ {
        self.rows.iter().map(K::id)
    }

    /// Whether it has this row.
    pub fn contains(&self, id: K::Id) -> bool {
        self.key_by_id.contains_key(&id)
    }

    /// The selected row; none only if there are no rows.
    pub fn selected(&self) -> Option<K::Id> {
        self.selected
    }

    /// The index of the selected row.
    pub fn selected_index(&self) -> Option<usize> {
        self.selected.and_then(|id| self.index_of(id))
    }

    /// Inserts a row by its key, or moves it. The selected row keeps its place on the screen.
    pub fn upsert(&mut self, key: K) {
        let id = key.id();
        if self.key_by_id.get(&id) == Some(&key) {
            return;
        }
        let before = self.selected_index();
        self.remove_row(id);
        let place = self.rows.partition_point(|other| *other < key);
        self.rows.insert(place, key.clone());
        self.key_by_id.insert(id, key);
        match self.selected {
            None => self.selected = Some(id),
            Some(_) => self.follow_selection(before),
        }
    }

    /// Moves a row that the user no longer looks for. If it was selected, the selection stays at its place of the screen:
    /// on the row that takes that place, or else on the one above, if the predicate accepts them. Returns whether another
    /// row is selected now.
    pub fn upsert_giving_way(&mut self, key: K, accepts: impl Fn(K::Id) -> bool) -> bool {
        let before = self.selected;
        let id = key.id();
        if self.selected == Some(id) && self.key_by_id.get(&id) != Some(&key) {
            let place = self.remove_row(id);
            let neighbour = |place: usize| self.rows.get(place).map(K::id).filter(|id| accepts(*id));
            let above = || neighbour(place?.checked_sub(1)?);
            self.selected = place.and_then(neighbour).or_else(above);
        }
        self.upsert(key);
        before.is_some() && self.selected != before
    }

    /// Removes a row. If it was selected, the row that takes its place is selected.
    pub fn remove(&mut self, id: K::Id) {
        let before = self.selected_index();
        let Some(place) = self.remove_row(id) else { return };
        if self.selected == Some(id) {
            let next = place.min(self.rows.len().saturating_sub(1));
            self.selected = self.rows.get(next).map(K::id);
        } else {
            self.follow_selection(before);
        }
    }

    /// Replaces all rows. The selected row stays selected and keeps its place on the screen; if it is gone, the first row is
    /// selected.
    pub fn replace_all(&mut self, mut rows: Vec<K>) {
        let before = self.selected_index();
        rows.sort_unstable();
        self.key_by_id = rows.iter().map(|key| (key.id(), key.clone())).collect();
        self.rows = rows;
        if self.selected_index().is_some() {
            self.follow_selection(before);
        } else {
            self.selected = self.rows.first().map(K::id);
            self.scroll_offset = 0;
        }
    }

    /// Selects a row.
    pub fn select(&mut self, id: K::Id) {
        if self.contains(id) {
            self.selected = Some(id);
            self.is_user_selected = true;
        }
    }

    /// Selects the first row, unless the user has chosen one: for a list that was just loaded.
    pub fn select_first_unless_chosen(&mut self) {
        if !self.is_user_selected {
            self.selected = self.rows.first().map(K::id);
            self.scroll_offset = 0;
        }
    }

    /// Moves the selection by a number of rows, up to the ends.
    pub fn move_selection(&mut self, rows: isize) {
        let Some(place) = self.selected_index() else { return };
        let last = self.rows.len() - 1;
        let place = place.saturating_add_signed(rows).min(last);
        self.selected = self.rows.get(place).map(K::id);
        self.is_user_selected = true;
    }

    /// Selects the first row, or the last.
    pub fn select_edge(&mut self, last: bool) {
        let row = if last { self.rows.last() } else { self.rows.first() };
        self.selected = row.map(K::id);
        self.is_user_selected = true;
    }

    /// The next row after the selected one, around the end, that the predicate accepts.
    pub fn next_matching(&self, predicate: impl Fn(K::Id) -> bool) -> Option<K::Id> {
        let start = self.selected_index().map_or(0, |place| place + 1);
        let after = self.rows.iter().skip(start);
        let around = self.rows.iter().take(start);
        after.chain(around).map(K::id).find(|id| predicate(*id))
    }

    /// The first visible row in `height` rows, scrolled only as far as shows the selected row.
    pub fn first_visible(&self, height: usize) -> usize {
        let place = self.selected_index().unwrap_or(0);
        let room = height.max(1);
        let highest = place.saturating_sub(room - 1);
        let furthest = self.rows.len().saturating_sub(room);
        self.scroll_offset.clamp(highest, place.max(highest)).min(furthest.max(highest))
    }

    /// Whether a row is visible in `height` rows.
    pub fn is_visible(&self, id: K::Id, height: usize) -> bool {
        let top = self.first_visible(height);
        self.index_of(id).is_some_and(|place| (top..top + height).contains(&place))
    }

    /// Remembers the scroll position.
    pub fn pin_scroll(&mut self, height: usize) {
        self.scroll_offset = self.first_visible(height);
    }

    fn index_of(&self, id: K::Id) -> Option<usize> {
        let key = self.key_by_id.get(&id)?;
        self.rows.binary_search(key).ok()
    }

    fn remove_row(&mut self, id: K::Id) -> Option<usize> {
        let place = self.index_of(id)?;
        self.rows.remove(place);
        self.key_by_id.remove(&id);
        Some(place)
    }

    /// Scrolls with the selected row.
    fn follow_selection(&mut self, previous_index: Option<usize>) {
        if let (Some(before), Some(now)) = (previous_index, self.selected_index()) {
            self.scroll_offset = (self.scroll_offset + now).saturating_sub(before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number to order by, and an id.
    type NumberKey = (u32, u32);

    impl ListKey for NumberKey {
        type Id = u32;

        fn id(&self) -> u32 {
            self.1
        }
    }

    fn list_of(keys: impl IntoIterator<Item = u32>) -> SelectionList<NumberKey> {
        let mut list = SelectionList::default();
        for key in keys {
            list.upsert((key, key));
        }
        list
    }

    #[test]
    fn the_selection_stays_with_its_row() {
        let mut list = list_of([10, 20, 30]);
        list.select(20);
        list.upsert((5, 5));
        list.upsert((1, 30));
        assert_eq!(list.ids().collect::<Vec<_>>(), [30, 5, 10, 20]);
        assert_eq!((list.selected(), list.selected_index()), (Some(20), Some(3)));
    }

    #[test]
    fn a_loaded_list_selects_its_first_row_unless_the_user_chose_another() {
        let mut list = list_of([20, 30, 10]);
        assert_eq!(list.selected(), Some(20));
        list.select_first_unless_chosen();
        assert_eq!(list.selected(), Some(10));
        list.select(30);
        list.upsert((5, 5));
        list.select_first_unless_chosen();
        assert_eq!(list.selected(), Some(30));
    }

    #[test]
    fn removing_the_selected_row_selects_the_row_that_takes_its_place() {
        let mut list = list_of([10, 20, 30]);
        list.select(20);
        list.remove(20);
        assert_eq!(list.selected(), Some(30));
        list.remove(30);
        assert_eq!(list.selected(), Some(10));
        list.remove(10);
        assert_eq!(list.selected(), None);
    }

    #[test]
    fn a_row_that_gives_way_leaves_the_selection_at_its_place() {
        let waits = |id| id < 100;
        let mut list = list_of([10, 20, 30]);
        list.select(20);
        list.upsert_giving_way((120, 20), waits);
        assert_eq!((list.selected(), list.selected_index()), (Some(30), Some(1)));
        assert_eq!(list.ids().collect::<Vec<_>>(), [10, 30, 20]);
        let taken_before = |id| id != 20;
        list.upsert_giving_way((130, 30), taken_before);
        assert_eq!(list.selected(), Some(10), "the row above, where none below waits");
        list.upsert_giving_way((110, 10), |_| false);
        assert_eq!(list.selected(), Some(10), "nothing else waits");
        list.upsert_giving_way((105, 20), waits);
        assert_eq!(list.selected(), Some(10), "another row does not matter");
    }

    #[test]
    fn the_selected_row_stays_in_place_when_rows_are_added_above() {
        let mut list = list_of(100..200);
        list.select(150);
        list.pin_scroll(10);
        let on_screen =
            |list: &SelectionList<NumberKey>| list.selected_index().unwrap() - list.first_visible(10);
        let before = on_screen(&list);
        list.upsert((1, 1));
        list.upsert((2, 2));
        assert_eq!(on_screen(&list), before);
        list.remove(1);
        assert_eq!(on_screen(&list), before);
    }

    #[test]
    fn replacing_the_rows_keeps_the_selection_if_it_is_still_there() {
        let mut list = list_of(0..100);
        list.select(50);
        list.replace_all((0..100).filter(|key| key % 10 == 0).rev().map(|key| (key, key)).collect());
        assert_eq!((list.selected(), list.selected_index(), list.len()), (Some(50), Some(5), 10));
        list.replace_all((0..100).map(|key| (key, key)).collect());
        assert_eq!((list.selected(), list.selected_index()), (Some(50), Some(50)));
        list.replace_all(vec![(3, 3), (1, 1)]);
        assert_eq!(list.selected(), Some(1));
        list.replace_all(Vec::new());
        assert_eq!(list.selected(), None);
    }

    #[test]
    fn the_list_scrolls_as_little_as_the_selection_needs() {
        let mut list = list_of(0..100);
        assert_eq!(list.first_visible(10), 0);
        list.move_selection(9);
        assert_eq!(list.first_visible(10), 0);
        list.move_selection(1);
        list.pin_scroll(10);
        assert_eq!(list.first_visible(10), 1);
        list.move_selection(-5);
        assert_eq!(list.first_visible(10), 1);
        list.move_selection(1000);
        assert_eq!(list.first_visible(10), 90);
        list.select_edge(false);
        assert_eq!(list.first_visible(10), 0);
    }
}
