//! Keys: a table of named actions. The footer, the help and the bindings themselves are read from it.

mod action;
mod defaults;
mod name;
mod names;
mod rebind;

use crokey::KeyCombination;

use crate::theme::Charset;

pub use action::{
    Action, BriefingVerb, CaseVerb, ConflictVerb, DialogVerb, LineVerb, ListVerb, Move, OutcomeVerb,
    SessionVerb, TriedVerb,
};
pub use name::name;
pub use names::action_name;
pub use rebind::{Changes, KeyError, Keys};

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
    pub label: &'static str,
    /// What the help says of it.
    pub about: &'static str,
}

/// A line of the help.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Help {
    /// The keys.
    pub keys: String,
    /// What they do.
    pub about: &'static str,
    /// What it is called.
    pub name: String,
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
        Self { bindings: defaults::bindings(), charset: Charset::default() }
    }
}

impl Keymap {
    /// What a key does in a place.
    pub fn action(&self, context: Context, key: KeyCombination) -> Option<Action> {
        let key = key.normalized();
        let find = |context| {
            self.bindings
                .iter()
                .find(|binding| binding.context == context && binding.keys.contains(&key))
                .map(|binding| binding.action)
        };
        find(context).or_else(|| find(Context::Global).filter(|action| reaches(context, *action)))
    }

    /// What can be done in a place, in the order of the table.
    pub fn of(&self, context: Context) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(move |binding| {
            binding.context == context
                || (binding.context == Context::Global && reaches(context, binding.action))
        })
    }

    /// The lines of a place that the footer shows: key and label, in the order of the table.
    pub fn hints(&self, context: Context) -> Vec<(String, &'static str)> {
        let shown = self.of(context).filter(|binding| !binding.label.is_empty() && !binding.keys.is_empty());
        shown.map(|binding| (self.keys_of(binding), binding.label)).collect()
    }

    /// Every line of a place, and every line that holds anywhere.
    pub fn help(&self, context: Context) -> (Vec<Help>, Vec<Help>) {
        let (mut here, mut everywhere) = (Vec::new(), Vec::new());
        for binding in self.of(context).filter(|binding| !binding.keys.is_empty()) {
            // The nine keys of the steps are one line.
            let repeats = matches!(binding.action, Action::Session(SessionVerb::UseStep(digit)) if digit > 1);
            if !repeats {
                let mut keys = vec![self.keys_of(binding)];
                keys.extend(binding.keys.iter().skip(1).map(|key| name(*key, self.charset)));
                let line = Help { keys: keys.join(" "), about: binding.about, name: binding.name() };
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
        found.map(|binding| self.keys_of(binding)).unwrap_or_default()
    }

    /// The key that is shown for a line; empty where it has none.
    pub fn shown(&self, binding: &Binding) -> String {
        binding.keys.first().map(|key| name(*key, self.charset)).unwrap_or_default()
    }

    /// The key that stands for a line; the keys of the steps are one line.
    fn keys_of(&self, binding: &Binding) -> String {
        let first = self.shown(binding);
        if !matches!(binding.action, Action::Session(SessionVerb::UseStep(_))) {
            return first;
        }
        let is_step = |other: &&Binding| matches!(other.action, Action::Session(SessionVerb::UseStep(_)));
        let last = self.bindings.iter().rev().find(is_step).and_then(|last| last.keys.first());
        let end = last.and_then(|last| name(*last, self.charset).chars().next_back()).unwrap_or('9');
        match self.charset {
            Charset::Unicode => format!("{first}…{end}"),
            Charset::AsciiGlyphs | Charset::AsciiOnly => format!("{first}-{end}"),
        }
    }
}

/// What holds anywhere does not hold where text is typed or a question waits, but for leaving and suspending.
const fn reaches(context: Context, action: Action) -> bool {
    match context {
        Context::Global | Context::Queue | Context::Briefing => true,
        Context::BriefingOverlay | Context::Tried | Context::Outcomes | Context::Cases => {
            !matches!(action, Action::Quit)
        }
        Context::Session => {
            matches!(action, Action::Suspend | Action::QuitNow | Action::Palette | Action::LogIn)
        }
        Context::Dialog
        | Context::Filter
        | Context::Conflict
        | Context::Confirm
        | Context::Help
        | Context::Log
        | Context::Palette
        | Context::CommandLine => matches!(action, Action::Suspend | Action::QuitNow),
    }
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
                assert_eq!(keymap.action(binding.context, *key), Some(binding.action));
            }
        }
    }

    #[test]
    fn keys_have_the_names_that_people_know() {
        let names: Vec<_> =
            [key!(enter), key!(ctrl - r), key!(alt - x), key!(shift - g), key!('?'), key!(f1)]
                .map(|key| name(key, Charset::Unicode))
                .into();
        assert_eq!(names, ["↵", "Ctrl-R", "Alt-x", "G", "?", "F1"]);
        assert!(Keymap::default().hints(Context::Session).contains(&("Alt-1…9".into(), "use step")));
    }
}
