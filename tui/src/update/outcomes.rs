//! How what was asked for ended: done, with a word about it, or not, with the reason.

use tierup_common::handoff::Intent;

use crate::effect::{Call, CallId, Effect};
use crate::event::CallError;
use crate::state::State;
use crate::state::layer::{ConfirmedAction, Layer};
use crate::state::toast::ToastLevel;
use crate::text::safe;
use crate::update::{navigate, picker};

/// A failure as the user reads it, with what is wrong with which field.
pub(super) fn error_text(call_error: &CallError) -> String {
    let mut text = call_error.to_string();
    if let CallError::Problem(problem) = call_error {
        for error in &problem.errors {
            // A server puts the first one into the detail as well.
            if text.contains(&error.message) {
                continue;
            }
            text = format!("{text}; {}: {}", error.field, error.message);
        }
    }
    safe::sanitize_line(&text).into()
}

/// Closes the dialog that asked for something, with the question whether to; whether it was still there.
pub(super) fn close_dialog(state: &mut State, call_id: CallId) -> bool {
    let is_it =
        |layer: &Layer| matches!(layer, Layer::Dialog(dialog) if dialog.pending_call == Some(call_id));
    let Some(place) = state.layers.iter().position(is_it) else { return false };
    state.layers.remove(place);
    let asks = |layer: &Layer| matches!(layer, Layer::Confirm(confirm) if confirm.action == ConfirmedAction::DiscardDialog);
    state.layers.retain(|layer| !asks(layer));
    true
}

/// What a dialog asked for is done: back to the list, with a word about it. Who has put the dialog away meanwhile is
/// somewhere else, and stays there.
pub(super) fn finish_dialog(state: &mut State, call_id: CallId, text: String) {
    if close_dialog(state, call_id) {
        navigate::to_queue(state);
    }
    state.show_toast(ToastLevel::Success, text);
}

/// What was asked for was not done. A dialog stays, with the reason in it.
pub(super) fn report_error(
    state: &mut State,
    call_id: CallId,
    call: &Call,
    error: &CallError,
    effects: &mut Vec<Effect>,
) {
    if picker::finish_edit(state, call_id, Some(error), effects) {
        return;
    }
    let text = error_text(error);
    for layer in &mut state.layers {
        if let Layer::Dialog(dialog) = layer
            && dialog.pending_call == Some(call_id)
        {
            dialog.pending_call = None;
            dialog.error = Some(text);
            return;
        }
    }
    let text = match uncertain_change(call).filter(|_| error.is_outcome_unknown()) {
        Some(what) => format!("Whether {what} is not known: {text}"),
        None => text,
    };
    state.show_toast(ToastLevel::Error, text);
}

/// What may have been done, where nothing on the screen says it any more.
const fn uncertain_change(call: &Call) -> Option<&'static str> {
    match call {
        Call::Release { .. } => Some("the claim was released"),
        Call::Assign { .. } => Some("the handoff was passed on"),
        Call::SendBack { .. } => Some("the handoff was sent back"),
        Call::CreateSession(_) => Some("the session was opened"),
        Call::HandOff { request, .. } => Some(match request.intent {
            Intent::Park => "the session was parked",
            Intent::Escalate => "the session was escalated",
        }),
        Call::Resolve { .. } => Some("the session was resolved"),
        Call::Reassess(_) => Some("the assessment was asked for again"),
        Call::Me
        | Call::Queue { .. }
        | Call::Search { .. }
        | Call::OwnSessions(_)
        | Call::Handoff(_)
        | Call::Session(_)
        | Call::Messages { .. }
        | Call::Claim(_)
        | Call::Users
        | Call::PutStep { .. }
        | Call::PutBranch { .. }
        | Call::CreateMessage { .. }
        | Call::Resume(_) => None,
    }
}

pub(super) fn invalid_response() -> CallError {
    CallError::InvalidResponse("the server answered something else".into())
}

#[cfg(test)]
mod tests {
    use tierup_common::problem::Problem;

    use super::*;

    #[test]
    fn what_breaks_a_rule_is_said_with_the_field_and_the_rule() {
        let problem = serde_json::json!({
            "type": "/problems/invalid", "title": "some fields break a rule", "status": 422,
            "detail": "some fields break a rule; see errors",
            "errors": [{"field": "resolution", "message": "has 70000 bytes; at most 65536"}],
        });
        let problem: Problem = serde_json::from_value(problem).unwrap();
        assert_eq!(
            error_text(&CallError::Problem(Box::new(problem))),
            "some fields break a rule; see errors; resolution: has 70000 bytes; at most 65536"
        );
    }
}
