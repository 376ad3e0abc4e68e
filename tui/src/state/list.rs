//! A list that keeps its selection, and where on the screen it stands, while rows come, go and change place.

use std::collections::HashMap;
use std::hash::Hash;

/// Rows in the order of their keys, one of them selected.
#[derive(Clone, Debug)]
pub struct List<K, I> {
    rows: Vec<(K, I)>,
    keys: HashMap<I, K>,
    selected: Option<I>,
    /// Whether somebody chose the selected row.
    is_chosen: bool,
    /// The first row on the screen.
    top: usize,
}

impl<K, I> Default for List<K, I> {
    fn default() -> Self {
        Self { rows: Vec::new(), keys: HashMap::new(), selected: None, is_chosen: false, top: 0 }
    }
}

impl<K: Ord + Clone, I: Copy + Eq + Hash> List<K, I> {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows, in order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = I> + DoubleEndedIterator + '_ {
        self.rows.iter().map(|(_, id)| *id)
    }

    /// Whether it has this row.
    pub fn has(&self, id: I) -> bool {
        self.keys.contains_key(&id)
    }

    /// The selected row. As long as there are rows, one is selected.
    pub fn selected(&self) -> Option<I> {
        self.selected
    }

    /// The place of the selected row.
    pub fn place(&self) -> Option<usize> {
        self.selected.and_then(|id| self.place_of(id))
    }

    /// Puts a row where its key says, or moves it there. The selected row stays where it is on the screen.
    pub fn put(&mut self, id: I, key: K) {
        if self.keys.get(&id) == Some(&key) {
            return;
        }
        let before = self.place();
        self.take_out(id);
        let place = self.rows.partition_point(|(other, _)| *other < key);
        self.rows.insert(place, (key.clone(), id));
        self.keys.insert(id, key);
        match self.selected {
            None => self.selected = Some(id),
            Some(_) => self.follow(before),
        }
    }

    /// Removes a row. If it was selected, the one that takes its place is.
    pub fn remove(&mut self, id: I) {
        let before = self.place();
        let Some(place) = self.take_out(id) else { return };
        if self.selected == Some(id) {
            let next = place.min(self.rows.len().saturating_sub(1));
            self.selected = self.rows.get(next).map(|(_, id)| *id);
        } else {
            self.follow(before);
        }
    }

    /// Takes these rows for all there are. The selected row stays selected, and where it is on the screen; if it is
    /// not among them, the first is.
    pub fn replace(&mut self, mut rows: Vec<(K, I)>) {
        let before = self.place();
        rows.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        self.keys = rows.iter().map(|(key, id)| (*id, key.clone())).collect();
        self.rows = rows;
        if self.place().is_some() {
            self.follow(before);
        } else {
            self.selected = self.rows.first().map(|(_, id)| *id);
            self.top = 0;
        }
    }

    /// Selects a row.
    pub fn select(&mut self, id: I) {
        if self.has(id) {
            self.selected = Some(id);
            self.is_chosen = true;
        }
    }

    /// Selects the first row, unless somebody has chosen one: for a list that was just loaded.
    pub fn select_first_if_free(&mut self) {
        if !self.is_chosen {
            self.selected = self.rows.first().map(|(_, id)| *id);
            self.top = 0;
        }
    }

    /// Moves the selection by so many rows, as far as there are any.
    pub fn step(&mut self, by: isize) {
        let Some(place) = self.place() else { return };
        let last = self.rows.len() - 1;
        let place = place.saturating_add_signed(by).min(last);
        self.selected = self.rows.get(place).map(|(_, id)| *id);
        self.is_chosen = true;
    }

    /// Selects the first row, or the last.
    pub fn select_end(&mut self, last: bool) {
        let row = if last { self.rows.last() } else { self.rows.first() };
        self.selected = row.map(|(_, id)| *id);
        self.is_chosen = true;
    }

    /// The next row after the selected one, around the end, that is such.
    pub fn next_such(&self, such: impl Fn(I) -> bool) -> Option<I> {
        let start = self.place().map_or(0, |place| place + 1);
        let after = self.rows.iter().skip(start);
        let around = self.rows.iter().take(start);
        after.chain(around).map(|(_, id)| *id).find(|id| such(*id))
    }

    /// The first row on a screen that has room for so many, moved as little as shows the selected one.
    pub fn top(&self, room: usize) -> usize {
        let place = self.place().unwrap_or(0);
        let room = room.max(1);
        let highest = place.saturating_sub(room - 1);
        let furthest = self.rows.len().saturating_sub(room);
        self.top.clamp(highest, place.max(highest)).min(furthest.max(highest))
    }

    /// Whether a row is on a screen that has room for so many.
    pub fn shows(&self, id: I, room: usize) -> bool {
        let top = self.top(room);
        self.place_of(id).is_some_and(|place| (top..top + room).contains(&place))
    }

    /// Remembers where the screen began, so that it stays there.
    pub fn settle(&mut self, room: usize) {
        self.top = self.top(room);
    }

    fn place_of(&self, id: I) -> Option<usize> {
        let key = self.keys.get(&id)?;
        // Keys are unique in practice; where two are equal, look at each.
        let first = self.rows.partition_point(|(other, _)| other < key);
        self.rows[first..].iter().position(|(_, other)| *other == id).map(|offset| first + offset)
    }

    fn take_out(&mut self, id: I) -> Option<usize> {
        let place = self.place_of(id)?;
        self.rows.remove(place);
        self.keys.remove(&id);
        Some(place)
    }

    /// Moves the screen with the selected row.
    fn follow(&mut self, before: Option<usize>) {
        if let (Some(before), Some(now)) = (before, self.place()) {
            self.top = (self.top + now).saturating_sub(before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(keys: impl IntoIterator<Item = u32>) -> List<u32, u32> {
        let mut list = List::default();
        for key in keys {
            list.put(key, key);
        }
        list
    }

    #[test]
    fn the_selection_stays_with_its_row() {
        let mut list = list([10, 20, 30]);
        list.select(20);
        list.put(5, 5);
        list.put(30, 1);
        assert_eq!(list.ids().collect::<Vec<_>>(), [30, 5, 10, 20]);
        assert_eq!((list.selected(), list.place()), (Some(20), Some(3)));
    }

    #[test]
    fn a_list_that_was_just_loaded_begins_at_its_first_row_unless_somebody_chose_another() {
        let mut list = list([20, 30, 10]);
        assert_eq!(list.selected(), Some(20));
        list.select_first_if_free();
        assert_eq!(list.selected(), Some(10));
        list.select(30);
        list.put(5, 5);
        list.select_first_if_free();
        assert_eq!(list.selected(), Some(30));
    }

    #[test]
    fn a_selected_row_that_goes_gives_way_to_the_one_that_takes_its_place() {
        let mut list = list([10, 20, 30]);
        list.select(20);
        list.remove(20);
        assert_eq!(list.selected(), Some(30));
        list.remove(30);
        assert_eq!(list.selected(), Some(10));
        list.remove(10);
        assert_eq!(list.selected(), None);
    }

    #[test]
    fn the_selected_row_does_not_move_on_the_screen_when_rows_come_above_it() {
        let mut list = list(100..200);
        list.select(150);
        list.settle(10);
        let on_screen = |list: &List<u32, u32>| list.place().unwrap() - list.top(10);
        let before = on_screen(&list);
        list.put(1, 1);
        list.put(2, 2);
        assert_eq!(on_screen(&list), before);
        list.remove(1);
        assert_eq!(on_screen(&list), before);
    }

    #[test]
    fn rows_that_are_replaced_keep_the_selection_while_it_is_among_them() {
        let mut list = list(0..100);
        list.select(50);
        list.replace((0..100).filter(|key| key % 10 == 0).rev().map(|key| (key, key)).collect());
        assert_eq!((list.selected(), list.place(), list.len()), (Some(50), Some(5), 10));
        list.replace((0..100).map(|key| (key, key)).collect());
        assert_eq!((list.selected(), list.place()), (Some(50), Some(50)));
        list.replace(vec![(3, 3), (1, 1)]);
        assert_eq!(list.selected(), Some(1));
        list.replace(Vec::new());
        assert_eq!(list.selected(), None);
    }

    #[test]
    fn the_screen_moves_as_little_as_shows_the_selection() {
        let mut list = list(0..100);
        assert_eq!(list.top(10), 0);
        list.step(9);
        assert_eq!(list.top(10), 0);
        list.step(1);
        list.settle(10);
        assert_eq!(list.top(10), 1);
        list.step(-5);
        assert_eq!(list.top(10), 1);
        list.step(1000);
        assert_eq!(list.top(10), 90);
        list.select_end(false);
        assert_eq!(list.top(10), 0);
    }
}
