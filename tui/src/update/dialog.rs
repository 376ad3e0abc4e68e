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

use crate::effect::{Call, CallId, Effect};
use crate::event::CallError;
use crate::keymap::DialogAction;
use crate::state::dialog::{Dialog, DialogKind, FieldInput};
use crate::state::layer::{Confirmation, ConfirmedAction, Layer};
use crate::state::local_zone::{LocalZone, ResolvedTime};
use crate::state::{State, wake_time};
use crate::text::safe;
use crate::update::calls;

pub(super) fn run_action(state: &mut State, verb: DialogAction, effects: &mut Vec<Effect>) {
    match verb {
        DialogAction::Cancel => cancel(state),
        DialogAction::Submit => submit(state, false, effects),
        DialogAction::NextField => move_focus(state, 1),
        DialogAction::PreviousField => move_focus(state, -1),
        DialogAction::Newline => {
            if let Some(FieldInput::MultiLine(composer)) = focused_input(state) {
                composer.insert_newline();
            }
        }
    }
}

/// Opens the dialog that passes a handoff on, and asks for the people.
pub(super) fn open_assign(state: &mut State, handoff: HandoffId, effects: &mut Vec<Effect>) {
    let asked = calls::send(state, Call::Users, effects);
    state.open_dialog(Dialog::assign(handoff, asked));
}

/// The people are here, or not: those who can work on a handoff, by name.
pub(super) fn apply_people(state: &mut State, call_id: CallId, result: Result<Vec<User>, CallError>) {
    let me = state.my_id();
    let found = result.map_err(|failure| failure.user_message()).map(|users| {
        let able = |user: &User| user.active && user.role >= Role::Engineer && Some(user.id) != me;
        let mut people: Vec<Person> =
            users.into_iter().filter(able).map(|user| Person { id: user.id, name: user.name }).collect();
        people.sort_by_key(|person| person.name.to_lowercase());
        people
    });
    for layer in &mut state.layers {
        if let Layer::Dialog(dialog) = layer {
            dialog.set_people(call_id, &found);
        }
    }
}

/// A key that is no command: it goes to the field that has the keys.
pub(super) fn handle_key(state: &mut State, key: KeyEvent) {
    if let Some(dialog) = state.top_dialog_mut() {
        dialog.error = None;
    }
    let Some(input) = focused_input(state) else { return };
    match input {
        FieldInput::SingleLine(composer) | FieldInput::MultiLine(composer) | FieldInput::Time(composer) => {
            composer.handle_key(key)
        }
        FieldInput::Person { query: filter, selected: at, .. } => {
            filter.handle_key(key);
            *at = 0;
        }
        FieldInput::Choice { options: words, selected: chosen } => {
            let last = words.len().saturating_sub(1);
            if matches!(key.code, KeyCode::Right | KeyCode::Char('l' | ' ')) {
                *chosen = if *chosen == last { 0 } else { *chosen + 1 };
            } else if matches!(key.code, KeyCode::Left | KeyCode::Char('h')) {
                *chosen = chosen.checked_sub(1).unwrap_or(last);
            }
        }
        FieldInput::Checklist { items: lines, selected: at } => {
            if matches!(key.code, KeyCode::Char(' ' | 'x'))
                && let Some(line) = lines.get_mut(*at)
            {
                line.is_checked = !line.is_checked;
            }
        }
    }
}

pub(super) fn paste(state: &mut State, text: &str) {
    match focused_input(state) {
        Some(
            FieldInput::SingleLine(composer)
            | FieldInput::Time(composer)
            | FieldInput::Person { query: composer, .. },
        ) => {
            composer.paste(&text.replace(['\n', '\r'], " "));
        }
        Some(FieldInput::MultiLine(composer)) => composer.paste(text),
        Some(FieldInput::Choice { .. } | FieldInput::Checklist { .. }) | None => {}
    }
}

fn focused_input(state: &mut State) -> Option<&mut FieldInput> {
    state.top_dialog_mut().and_then(Dialog::focused_field).map(|field| &mut field.input)
}

/// Between the fields; inside one of several lines to tick, between those first.
fn move_focus(state: &mut State, step: isize) {
    if let Some(FieldInput::Checklist { items: lines, selected: at }) = focused_input(state)
        && let Some(next) = at.checked_add_signed(step).filter(|next| *next < lines.len())
    {
        *at = next;
        return;
    }
    if let Some(FieldInput::Person { query: filter, people, selected: at }) = focused_input(state) {
        let last = people.matching(&filter.text()).len().saturating_sub(1);
        *at = at.saturating_add_signed(step).min(last);
        return;
    }
    if let Some(dialog) = state.top_dialog_mut() {
        let count = dialog.fields.len();
        dialog.focus_index = dialog.focus_index.checked_add_signed(step).unwrap_or(count - 1) % count.max(1);
    }
}

/// What is said in a dialog that cannot be sent now.
const OFFLINE_ERROR: &str = "Offline: not sent. It stays here: send it when there is a connection";

/// There is a connection again: what a dialog says of it is over.
pub(super) fn clear_offline_errors(state: &mut State) {
    for layer in &mut state.layers {
        if let Layer::Dialog(dialog) = layer {
            dialog.error.take_if(|why| why == OFFLINE_ERROR);
        }
    }
}

/// Closes a dialog; what was typed into it is not thrown away without a question.
fn cancel(state: &mut State) {
    let Some(dialog) = state.top_dialog_mut() else { return };
    if dialog.is_modified() {
        let question = match dialog.pending_call {
            Some(_) => "It is on its way. Close it all the same? If it fails, what you typed is gone.",
            None => "Throw away what you typed?",
        };
        let question = question.into();
        state.layers.push(Layer::Confirm(Confirmation { question, action: ConfirmedAction::DiscardDialog }));
    } else {
        state.layers.pop();
    }
}

/// Does what a dialog asks for; what cannot be undone, after a question.
pub(super) fn submit(state: &mut State, is_confirmed: bool, effects: &mut Vec<Effect>) {
    let (now, zone) = (state.server_now(), state.settings.zone.clone());
    let may_ask = state.connection.allows_calls();
    let Some(dialog) = state.top_dialog_mut() else { return };
    if dialog.pending_call.is_some() {
        return;
    }
    if !may_ask {
        dialog.error = Some(OFFLINE_ERROR.into());
        return;
    }
    match (build_call(dialog, now, &zone), confirmation_question(dialog)) {
        (Ok(_), Some(question)) if !is_confirmed => {
            dialog.error = None;
            state
                .layers
                .push(Layer::Confirm(Confirmation { question, action: ConfirmedAction::SubmitDialog }));
        }
        (Ok(call), _) => {
            if let Call::PutBranch { branch_id: branch, .. } = &call {
                state.row_edits.drop_queued_branch(*branch);
            }
            let ticket = calls::send(state, call, effects);
            if let Some(dialog) = state.top_dialog_mut() {
                (dialog.pending_call, dialog.error) = (Some(ticket), None);
            }
        }
        (Err(why), _) => dialog.error = Some(why),
    }
}

/// What is asked before something is done that cannot be undone.
fn confirmation_question(dialog: &Dialog) -> Option<String> {
    match dialog.kind {
        DialogKind::Resolve(_) => Some("Resolve it? A resolved session stays closed.".into()),
        DialogKind::SendBack(_) => Some("Send it back? It leaves the queue, and you.".into()),
        DialogKind::Assign(_) => {
            let name =
                dialog.selected_person().map(|person| safe::sanitize_line(&person.name)).unwrap_or_default();
            Some(format!("Pass it to {name}? It is theirs from then on."))
        }
        DialogKind::NewSession
        | DialogKind::Park(_)
        | DialogKind::Escalate(_)
        | DialogKind::Release(_)
        | DialogKind::Branch { .. } => None,
    }
}

/// What a dialog asks of the server, or what is missing.
fn build_call(dialog: &Dialog, now: Timestamp, zone: &LocalZone) -> Result<Call, String> {
    let first = dialog.field_text(0);
    Ok(match dialog.kind {
        DialogKind::NewSession => {
            require_text(&first, "Say what the problem is")?;
            let summary = dialog.field_text(1);
            if summary.chars().count() > limit::SUMMARY {
                return Err(format!("The summary may have {} characters", limit::SUMMARY));
            }
            Call::CreateSession(CreateSession {
                intake_type: IntakeType::FreeText,
                intake_content: IntakeContent { text: first },
                problem_summary: (!summary.is_empty()).then_some(summary),
            })
        }
        DialogKind::Park(session) => {
            let wake = wake_time::parse(&dialog.field_text(1), now, zone).map_err(|why| why.to_string())?;
            let wake_at = wake.map(ResolvedTime::timestamp);
            let request = HandOff { intent: Intent::Park, engineer_notes: first, priority: None, wake_at };
            Call::HandOff { session_id: session, request }
        }
        DialogKind::Escalate(session) => {
            require_text(&first, "Say where you are stuck: it is the first thing that is read")?;
            let priority = Priority::ALL.get(dialog.selected_option(1)).copied();
            let request =
                HandOff { intent: Intent::Escalate, engineer_notes: first, priority, wake_at: None };
            Call::HandOff { session_id: session, request }
        }
        DialogKind::Release(handoff) => {
            require_text(&first, "Say why, for whoever picks it up next")?;
            Call::Release { handoff_id: handoff, reason: first }
        }
        DialogKind::Resolve(session) => {
            require_text(&first, "Say what it was: the next one will be found by it")?;
            let request = Resolve { resolution: first, worked_step_ids: dialog.checked_steps() };
            Call::Resolve { session_id: session, request }
        }
        DialogKind::Assign(handoff) => {
            let person = dialog.selected_person().ok_or("Choose somebody: nobody has this name")?;
            Call::Assign { handoff_id: handoff, to: person.id }
        }
        DialogKind::SendBack(handoff) => {
            require_text(&first, "Say what they should find out")?;
            Call::SendBack { handoff_id: handoff, question: first }
        }
        DialogKind::Branch { session_id: session, branch_id: branch } => {
            require_text(&first, "Say what might be the cause")?;
            if first.len() > limit::NOTES {
                return Err(format!("It may have {} KiB", limit::NOTES / 1024));
            }
            let status =
                BranchStatus::ALL.get(dialog.selected_option(1)).copied().unwrap_or(BranchStatus::Open);
            let evidence = Some(dialog.field_text(2)).filter(|text| !text.is_empty());
            Call::PutBranch {
                session_id: session,
                branch_id: branch,
                request: PutBranch { hypothesis: first, status, evidence },
            }
        }
    })
}

fn require_text(text: &str, error: &str) -> Result<(), String> {
    if text.is_empty() { Err(error.into()) } else { Ok(()) }
}
