//! Pickers: the hypotheses of a session, the outcomes of its steps, similar cases.

use tierup_common::assessment::Outcome;
use tierup_common::id::{BranchId, SessionId};
use tierup_common::session::{Branch, BranchStatus, PutBranch};

use crate::availability;
use crate::effect::{CallId, Effect};
use crate::event::CallError;
use crate::keymap::{CaseAction, Move, OutcomeAction, TriedAction};
use crate::state::dialog::Dialog;
use crate::state::layer::{Layer, Picker, PickerKind};
use crate::state::row_edits::RowEdit;
use crate::state::toast::ToastLevel;
use crate::state::tried::TriedEntry;
use crate::state::{Screen, State};
use crate::update::{calls, navigate, outcomes};

/// Moves the selection.
pub(super) fn move_selection(state: &mut State, movement: Move) {
    let count = state.top_picker().map(|picker| picker.kind).map_or(0, |kind| match kind {
        PickerKind::Branches => state.tried_entries().len(),
        PickerKind::Steps => state.suggested_steps().len(),
        PickerKind::SimilarCases => state.similar_cases().len(),
    });
    let last = count.saturating_sub(1);
    let Some(picker) = state.top_picker_mut() else { return };
    picker.error = None;
    picker.selected = match movement {
        Move::Down => (picker.selected + 1).min(last),
        Move::Up => picker.selected.saturating_sub(1),
        Move::PageDown | Move::Bottom => last,
        Move::PageUp | Move::Top => 0,
    };
}

/// A click on a row selects it; on the selected row it runs the action of Enter.
pub(super) fn click_row(state: &mut State, index: usize, effects: &mut Vec<Effect>) {
    let Some(picker) = state.top_picker_mut() else { return };
    if picker.selected != index {
        picker.selected = index;
        return;
    }
    match picker.kind {
        PickerKind::Branches => run_branch_action(state, TriedAction::Edit, effects),
        PickerKind::Steps => {}
        PickerKind::SimilarCases => run_case_action(state, CaseAction::Read, effects),
    }
}

/// Opens the list of what was tried at the first one that the assessment proposes.
pub(super) fn open_proposed(state: &mut State) {
    let selected = state.branches().len();
    state.layers.push(Layer::Picker(Picker { selected, ..Picker::new(PickerKind::Branches) }));
}

pub(super) fn run_branch_action(state: &mut State, action: TriedAction, effects: &mut Vec<Effect>) {
    let Screen::Session(chat) = &state.screen else { return };
    let session = chat.id;
    let row = state.top_picker().and_then(|picker| state.tried_entries().into_iter().nth(picker.selected));
    let status = match action {
        TriedAction::Add => {
            let branch = BranchId::new(state.now);
            return state.open_dialog(Dialog::branch(session, branch, None));
        }
        TriedAction::Edit => return edit_entry(state, session, row),
        TriedAction::Open => BranchStatus::Open,
        TriedAction::RuleOut => BranchStatus::RuledOut,
        TriedAction::Confirm => BranchStatus::Confirmed,
    };
    match row {
        None => {}
        Some(TriedEntry::Recorded(known)) => {
            let will_be = state.row_edits.branch_edit(known.id).map_or(known.status, |edit| edit.status);
            if will_be != status {
                let request = PutBranch { hypothesis: known.hypothesis, status, evidence: known.evidence };
                submit_edit(state, RowEdit::Branch(session, known.id, request), effects);
            }
        }
        Some(TriedEntry::Proposed(hypothesis)) => {
            // Pressed twice, it is one branch.
            let added = state.row_edits.added_branch(&hypothesis);
            let branch = added.unwrap_or_else(|| BranchId::new(state.now));
            if state.row_edits.branch_edit(branch).is_none_or(|edit| edit.status != status) {
                let request = PutBranch { hypothesis, status, evidence: None };
                submit_edit(state, RowEdit::Branch(session, branch, request), effects);
            }
        }
    }
}

/// Opens an entry in a dialog; a proposed one is added when that is submitted.
fn edit_entry(state: &mut State, session: SessionId, row: Option<TriedEntry>) {
    let known = match row {
        None => return,
        Some(TriedEntry::Recorded(known)) => known,
        Some(TriedEntry::Proposed(hypothesis)) => {
            let added = state.row_edits.added_branch(&hypothesis);
            let id = added.unwrap_or_else(|| BranchId::new(state.now));
            let status = BranchStatus::Open;
            Branch { id, hypothesis, status, evidence: None, updated_at: state.now }
        }
    };
    let status = state.row_edits.branch_edit(known.id).map_or(known.status, |request| request.status);
    let known = Branch { status, ..known };
    state.open_dialog(Dialog::branch(session, known.id, Some(&known)));
}

pub(super) fn run_outcome_action(state: &mut State, action: OutcomeAction, effects: &mut Vec<Effect>) {
    let outcome = match action {
        OutcomeAction::Worked => Some(Outcome::Worked),
        OutcomeAction::Failed => Some(Outcome::Failed),
        OutcomeAction::Clear => None,
    };
    let Screen::Session(chat) = &state.screen else { return };
    let Some(handoff) = chat.briefing.as_ref().map(|briefing| briefing.item.id) else { return };
    let row = state
        .top_picker()
        .and_then(|picker| state.suggested_steps().get(picker.selected))
        .map(|step| (step.id, step.outcome));
    if let Some((step, known)) = row
        && state.row_edits.step_outcome(step).unwrap_or(known) != outcome
    {
        submit_edit(state, RowEdit::Step(handoff, step, outcome), effects);
    }
}

pub(super) fn run_case_action(state: &mut State, action: CaseAction, effects: &mut Vec<Effect>) {
    match action {
        CaseAction::Read => {
            let chosen = state
                .top_picker()
                .and_then(|picker| state.similar_cases().get(picker.selected))
                .map(|case| case.session_id);
            if let Some(session) = chosen {
                navigate::to_session_for_reading(state, session, None, effects);
            }
        }
    }
}

/// Changes a row, after the changes that are already waiting.
fn submit_edit(state: &mut State, edit: RowEdit, effects: &mut Vec<Effect>) {
    if let Err(reason) = availability::check_engineer(state) {
        return outcomes::show_unavailable(state, reason);
    }
    if !state.connection.allows_calls() {
        if let Some(picker) = state.top_picker_mut() {
            picker.error = Some("Offline: not changed".into());
        }
        return;
    }
    state.row_edits.enqueue(edit);
    if let Some(picker) = state.top_picker_mut() {
        picker.error = None;
    }
    send_next_edit(state, effects);
}

/// Sends the next change of a row.
fn send_next_edit(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(edit) = state.row_edits.pop_next() {
        let call_id = calls::send(state, edit.to_call(), effects);
        state.row_edits.set_in_flight(call_id, edit);
    }
}

/// Selects a branch that was just written.
pub(super) fn select_branch(state: &mut State, branch: BranchId) {
    let index = state.branches().iter().position(|known| known.id == branch);
    if let (Some(index), Some(picker)) =
        (index, state.top_picker_mut().filter(|picker| picker.kind == PickerKind::Branches))
    {
        picker.selected = index;
    }
}

/// A change of a row was made, or failed, and the next one is sent; after a failure the waiting ones are dropped. Returns
/// false if the call changes no row.
pub(super) fn finish_edit(
    state: &mut State,
    call_id: CallId,
    error: Option<&CallError>,
    effects: &mut Vec<Effect>,
) -> bool {
    if !state.row_edits.complete(call_id) {
        return false;
    }
    let Some(error) = error else {
        send_next_edit(state, effects);
        return true;
    };
    state.row_edits.clear_queued();
    let reason = error.user_message();
    let open = state.layers.iter_mut().find_map(Layer::as_picker_mut);
    match open {
        Some(picker) => picker.error = Some(reason),
        None => state.show_toast(ToastLevel::Error, format!("Not changed: {reason}")),
    }
    true
}
