//! Rows to pick from: what has been tried, what came of the steps, what was seen before.

use tierup_common::assessment::{Outcome, Similar, Step};
use tierup_common::handoff::QueueItem;
use tierup_common::id::{BranchId, SessionId};
use tierup_common::session::{Branch, BranchStatus, PutBranch};

use crate::effect::{CallId, Effect};
use crate::event::CallError;
use crate::keymap::{CaseAction, Move, OutcomeAction, TriedAction};
use crate::state::briefing::Briefing;
use crate::state::dialog::Dialog;
use crate::state::layer::{Layer, Picker, PickerKind};
use crate::state::row_edits::RowEdit;
use crate::state::toast::ToastLevel;
use crate::state::{Screen, State};
use crate::update::{calls, dialog, navigate, outcomes};

/// Moves between the rows.
pub(super) fn move_selection(state: &mut State, movement: Move) {
    let count = top_picker(state).map(|pick| pick.kind).map_or(0, |of| match of {
        PickerKind::Branches => branches(state).len(),
        PickerKind::Steps => suggested_steps(state).len(),
        PickerKind::SimilarCases => similar_cases(state).len(),
    });
    let last = count.saturating_sub(1);
    let Some(pick) = top_picker_mut(state) else { return };
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
    let Some(pick) = top_picker_mut(state) else { return };
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

/// What has been tried in the open session.
pub fn branches(state: &State) -> &[Branch] {
    match &state.screen {
        Screen::Session(chat) => chat.session.as_ref().map_or(&[], |session| &session.branch_map),
        Screen::Queue | Screen::Briefing(_) => &[],
    }
}

/// The steps that were suggested for the open session.
pub fn suggested_steps(state: &State) -> &[Step] {
    open_assessment(state).map_or(&[], |data| &data.suggested_steps)
}

/// What was seen before that looks like what is open.
pub fn similar_cases(state: &State) -> &[Similar] {
    open_assessment(state).map_or(&[], |data| &data.similar)
}

fn open_assessment(state: &State) -> Option<&tierup_common::assessment::Assessment> {
    match &state.screen {
        Screen::Queue => None,
        Screen::Briefing(briefing) => briefing.assessment(),
        Screen::Session(chat) => chat.briefing.as_ref().and_then(Briefing::assessment),
    }
}

pub(super) fn run_branch_action(state: &mut State, verb: TriedAction, effects: &mut Vec<Effect>) {
    let Screen::Session(chat) = &state.screen else { return };
    let session = chat.id;
    let row = top_picker(state)
        .and_then(|pick| branches(state).get(pick.selected).map(|branch| (pick.selected, branch.clone())));
    let status = match (verb, &row) {
        (TriedAction::Add, _) => {
            let branch = BranchId::new(state.now);
            return dialog::open(state, Dialog::branch(session, branch, None));
        }
        (_, None) => return,
        (TriedAction::Edit, Some((_, known))) => {
            let status = state.row_edits.branch_edit(known.id).map_or(known.status, |request| request.status);
            let known = Branch { status, ..known.clone() };
            let dialog = Dialog::branch(session, known.id, Some(&known));
            return dialog::open(state, dialog);
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
    let row = top_picker(state)
        .and_then(|pick| suggested_steps(state).get(pick.selected))
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
            let chosen = top_picker(state)
                .and_then(|pick| similar_cases(state).get(pick.selected))
                .map(|case| case.session_id);
            if let Some(session) = chosen {
                navigate::to_session_for_reading(state, session, None, effects);
            }
        }
    }
}

/// Changes a row, after the changes that are asked for already.
fn submit_edit(state: &mut State, edit: RowEdit, effects: &mut Vec<Effect>) {
    if navigate::refuse_viewer(state) {
        return;
    }
    if !state.connection.allows_calls() {
        if let Some(pick) = top_picker_mut(state) {
            pick.error = Some("Offline: this stays as it is".into());
        }
        return;
    }
    state.row_edits.enqueue(edit);
    if let Some(pick) = top_picker_mut(state) {
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

/// A step has another outcome.
pub(super) fn update_step(item: &mut QueueItem, step: &Step) {
    let steps = item.ai_assessment_data.iter_mut().flat_map(|data| &mut data.suggested_steps);
    for known in steps.filter(|known| known.id == step.id) {
        known.clone_from(step);
    }
}

/// A line of what has been tried is new, or changed.
pub(super) fn upsert_branch(state: &mut State, session: SessionId, branch: &Branch) {
    let Screen::Session(chat) = &mut state.screen else { return };
    let Some(item) = chat.session.as_mut().filter(|item| item.id == session) else { return };
    match item.branch_map.iter_mut().find(|known| known.id == branch.id) {
        Some(known) => known.clone_from(branch),
        None => item.branch_map.push(branch.clone()),
    }
}

/// The keys go to a line of what has been tried: it was just written.
pub(super) fn select_branch(state: &mut State, branch: BranchId) {
    let place = branches(state).iter().position(|known| known.id == branch);
    if let (Some(at), Some(pick)) =
        (place, top_picker_mut(state).filter(|pick| pick.kind == PickerKind::Branches))
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
    let why = outcomes::error_text(failure);
    let open = state
        .layers
        .iter_mut()
        .find_map(|layer| if let Layer::Picker(pick) = layer { Some(pick) } else { None });
    match open {
        Some(pick) => pick.error = Some(why),
        None => state.show_toast(ToastLevel::Error, format!("Not marked: {why}")),
    }
    true
}

fn top_picker(state: &State) -> Option<&Picker> {
    if let Some(Layer::Picker(pick)) = state.layers.last() { Some(pick) } else { None }
}

fn top_picker_mut(state: &mut State) -> Option<&mut Picker> {
    if let Some(Layer::Picker(pick)) = state.layers.last_mut() { Some(pick) } else { None }
}
