//! Dialogs: editing the fields, and submitting them.

use crossterm::event::KeyEvent;
use tierup_common::handoff::{Assign, ChangeHandoff, Intent};
use tierup_common::id::{HandoffId, HandoffRef};
use tierup_common::limit;
use tierup_common::permission::is_assignable;
use tierup_common::session::{CreateSession, HandOff, IntakeContent, IntakeType, PutBranch, Resolve};
use tierup_common::time::Timestamp;
use tierup_common::user::{Person, User};

use crate::effect::{Call, CallId, Effect};
use crate::event::CallError;
use crate::keymap::{Action, Context, DialogAction};
use crate::local_zone::{LocalZone, ResolvedTime};
use crate::state::State;
use crate::state::dialog::{ChecklistField, Dialog, Form, TextField};
use crate::state::layer::{Confirmation, ConfirmedAction, Layer};
use crate::state::request::Request;
use crate::story::duplicate_resolution;
use crate::text::safe;
use crate::update::{calls, runbook, secret_warning};
use crate::wake_time;

pub(super) fn run_action(state: &mut State, action: DialogAction, effects: &mut Vec<Effect>) {
    let Some(dialog) = state.top_dialog_mut() else { return };
    match action {
        DialogAction::Cancel => cancel(state),
        DialogAction::Submit => submit(state, false, effects),
        DialogAction::NextField => dialog.move_focus(1),
        DialogAction::PreviousField => dialog.move_focus(-1),
        DialogAction::Newline => {
            if let Some(field) = dialog.focused_field_mut() {
                field.insert_newline();
            }
        }
    }
}

/// Opens the dialog that assigns handoffs, and fetches the people.
pub(super) fn open_assign(state: &mut State, handoffs: Vec<HandoffId>, effects: &mut Vec<Effect>) {
    let call_id = calls::send(state, Call::Users, effects);
    state.open_dialog(Dialog::assign(handoffs, call_id));
}

/// Fills the dialogs that wait for people: those who can be assigned a handoff, by name.
pub(super) fn apply_people(state: &mut State, call_id: CallId, result: Result<Vec<User>, CallError>) {
    let me = state.my_id();
    let people = result.map_err(|error| error.user_message()).map(|users| {
        let can_be_assigned = |user: &User| is_assignable(user.role, user.active) && Some(user.id) != me;
        let mut people: Vec<Person> = users
            .into_iter()
            .filter(can_be_assigned)
            .map(|user| Person { id: user.id, name: user.name })
            .collect();
        people.sort_by_key(|person| person.name.to_lowercase());
        people
    });
    for dialog in state.dialogs_mut() {
        dialog.set_people(call_id, &people);
    }
}

/// A key that is bound to no action: for the field that has the keys.
pub(super) fn handle_key(state: &mut State, key: KeyEvent) {
    let Some(dialog) = state.top_dialog_mut() else { return };
    dialog.request.clear_error();
    if let Some(field) = dialog.focused_field_mut() {
        field.handle_key(key);
    }
}

pub(super) fn paste(state: &mut State, text: &str) {
    if let Some(field) = state.top_dialog_mut().and_then(Dialog::focused_field_mut) {
        field.paste(text);
    }
}

/// The error of a dialog that is submitted without a connection.
const OFFLINE_ERROR: &str = "Offline: not sent. Your text stays here; send it once you are connected";

/// Removes that error once there is a connection.
pub(super) fn clear_offline_errors(state: &mut State) {
    for dialog in state.dialogs_mut().filter(|dialog| dialog.request.error() == Some(OFFLINE_ERROR)) {
        dialog.request.clear_error();
    }
}

/// Closes a dialog; if something was typed, only after a question.
pub(super) fn cancel(state: &mut State) {
    let Some(dialog) = state.top_dialog_mut() else { return };
    if dialog.is_modified() {
        let question = if dialog.request.is_pending() {
            "Close while sending? If sending fails, your text is lost."
        } else {
            "Discard what you typed?"
        };
        let question = question.into();
        state.layers.push(Layer::Confirm(Confirmation { question, action: ConfirmedAction::DiscardDialog }));
    } else {
        state.layers.pop();
    }
}

/// Submits a dialog; if it cannot be undone, only after a question.
pub(super) fn submit(state: &mut State, is_confirmed: bool, effects: &mut Vec<Effect>) {
    if runbook::submit(state, effects) {
        return;
    }
    let (now, zone) = (state.server_now(), state.settings.zone.clone());
    let is_online = state.connection.allows_calls();
    let question = state.dialog().and_then(|dialog| confirmation_question(state, &dialog.form));
    let Some(dialog) = state.top_dialog_mut() else { return };
    if dialog.request.is_pending() {
        return;
    }
    if !is_online {
        dialog.request = Request::Failed(OFFLINE_ERROR.into());
        return;
    }
    let (call, typed) = (build_call(&dialog.form, now, &zone), dialog.typed_text());
    let resend = Action::Dialog(DialogAction::Submit);
    if call.is_ok() && !secret_warning::may_send(state, &typed, Context::Dialog, resend) {
        return;
    }
    let Some(dialog) = state.top_dialog_mut() else { return };
    match (call, question) {
        (Ok(_), Some(question)) if !is_confirmed => {
            dialog.request.clear_error();
            state
                .layers
                .push(Layer::Confirm(Confirmation { question, action: ConfirmedAction::SubmitDialog }));
        }
        (Ok(call), _) => {
            if let Call::PutBranch { branch_id: branch, .. } = &call {
                state.row_edits.drop_queued_branch(*branch);
            }
            let call_id = calls::send(state, call, effects);
            if let Some(dialog) = state.top_dialog_mut() {
                dialog.request = Request::Pending(call_id);
            }
        }
        (Err(error), _) => dialog.request = Request::Failed(error),
    }
}

/// The question before something that cannot be undone.
fn confirmation_question(state: &State, form: &Form) -> Option<String> {
    match form {
        Form::Resolve { .. } => Some("Resolve? This cannot be undone.".into()),
        Form::SendBack { handoff_id, .. } => {
            let item = state.known_handoff(*handoff_id)?;
            let opener = safe::sanitize_line(&item.handed_off_by_name);
            let consequence =
                if state.is_mine(item) { "You will no longer own it." } else { "It leaves the queue." };
            Some(format!("Send back to {opener}? {consequence}"))
        }
        Form::Assign { handoff_ids, assignee, .. } => {
            let name = safe::sanitize_line(&assignee.selected_person()?.name);
            let is_mine = |id: &HandoffId| state.known_handoff(*id).is_some_and(|item| state.is_mine(item));
            let (what, it) = match handoff_ids.len() {
                0 | 1 => (String::new(), "it"),
                count => (format!("{count} handoffs "), "them"),
            };
            let consequence = if handoff_ids.iter().any(is_mine) {
                format!("You will no longer own {it}.")
            } else {
                format!("They will own {it}.")
            };
            Some(format!("Assign {what}to {name}? {consequence}"))
        }
        Form::NewSession { .. }
        | Form::Park { .. }
        | Form::Escalate { .. }
        | Form::Release { .. }
        | Form::Change { .. }
        | Form::Branch { .. }
        | Form::Runbook { .. } => None,
    }
}

/// The call that submits a form, or what is missing.
fn build_call(form: &Form, now: Timestamp, zone: &LocalZone) -> Result<Call, String> {
    match form {
        Form::NewSession { summary, problem } => new_session_call(summary, problem),
        Form::Park { session_id, notes, wake_at } => {
            let wake = wake_time::parse(&wake_at.text(), now, zone).map_err(|error| error.to_string())?;
            let wake_at = wake.map(ResolvedTime::timestamp);
            let request =
                HandOff { intent: Intent::Park, engineer_notes: notes.text(), priority: None, wake_at };
            Ok(Call::HandOff { session_id: *session_id, request })
        }
        Form::Escalate { session_id, notes, priority } => {
            let engineer_notes = required_text(notes, "Notes are required: say where you are stuck")?;
            let priority = Some(priority.selected);
            let request = HandOff { intent: Intent::Escalate, engineer_notes, priority, wake_at: None };
            Ok(Call::HandOff { session_id: *session_id, request })
        }
        Form::Release { handoff_id, reason } => {
            let reason = required_text(reason, "A reason is required")?;
            Ok(Call::Release { handoff_id: *handoff_id, reason })
        }
        Form::Change { handoff_id, summary, priority } => {
            let problem_summary = Some(required_text(summary, "A summary is required")?);
            let request = ChangeHandoff { priority: Some(priority.selected), problem_summary };
            Ok(Call::ChangeHandoff { handoff_id: *handoff_id, request })
        }
        Form::Resolve { session_id, resolution, duplicate_of, worked_steps } => {
            let duplicate_of = parse_duplicate(&duplicate_of.text())?;
            let resolution = resolution_text(resolution, duplicate_of)?;
            let worked_step_ids =
                worked_steps.as_ref().map(ChecklistField::checked_steps).unwrap_or_default();
            let request = Resolve { resolution, worked_step_ids, duplicate_of };
            Ok(Call::Resolve { session_id: *session_id, request })
        }
        Form::Assign { handoff_ids, assignee, note, .. } => {
            let person = assignee.selected_person().ok_or("No one has this name")?;
            let handoff_id = *handoff_ids.first().ok_or("Nothing is left to assign")?;
            let note = Some(note.text()).filter(|text| !text.is_empty());
            Ok(Call::Assign { handoff_id, request: Assign { user_id: person.id, note } })
        }
        Form::SendBack { handoff_id, question } => {
            let question = required_text(question, "A question is required")?;
            Ok(Call::SendBack { handoff_id: *handoff_id, question })
        }
        Form::Branch { session_id, branch_id, hypothesis, status, evidence } => {
            let hypothesis = required_text(hypothesis, "A possible cause is required")?;
            if hypothesis.len() > limit::MAX_NOTES_BYTES {
                return Err(format!(
                    "The possible cause is too long: at most {} KiB",
                    limit::MAX_NOTES_BYTES / 1024
                ));
            }
            let evidence = Some(evidence.text()).filter(|text| !text.is_empty());
            let request = PutBranch { hypothesis, status: status.selected, evidence };
            Ok(Call::PutBranch { session_id: *session_id, branch_id: *branch_id, request })
        }
        Form::Runbook { .. } => Err("A runbook is saved on this machine".into()),
    }
}

/// What is written, or else that it is a duplicate.
fn resolution_text(resolution: &TextField, duplicate_of: Option<HandoffRef>) -> Result<String, String> {
    match duplicate_of {
        Some(original) if resolution.text().is_empty() => Ok(duplicate_resolution(original)),
        Some(_) | None => required_text(resolution, "A resolution is required: say what the cause was"),
    }
}

/// The handoff of the same problem, if one is named.
fn parse_duplicate(text: &str) -> Result<Option<HandoffRef>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let original = text.parse().map_err(|_| "Name the handoff by its number, like #12")?;
    Ok(Some(original))
}

/// A summary alone is the problem, and a problem alone needs no summary.
fn new_session_call(summary: &TextField, problem: &TextField) -> Result<Call, String> {
    let (text, summary) = match (problem.text(), summary.text()) {
        (text, summary) if text.is_empty() && !summary.is_empty() => (summary, String::new()),
        (text, _) if text.is_empty() => return Err("A summary is required: the problem in one line".into()),
        both => both,
    };
    if summary.chars().count() > limit::MAX_SUMMARY_CHARS {
        return Err(format!("The summary is too long: at most {} characters", limit::MAX_SUMMARY_CHARS));
    }
    Ok(Call::CreateSession(CreateSession {
        intake_type: IntakeType::FreeText,
        intake_content: IntakeContent { text },
        problem_summary: (!summary.is_empty()).then_some(summary),
    }))
}

/// The text of a required field, or the error.
fn required_text(field: &TextField, error: &str) -> Result<String, String> {
    let text = field.text();
    if text.is_empty() { Err(error.into()) } else { Ok(text) }
}
