//! Rows to pick from: what has been tried, what came of the steps, what was seen before.

use tierup_common::assessment::Outcome;
use tierup_common::id::BranchId;
use tierup_common::session::{Branch, BranchStatus, PutBranch};

use crate::availability;
use crate::effect::{CallId, Effect};
use crate::event::CallError;
use crate::keymap::{CaseAction, Move, OutcomeAction, TriedAction};
use crate::state::dialog::Dialog;
use crate::state::layer::{Layer, PickerKind};
use crate::state::row_edits::RowEdit;
use crate::state::toast::ToastLevel;
use crate::state::{Screen, State};
use crate::update::{calls, navigate, outcomes};

/// Moves between the rows.
pub(super) fn move_selection(state: &mut State, movement: Move) {
    let count = state.top_picker().map(|pick| pick.kind).map_or(0, |of| match of {
        PickerKind::Branches => state.branches().len(),
        PickerKind::Steps => state.suggested_steps().len(),
        PickerKind::SimilarCases => state.similar_cases().len(),
    });
    let last = count.saturating_sub(1);
    let Some(pick) = state.top_picker_mut() else { return };
    pick.error = None;
    pick.selected = match movement {
        Move::Down => (pick.selected + 1).min(last),
        Move::Up => pick.selected.saturating_sub(1),
        Move::PageDown | Move::Bottom => last,
        Move::PageUp | Move::Top => 0,
    };
}

/// A click on a row: the keys are on it; on the one that has them, what Enter does.
pub(super) fn click_row(state: &mut State, index: usize, effects: &mut Vec<Effect>) {
    let Some(pick) = state.top_picker_mut() else { return };
    if pick.selected != index {
        pick.selected = index;
        return;
    }
    match pick.kind {
        PickerKind::Branches => run_branch_action(state, TriedAction::Edit, effects),
        PickerKind::Steps => {}
        PickerKind::SimilarCases => run_case_action(state, CaseAction::Read, effects),
    }
}

pub(super) fn run_branch_action(state: &mut State, verb: TriedAction, effects: &mut Vec<Effect>) {
    let Screen::Session(chat) = &state.screen else { return };
    let session = chat.id;
    let row = state
        .top_picker()
        .and_then(|pick| state.branches().get(pick.selected).map(|branch| (pick.selected, branch.clone())));
    let status = match (verb, &row) {
        (TriedAction::Add, _) => {
            let branch = BranchId::new(state.now);
            return state.open_dialog(Dialog::branch(session, branch, None));
        }
        (_, None) => return,
        (TriedAction::Edit, Some((_, known))) => {
            let status = state.row_edits.branch_edit(known.id).map_or(known.status, |request| request.status);
            let known = Branch { status, ..known.clone() };
            let dialog = Dialog::branch(session, known.id, Some(&known));
            return state.open_dialog(dialog);
        }
        (TriedAction::Open, Some(_)) => BranchStatus::Open,
        (TriedAction::RuleOut, Some(_)) => BranchStatus::RuledOut,
        (TriedAction::Confirm, Some(_)) => BranchStatus::Confirmed,
    };
    let Some((_, known)) = row else { return };
    let will_be = state.row_edits.branch_edit(known.id).map_or(known.status, |request| request.status);
    if will_be != status {
        let request = PutBranch { hypothesis: known.hypothesis, status, evidence: known.evidence };
        submit_edit(state, RowEdit::Branch(session, known.id, request), effects);
    }
}

pub(super) fn run_outcome_action(state: &mut State, verb: OutcomeAction, effects: &mut Vec<Effect>) {
    let outcome = match verb {
        OutcomeAction::Worked => Some(Outcome::Worked),
        OutcomeAction::Failed => Some(Outcome::Failed),
        OutcomeAction::Clear => None,
    };
    let Screen::Session(chat) = &state.screen else { return };
    let Some(handoff) = chat.briefing.as_ref().map(|briefing| briefing.item.id) else { return };
    let row = state
        .top_picker()
        .and_then(|pick| state.suggested_steps().get(pick.selected))
        .map(|step| (step.id, step.outcome));
    if let Some((step, known)) = row
        && state.row_edits.step_outcome(step).unwrap_or(known) != outcome
    {
        submit_edit(state, RowEdit::Step(handoff, step, outcome), effects);
    }
}

pub(super) fn run_case_action(state: &mut State, verb: CaseAction, effects: &mut Vec<Effect>) {
    match verb {
        CaseAction::Read => {
            let chosen = state
                .top_picker()
                .and_then(|pick| state.similar_cases().get(pick.selected))
                .map(|case| case.session_id);
            if let Some(session) = chosen {
                navigate::to_session_for_reading(state, session, None, effects);
            }
        }
    }
}

/// Changes a row, after the changes that are asked for already.
fn submit_edit(state: &mut State, edit: RowEdit, effects: &mut Vec<Effect>) {
    if let Err(reason) = availability::check_engineer(state) {
        return outcomes::show_unavailable(state, reason);
    }
    if !state.connection.allows_calls() {
        if let Some(pick) = state.top_picker_mut() {
            pick.error = Some("Offline: not changed".into());
        }
        return;
    }
    state.row_edits.enqueue(edit);
    if let Some(pick) = state.top_picker_mut() {
        pick.error = None;
    }
    send_next_edit(state, effects);
}

/// Asks for the next change of a row.
fn send_next_edit(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(mark) = state.row_edits.pop_next() {
        let ticket = calls::send(state, mark.to_call(), effects);
        state.row_edits.set_in_flight(ticket, mark);
    }
}

/// The keys go to a line of what has been tried: it was just written.
pub(super) fn select_branch(state: &mut State, branch: BranchId) {
    let place = state.branches().iter().position(|known| known.id == branch);
    if let (Some(at), Some(pick)) =
        (place, state.top_picker_mut().filter(|pick| pick.kind == PickerKind::Branches))
    {
        pick.selected = at;
    }
}

/// The change of a row was made, or not; whether it was one of ours. What waits for one that failed is given up.
pub(super) fn finish_edit(
    state: &mut State,
    call_id: CallId,
    error: Option<&CallError>,
    effects: &mut Vec<Effect>,
) -> bool {
    if !state.row_edits.complete(call_id) {
        return false;
    }
    let Some(failure) = error else {
        send_next_edit(state, effects);
        return true;
    };
    state.row_edits.clear_queued();
    let why = failure.user_message();
    let open = state.layers.iter_mut().find_map(Layer::as_picker_mut);
    match open {
        Some(pick) => pick.error = Some(why),
        None => state.show_toast(ToastLevel::Error, format!("Not changed: {why}")),
    }
    true
}
