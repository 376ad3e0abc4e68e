//! The fields of a dialog: text, a choice, a checklist, a person.

use crossterm::event::{KeyCode, KeyEvent};
use tierup_common::id::StepId;
use tierup_common::user::Person;

use crate::effect::CallId;
use crate::state::composer::Composer;

/// A field, whatever it holds.
pub trait Field {
    /// Its label, and the hint for what to enter.
    fn caption(&self) -> Caption;

    /// The value, for display.
    fn input(&self) -> FieldInput<'_>;

    /// A key that is bound to no action.
    fn handle_key(&mut self, key: KeyEvent);

    /// Pasted text.
    fn paste(&mut self, text: &str);

    /// The text of the field, to edit it, and whether it has one line; none where nothing is typed.
    fn text_mut(&mut self) -> Option<(&mut Composer, bool)> {
        None
    }

    /// Moves to another line within the field; false if the focus leaves the field.
    fn move_line(&mut self, step: isize) -> bool {
        let _ = step;
        false
    }

    /// Breaks the line, where the text may have several.
    fn insert_newline(&mut self) {}

    /// What was typed, without blanks around it; empty if nothing is typed into it.
    fn typed_text(&self) -> String {
        String::new()
    }
}

/// The words beside a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Caption {
    /// The name of the field.
    pub label: &'static str,
    /// What to enter.
    pub hint: &'static str,
}

/// The value of a field.
#[derive(Clone, Debug)]
pub enum FieldInput<'f> {
    /// One line.
    SingleLine(&'f Composer),
    /// Text of several lines.
    MultiLine(&'f Composer),
    /// A moment in the future, as [`crate::wake_time`] reads it.
    Time(&'f Composer),
    /// A person.
    Person(&'f PersonField),
    /// One of some options.
    Choice {
        /// The options.
        options: Vec<&'static str>,
        /// The index of the selected one.
        selected: usize,
    },
    /// Any of some lines.
    Checklist(&'f ChecklistField),
}

/// How a text field is laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum TextLayout {
    SingleLine,
    MultiLine,
    Time,
}

/// Text.
#[derive(Clone, Debug)]
pub struct TextField {
    caption: Caption,
    layout: TextLayout,
    composer: Composer,
}

impl TextField {
    /// Text of several lines.
    pub fn multi_line(label: &'static str, hint: &'static str, text: &str) -> Self {
        Self::new(TextLayout::MultiLine, label, hint, text)
    }

    /// One line.
    pub fn single_line(label: &'static str, hint: &'static str, text: &str) -> Self {
        Self::new(TextLayout::SingleLine, label, hint, text)
    }

    /// A moment in the future.
    pub fn time(label: &'static str, hint: &'static str) -> Self {
        Self::new(TextLayout::Time, label, hint, "")
    }

    fn new(layout: TextLayout, label: &'static str, hint: &'static str, text: &str) -> Self {
        Self { caption: Caption { label, hint }, layout, composer: Composer::with_text(text) }
    }

    /// The text, without blanks around it.
    pub fn text(&self) -> String {
        self.composer.text().trim().to_owned()
    }
}

impl Field for TextField {
    fn caption(&self) -> Caption {
        self.caption
    }

    fn input(&self) -> FieldInput<'_> {
        match self.layout {
            TextLayout::SingleLine => FieldInput::SingleLine(&self.composer),
            TextLayout::MultiLine => FieldInput::MultiLine(&self.composer),
            TextLayout::Time => FieldInput::Time(&self.composer),
        }
    }

    fn handle_key(&mut self, key: KeyEvent) {
        self.composer.handle_key(key);
    }

    fn paste(&mut self, text: &str) {
        match self.layout {
            TextLayout::SingleLine | TextLayout::Time => paste_as_one_line(&mut self.composer, text),
            TextLayout::MultiLine => self.composer.paste(text),
        }
    }

    fn text_mut(&mut self) -> Option<(&mut Composer, bool)> {
        Some((&mut self.composer, self.layout != TextLayout::MultiLine))
    }

    fn insert_newline(&mut self) {
        match self.layout {
            TextLayout::MultiLine => self.composer.insert_newline(),
            TextLayout::SingleLine | TextLayout::Time => {}
        }
    }

    fn typed_text(&self) -> String {
        self.text()
    }
}

fn paste_as_one_line(composer: &mut Composer, text: &str) {
    composer.paste(&text.replace(['\n', '\r'], " "));
}

/// One of some options.
#[derive(Clone, Debug)]
pub struct ChoiceField<T> {
    caption: Caption,
    options: Vec<(T, &'static str)>,
    /// The selected option.
    pub selected: T,
}

impl<T: Copy + PartialEq> ChoiceField<T> {
    /// Options with their names, one of them selected.
    pub const fn new(
        label: &'static str,
        hint: &'static str,
        options: Vec<(T, &'static str)>,
        selected: T,
    ) -> Self {
        Self { caption: Caption { label, hint }, options, selected }
    }

    fn selected_index(&self) -> usize {
        self.options.iter().position(|(value, _)| *value == self.selected).unwrap_or(0)
    }

    /// Selects another option, around the end.
    fn step(&mut self, count: usize) {
        let next = (self.selected_index() + count) % self.options.len().max(1);
        if let Some((value, _)) = self.options.get(next) {
            self.selected = *value;
        }
    }
}

impl<T: Copy + PartialEq> Field for ChoiceField<T> {
    fn caption(&self) -> Caption {
        self.caption
    }

    fn input(&self) -> FieldInput<'_> {
        let options = self.options.iter().map(|(_, name)| *name).collect();
        FieldInput::Choice { options, selected: self.selected_index() }
    }

    fn handle_key(&mut self, key: KeyEvent) {
        if matches!(key.code, KeyCode::Right | KeyCode::Char('l' | ' ')) {
            self.step(1);
        } else if matches!(key.code, KeyCode::Left | KeyCode::Char('h')) {
            self.step(self.options.len().saturating_sub(1));
        }
    }

    fn paste(&mut self, _: &str) {}
}

/// Any of some lines.
#[derive(Clone, Debug)]
pub struct ChecklistField {
    caption: Caption,
    /// The lines.
    pub items: Vec<ChecklistItem>,
    /// The index of the line that has the keys.
    pub selected: usize,
}

/// A line of a checklist.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChecklistItem {
    /// The suggested step.
    pub step_id: StepId,
    /// Its text.
    pub text: String,
    /// Whether it is checked.
    pub is_checked: bool,
}

impl ChecklistField {
    /// Lines; the first is focused.
    pub const fn new(label: &'static str, hint: &'static str, items: Vec<ChecklistItem>) -> Self {
        Self { caption: Caption { label, hint }, items, selected: 0 }
    }

    /// The steps that are checked.
    pub fn checked_steps(&self) -> Vec<StepId> {
        self.items.iter().filter(|item| item.is_checked).map(|item| item.step_id).collect()
    }
}

impl Field for ChecklistField {
    fn caption(&self) -> Caption {
        self.caption
    }

    fn input(&self) -> FieldInput<'_> {
        FieldInput::Checklist(self)
    }

    fn handle_key(&mut self, key: KeyEvent) {
        if matches!(key.code, KeyCode::Char(' ' | 'x'))
            && let Some(item) = self.items.get_mut(self.selected)
        {
            item.is_checked = !item.is_checked;
        }
    }

    fn paste(&mut self, _: &str) {}

    fn move_line(&mut self, step: isize) -> bool {
        let next = self.selected.checked_add_signed(step).filter(|next| *next < self.items.len());
        self.selected = next.unwrap_or(self.selected);
        next.is_some()
    }
}

/// A person, found by a part of their name.
#[derive(Clone, Debug)]
pub struct PersonField {
    caption: Caption,
    /// The typed text.
    pub query: Composer,
    /// The people to choose from.
    pub people: PeopleList,
    /// The index of the selected one among those that match.
    pub selected: usize,
}

/// People to choose from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PeopleList {
    /// Being fetched.
    Loading(CallId),
    /// Fetched, by name.
    Loaded(Vec<Person>),
    /// Not fetched, for this reason.
    Failed(String),
}

impl PersonField {
    /// A choice of people that this call fetches.
    pub fn new(label: &'static str, hint: &'static str, call_id: CallId) -> Self {
        Self {
            caption: Caption { label, hint },
            query: Composer::default(),
            people: PeopleList::Loading(call_id),
            selected: 0,
        }
    }

    /// The people whose names contain what was typed.
    pub fn matching(&self) -> Vec<&Person> {
        let query = self.query.text().trim().to_lowercase();
        match &self.people {
            PeopleList::Loaded(people) => {
                people.iter().filter(|person| person.name.to_lowercase().contains(&query)).collect()
            }
            PeopleList::Loading(_) | PeopleList::Failed(_) => Vec::new(),
        }
    }

    /// The selected person.
    pub fn selected_person(&self) -> Option<&Person> {
        self.matching().get(self.selected).copied()
    }
}

impl Field for PersonField {
    fn caption(&self) -> Caption {
        self.caption
    }

    fn input(&self) -> FieldInput<'_> {
        FieldInput::Person(self)
    }

    fn handle_key(&mut self, key: KeyEvent) {
        self.query.handle_key(key);
        self.selected = 0;
    }

    fn paste(&mut self, text: &str) {
        paste_as_one_line(&mut self.query, text);
    }

    fn text_mut(&mut self) -> Option<(&mut Composer, bool)> {
        // What matches may change.
        self.selected = 0;
        Some((&mut self.query, true))
    }

    fn move_line(&mut self, step: isize) -> bool {
        let count = self.matching().len();
        let next = self.selected.checked_add_signed(step).filter(|next| *next < count);
        self.selected = next.unwrap_or(self.selected);
        next.is_some()
    }
}
