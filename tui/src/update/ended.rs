//! How what was asked for ended: done, with a word about it, or not, with the reason.

use tierup_common::handoff::Intent;

use crate::effect::{Call, Effect, Ticket};
use crate::event::Failure;
use crate::state::State;
use crate::state::layer::{Layer, OnYes};
use crate::state::toast::Tone;
use crate::text::safe;
use crate::update::{go, pick};

/// A failure as the user reads it, with what is wrong with which field.
pub(super) fn say(failure: &Failure) -> String {
    let mut text = failure.to_string();
    if let Failure::Problem(problem) = failure {
        for error in &problem.errors {
            text = format!("{text}; {}: {}", error.field, error.message);
        }
    }
    safe::line(&text)
}

/// Closes the dialog that asked for something, with the question whether to; whether it was still there.
pub(super) fn close_dialog(state: &mut State, ticket: Ticket) -> bool {
    let is_it = |layer: &Layer| matches!(layer, Layer::Dialog(dialog) if dialog.sending == Some(ticket));
    let Some(place) = state.layers.iter().position(is_it) else { return false };
    state.layers.remove(place);
    let asks =
        |layer: &Layer| matches!(layer, Layer::Confirm(confirm) if confirm.on_yes == OnYes::CloseDialog);
    state.layers.retain(|layer| !asks(layer));
    true
}

/// What a dialog asked for is done: back to the list, with a word about it. Who has put the dialog away meanwhile is
/// somewhere else, and stays there.
pub(super) fn done(state: &mut State, ticket: Ticket, text: String) {
    if close_dialog(state, ticket) {
        go::to_queue(state);
    }
    state.toast(Tone::Good, text);
}

/// What was asked for was not done. A dialog stays, with the reason in it.
pub(super) fn failed(
    state: &mut State,
    ticket: Ticket,
    call: &Call,
    failure: &Failure,
    effects: &mut Vec<Effect>,
) {
    if pick::marked(state, ticket, Some(failure), effects) {
        return;
    }
    let text = say(failure);
    for layer in &mut state.layers {
        if let Layer::Dialog(dialog) = layer
            && dialog.sending == Some(ticket)
        {
            dialog.sending = None;
            dialog.error = Some(text);
            return;
        }
    }
    let text = match in_doubt(call).filter(|_| failure.leaves_doubt()) {
        Some(what) => format!("Whether {what} is not known: {text}"),
        None => text,
    };
    state.toast(Tone::Bad, text);
}

/// What may have been done, where nothing on the screen says it any more.
const fn in_doubt(call: &Call) -> Option<&'static str> {
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
        | Call::Say { .. }
        | Call::Resume(_) => None,
    }
}

pub(super) fn nonsense() -> Failure {
    Failure::Nonsense("the server answered something else".into())
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
            say(&Failure::Problem(Box::new(problem))),
            "some fields break a rule; see errors; resolution: has 70000 bytes; at most 65536"
        );
    }
}
