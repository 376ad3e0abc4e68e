//! Presses the keys of actions by their names, and records which were pressed.

use std::collections::BTreeSet;

use crossterm::event::KeyEvent;
use tierup::event::Event;
use tierup::keymap::Keymap;
use tierup_e2e::Console;

/// Presses keys on a console. Every action has the first of its default keys, with Alt in a message.
pub struct Keyboard {
    /// The console.
    pub console: Console,
    pressed_actions: BTreeSet<String>,
}

impl Keyboard {
    pub fn new(console: Console) -> Self {
        Self { console, pressed_actions: BTreeSet::new() }
    }

    /// Switches to another console.
    pub fn replace_console(&mut self, console: Console) -> Console {
        std::mem::replace(&mut self.console, console)
    }

    /// Presses the key of an action and waits for a text.
    pub async fn press_to_show(&mut self, action: &str, text: &str) {
        self.press(action).await;
        self.console.sees(text).await;
    }

    /// Presses the key of an action and waits until a text disappears.
    pub async fn press_to_hide(&mut self, action: &str, text: &str) {
        self.press(action).await;
        self.console.no_longer_sees(text).await;
    }

    /// Presses the key of an action and waits until the screen changes.
    pub async fn press_to_change(&mut self, action: &str) {
        let before = self.console.screen().await;
        self.press(action).await;
        self.console.wait_for_screen(move |screen| screen != before).await;
    }

    /// Presses the key of an action.
    pub async fn press(&mut self, action: &str) {
        self.console.send_event(Event::Key(default_key(action))).await;
        self.pressed_actions.insert(action.to_owned());
    }

    /// Runs an action without a key by its name, and waits for a text.
    pub async fn run_command(&mut self, action: &str, text: &str) {
        self.console.press(&format!(":{action}<enter>")).await;
        self.pressed_actions.insert(action.to_owned());
        self.console.sees(text).await;
    }

    /// The actions of the keymap that were not pressed.
    pub fn unpressed_actions(&self) -> Vec<String> {
        let all = Keymap::default()
            .bindings()
            .iter()
            .map(tierup::keymap::Binding::action_name)
            .collect::<BTreeSet<_>>();
        all.difference(&self.pressed_actions).cloned().collect()
    }
}

#[track_caller]
fn default_key(action: &str) -> KeyEvent {
    let keymap = Keymap::default();
    let mut bindings = keymap.bindings().iter().filter(|binding| binding.action_name() == action);
    let key = bindings.find_map(|binding| binding.keys.first());
    let key = key.unwrap_or_else(|| panic!("no action with a key is called {action}"));
    KeyEvent::new(*key.codes.first(), key.modifiers)
}
