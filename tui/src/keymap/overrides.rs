//! Keys that the user has changed in the settings, checked against the rest of the table.

use std::collections::BTreeMap;

use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyModifiers};
use serde::Deserialize;

use crate::keymap::action_name::OLD_NAMES;
use crate::keymap::{Action, Binding, Context, Keymap, defaults, is_text_key, key_label, verbs};
use crate::text::Safe;
use crate::theme::Charset;

/// The new keys of actions, by the names of the actions.
pub type KeyOverrides = BTreeMap<String, KeySpec>;

/// The keys of an action: one, several or none.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(untagged)]
pub enum KeySpec {
    /// One key.
    One(String),
    /// Any number of keys; the first is displayed.
    Several(Vec<String>),
}

/// Why the keys in the settings are invalid.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyError {
    /// There is no action of this name.
    #[error("keys: unknown action {name:?}\nhint: {hint}")]
    UnknownAction {
        /// The name in the settings.
        name: String,
        /// The closest name, or where to find them all.
        hint: String,
    },
    /// There is no key of this name.
    #[error(
        "keys: invalid key {key:?} for {name}\nhint: write keys like p, G, ?, ctrl-p, alt-enter, shift-tab, pageup or f5"
    )]
    InvalidKey {
        /// The action.
        name: String,
        /// The key in the settings.
        key: String,
    },
    /// Two actions would have the same key.
    #[error(
        "keys: {key} is bound to both {first} and {other}\nhint: give one of them another key under [keys]"
    )]
    Conflict {
        /// The key.
        key: Safe<'static>,
        /// The action that has it first.
        first: String,
        /// The other action.
        other: String,
    },
    /// The key could no longer be typed in a text.
    #[error("keys: {key} for {name} could no longer be typed\nhint: combine it with ctrl or alt")]
    BlocksTyping {
        /// The action.
        name: String,
        /// The key.
        key: Safe<'static>,
    },
}

impl Keymap {
    /// The default table with the user's changes. Labels of keys have only characters of `charset`.
    pub fn with_overrides(overrides: &KeyOverrides, charset: Charset) -> Result<Self, KeyError> {
        Self::with_shortcuts(overrides, &ShortcutKeys::default(), charset)
    }

    /// The same with the user's saved filters and commands.
    pub fn with_shortcuts(
        overrides: &KeyOverrides,
        shortcuts: &ShortcutKeys,
        charset: Charset,
    ) -> Result<Self, KeyError> {
        let mut bindings = defaults::default_bindings();
        for (name, keys) in overrides {
            let renamed = OLD_NAMES.iter().find(|(old, _)| old == name).map(|(_, new)| *new);
            let name = renamed.unwrap_or(name);
            let mut found = bindings.iter_mut().filter(|binding| binding.action_name() == name).peekable();
            if found.peek().is_none() {
                return Err(unknown_action(name, &bindings));
            }
            let keys = parse_keys(name, keys)?;
            found.for_each(|binding| binding.keys.clone_from(&keys));
        }
        // Before the global ones, which come last.
        let end = bindings.iter().position(|binding| binding.context == Context::Global);
        let end = end.unwrap_or(bindings.len());
        bindings.splice(end..end, shortcut_bindings(shortcuts)?);
        let keymap = Self { bindings: verbs::derive(bindings), charset };
        keymap.validate()?;
        Ok(keymap)
    }

    /// Checks that no key has two actions in one context, and that every character can still be typed.
    fn validate(&self) -> Result<(), KeyError> {
        for (index, binding) in self.bindings.iter().enumerate() {
            for key in &binding.keys {
                let label = key_label(*key, self.charset);
                if blocks_typing(binding.context, *key) {
                    return Err(KeyError::BlocksTyping { name: binding.action_name(), key: label });
                }
                let has_same = |other: &&Binding| other.keys.contains(key) && conflicts(binding, other, *key);
                if let Some(other) = self.bindings[..index].iter().find(has_same) {
                    return Err(KeyError::Conflict {
                        key: label,
                        first: other.action_name(),
                        other: binding.action_name(),
                    });
                }
            }
        }
        Ok(())
    }
}

/// The keys and names of saved filters and of commands, in order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ShortcutKeys {
    /// Of saved filters: keys of the list.
    pub filters: Vec<(KeySpec, String)>,
    /// Of commands: keys of the list and of briefings; those that type no text also of sessions.
    pub commands: Vec<(KeySpec, String)>,
}

fn shortcut_bindings(shortcuts: &ShortcutKeys) -> Result<Vec<Binding>, KeyError> {
    let mut bindings = Vec::new();
    let mut bind = |context, keys: Vec<KeyCombination>, action, name: &str| {
        let description = name.to_owned().into();
        bindings.push(Binding { context, keys, action, hint_label: "", description });
    };
    for (number, (keys, name)) in (1..).zip(&shortcuts.filters) {
        bind(Context::Queue, parse_keys(name, keys)?, Action::SavedFilter(number), name);
    }
    for (number, (keys, name)) in (1..).zip(&shortcuts.commands) {
        let keys = parse_keys(name, keys)?;
        let action = Action::Command(number);
        bind(Context::Queue, keys.clone(), action, name);
        bind(Context::Briefing, keys.clone(), action, name);
        let in_session: Vec<_> = keys.into_iter().filter(|key| !is_text_key(*key)).collect();
        bind(Context::Session, in_session, action, name);
    }
    Ok(bindings)
}

/// Whether both bindings of a key would apply in one context.
fn conflicts(one: &Binding, other: &Binding, key: KeyCombination) -> bool {
    let reaches = |global: &Binding, local: &Binding| {
        global.context == Context::Global && local.context.allows_global_key(global.action, key)
    };
    let meet = one.context == other.context || reaches(one, other) || reaches(other, one);
    meet && one.action != other.action
}

/// Whether a key could no longer be typed.
fn blocks_typing(context: Context, key: KeyCombination) -> bool {
    context.accepts_text() && is_text_key(key)
}

fn unknown_action(name: &str, bindings: &[Binding]) -> KeyError {
    let known = bindings.iter().map(Binding::action_name);
    let scored = known.map(|known| (strsim::jaro_winkler(&known, name), known));
    let hint = match scored.max_by(|(one, _), (other, _)| one.total_cmp(other)) {
        Some((similarity, closest)) if similarity > 0.8 => format!("did you mean {closest:?}?"),
        Some(_) | None => "press `:` and Tab in the console for a list, or see docs/CONSOLE.md".into(),
    };
    KeyError::UnknownAction { name: name.into(), hint }
}

fn parse_keys(name: &str, keys: &KeySpec) -> Result<Vec<KeyCombination>, KeyError> {
    let keys: Vec<&str> = match keys {
        KeySpec::One(key) => vec![key],
        KeySpec::Several(keys) => keys.iter().map(String::as_str).collect(),
    };
    let parsed = keys
        .into_iter()
        .map(|key| parse_key(key).ok_or_else(|| KeyError::InvalidKey { name: name.into(), key: key.into() }));
    parsed.collect()
}

/// A key as people write it: `ctrl-p`, `Ctrl-P`, `G`, `shift-g`, `PgUp`.
fn parse_key(text: &str) -> Option<KeyCombination> {
    let mut modifiers = KeyModifiers::NONE;
    let mut rest = text;
    while let Some((modifier, after)) = parse_modifier(rest) {
        modifiers |= modifier;
        rest = after;
    }
    let mut characters = rest.chars();
    let code = match (characters.next(), characters.next()) {
        (Some(letter), None) if modifiers.contains(KeyModifiers::CONTROL) => {
            KeyCode::Char(letter.to_ascii_lowercase())
        }
        (Some(letter), None) => KeyCode::Char(letter),
        _ => {
            let known = match rest.to_ascii_lowercase().as_str() {
                "pgup" => "pageup".into(),
                "pgdn" | "pgdown" => "pagedown".into(),
                "return" => "enter".into(),
                "escape" => "esc".into(),
                "tab" if modifiers.contains(KeyModifiers::SHIFT) => "backtab".into(),
                other => other.to_owned(),
            };
            let key = crokey::parse(&known).ok()?;
            *key.codes.first()
        }
    };
    Some(KeyCombination::new(code, modifiers).normalized())
}

fn parse_modifier(text: &str) -> Option<(KeyModifiers, &str)> {
    let (word, rest) = text.split_once('-').filter(|(_, rest)| !rest.is_empty())?;
    let modifier = match word.to_ascii_lowercase().as_str() {
        "ctrl" => KeyModifiers::CONTROL,
        "alt" => KeyModifiers::ALT,
        "shift" => KeyModifiers::SHIFT,
        _ => return None,
    };
    Some((modifier, rest))
}

#[cfg(test)]
mod tests {
    use crokey::key;

    use super::*;
    use crate::keymap::{EditAction, ListAction, SessionAction};

    fn with_overrides(text: &str) -> Result<Keymap, KeyError> {
        Keymap::with_overrides(&toml::from_str(text).unwrap(), Charset::Unicode)
    }

    #[test]
    fn keys_are_parsed_in_every_common_notation() {
        for (text, key) in [
            ("p", key!(p)),
            ("G", key!(shift - g)),
            ("shift-g", key!(shift - g)),
            ("Ctrl-P", key!(ctrl - p)),
            ("?", key!('?')),
            ("-", key!('-')),
            ("ctrl--", key!(ctrl - '-')),
            ("alt-Enter", key!(alt - enter)),
            ("shift-tab", key!(backtab)),
            ("PgUp", key!(pageup)),
            ("space", key!(' ')),
            ("F5", key!(f5)),
        ] {
            assert_eq!(parse_key(text), Some(key.normalized()), "{text}");
        }
        assert_eq!(parse_key("hyper-x"), None);
        assert_eq!(parse_key(""), None);
    }

    #[test]
    fn the_default_table_is_valid() {
        assert!(with_overrides("").is_ok());
    }

    #[test]
    fn custom_keys_replace_the_default_ones() {
        let keymap = with_overrides("\"list.pick-up\" = [\"P\", \"ctrl-y\"]").unwrap();
        let pick_up = Some(Action::List(ListAction::PickUp));
        assert_eq!(keymap.action_for(Context::Queue, key!(shift - p)), pick_up);
        assert_eq!(keymap.action_for(Context::Queue, key!(ctrl - y)), pick_up);
        assert_eq!(keymap.action_for(Context::Queue, key!(p)), None);
        assert!(keymap.footer_hints(Context::Queue, |_| true).contains(&("P".into(), "pick up")));
        let none = with_overrides("\"list.pick-up\" = []").unwrap();
        assert!(none.footer_hints(Context::Queue, |_| true).iter().all(|(_, label)| *label != "pick up"));
    }

    /// Seen to fail: with derived keys that ignore the settings.
    #[test]
    fn a_letter_in_the_settings_is_the_same_verb_in_the_conversation_in_the_menu_and_with_alt() {
        let keymap = with_overrides("\"session.resolve\" = [\"D\", \"f7\", \"ctrl-r\"]").unwrap();
        let resolve = Some(Action::Session(SessionAction::Resolve));
        for (context, keys) in [
            (Context::Conversation, [key!(shift - d), key!(f7), key!(ctrl - r)]),
            (Context::SessionMenu, [key!(shift - d), key!(f7), key!(ctrl - r)]),
            (Context::Session, [key!(alt - shift - d), key!(f7), key!(ctrl - r)]),
        ] {
            for key in keys {
                assert_eq!(keymap.action_for(context, key), resolve, "{context:?} {key}");
            }
        }
        assert_eq!(keymap.action_for(Context::Session, key!(shift - d)), None);
        assert_eq!(keymap.action_for(Context::Session, key!(alt - shift - r)), None);
    }

    #[test]
    fn settings_of_earlier_versions_are_still_valid() {
        let keymap = with_overrides("\"session.undo\" = \"f8\"\n\"session.pick-up\" = \"alt-p\"").unwrap();
        assert_eq!(keymap.action_for(Context::Dialog, key!(f8)), Some(Action::Edit(EditAction::Undo)));
        assert_eq!(
            keymap.action_for(Context::Session, key!(alt - p)),
            Some(Action::Session(SessionAction::PickUp))
        );
    }

    #[test]
    fn an_invalid_key_binding_is_refused_with_a_hint() {
        let error = |text| with_overrides(text).unwrap_err().to_string();
        assert_eq!(
            error("\"list.pickup\" = \"P\""),
            "keys: unknown action \"list.pickup\"\nhint: did you mean \"list.pick-up\"?"
        );
        assert!(error("\"dance\" = \"P\"").contains("`:` and Tab"));
        assert!(error("\"list.pick-up\" = \"hyper-x\"").contains("invalid key \"hyper-x\" for list.pick-up"));
        assert!(
            error("\"list.pick-up\" = \"j\"")
                .starts_with("keys: j is bound to both list.pick-up and list.down")
        );
        // Global keys apply in the list too.
        assert!(error("\"list.pick-up\" = \"q\"").contains("list.pick-up and quit"));
        assert!(error("\"session.send\" = \"s\"").contains("could no longer be typed"));
        assert!(error("\"dialog.submit\" = \"1\"").contains("could no longer be typed"));
    }
}
