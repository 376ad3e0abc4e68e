//! Dialogs: going through the fields, and asking the server for what they say.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent};
use tierup_common::handoff::{Intent, Priority};
use tierup_common::limit;
use tierup_common::session::{CreateSession, HandOff, IntakeContent, IntakeType, Resolve};
use tierup_common::time::Timestamp;

use crate::effect::{Call, Effect};
use crate::keymap::DialogVerb;
use crate::state::State;
use crate::state::dialog::{Dialog, Input, Purpose, WAKE};
use crate::state::layer::{Confirm, Layer, OnYes};
use crate::update::load;

pub(super) fn act(state: &mut State, verb: DialogVerb, effects: &mut Vec<Effect>) {
    match verb {
        DialogVerb::Cancel => cancel(state),
        DialogVerb::Submit => submit(state, effects),
        DialogVerb::NextField => move_focus(state, 1),
        DialogVerb::PreviousField => move_focus(state, -1),
        DialogVerb::Newline => {
            if let Some(Input::Text(composer)) = focused(state) {
                composer.newline();
            }
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
        Input::Line(composer) | Input::Text(composer) => composer.key(key),
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
        Some(Input::Line(composer)) => composer.paste(&text.replace(['\n', '\r'], " ")),
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
    if let Some(dialog) = top(state) {
        let count = dialog.fields.len();
        dialog.focus = dialog.focus.checked_add_signed(by).unwrap_or(count - 1) % count.max(1);
    }
}

/// Closes a dialog; what was typed into it is not thrown away without a question.
fn cancel(state: &mut State) {
    let Some(dialog) = top(state) else { return };
    let has_text = (0..dialog.fields.len()).any(|field| !dialog.text(field).is_empty());
    if has_text && dialog.sending.is_none() {
        let question = "Throw away what you typed?".into();
        state.layers.push(Layer::Confirm(Confirm { question, on_yes: OnYes::CloseDialog }));
    } else {
        state.layers.pop();
    }
}

fn submit(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.server_now();
    let may_ask = state.link.may_ask();
    let Some(dialog) = top(state) else { return };
    if dialog.sending.is_some() {
        return;
    }
    if !may_ask {
        dialog.error = Some("Offline: this stays here until there is a connection".into());
        return;
    }
    match call(dialog, now) {
        Ok(call) => {
            let ticket = load::ask(state, call, effects);
            if let Some(dialog) = top(state) {
                (dialog.sending, dialog.error) = (Some(ticket), None);
            }
        }
        Err(why) => dialog.error = Some(why),
    }
}

/// What a dialog asks of the server, or what is missing.
fn call(dialog: &Dialog, now: Timestamp) -> Result<Call, String> {
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
            let hours = WAKE.get(dialog.choice(1)).and_then(|(_, hours)| *hours);
            let wake_at = hours.map(|hours| now.plus(Duration::from_hours(hours)));
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
    })
}

fn required(text: &str, ask: &str) -> Result<(), String> {
    if text.is_empty() { Err(ask.into()) } else { Ok(()) }
}
