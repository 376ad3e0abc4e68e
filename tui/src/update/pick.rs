//! Rows to pick from: what has been tried, what came of the steps, what was seen before.

use tierup_common::assessment::{Outcome, Similar, Step};
use tierup_common::handoff::QueueItem;
use tierup_common::id::{BranchId, SessionId};
use tierup_common::session::{Branch, BranchStatus, PutBranch};

use crate::effect::{Effect, Ticket};
use crate::event::Failure;
use crate::keymap::{CaseVerb, Move, OutcomeVerb, TriedVerb};
use crate::state::briefing::Briefing;
use crate::state::dialog::Dialog;
use crate::state::layer::{Layer, Pick, PickOf};
use crate::state::marks::Mark;
use crate::state::toast::Tone;
use crate::state::{Screen, State};
use crate::update::{dialog, ended, go, load};

/// Moves between the rows.
pub(super) fn go_to(state: &mut State, to: Move) {
    let count = top(state).map(|pick| pick.of).map_or(0, |of| match of {
        PickOf::Tried => tried(state).len(),
        PickOf::Outcomes => steps(state).len(),
        PickOf::Cases => cases(state).len(),
    });
    let last = count.saturating_sub(1);
    let Some(pick) = top_mut(state) else { return };
    pick.error = None;
    pick.at = match to {
        Move::Down => (pick.at + 1).min(last),
        Move::Up => pick.at.saturating_sub(1),
        Move::PageDown | Move::Bottom => last,
        Move::PageUp | Move::Top => 0,
    };
}

/// A click on a row: the keys are on it; on the one that has them, what Enter does.
pub(super) fn choose(state: &mut State, place: usize, effects: &mut Vec<Effect>) {
    let Some(pick) = top_mut(state) else { return };
    if pick.at != place {
        pick.at = place;
        return;
    }
    match pick.of {
        PickOf::Tried => act_on_tried(state, TriedVerb::Edit, effects),
        PickOf::Outcomes => {}
        PickOf::Cases => act_on_case(state, CaseVerb::Read, effects),
    }
}

/// What has been tried in the open session.
pub fn tried(state: &State) -> &[Branch] {
    match &state.screen {
        Screen::Session(chat) => chat.session.as_ref().map_or(&[], |session| &session.branch_map),
        Screen::Queue | Screen::Briefing(_) => &[],
    }
}

/// The steps that were suggested for the open session.
pub fn steps(state: &State) -> &[Step] {
    assessment(state).map_or(&[], |data| &data.suggested_steps)
}

/// What was seen before that looks like what is open.
pub fn cases(state: &State) -> &[Similar] {
    assessment(state).map_or(&[], |data| &data.similar)
}

fn assessment(state: &State) -> Option<&tierup_common::assessment::Assessment> {
    match &state.screen {
        Screen::Queue => None,
        Screen::Briefing(briefing) => briefing.assessment(),
        Screen::Session(chat) => chat.briefing.as_ref().and_then(Briefing::assessment),
    }
}

pub(super) fn act_on_tried(state: &mut State, verb: TriedVerb, effects: &mut Vec<Effect>) {
    let Screen::Session(chat) = &state.screen else { return };
    let session = chat.id;
    let row = top(state).and_then(|pick| tried(state).get(pick.at).map(|branch| (pick.at, branch.clone())));
    let status = match (verb, &row) {
        (TriedVerb::Add, _) => {
            let branch = BranchId::new(state.now);
            return dialog::open(state, Dialog::branch(session, branch, None));
        }
        (_, None) => return,
        (TriedVerb::Edit, Some((_, known))) => {
            let status = state.marks.branch(known.id).map_or(known.status, |request| request.status);
            let known = Branch { status, ..known.clone() };
            let dialog = Dialog::branch(session, known.id, Some(&known));
            return dialog::open(state, dialog);
        }
        (TriedVerb::Open, Some(_)) => BranchStatus::Open,
        (TriedVerb::RuleOut, Some(_)) => BranchStatus::RuledOut,
        (TriedVerb::Confirm, Some(_)) => BranchStatus::Confirmed,
    };
    let Some((_, known)) = row else { return };
    let will_be = state.marks.branch(known.id).map_or(known.status, |request| request.status);
    if will_be != status {
        let request = PutBranch { hypothesis: known.hypothesis, status, evidence: known.evidence };
        mark(state, Mark::Branch(session, known.id, request), effects);
    }
}

pub(super) fn act_on_outcome(state: &mut State, verb: OutcomeVerb, effects: &mut Vec<Effect>) {
    let outcome = match verb {
        OutcomeVerb::Worked => Some(Outcome::Worked),
        OutcomeVerb::Failed => Some(Outcome::Failed),
        OutcomeVerb::Clear => None,
    };
    let Screen::Session(chat) = &state.screen else { return };
    let Some(handoff) = chat.briefing.as_ref().map(|briefing| briefing.item.id) else { return };
    let row = top(state).and_then(|pick| steps(state).get(pick.at)).map(|step| (step.id, step.outcome));
    if let Some((step, known)) = row
        && state.marks.step(step).unwrap_or(known) != outcome
    {
        mark(state, Mark::Step(handoff, step, outcome), effects);
    }
}

pub(super) fn act_on_case(state: &mut State, verb: CaseVerb, effects: &mut Vec<Effect>) {
    match verb {
        CaseVerb::Read => {
            let chosen = top(state).and_then(|pick| cases(state).get(pick.at)).map(|case| case.session_id);
            if let Some(session) = chosen {
                go::to_read(state, session, None, effects);
            }
        }
    }
}

/// Changes a row, after the changes that are asked for already.
fn mark(state: &mut State, mark: Mark, effects: &mut Vec<Effect>) {
    if go::refuse_viewer(state) {
        return;
    }
    if !state.link.may_ask() {
        if let Some(pick) = top_mut(state) {
            pick.error = Some("Offline: this stays as it is".into());
        }
        return;
    }
    state.marks.add(mark);
    if let Some(pick) = top_mut(state) {
        pick.error = None;
    }
    go_on(state, effects);
}

/// Asks for the next change of a row.
fn go_on(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(mark) = state.marks.take_next() {
        let ticket = load::ask(state, mark.call(), effects);
        state.marks.sent(ticket, mark);
    }
}

/// A step has another outcome.
pub(super) fn mark_step(item: &mut QueueItem, step: &Step) {
    let steps = item.ai_assessment_data.iter_mut().flat_map(|data| &mut data.suggested_steps);
    for known in steps.filter(|known| known.id == step.id) {
        known.clone_from(step);
    }
}

/// A line of what has been tried is new, or changed.
pub(super) fn take_branch(state: &mut State, session: SessionId, branch: &Branch) {
    let Screen::Session(chat) = &mut state.screen else { return };
    let Some(item) = chat.session.as_mut().filter(|item| item.id == session) else { return };
    match item.branch_map.iter_mut().find(|known| known.id == branch.id) {
        Some(known) => known.clone_from(branch),
        None => item.branch_map.push(branch.clone()),
    }
}

/// The keys go to a line of what has been tried: it was just written.
pub(super) fn select_branch(state: &mut State, branch: BranchId) {
    let place = tried(state).iter().position(|known| known.id == branch);
    if let (Some(at), Some(pick)) = (place, top_mut(state).filter(|pick| pick.of == PickOf::Tried)) {
        pick.at = at;
    }
}

/// The change of a row was made, or not; whether it was one of ours. What waits for one that failed is given up.
pub(super) fn marked(
    state: &mut State,
    ticket: Ticket,
    failure: Option<&Failure>,
    effects: &mut Vec<Effect>,
) -> bool {
    if !state.marks.answered(ticket) {
        return false;
    }
    let Some(failure) = failure else {
        go_on(state, effects);
        return true;
    };
    state.marks.clear();
    let why = ended::say(failure);
    let open = state
        .layers
        .iter_mut()
        .find_map(|layer| if let Layer::Pick(pick) = layer { Some(pick) } else { None });
    match open {
        Some(pick) => pick.error = Some(why),
        None => state.toast(Tone::Bad, format!("Not marked: {why}")),
    }
    true
}

fn top(state: &State) -> Option<&Pick> {
    if let Some(Layer::Pick(pick)) = state.layers.last() { Some(pick) } else { None }
}

fn top_mut(state: &mut State) -> Option<&mut Pick> {
    if let Some(Layer::Pick(pick)) = state.layers.last_mut() { Some(pick) } else { None }
}
