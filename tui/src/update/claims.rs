//! Claiming: the call, its reply, and the way into the session.

use tierup_common::handoff::Handoff;
use tierup_common::id::HandoffId;
use tierup_common::user::Person;

use crate::availability;
use crate::effect::{Call, CallId, Effect};
use crate::event::CallError;
use crate::state::briefing::Briefing;
use crate::state::toast::ToastLevel;
use crate::state::{PendingClaim, Screen, State};
use crate::update::conflict::LostClaim;
use crate::update::{calls, conflict, fetched, navigate, outcomes};

/// Claims a handoff. While a claim is waiting for its reply, nothing more is sent.
pub(super) fn claim_handoff(state: &mut State, id: HandoffId, effects: &mut Vec<Effect>) {
    let Some(item) = state.queue.item(id) else {
        return state.show_toast(ToastLevel::Info, "Nothing to claim: this handoff has ended");
    };
    if state.is_mine(item) {
        return navigate::to_own_session(state, id, effects);
    }
    if let Err(reason) = availability::check_claim(state, item) {
        return outcomes::show_unavailable(state, reason);
    }
    if let Some(claim) = state.pending_claim {
        if claim.handoff_id != id {
            state.show_toast(ToastLevel::Info, "Another claim is in progress");
        }
        return;
    }
    let call_id = calls::send(state, Call::Claim(id), effects);
    state.pending_claim = Some(PendingClaim { call_id, handoff_id: id });
}

/// The claim was made.
pub(super) fn apply_claim_reply(
    state: &mut State,
    call_id: CallId,
    handoff: Handoff,
    effects: &mut Vec<Effect>,
) {
    state.pending_claim.take_if(|claiming| claiming.call_id == call_id);
    enter_claimed_session(state, handoff, effects);
}

/// The claim was lost to someone else, failed, or may have been made. In each case the handoff is fetched again.
pub(super) fn apply_claim_error(
    state: &mut State,
    call_id: CallId,
    id: HandoffId,
    error: CallError,
    effects: &mut Vec<Effect>,
) {
    state.pending_claim.take_if(|claiming| claiming.call_id == call_id);
    match error {
        CallError::Problem(mut problem) => {
            if let Some(winner) = problem.winner.take() {
                let title = state.handoff_title(id);
                let claimed_at = winner.claimed_at;
                let winner = Person { id: winner.claimed_by_id, name: winner.claimed_by_name };
                conflict::show_conflict(state, LostClaim { handoff_id: id, title, winner, claimed_at });
            } else {
                outcomes::report_error(state, call_id, &Call::Claim(id), &CallError::Problem(problem));
            }
        }
        error @ (CallError::Unreachable(_) | CallError::InvalidResponse(_)) => {
            let text = format!("Claim result unknown: checking … ({})", error.user_message());
            state.show_toast(ToastLevel::Error, text);
            state.claim_in_doubt = Some(id);
        }
    }
    calls::fetch_handoff(state, id, effects);
}

/// Opens the session of a claimed handoff, if the user is still where they claimed it.
fn enter_claimed_session(state: &mut State, handoff: Handoff, effects: &mut Vec<Effect>) {
    let id = handoff.item.id;
    let session = handoff.item.session_id;
    let is_there = match &state.screen {
        Screen::Queue => true,
        Screen::Briefing(briefing) => briefing.item.id == id,
        Screen::Session(chat) => chat.briefing.as_ref().is_some_and(|open| open.item.id == id),
    };
    navigate::mark_seen(state, id, effects);
    let text = format!("#{} is yours", handoff.item.number);
    fetched::apply_handoff(state, handoff.clone());
    if is_there && state.layers.is_empty() {
        let partial_assessment = state.queue.partial_assessments.get(&id).cloned();
        let briefing = Briefing::new(handoff.item, Some(handoff.snapshot), partial_assessment, state.now);
        navigate::to_session(state, session, Some(briefing), effects);
    }
    state.show_toast(ToastLevel::Success, text);
}
