//! Keys of the user's own: what the settings say of them, held against the table.

use std::collections::BTreeMap;

use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyModifiers};
use serde::Deserialize;

use crate::keymap::{
    Binding, Context, Keymap, accepts_text, action_name, defaults, global_key_applies, is_text_key, key_label,
};
use crate::theme::Charset;

/// What the settings change: names of actions, and the keys that each has then.
pub type KeyOverrides = BTreeMap<String, KeySpec>;

/// The keys of an action: one, several or none.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(untagged)]
pub enum KeySpec {
    /// One.
    One(String),
    /// Several, the one that is shown first; none takes them all away.
    Several(Vec<String>),
}

/// What is wrong with the keys of the settings.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyError {
    /// Nothing is called that.
    #[error("keys: {name:?} is no action\nhint: {hint}")]
    UnknownAction {
        /// What was written.
        name: String,
        /// What may have been meant.
        hint: String,
    },
    /// No key is called that.
    #[error(
        "keys: {key:?} for {name} is no key\nhint: keys look like p, G, ?, ctrl-p, alt-enter, shift-tab, pageup, f5"
    )]
    InvalidKey {
        /// The action.
        name: String,
        /// What was written.
        key: String,
    },
    /// One key would do two things.
    #[error("keys: {key} would be both {one} and {other}\nhint: give one of them another key under [keys]")]
    Conflict {
        /// The key.
        key: String,
        /// What it would be.
        one: String,
        /// And what besides.
        other: String,
    },
    /// The key types a letter where it is to be a command.
    #[error(
        "keys: {key} for {name} could no longer be typed\nhint: where one types, take it with ctrl or alt"
    )]
    BlocksTyping {
        /// The action.
        name: String,
        /// The key.
        key: String,
    },
}

impl Keymap {
    /// The table with keys of the user's own. Which of the names of keys are shown, the character set says.
    pub fn with_overrides(changes: &KeyOverrides, charset: Charset) -> Result<Self, KeyError> {
        let mut bindings = defaults::default_bindings();
        for (action, keys) in changes {
            let found = bindings.iter().position(|binding| binding.action_name() == *action);
            let Some(place) = found else { return Err(unknown_action(action, &bindings)) };
            bindings[place].keys = parse_keys(action, keys)?;
        }
        let keymap = Self { bindings, charset };
        keymap.validate()?;
        Ok(keymap)
    }

    /// Nothing that is pressed means two things, and nothing that is typed is lost.
    fn validate(&self) -> Result<(), KeyError> {
        for (place, binding) in self.bindings.iter().enumerate() {
            for key in &binding.keys {
                let shown = key_label(*key, self.charset);
                if blocks_typing(binding.context, *key) {
                    return Err(KeyError::BlocksTyping { name: binding.action_name(), key: shown });
                }
                let meets = |other: &&Binding| conflicts(binding, other, *key) && other.keys.contains(key);
                if let Some(other) = self.bindings[..place].iter().find(meets) {
                    return Err(KeyError::Conflict {
                        key: shown,
                        one: other.action_name(),
                        other: binding.action_name(),
                    });
                }
            }
        }
        Ok(())
    }
}

impl Binding {
    /// The public name of what it does.
    pub fn action_name(&self) -> String {
        action_name(self.context, self.action)
    }
}

/// Whether a key means both in one place.
fn conflicts(one: &Binding, other: &Binding, key: KeyCombination) -> bool {
    let reach = |global: &Binding, local: &Binding| {
        global.context == Context::Global && global_key_applies(local.context, global.action, key)
    };
    one.context == other.context || reach(one, other) || reach(other, one)
}

/// Whether a text could no longer have this. In a session what is bound counts while the message is empty, so that
/// only what messages begin with must stay.
fn blocks_typing(context: Context, key: KeyCombination) -> bool {
    let begins = matches!(key.codes.first(), KeyCode::Char(c) if c.is_alphabetic() || *c == ' ');
    accepts_text(context) && is_text_key(key) && (context != Context::Session || begins)
}

fn unknown_action(action: &str, bindings: &[Binding]) -> KeyError {
    let near =
        bindings.iter().map(Binding::action_name).map(|name| (strsim::jaro_winkler(&name, action), name));
    let nearest = near.max_by(|(one, _), (other, _)| one.total_cmp(other));
    let hint = match nearest {
        Some((nearness, name)) if nearness > 0.8 => format!("did you mean {name:?}?"),
        Some(_) | None => "`:` and Tab in the console, or docs/CONSOLE.md, list them".into(),
    };
    KeyError::UnknownAction { name: action.into(), hint }
}

fn parse_keys(action: &str, keys: &KeySpec) -> Result<Vec<KeyCombination>, KeyError> {
    let keys: Vec<&str> = match keys {
        KeySpec::One(key) => vec![key],
        KeySpec::Several(keys) => keys.iter().map(String::as_str).collect(),
    };
    let parsed = keys.into_iter().map(|key| {
        parse_key(key).ok_or_else(|| KeyError::InvalidKey { name: action.into(), key: key.into() })
    });
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
    use crate::keymap::{Action, ListAction};

    fn with_overrides(text: &str) -> Result<Keymap, KeyError> {
        Keymap::with_overrides(&toml::from_str(text).unwrap(), Charset::Unicode)
    }

    #[test]
    fn keys_are_read_as_people_write_them() {
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
    fn the_table_itself_is_free_of_clashes() {
        assert!(with_overrides("").is_ok());
    }

    #[test]
    fn a_key_of_ones_own_takes_the_place_of_the_old_ones() {
        let keymap = with_overrides("\"list.pick-up\" = [\"P\", \"ctrl-y\"]").unwrap();
        let pick_up = Some(Action::List(ListAction::PickUp));
        assert_eq!(keymap.action_for(Context::Queue, key!(shift - p)), pick_up);
        assert_eq!(keymap.action_for(Context::Queue, key!(ctrl - y)), pick_up);
        assert_eq!(keymap.action_for(Context::Queue, key!(p)), None);
        assert!(keymap.footer_hints(Context::Queue, |_| true).contains(&("P".into(), "pick up")));
        let none = with_overrides("\"list.pick-up\" = []").unwrap();
        assert!(none.footer_hints(Context::Queue, |_| true).iter().all(|(_, label)| *label != "pick up"));
    }

    #[test]
    fn digits_and_signs_may_be_keys_of_a_session_and_every_one_can_be_changed() {
        let keymap =
            with_overrides("\"session.use-step-1\" = \"alt-1\"\n\"session.help\" = [\"f1\", \"!\"]").unwrap();
        assert_eq!(keymap.action_for(Context::Session, key!('1')), None);
        assert_eq!(keymap.action_for(Context::Session, key!('!')), Some(Action::Help));
        assert_eq!(keymap.action_for(Context::Session, key!('?')), None);
    }

    #[test]
    fn what_cannot_be_is_said_with_what_can() {
        let says = |text| with_overrides(text).unwrap_err().to_string();
        assert_eq!(
            says("\"list.pickup\" = \"P\""),
            "keys: \"list.pickup\" is no action\nhint: did you mean \"list.pick-up\"?"
        );
        assert!(says("\"dance\" = \"P\"").contains("`:` and Tab"));
        assert!(says("\"list.pick-up\" = \"hyper-x\"").contains("\"hyper-x\" for list.pick-up is no key"));
        assert!(
            says("\"list.pick-up\" = \"j\"").starts_with("keys: j would be both list.pick-up and list.down")
        );
        // What holds everywhere holds in the list too.
        assert!(says("\"list.pick-up\" = \"q\"").contains("list.pick-up and quit"));
        assert!(says("\"session.send\" = \"s\"").contains("could no longer be typed"));
        assert!(says("\"dialog.submit\" = \"1\"").contains("could no longer be typed"));
    }
}
