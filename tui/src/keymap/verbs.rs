//! What a session does: one table of keys for the conversation, for the menu and, with Alt, for the message. The keys of
//! the menu and of the message are derived from those of the conversation, so that a letter is the same verb everywhere.

use crokey::{KeyCombination, key};
use crossterm::event::KeyModifiers;

use crate::keymap::action::{Action, SearchAction, SessionAction};
use crate::keymap::binding::{Binding, Row};
use crate::keymap::context::{Context, is_text_key};

/// The description of all keys that use a step, which are one line of the help.
const USE_STEP: &str = "Add this step to your message, without sending it";

/// The verbs, the most important first.
#[rustfmt::skip]
pub(super) const VERBS: &[Row] = &[
    (&[key!(p)], Action::Session(SessionAction::PickUp), "pick up", "Pick up: claim the handoff of this session"),
    (&[key!(t)], Action::Session(SessionAction::TakeBack), "take back", "Take back a parked session or an unclaimed escalation"),
    (&[key!(shift-r)], Action::Session(SessionAction::Resolve), "resolve", "Resolve the session"),
    (&[key!(shift-e)], Action::Session(SessionAction::Escalate), "escalate", "Escalate to the team's queue"),
    (&[key!(z)], Action::Session(SessionAction::Park), "park", "Park: put it aside, visible only to you"),
    (&[key!(a)], Action::Session(SessionAction::Assign), "assign", "Assign to a person"),
    (&[key!(b)], Action::Session(SessionAction::SendBack), "send back", "Send back with a question"),
    (&[key!(shift-u)], Action::Session(SessionAction::Release), "release", "Release your claim to the queue"),
    (&[key!('!')], Action::Session(SessionAction::Change), "change", "Change the priority and the summary"),
    (&[key!(v)], Action::Session(SessionAction::ShowBriefing), "briefing", "Show the briefing"),
    (&[key!(shift-c)], Action::Session(SessionAction::Tried), "tried", "Tried: possible causes and their status"),
    (&[key!(o)], Action::Session(SessionAction::Proposed), "add cause", "Add the likely cause, or what to find out, to Tried"),
    (&[key!(w)], Action::Session(SessionAction::Outcomes), "outcomes", "Step outcomes: what worked"),
    (&[key!('1')], Action::Session(SessionAction::UseStep(1)), "use step", USE_STEP),
    (&[key!('2')], Action::Session(SessionAction::UseStep(2)), "", USE_STEP),
    (&[key!('3')], Action::Session(SessionAction::UseStep(3)), "", USE_STEP),
    (&[key!('4')], Action::Session(SessionAction::UseStep(4)), "", USE_STEP),
    (&[key!('5')], Action::Session(SessionAction::UseStep(5)), "", USE_STEP),
    (&[key!('6')], Action::Session(SessionAction::UseStep(6)), "", USE_STEP),
    (&[key!('7')], Action::Session(SessionAction::UseStep(7)), "", USE_STEP),
    (&[key!('8')], Action::Session(SessionAction::UseStep(8)), "", USE_STEP),
    (&[key!('9')], Action::Session(SessionAction::UseStep(9)), "", USE_STEP),
    (&[key!(x)], Action::Session(SessionAction::HideSteps), "hide steps", "Hide the suggested steps, or show them again"),
    (&[key!(e)], Action::Session(SessionAction::NextEvidence), "evidence", "Next evidence"),
    (&[key!(f)], Action::Pager, "full text", "Open a long text, or the marked message, in full"),
    (&[key!('/')], Action::Search(SearchAction::Search), "search", "Search in the conversation"),
    (&[key!(y)], Action::Session(SessionAction::Copy), "copy", "Copy the selection, the marked message or the last one"),
    (&[key!(shift-y)], Action::Session(SessionAction::CopyCode), "copy code", "Copy a code block; again for the next"),
    (&[key!(alt-up), key!(shift-k)], Action::Session(SessionAction::MarkUp), "mark previous", "Mark the previous message"),
    (&[key!(alt-down), key!(shift-j)], Action::Session(SessionAction::MarkDown), "mark next", "Mark the next message"),
    (&[key!(ctrl-t)], Action::Session(SessionAction::ToggleNote), "note", "Switch between asking the assistant and leaving a note"),
    (&[key!(ctrl-o)], Action::Session(SessionAction::Editor), "editor", "Write the message in your own editor ($VISUAL, $EDITOR)"),
    (&[key!(shift-l)], Action::Log, "log", "Log: past notifications with their times"),
    (&[key!(q)], Action::Session(SessionAction::Back), "", "Back to the list; your draft is kept"),
];

/// Whether a binding of the conversation is one of the verbs, and not Escape, which leads elsewhere in each place.
fn is_verb(binding: &Binding) -> bool {
    let leaves_only = binding.keys.iter().all(|key| !applies_everywhere(*key)) && !binding.keys.is_empty();
    binding.context == Context::Conversation
        && !leaves_only
        && VERBS.iter().any(|row| row.1 == binding.action)
}

/// Adds the keys of the verbs in the menu and in the message to a table that has those of the conversation.
pub(super) fn derive(base: Vec<Binding>) -> Vec<Binding> {
    let edit_keys: Vec<KeyCombination> = base
        .iter()
        .filter(|binding| binding.context == Context::Editing)
        .flat_map(|b| b.keys.clone())
        .collect();
    let verbs: Vec<Binding> = base.iter().filter(|binding| is_verb(binding)).cloned().collect();
    let mut bindings = Vec::with_capacity(base.len() + 2 * verbs.len());
    for binding in base {
        // Before the rest of their table, whose first rows are more important.
        match (binding.context, binding.action) {
            (Context::Session, Action::Session(SessionAction::Newline)) => {
                bindings.extend(verbs.iter().map(|verb| in_message(verb, &edit_keys)));
            }
            (Context::SessionMenu, Action::Close) => bindings.extend(verbs.iter().map(in_menu)),
            _ => {}
        }
        bindings.push(binding);
    }
    bindings
}

/// A verb in the message: a letter with Alt, unless that key edits text.
fn in_message(verb: &Binding, edit_keys: &[KeyCombination]) -> Binding {
    let with_alt =
        |key: &KeyCombination| if is_text_key(*key) { with_modifier(*key, KeyModifiers::ALT) } else { *key };
    let keys = verb.keys.iter().filter(|key| applies_everywhere(**key)).map(with_alt);
    let is_about_the_message = matches!(
        verb.action,
        Action::Session(
            SessionAction::PickUp
                | SessionAction::TakeBack
                | SessionAction::ToggleNote
                | SessionAction::Editor
        )
    );
    Binding {
        context: Context::Session,
        keys: keys.filter(|key| !edit_keys.contains(key)).collect(),
        hint_label: if is_about_the_message { verb.hint_label } else { "" },
        ..verb.clone()
    }
}

/// A verb in the menu.
fn in_menu(verb: &Binding) -> Binding {
    let keys = verb.keys.iter().copied().filter(|key| applies_everywhere(*key)).collect();
    Binding { context: Context::SessionMenu, keys, ..verb.clone() }
}

/// Whether a key does the same in the message and in the menu: they need Escape and Enter for themselves.
fn applies_everywhere(key: KeyCombination) -> bool {
    key != key!(esc) && key != key!(enter)
}

/// The letter of a key with Alt, as the conversation has it. Escape with a letter close behind arrives as such a key.
pub(super) fn without_alt(key: KeyCombination) -> Option<KeyCombination> {
    let letter = KeyCombination::new(*key.codes.first(), key.modifiers - KeyModifiers::ALT).normalized();
    (key.modifiers.contains(KeyModifiers::ALT) && is_text_key(letter)).then_some(letter)
}

fn with_modifier(key: KeyCombination, modifier: KeyModifiers) -> KeyCombination {
    KeyCombination::new(*key.codes.first(), key.modifiers | modifier).normalized()
}
