//! Keys: a table of named actions. The footer, the help and the bindings themselves are read from it.

use crokey::{KeyCombination, key};
use crossterm::event::{KeyCode, KeyModifiers};

use crate::state::queue::Tab;

/// Where a key is pressed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Context {
    /// Anywhere but where text is typed.
    Global,
    /// The list.
    Queue,
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
    /// A question with yes and no.
    Confirm,
    /// The list of keys.
    Help,
}

/// What a key does. Each place has verbs of its own; moving is the same everywhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// Leave the console.
    Quit,
    /// Leave the console, from wherever one is; drafts are kept.
    QuitNow,
    /// Stop until the shell brings it back.
    Suspend,
    /// Show every key of this place.
    Help,
    /// Move a selection or a text.
    Move(Move),
    /// Something about the list.
    List(ListVerb),
    /// Something about the briefing.
    Briefing(BriefingVerb),
    /// Something about the session.
    Session(SessionVerb),
    /// Something about a dialog.
    Dialog(DialogVerb),
    /// Something about a lost claim.
    Conflict(ConflictVerb),
    /// A yes.
    Yes,
    /// A no, or simply to close what is open.
    Close,
}

/// Ways to move.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Move {
    /// One row down, or one line.
    Down,
    /// One row up, or one line.
    Up,
    /// A page down.
    PageDown,
    /// A page up.
    PageUp,
    /// To the first row.
    Top,
    /// To the last row.
    Bottom,
}

/// What is done in the list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ListVerb {
    /// Open what is selected.
    Open,
    /// Claim what is selected, without opening it first.
    PickUp,
    /// Select the next unread row.
    NextUnread,
    /// Show the dot again.
    MarkUnread,
    /// Open a new session.
    NewSession,
    /// Give a claim back.
    Release,
    /// Ask for the assessment again.
    Reassess,
    /// The next tab.
    NextTab,
    /// This tab.
    Tab(Tab),
}

/// What is done in a briefing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BriefingVerb {
    /// Claim it and begin.
    StartHere,
    /// Back to the list.
    Back,
    /// The other half.
    OtherPane,
    /// Ask for the assessment again.
    Reassess,
    /// Open the next one that waits.
    NextOpen,
}

/// What is done in a session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SessionVerb {
    /// Send what was typed.
    Send,
    /// A line break.
    Newline,
    /// Put a suggested step into the message, by its number.
    UseStep(u8),
    /// Hide the suggested steps.
    HideSteps,
    /// Show steps further to the right.
    StepsRight,
    /// Show steps further to the left.
    StepsLeft,
    /// Ask the assistant, or leave a note.
    ToggleNote,
    /// The briefing, over the session.
    ShowBriefing,
    /// Resolve it.
    Resolve,
    /// Escalate it.
    Escalate,
    /// Park it.
    Park,
    /// Give the claim back.
    Release,
    /// Back to the list.
    Back,
}

/// What is done in a dialog.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DialogVerb {
    /// It is filled in.
    Submit,
    /// The next field.
    NextField,
    /// The field before.
    PreviousField,
    /// A line break.
    Newline,
    /// Close it.
    Cancel,
}

/// What is done after a lost claim.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ConflictVerb {
    /// Back to the list.
    Close,
    /// Open the next one that waits.
    NextOpen,
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

/// The table.
#[derive(Clone, Debug)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

fn bind(
    context: Context,
    keys: &[KeyCombination],
    action: Action,
    label: &'static str,
    about: &'static str,
) -> Binding {
    Binding { context, keys: keys.to_vec(), action, label, about }
}

impl Default for Keymap {
    #[rustfmt::skip]
    fn default() -> Self {
        use Action::{Briefing as B, Conflict as K, Dialog as D, List as L, Move as M, Session as S};
        use Context as C;
        use {Action as A, Move as To};
        let mut bindings = vec![
            bind(C::Queue, &[key!(enter), key!(l), key!(right)], L(ListVerb::Open), "open", "Open: the ten-second briefing, or your session"),
            bind(C::Queue, &[key!(p)], L(ListVerb::PickUp), "pick up", "Pick up: claim it and start, without opening it first"),
            bind(C::Queue, &[key!(j), key!(down), key!(ctrl-n)], M(To::Down), "", "Down"),
            bind(C::Queue, &[key!(k), key!(up), key!(ctrl-p)], M(To::Up), "", "Up"),
            bind(C::Queue, &[key!(pagedown), key!(ctrl-d)], M(To::PageDown), "", "A page down"),
            bind(C::Queue, &[key!(pageup), key!(ctrl-u)], M(To::PageUp), "", "A page up"),
            bind(C::Queue, &[key!(g), key!(home)], M(To::Top), "", "To the first"),
            bind(C::Queue, &[key!(shift-g), key!(end)], M(To::Bottom), "", "To the last"),
            bind(C::Queue, &[key!(n)], L(ListVerb::NextUnread), "next unread", "Next unread"),
            bind(C::Queue, &[key!(u)], L(ListVerb::MarkUnread), "mark unread", "Mark as unread"),
            bind(C::Queue, &[key!(c)], L(ListVerb::NewSession), "new session", "New session"),
            bind(C::Queue, &[key!(x)], L(ListVerb::Release), "", "Release: give a claim of yours back to the queue"),
            bind(C::Queue, &[key!(r)], L(ListVerb::Reassess), "", "Run the assessment again"),
            bind(C::Queue, &[key!(tab)], L(ListVerb::NextTab), "", "Next tab"),
            bind(C::Queue, &[key!('1')], L(ListVerb::Tab(Tab::Queue)), "", "Queue: what waits, and what others work on"),
            bind(C::Queue, &[key!('2')], L(ListVerb::Tab(Tab::Mine)), "", "Mine: what you work on"),
            bind(C::Queue, &[key!('3')], L(ListVerb::Tab(Tab::Parked)), "", "Parked: what you put aside"),

            bind(C::Briefing, &[key!(enter)], B(BriefingVerb::StartHere), "start here", "Start here: claim it and go to its session"),
            bind(C::Briefing, &[key!(esc), key!(h), key!(left), key!(backspace)], B(BriefingVerb::Back), "back", "Back to the list"),
            bind(C::Briefing, &[key!(tab), key!(backtab)], B(BriefingVerb::OtherPane), "other pane", "Between what happened and the assessment"),
            bind(C::Briefing, &[key!(r)], B(BriefingVerb::Reassess), "assess again", "Run the assessment again"),
            bind(C::Briefing, &[key!(n)], B(BriefingVerb::NextOpen), "next open", "Open the next one that waits"),
            bind(C::Briefing, &[key!(j), key!(down)], M(To::Down), "", "Scroll down"),
            bind(C::Briefing, &[key!(k), key!(up)], M(To::Up), "", "Scroll up"),
            bind(C::Briefing, &[key!(pagedown), key!(' '), key!(ctrl-d)], M(To::PageDown), "", "A page down"),
            bind(C::Briefing, &[key!(pageup), key!(ctrl-u)], M(To::PageUp), "", "A page up"),
            bind(C::Briefing, &[key!(g), key!(home)], M(To::Top), "", "To the top"),
            bind(C::Briefing, &[key!(shift-g), key!(end)], M(To::Bottom), "", "To the end"),

            bind(C::BriefingOverlay, &[key!(esc), key!(ctrl-b), key!(q), key!(enter)], A::Close, "close", "Back to the session"),
            bind(C::BriefingOverlay, &[key!(tab), key!(backtab)], B(BriefingVerb::OtherPane), "other pane", "Between what happened and the assessment"),
            bind(C::BriefingOverlay, &[key!(r)], B(BriefingVerb::Reassess), "assess again", "Run the assessment again"),
            bind(C::BriefingOverlay, &[key!(j), key!(down)], M(To::Down), "", "Scroll down"),
            bind(C::BriefingOverlay, &[key!(k), key!(up)], M(To::Up), "", "Scroll up"),
            bind(C::BriefingOverlay, &[key!(pagedown), key!(' '), key!(ctrl-d)], M(To::PageDown), "", "A page down"),
            bind(C::BriefingOverlay, &[key!(pageup), key!(ctrl-u)], M(To::PageUp), "", "A page up"),

            bind(C::Session, &[key!(enter)], S(SessionVerb::Send), "send", "Send"),
            bind(C::Session, &[key!(alt-enter), key!(shift-enter), key!(ctrl-j)], S(SessionVerb::Newline), "newline", "Line break"),
            bind(C::Session, &[key!(alt-x)], S(SessionVerb::HideSteps), "hide steps", "Hide the suggested steps"),
            bind(C::Session, &[key!(alt-right)], S(SessionVerb::StepsRight), "", "More steps to the right"),
            bind(C::Session, &[key!(alt-left)], S(SessionVerb::StepsLeft), "", "More steps to the left"),
            bind(C::Session, &[key!(ctrl-b)], S(SessionVerb::ShowBriefing), "briefing", "Show the briefing"),
            bind(C::Session, &[key!(ctrl-t)], S(SessionVerb::ToggleNote), "note", "Ask the assistant, or leave a note that it does not answer"),
            bind(C::Session, &[key!(ctrl-r)], S(SessionVerb::Resolve), "resolve", "Resolve: say what it was"),
            bind(C::Session, &[key!(ctrl-e)], S(SessionVerb::Escalate), "escalate", "Escalate: pass it to the team's queue"),
            bind(C::Session, &[key!(ctrl-k)], S(SessionVerb::Park), "park", "Park: put it aside, privately"),
            bind(C::Session, &[key!(alt-r)], S(SessionVerb::Release), "", "Release: give your claim back to the queue"),
            bind(C::Session, &[key!(pageup)], M(To::PageUp), "", "Scroll up"),
            bind(C::Session, &[key!(pagedown)], M(To::PageDown), "", "Scroll down"),
            bind(C::Session, &[key!(ctrl-up)], M(To::Up), "", "A line up"),
            bind(C::Session, &[key!(ctrl-down)], M(To::Down), "", "A line down"),
            bind(C::Session, &[key!(ctrl-home)], M(To::Top), "", "To the first message"),
            bind(C::Session, &[key!(ctrl-end)], M(To::Bottom), "", "To the end"),
            bind(C::Session, &[key!(f1)], A::Help, "help", "This help; ? too while the message is empty"),
            bind(C::Session, &[key!(esc)], S(SessionVerb::Back), "back", "Back to the list; what you typed is kept"),

            bind(C::Dialog, &[key!(enter), key!(ctrl-s)], D(DialogVerb::Submit), "done", "Done"),
            bind(C::Dialog, &[key!(tab), key!(down)], D(DialogVerb::NextField), "next field", "Next field"),
            bind(C::Dialog, &[key!(backtab), key!(up)], D(DialogVerb::PreviousField), "", "Field before"),
            bind(C::Dialog, &[key!(alt-enter), key!(shift-enter), key!(ctrl-j)], D(DialogVerb::Newline), "newline", "Line break"),
            bind(C::Dialog, &[key!(esc)], D(DialogVerb::Cancel), "cancel", "Cancel"),

            bind(C::Conflict, &[key!(enter), key!(esc), key!(q)], K(ConflictVerb::Close), "close", "Back to the queue"),
            bind(C::Conflict, &[key!(n)], K(ConflictVerb::NextOpen), "next open", "Open the next one that waits"),

            bind(C::Confirm, &[key!(y)], A::Yes, "yes", "Yes"),
            bind(C::Confirm, &[key!(n), key!(esc), key!(enter), key!(q)], A::Close, "no", "No"),

            bind(C::Help, &[key!(esc), key!('?'), key!(q), key!(enter), key!(f1)], A::Close, "close", "Close"),
            bind(C::Help, &[key!(j), key!(down)], M(To::Down), "", "Scroll down"),
            bind(C::Help, &[key!(k), key!(up)], M(To::Up), "", "Scroll up"),
            bind(C::Help, &[key!(pagedown), key!(' ')], M(To::PageDown), "", "A page down"),
            bind(C::Help, &[key!(pageup)], M(To::PageUp), "", "A page up"),

            bind(C::Global, &[key!('?'), key!(f1)], A::Help, "help", "This help"),
            bind(C::Global, &[key!(q)], A::Quit, "quit", "Quit"),
            bind(C::Global, &[key!(ctrl-c)], A::QuitNow, "", "Quit, from anywhere; what you typed is kept"),
            bind(C::Global, &[key!(ctrl-z)], A::Suspend, "", "Suspend; `fg` brings it back"),
        ];
        let after_newline = bindings
            .iter()
            .position(|binding| binding.action == S(SessionVerb::Newline))
            .map_or(bindings.len(), |place| place + 1);
        for digit in (1..=9).rev() {
            let code = KeyCode::Char(char::from(b'0' + digit));
            let key = KeyCombination::new(code, KeyModifiers::ALT);
            let label = if digit == 1 { "use step" } else { "" };
            let step = bind(C::Session, &[key], S(SessionVerb::UseStep(digit)), label, "Put this suggested step into the message; it is not sent");
            bindings.insert(after_newline, step);
        }
        Self { bindings }
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

    /// The lines of a place that the footer shows: key and label, in the order of the table.
    pub fn hints(&self, context: Context) -> Vec<(String, &'static str)> {
        let here = |binding: &&Binding| {
            binding.context == context
                || (binding.context == Context::Global && reaches(context, binding.action))
        };
        let shown = self.bindings.iter().filter(here).filter(|binding| !binding.label.is_empty());
        shown.map(|binding| (self.keys_of(binding), binding.label)).collect()
    }

    /// Every line of a place: keys and what they do.
    pub fn help(&self, context: Context) -> Vec<(String, &'static str)> {
        let mut lines: Vec<(String, &'static str)> = Vec::new();
        for binding in &self.bindings {
            let here = binding.context == context
                || (binding.context == Context::Global && reaches(context, binding.action));
            // The nine keys of the steps are one line.
            let repeats = matches!(binding.action, Action::Session(SessionVerb::UseStep(digit)) if digit > 1);
            if here && !repeats {
                let mut keys = vec![self.keys_of(binding)];
                keys.extend(binding.keys.iter().skip(1).map(|key| name(*key)));
                lines.push((keys.join(" "), binding.about));
            }
        }
        lines
    }

    /// The key that is shown for an action in a place.
    pub fn key_for(&self, context: Context, action: Action) -> String {
        let found =
            self.bindings.iter().find(|binding| binding.context == context && binding.action == action);
        found.map(|binding| self.keys_of(binding)).unwrap_or_default()
    }

    /// The key that stands for a line; the keys of the steps are one line.
    fn keys_of(&self, binding: &Binding) -> String {
        let first = binding.keys.first().map(|key| name(*key)).unwrap_or_default();
        if !matches!(binding.action, Action::Session(SessionVerb::UseStep(_))) {
            return first;
        }
        let is_step = |other: &&Binding| matches!(other.action, Action::Session(SessionVerb::UseStep(_)));
        let last = self.bindings.iter().rev().find(is_step).and_then(|last| last.keys.first());
        let end = last.and_then(|last| name(*last).chars().next_back()).unwrap_or('9');
        format!("{first}…{end}")
    }
}

/// What holds anywhere does not hold where text is typed or a question waits, but for leaving and suspending.
const fn reaches(context: Context, action: Action) -> bool {
    match context {
        Context::Global | Context::Queue | Context::Briefing => true,
        Context::BriefingOverlay => !matches!(action, Action::Quit),
        Context::Session | Context::Dialog | Context::Conflict | Context::Confirm | Context::Help => {
            matches!(action, Action::Suspend | Action::QuitNow)
        }
    }
}

/// A key as people write it.
pub fn name(key: KeyCombination) -> String {
    let mut name = String::new();
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        name.push_str("Ctrl-");
    }
    if key.modifiers.contains(KeyModifiers::ALT) {
        name.push_str("Alt-");
    }
    let code = key.codes.first();
    let shifted_letter = matches!(code, KeyCode::Char(c) if c.is_alphabetic());
    if key.modifiers.contains(KeyModifiers::SHIFT) && !shifted_letter {
        name.push_str("Shift-");
    }
    name.push_str(&code_name(*code, key.modifiers));
    name
}

#[expect(clippy::wildcard_enum_match_arm, reason = "of a library's keys only these have names of their own")]
fn code_name(code: KeyCode, modifiers: KeyModifiers) -> String {
    match code {
        KeyCode::Enter => "↵".into(),
        KeyCode::Esc => "Esc".into(),
        KeyCode::Tab => "Tab".into(),
        KeyCode::BackTab => "⇧Tab".into(),
        KeyCode::Up => "↑".into(),
        KeyCode::Down => "↓".into(),
        KeyCode::Left => "←".into(),
        KeyCode::Right => "→".into(),
        KeyCode::PageUp => "PgUp".into(),
        KeyCode::PageDown => "PgDn".into(),
        KeyCode::Char(' ') => "Space".into(),
        KeyCode::Char(c) if modifiers.intersects(KeyModifiers::SHIFT | KeyModifiers::CONTROL) => {
            c.to_uppercase().to_string()
        }
        KeyCode::Char(c) => c.to_string(),
        KeyCode::F(number) => format!("F{number}"),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
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
                .map(name)
                .into();
        assert_eq!(names, ["↵", "Ctrl-R", "Alt-x", "G", "?", "F1"]);
        assert!(Keymap::default().hints(Context::Session).contains(&("Alt-1…9".into(), "use step")));
    }
}
