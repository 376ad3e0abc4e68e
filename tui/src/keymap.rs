//! The keymap: a table of named actions and their keys. The footer, the help and the palette are read from it.

mod action;
mod action_name;
mod binding;
mod context;
mod defaults;
mod key_label;
mod overrides;
mod tab;

use std::borrow::Cow;

use crokey::KeyCombination;

use crate::text::{Safe, safe_format};
use crate::theme::Charset;

pub use action::{
    Action, BriefingAction, CaseAction, ConflictAction, DialogAction, LineAction, ListAction, Move,
    OutcomeAction, SessionAction, TriedAction,
};
pub use action_name::action_name;
pub use binding::Binding;
pub use context::{Context, is_text_key};
pub use key_label::key_label;
pub use overrides::{KeyError, KeyOverrides, KeySpec, ShortcutKeys};
pub use tab::Tab;

/// A line of the help.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HelpEntry {
    /// The action.
    pub action: Action,
    /// The labels of its keys, separated by spaces.
    pub keys: Safe<'static>,
    /// See [`Binding::description`].
    pub description: Cow<'static, str>,
    /// The public name of the action.
    pub action_name: String,
}

/// A key in the footer: its label, and what it does.
pub type FooterHint = (Safe<'static>, &'static str);

/// The bindings of all contexts.
#[derive(Clone, Debug)]
pub struct Keymap {
    bindings: Vec<Binding>,
    /// The characters that labels of keys may have.
    charset: Charset,
}

impl Default for Keymap {
    fn default() -> Self {
        Self { bindings: defaults::default_bindings(), charset: Charset::default() }
    }
}

impl Keymap {
    /// The action of a key in a context.
    pub fn action_for(&self, context: Context, key: KeyCombination) -> Option<Action> {
        let key = key.normalized();
        let find = |context| {
            self.bindings
                .iter()
                .find(|binding| binding.context == context && binding.keys.contains(&key))
                .map(|binding| binding.action)
        };
        let global = || find(Context::Global).filter(|action| context.allows_global_key(*action, key));
        find(context).or_else(global)
    }

    /// All bindings.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// The bindings that apply in a context, each with the keys that apply there.
    pub fn bindings_in(&self, context: Context) -> impl Iterator<Item = Binding> {
        self.bindings.iter().filter_map(move |binding| {
            if binding.context == context {
                return Some(binding.clone());
            }
            if binding.context != Context::Global || !context.allows_global(binding.action) {
                return None;
            }
            let mut binding = binding.clone();
            binding.keys.retain(|key| context.allows_global_key(binding.action, *key));
            Some(binding)
        })
    }

    /// The hints of a context, in the order of the table.
    pub fn footer_hints(&self, context: Context, is_available: impl Fn(Action) -> bool) -> Vec<FooterHint> {
        let is_shown = |binding: &Binding| {
            !binding.hint_label.is_empty() && !binding.keys.is_empty() && is_available(binding.action)
        };
        let shown = self.bindings_in(context).filter(is_shown);
        shown.map(|binding| (self.key_range_label(&binding, 0), binding.hint_label)).collect()
    }

    /// The help of a context: its own bindings, and the global ones.
    pub fn help_entries(&self, context: Context) -> (Vec<HelpEntry>, Vec<HelpEntry>) {
        let (mut own, mut global) = (Vec::new(), Vec::new());
        for binding in self.bindings_in(context).filter(|binding| !binding.keys.is_empty()) {
            // The nine keys of the steps are one entry.
            if matches!(binding.action, Action::Session(SessionAction::UseStep(number)) if number > 1) {
                continue;
            }
            let keys: Vec<String> =
                (0..binding.keys.len()).map(|index| self.key_range_label(&binding, index).into()).collect();
            let entry = HelpEntry {
                action: binding.action,
                keys: safe_format!("{}", keys.join(" ")),
                description: binding.description.clone(),
                action_name: binding.action_name(),
            };
            if binding.context == Context::Global { global.push(entry) } else { own.push(entry) }
        }
        (own, global)
    }

    /// The label of the key for an action in a context; empty if it has none.
    pub fn key_for(&self, context: Context, action: Action) -> Safe<'static> {
        let found =
            self.bindings.iter().find(|binding| binding.context == context && binding.action == action);
        found.map(|binding| self.key_range_label(binding, 0)).unwrap_or_default()
    }

    /// The label of one of the keys of a binding; empty if there is none.
    pub fn key_label(&self, binding: &Binding, index: usize) -> Safe<'static> {
        binding.keys.get(index).map(|key| key_label(*key, self.charset)).unwrap_or_default()
    }

    /// The same, but for the first of the steps the range of all their keys.
    fn key_range_label(&self, binding: &Binding, index: usize) -> Safe<'static> {
        let first = self.key_label(binding, index);
        if !matches!(binding.action, Action::Session(SessionAction::UseStep(1))) {
            return first;
        }
        let is_step = |other: &&Binding| matches!(other.action, Action::Session(SessionAction::UseStep(_)));
        let last = self.bindings.iter().rev().find(is_step).map(|last| self.key_label(last, index));
        let end = last.and_then(|last| last.chars().next_back()).unwrap_or('9');
        match self.charset {
            Charset::Unicode => safe_format!("{first}…{end}"),
            Charset::AsciiGlyphs | Charset::AsciiOnly => safe_format!("{first}-{end}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crokey::key;

    use super::*;

    #[test]
    fn no_key_is_bound_twice_in_one_context() {
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
    fn every_default_key_triggers_its_action() {
        let keymap = Keymap::default();
        for binding in &keymap.bindings {
            for key in &binding.keys {
                assert_eq!(*key, key.normalized(), "{binding:?}");
                assert_eq!(keymap.action_for(binding.context, *key), Some(binding.action));
            }
        }
    }

    #[test]
    fn keys_have_familiar_labels() {
        let labels: Vec<String> =
            [key!(enter), key!(ctrl - r), key!(alt - x), key!(shift - g), key!('?'), key!(f1)]
                .map(|key| key_label(key, Charset::Unicode).into())
                .into();
        assert_eq!(labels, ["↵", "Ctrl-R", "Alt-x", "G", "?", "F1"]);
        let keymap = Keymap::default();
        assert!(keymap.footer_hints(Context::Session, |_| true).contains(&("Alt-1…9".into(), "use step")));
        assert_eq!(key_label(key!(backtab), Charset::Unicode), "Shift-Tab");
    }

    #[test]
    fn help_and_mouse_keys_work_in_every_context_and_text_can_be_typed() {
        let keymap = Keymap::default();
        for context in [
            Context::Queue,
            Context::Filter,
            Context::Briefing,
            Context::BriefingOverlay,
            Context::Session,
            Context::Dialog,
            Context::Conflict,
            Context::Branches,
            Context::Steps,
            Context::SimilarCases,
            Context::Confirm,
            Context::SecretWarning,
            Context::Log,
            Context::Palette,
            Context::CommandLine,
        ] {
            assert_eq!(keymap.action_for(context, key!(f1)), Some(Action::Help), "{context:?}");
            assert_eq!(keymap.action_for(context, key!(alt - m)), Some(Action::ToggleMouse), "{context:?}");
            if context.accepts_text() && context != Context::Session {
                assert_eq!(keymap.action_for(context, key!('?')), None, "{context:?}");
            }
        }
    }
}
