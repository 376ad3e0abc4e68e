//! Dialogs: going through the fields, and asking the server for what they say.

use crossterm::event::{KeyCode, KeyEvent};
use tierup_common::handoff::{Intent, Priority};
use tierup_common::id::HandoffId;
use tierup_common::limit;
use tierup_common::session::{
    BranchStatus, CreateSession, HandOff, IntakeContent, IntakeType, PutBranch, Resolve,
};
use tierup_common::time::Timestamp;
use tierup_common::user::{Person, Role, User};

use crate::effect::{Call, Effect, Ticket};
use crate::event::Failure;
use crate::keymap::DialogVerb;
use crate::state::dialog::{Dialog, Input, Purpose};
use crate::state::layer::{Confirm, Layer, OnYes};
use crate::state::zone::{Moment, Zone};
use crate::state::{State, wake};
use crate::text::safe;
use crate::update::{ended, load};

pub(super) fn act(state: &mut State, verb: DialogVerb, effects: &mut Vec<Effect>) {
    match verb {
        DialogVerb::Cancel => cancel(state),
        DialogVerb::Submit => submit(state, false, effects),
        DialogVerb::NextField => move_focus(state, 1),
        DialogVerb::PreviousField => move_focus(state, -1),
        DialogVerb::Newline => {
            if let Some(Input::Text(composer)) = focused(state) {
                composer.newline();
            }
        }
    }
}

/// Opens a dialog.
pub(super) fn open(state: &mut State, dialog: Dialog) {
    state.layers.push(Layer::Dialog(Box::new(dialog)));
}

/// Opens the dialog that passes a handoff on, and asks for the people.
pub(super) fn assign(state: &mut State, handoff: HandoffId, effects: &mut Vec<Effect>) {
    let asked = load::ask(state, Call::Users, effects);
    open(state, Dialog::assign(handoff, asked));
}

/// The people are here, or not: those who can work on a handoff, by name.
pub(super) fn take_people(state: &mut State, ticket: Ticket, result: Result<Vec<User>, Failure>) {
    let me = state.my_id();
    let found = result.map_err(|failure| ended::say(&failure)).map(|users| {
        let able = |user: &User| user.active && user.role >= Role::Engineer && Some(user.id) != me;
        let mut people: Vec<Person> =
            users.into_iter().filter(able).map(|user| Person { id: user.id, name: user.name }).collect();
        people.sort_by_key(|person| person.name.to_lowercase());
        people
    });
    for layer in &mut state.layers {
        if let Layer::Dialog(dialog) = layer {
            dialog.take_people(ticket, &found);
        }
    }
}

/// A key that is no command: it goes to the field that has the keys.
pub(super) fn type_key(state: &mut State, key: KeyEvent) {
    if let Some(dialog) = top(state) {
        dialog.error = None;
    }
    let Some(input) = focused(state) else { return };
    match input {
        Input::Line(composer) | Input::Text(composer) | Input::When(composer) => composer.key(key),
        Input::Person { filter, at, .. } => {
            filter.key(key);
            *at = 0;
        }
        Input::Choice { words, chosen } => {
            let last = words.len().saturating_sub(1);
            if matches!(key.code, KeyCode::Right | KeyCode::Char('l' | ' ')) {
                *chosen = if *chosen == last { 0 } else { *chosen + 1 };
            } else if matches!(key.code, KeyCode::Left | KeyCode::Char('h')) {
                *chosen = chosen.checked_sub(1).unwrap_or(last);
            }
        }
        Input::Checks { lines, at } => {
            if matches!(key.code, KeyCode::Char(' ' | 'x'))
                && let Some(line) = lines.get_mut(*at)
            {
                line.ticked = !line.ticked;
            }
        }
    }
}

pub(super) fn paste(state: &mut State, text: &str) {
    match focused(state) {
        Some(Input::Line(composer) | Input::When(composer) | Input::Person { filter: composer, .. }) => {
            composer.paste(&text.replace(['\n', '\r'], " "));
        }
        Some(Input::Text(composer)) => composer.paste(text),
        Some(Input::Choice { .. } | Input::Checks { .. }) | None => {}
    }
}

fn top(state: &mut State) -> Option<&mut Dialog> {
    let Some(Layer::Dialog(dialog)) = state.layers.last_mut() else { return None };
    Some(dialog)
}

fn focused(state: &mut State) -> Option<&mut Input> {
    top(state).and_then(Dialog::focused).map(|field| &mut field.input)
}

/// Between the fields; inside one of several lines to tick, between those first.
fn move_focus(state: &mut State, by: isize) {
    if let Some(Input::Checks { lines, at }) = focused(state)
        && let Some(next) = at.checked_add_signed(by).filter(|next| *next < lines.len())
    {
        *at = next;
        return;
    }
    if let Some(Input::Person { filter, people, at }) = focused(state) {
        let last = people.found(&filter.text()).len().saturating_sub(1);
        *at = at.saturating_add_signed(by).min(last);
        return;
    }
    if let Some(dialog) = top(state) {
        let count = dialog.fields.len();
        dialog.focus = dialog.focus.checked_add_signed(by).unwrap_or(count - 1) % count.max(1);
    }
}

/// What is said in a dialog that cannot be sent now.
const OFFLINE: &str = "Offline: not sent. It stays here: send it when there is a connection";

/// There is a connection again: what a dialog says of it is over.
pub(super) fn back_online(state: &mut State) {
    for layer in &mut state.layers {
        if let Layer::Dialog(dialog) = layer {
            dialog.error.take_if(|why| why == OFFLINE);
        }
    }
}

/// Closes a dialog; what was typed into it is not thrown away without a question.
fn cancel(state: &mut State) {
    let Some(dialog) = top(state) else { return };
    if dialog.is_typed_into() {
        let question = match dialog.sending {
            Some(_) => "It is on its way. Close it all the same? If it fails, what you typed is gone.",
            None => "Throw away what you typed?",
        };
        let question = question.into();
        state.layers.push(Layer::Confirm(Confirm { question, on_yes: OnYes::CloseDialog }));
    } else {
        state.layers.pop();
    }
}

/// Does what a dialog asks for; what cannot be undone, after a question.
pub(super) fn submit(state: &mut State, is_sure: bool, effects: &mut Vec<Effect>) {
    let (now, zone) = (state.server_now(), state.settings.zone.clone());
    let may_ask = state.link.may_ask();
    let Some(dialog) = top(state) else { return };
    if dialog.sending.is_some() {
        return;
    }
    if !may_ask {
        dialog.error = Some(OFFLINE.into());
        return;
    }
    match (call(dialog, now, &zone), question(dialog)) {
        (Ok(_), Some(question)) if !is_sure => {
            dialog.error = None;
            state.layers.push(Layer::Confirm(Confirm { question, on_yes: OnYes::Submit }));
        }
        (Ok(call), _) => {
            if let Call::PutBranch { branch, .. } = &call {
                state.marks.forget_branch(*branch);
            }
            let ticket = load::ask(state, call, effects);
            if let Some(dialog) = top(state) {
                (dialog.sending, dialog.error) = (Some(ticket), None);
            }
        }
        (Err(why), _) => dialog.error = Some(why),
    }
}

/// What is asked before something is done that cannot be undone.
fn question(dialog: &Dialog) -> Option<String> {
    match dialog.purpose {
        Purpose::Resolve(_) => Some("Resolve it? A resolved session stays closed.".into()),
        Purpose::SendBack(_) => Some("Send it back? It leaves the queue, and you.".into()),
        Purpose::Assign(_) => {
            let name = dialog.person().map(|person| safe::line(&person.name)).unwrap_or_default();
            Some(format!("Pass it to {name}? It is theirs from then on."))
        }
        Purpose::NewSession
        | Purpose::Park(_)
        | Purpose::Escalate(_)
        | Purpose::Release(_)
        | Purpose::Branch { .. } => None,
    }
}

/// What a dialog asks of the server, or what is missing.
fn call(dialog: &Dialog, now: Timestamp, zone: &Zone) -> Result<Call, String> {
    let first = dialog.text(0);
    Ok(match dialog.purpose {
        Purpose::NewSession => {
            required(&first, "Say what the problem is")?;
            let summary = dialog.text(1);
            if summary.chars().count() > limit::SUMMARY {
                return Err(format!("The summary may have {} characters", limit::SUMMARY));
            }
            Call::CreateSession(CreateSession {
                intake_type: IntakeType::FreeText,
                intake_content: IntakeContent { text: first },
                problem_summary: (!summary.is_empty()).then_some(summary),
            })
        }
        Purpose::Park(session) => {
            let wake = wake::read(&dialog.text(1), now, zone).map_err(|why| why.to_string())?;
            let wake_at = wake.map(Moment::at);
            let request = HandOff { intent: Intent::Park, engineer_notes: first, priority: None, wake_at };
            Call::HandOff { session, request }
        }
        Purpose::Escalate(session) => {
            required(&first, "Say where you are stuck: it is the first thing that is read")?;
            let priority = Priority::ALL.get(dialog.choice(1)).copied();
            let request =
                HandOff { intent: Intent::Escalate, engineer_notes: first, priority, wake_at: None };
            Call::HandOff { session, request }
        }
        Purpose::Release(handoff) => {
            required(&first, "Say why, for whoever picks it up next")?;
            Call::Release { handoff, reason: first }
        }
        Purpose::Resolve(session) => {
            required(&first, "Say what it was: the next one will be found by it")?;
            let request = Resolve { resolution: first, worked_step_ids: dialog.ticked() };
            Call::Resolve { session, request }
        }
        Purpose::Assign(handoff) => {
            let person = dialog.person().ok_or("Choose somebody: nobody has this name")?;
            Call::Assign { handoff, to: person.id }
        }
        Purpose::SendBack(handoff) => {
            required(&first, "Say what they should find out")?;
            Call::SendBack { handoff, question: first }
        }
        Purpose::Branch { session, branch } => {
            required(&first, "Say what might be the cause")?;
            if first.len() > limit::NOTES {
                return Err(format!("It may have {} KiB", limit::NOTES / 1024));
            }
            let status = BranchStatus::ALL.get(dialog.choice(1)).copied().unwrap_or(BranchStatus::Open);
            let evidence = Some(dialog.text(2)).filter(|text| !text.is_empty());
            Call::PutBranch { session, branch, request: PutBranch { hypothesis: first, status, evidence } }
        }
    })
}

fn required(text: &str, ask: &str) -> Result<(), String> {
    if text.is_empty() { Err(ask.into()) } else { Ok(()) }
}
