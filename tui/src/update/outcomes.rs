//! Tells the user how an action ended: a dialog closes, a toast appears. Not the outcomes of steps.

use tierup_common::handoff::Intent;

use crate::availability::Unavailable;
use crate::effect::{Call, CallId};
use crate::event::CallError;
use crate::keymap::{Action, Context, ListAction, Tab};
use crate::state::State;
use crate::state::layer::{ConfirmedAction, Layer};
use crate::state::request::Request;
use crate::state::toast::ToastLevel;
use crate::update::navigate;

/// Tells the user why something cannot be done.
pub(super) fn show_unavailable(state: &mut State, reason: Unavailable) {
    match reason {
        Unavailable::NotApplicable => {}
        Unavailable::NotNow(text) => state.show_toast(ToastLevel::Info, text),
        Unavailable::Blocked(text) => state.show_toast(ToastLevel::Error, text),
    }
}

/// How to open a tab, to follow a colon.
pub(super) fn tab_hint(state: &State, tab: Tab) -> String {
    let key = state.settings.keymap.key_for(Context::Queue, Action::List(ListAction::Tab(tab)));
    format!("press {key} in the list to see it")
}

/// Closes the dialog that made a call, and a question whether to discard it. Returns whether it was still open.
pub(super) fn close_dialog(state: &mut State, call_id: CallId) -> bool {
    let made_call = |layer: &Layer| matches!(layer, Layer::Dialog(dialog) if dialog.request.awaits(call_id));
    let Some(index) = state.layers.iter().position(made_call) else { return false };
    state.layers.remove(index);
    let asks_to_discard = |layer: &Layer| matches!(layer, Layer::Confirm(confirm) if confirm.action == ConfirmedAction::DiscardDialog);
    state.layers.retain(|layer| !asks_to_discard(layer));
    true
}

/// Closes a dialog that has succeeded, returns to the list and shows a toast. A user who has closed the dialog meanwhile is
/// elsewhere and stays there.
pub(super) fn finish_dialog(state: &mut State, call_id: CallId, text: String) {
    if close_dialog(state, call_id) {
        navigate::to_queue(state);
    }
    state.show_toast(ToastLevel::Success, text);
}

/// Shows why a call failed: in the dialog that made it, or else as a toast.
pub(super) fn report_error(state: &mut State, call_id: CallId, call: &Call, error: &CallError) {
    let text = error.user_message();
    if let Some(dialog) = state.dialogs_mut().find(|dialog| dialog.request.awaits(call_id)) {
        dialog.request = Request::Failed(text);
        return;
    }
    let text = match outcome_unknown_text(call).filter(|_| error.is_outcome_unknown()) {
        Some(change) => format!("Unknown whether {change}: {text}"),
        None => text,
    };
    state.show_toast(ToastLevel::Error, text);
}

/// The change that a call may have made, if the screen does not show it.
const fn outcome_unknown_text(call: &Call) -> Option<&'static str> {
    match call {
        Call::Release { .. } => Some("the claim was released"),
        Call::Assign { .. } => Some("the handoff was assigned"),
        Call::SendBack { .. } => Some("the handoff was sent back"),
        Call::CreateSession(_) => Some("the session was created"),
        Call::HandOff { request, .. } => Some(match request.intent {
            Intent::Park => "the session was parked",
            Intent::Escalate => "the session was escalated",
        }),
        Call::Resolve { .. } => Some("the session was resolved"),
        Call::ChangeHandoff { .. } => Some("the handoff was changed"),
        Call::Reassess(_) => Some("a new assessment was requested"),
        Call::Me
        | Call::Queue { .. }
        | Call::Search { .. }
        | Call::OwnSessions(_)
        | Call::Events { .. }
        | Call::History { .. }
        | Call::FindHandoff(_)
        | Call::FindSession(_)
        | Call::Handoff(_)
        | Call::Session(_)
        | Call::Messages { .. }
        | Call::Story(_)
        | Call::Claim(_)
        | Call::Users
        | Call::PutStep { .. }
        | Call::PutBranch { .. }
        | Call::CreateMessage { .. }
        | Call::Resume(_) => None,
    }
}
