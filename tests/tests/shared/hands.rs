//! Hands that press the keys of actions, by their names, and remember which they have pressed.

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent};
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
    #[track_caller]
    pub fn shows(&mut self, action: &str, text: &str) -> impl Future<Output = ()> {
        self.press(action);
        self.console.sees(text)
    }

    /// Presses the key of an action, which takes a text away.
    #[track_caller]
    pub fn hides(&mut self, action: &str, text: &str) -> impl Future<Output = ()> {
        assert!(self.console.screen().contains(text), "{text:?} is not there:\n{}", self.console.screen());
        self.press(action);
        self.console.no_longer_sees(text)
    }

    /// Presses the key of an action, which changes the screen.
    #[track_caller]
    pub fn changes(&mut self, action: &str) -> impl Future<Output = ()> {
        let before = self.console.screen();
        self.press(action);
        self.console.waits(move |screen| screen != before)
    }

    /// Presses the key of an action again and again, for what takes no key at first, until a text is gone.
    pub async fn hides_in_the_end(&mut self, action: &str, text: &str) {
        let code = key_of(action).code;
        let key = code.as_char().map_or_else(|| "<enter>".to_owned(), String::from);
        assert!(code.as_char().is_some() || code == KeyCode::Enter, "{code:?} has no name here");
        self.pressed.insert(action.to_owned());
        self.console.presses_away(&key, text).await;
    }

    /// Presses the key of an action.
    #[track_caller]
    pub fn press(&mut self, action: &str) {
        self.console.happens(Event::Key(key_of(action)));
        self.pressed.insert(action.to_owned());
    }

    /// Runs an action by its name, which shows a text: for one that has no key.
    #[track_caller]
    pub fn runs(&mut self, action: &str, text: &str) -> impl Future<Output = ()> {
        self.console.press(&format!(":{action}<enter>"));
        self.pressed.insert(action.to_owned());
        self.console.sees(text)
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
