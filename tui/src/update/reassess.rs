//! Running an assessment again. One that is finished is replaced only after a question.

use tierup_common::assessment::AssessmentStatus;
use tierup_common::id::HandoffId;

use crate::availability;
use crate::effect::Effect;
use crate::state::State;
use crate::state::layer::{Confirmation, Layer};
use crate::update::{calls, outcomes};

/// Requests a new assessment: at once if there is none or it failed, else after a question.
pub(super) fn request(state: &mut State, id: HandoffId, effects: &mut Vec<Effect>) {
    if state.is_reassessing(id) {
        return;
    }
    let finished = state.known_handoff(id).filter(|item| item.assessment_status == AssessmentStatus::Ready);
    match finished.map(Confirmation::reassess) {
        Some(question) => state.layers.push(Layer::Confirm(question)),
        None => calls::reassess(state, id, effects),
    }
}

/// Requests it after the question, unless that has become impossible meanwhile.
pub(super) fn request_confirmed(state: &mut State, id: HandoffId, effects: &mut Vec<Effect>) {
    let Some(item) = state.known_handoff(id) else { return };
    match availability::check_reassess(state, item) {
        Ok(()) => calls::reassess(state, id, effects),
        Err(reason) => outcomes::show_unavailable(state, reason),
    }
}
