//! Hands that press the keys of actions, by their names, and remember which they have pressed.

use std::collections::BTreeSet;

use crossterm::event::KeyEvent;
use tierup::event::Event;
use tierup::keymap::Keymap;
use tierup_e2e::Console;

/// Hands on a console. Every action goes by the first of its default keys.
pub struct Hands {
    /// The console that they are on.
    pub console: Console,
    pressed: BTreeSet<String>,
}

impl Hands {
    pub fn on(console: Console) -> Self {
        Self { console, pressed: BTreeSet::new() }
    }

    /// Goes to another console, and lets go of this one.
    pub fn go_to(&mut self, console: Console) -> Console {
        std::mem::replace(&mut self.console, console)
    }

    /// Presses the key of an action, which shows a text.
    pub async fn shows(&mut self, action: &str, text: &str) {
        self.press(action).await;
        self.console.sees(text).await;
    }

    /// Presses the key of an action, which takes a text away.
    pub async fn hides(&mut self, action: &str, text: &str) {
        self.press(action).await;
        self.console.no_longer_sees(text).await;
    }

    /// Presses the key of an action, which changes the screen.
    pub async fn changes(&mut self, action: &str) {
        let before = self.console.screen().await;
        self.press(action).await;
        self.console.waits(move |screen| screen != before).await;
    }

    /// Presses the key of an action.
    pub async fn press(&mut self, action: &str) {
        self.console.happens(Event::Key(key_of(action))).await;
        self.pressed.insert(action.to_owned());
    }

    /// Runs an action by its name, which shows a text: for one that has no key.
    pub async fn runs(&mut self, action: &str, text: &str) {
        self.console.press(&format!(":{action}<enter>")).await;
        self.pressed.insert(action.to_owned());
        self.console.sees(text).await;
    }

    /// The actions of the keymap that no story has pressed.
    pub fn left_out(&self) -> Vec<String> {
        let all = Keymap::default().all().iter().map(tierup::keymap::Binding::name).collect::<BTreeSet<_>>();
        all.difference(&self.pressed).cloned().collect()
    }
}

#[track_caller]
fn key_of(action: &str) -> KeyEvent {
    let keymap = Keymap::default();
    let binding = keymap.all().iter().find(|binding| binding.name() == action);
    let binding = binding.unwrap_or_else(|| panic!("no action is called {action}"));
    let key = binding.keys.first().unwrap_or_else(|| panic!("{action} has no key"));
    KeyEvent::new(*key.codes.first(), key.modifiers)
}
