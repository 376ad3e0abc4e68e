//! Keys: a table of named actions. The footer, the help and the bindings themselves are read from it.

mod action;
mod action_name;
mod defaults;
mod key_label;
mod overrides;
mod tab;

use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyModifiers};

use crate::theme::Charset;

pub use action::{
    Action, BriefingAction, CaseAction, ConflictAction, DialogAction, LineAction, ListAction, Move,
    OutcomeAction, SessionAction, TriedAction,
};
pub use action_name::action_name;
pub use key_label::key_label;
pub use overrides::{KeyError, KeyOverrides, KeySpec};
pub use tab::Tab;

/// Where a key is pressed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Context {
    /// Anywhere but where text is typed.
    Global,
    /// The list.
    Queue,
    /// The line that filters the list.
    Filter,
    /// The briefing, as a screen.
    Briefing,
    /// The briefing, over a session.
    BriefingOverlay,
    /// A session with its composer.
    Session,
    /// A dialog with fields.
    Dialog,
    /// The popup after a lost claim.
    Conflict,
    /// What has been tried.
    Tried,
    /// The suggested steps and what came of them.
    Outcomes,
    /// What was seen before.
    Cases,
    /// A question with yes and no.
    Confirm,
    /// The list of keys.
    Help,
    /// What happened, as it was told.
    Log,
    /// The palette.
    Palette,
    /// The line that takes actions by name.
    CommandLine,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Where.
    pub context: Context,
    /// Which keys, the one that is shown first.
    pub keys: Vec<KeyCombination>,
    /// What they do.
    pub action: Action,
    /// What the footer calls it; nothing keeps it out of the footer.
    pub hint_label: &'static str,
    /// What the help says of it.
    pub description: &'static str,
}

/// A line of the help.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HelpEntry {
    /// The action.
    pub action: Action,
    /// The keys.
    pub keys: String,
    /// What they do.
    pub description: &'static str,
    /// What it is called.
    pub action_name: String,
}

/// The table.
#[derive(Clone, Debug)]
pub struct Keymap {
    bindings: Vec<Binding>,
    /// What the names of keys may be written with.
    charset: Charset,
}

impl Default for Keymap {
    fn default() -> Self {
        Self { bindings: defaults::default_bindings(), charset: Charset::default() }
    }
}

impl Keymap {
    /// What a key does in a place.
    pub fn action_for(&self, context: Context, key: KeyCombination) -> Option<Action> {
        let key = key.normalized();
        let find = |context| {
            self.bindings
                .iter()
                .find(|binding| binding.context == context && binding.keys.contains(&key))
                .map(|binding| binding.action)
        };
        let anywhere = || find(Context::Global).filter(|action| global_key_applies(context, *action, key));
        find(context).or_else(anywhere)
    }

    /// The whole table.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// What can be done in a place, in the order of the table, with the keys that do it there.
    pub fn bindings_in(&self, context: Context) -> impl Iterator<Item = Binding> {
        self.bindings.iter().filter_map(move |binding| {
            if binding.context == context {
                return Some(binding.clone());
            }
            if binding.context != Context::Global || !applies_in(context, binding.action) {
                return None;
            }
            let mut binding = binding.clone();
            binding.keys.retain(|key| global_key_applies(context, binding.action, *key));
            Some(binding)
        })
    }

    /// The lines of a place that the footer shows: key and label, in the order of the table.
    pub fn footer_hints(
        &self,
        context: Context,
        is_available: impl Fn(Action) -> bool,
    ) -> Vec<(String, &'static str)> {
        let is_shown = |binding: &Binding| {
            !binding.hint_label.is_empty() && !binding.keys.is_empty() && is_available(binding.action)
        };
        let shown = self.bindings_in(context).filter(is_shown);
        shown.map(|binding| (self.key_range_label(&binding, 0), binding.hint_label)).collect()
    }

    /// Every line of a place, and every line that holds anywhere.
    pub fn help_entries(&self, context: Context) -> (Vec<HelpEntry>, Vec<HelpEntry>) {
        let (mut here, mut everywhere) = (Vec::new(), Vec::new());
        for binding in self.bindings_in(context).filter(|binding| !binding.keys.is_empty()) {
            // The nine keys of the steps are one line.
            let repeats =
                matches!(binding.action, Action::Session(SessionAction::UseStep(digit)) if digit > 1);
            if !repeats {
                let keys: Vec<String> =
                    (0..binding.keys.len()).map(|place| self.key_range_label(&binding, place)).collect();
                let Binding { action, description: about, .. } = binding;
                let line = HelpEntry {
                    action,
                    keys: keys.join(" "),
                    description: about,
                    action_name: binding.action_name(),
                };
                let lines = if binding.context == Context::Global { &mut everywhere } else { &mut here };
                lines.push(line);
            }
        }
        (here, everywhere)
    }

    /// The key that is shown for an action in a place.
    pub fn key_for(&self, context: Context, action: Action) -> String {
        let found =
            self.bindings.iter().find(|binding| binding.context == context && binding.action == action);
        found.map(|binding| self.key_range_label(binding, 0)).unwrap_or_default()
    }

    /// One of the keys of a line; empty where there is none.
    pub fn key_label(&self, binding: &Binding, place: usize) -> String {
        binding.keys.get(place).map(|key| key_label(*key, self.charset)).unwrap_or_default()
    }

    /// The key that stands for a line; the keys of the steps are one line, from the first to the last.
    fn key_range_label(&self, binding: &Binding, place: usize) -> String {
        let first = self.key_label(binding, place);
        if !matches!(binding.action, Action::Session(SessionAction::UseStep(1))) {
            return first;
        }
        let is_step = |other: &&Binding| matches!(other.action, Action::Session(SessionAction::UseStep(_)));
        let last = self.bindings.iter().rev().find(is_step).map(|last| self.key_label(last, place));
        let end = last.and_then(|last| last.chars().next_back()).unwrap_or('9');
        match self.charset {
            Charset::Unicode => format!("{first}…{end}"),
            Charset::AsciiGlyphs | Charset::AsciiOnly => format!("{first}-{end}"),
        }
    }
}

/// Whether what holds anywhere holds in this place. Where text is typed or a question waits, only what disturbs
/// neither does.
const fn applies_in(context: Context, action: Action) -> bool {
    let is_leaving = matches!(action, Action::Suspend | Action::QuitNow);
    let is_aside = matches!(action, Action::ToggleMouse);
    match context {
        Context::Global | Context::Queue | Context::Briefing => true,
        Context::BriefingOverlay | Context::Tried | Context::Outcomes | Context::Cases => {
            !matches!(action, Action::Quit)
        }
        // It has a help of its own, which a letter brings while nothing is typed.
        Context::Session => is_leaving || is_aside || matches!(action, Action::Palette),
        Context::Help => is_leaving || is_aside,
        Context::Dialog
        | Context::Filter
        | Context::Conflict
        | Context::Confirm
        | Context::Log
        | Context::Palette
        | Context::CommandLine => is_leaving || is_aside || matches!(action, Action::Help),
    }
}

/// Whether a key that holds anywhere does this here: where one types, a letter is a letter.
fn global_key_applies(context: Context, action: Action, key: KeyCombination) -> bool {
    applies_in(context, action) && !(accepts_text(context) && is_text_key(key))
}

/// Whether one types there.
const fn accepts_text(context: Context) -> bool {
    match context {
        Context::Session | Context::Dialog | Context::Filter | Context::Palette | Context::CommandLine => {
            true
        }
        Context::Global
        | Context::Queue
        | Context::Briefing
        | Context::BriefingOverlay
        | Context::Conflict
        | Context::Tried
        | Context::Outcomes
        | Context::Cases
        | Context::Confirm
        | Context::Help
        | Context::Log => false,
    }
}

/// Whether a key is a letter, a digit or a sign, which a text would have.
pub fn is_text_key(key: KeyCombination) -> bool {
    matches!(key.codes.first(), KeyCode::Char(_))
        && !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
}

#[cfg(test)]
mod tests {
    use crokey::key;

    use super::*;

    #[test]
    fn no_key_does_two_things_in_one_place() {
        let keymap = Keymap::default();
        for (place, binding) in keymap.bindings.iter().enumerate() {
            for other in &keymap.bindings[..place] {
                let clash = other.context == binding.context
                    && binding.keys.iter().any(|key| other.keys.contains(key));
                assert!(!clash, "{binding:?} and {other:?}");
            }
        }
    }

    #[test]
    fn every_key_in_the_table_is_found_as_it_is_pressed() {
        let keymap = Keymap::default();
        for binding in &keymap.bindings {
            for key in &binding.keys {
                assert_eq!(*key, key.normalized(), "{binding:?}");
                assert_eq!(keymap.action_for(binding.context, *key), Some(binding.action));
            }
        }
    }

    #[test]
    fn keys_have_the_names_that_people_know() {
        let names: Vec<_> =
            [key!(enter), key!(ctrl - r), key!(alt - x), key!(shift - g), key!('?'), key!(f1)]
                .map(|key| key_label(key, Charset::Unicode))
                .into();
        assert_eq!(names, ["↵", "Ctrl-R", "Alt-x", "G", "?", "F1"]);
        let keymap = Keymap::default();
        assert!(keymap.footer_hints(Context::Session, |_| true).contains(&("Alt-1…9".into(), "use step")));
        assert_eq!(key_label(key!(backtab), Charset::Unicode), "Shift-Tab");
    }

    #[test]
    fn the_help_and_the_mouse_are_reached_from_everywhere_and_letters_stay_letters() {
        let keymap = Keymap::default();
        for context in [
            Context::Queue,
            Context::Filter,
            Context::Briefing,
            Context::BriefingOverlay,
            Context::Session,
            Context::Dialog,
            Context::Conflict,
            Context::Tried,
            Context::Outcomes,
            Context::Cases,
            Context::Confirm,
            Context::Log,
            Context::Palette,
            Context::CommandLine,
        ] {
            assert_eq!(keymap.action_for(context, key!(f1)), Some(Action::Help), "{context:?}");
            assert_eq!(keymap.action_for(context, key!(alt - m)), Some(Action::ToggleMouse), "{context:?}");
            if accepts_text(context) && context != Context::Session {
                assert_eq!(keymap.action_for(context, key!('?')), None, "{context:?}");
            }
        }
    }
}
