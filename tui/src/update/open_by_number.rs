//! Opening anything by its number: `17` is a handoff or else a session, `s17` a session, `h17` a handoff.

use tierup_common::handoff::{Handoff, HandoffStatus};
use tierup_common::id::Number;
use tierup_common::problem::Code;
use tierup_common::session::SessionPage;

use crate::effect::{Call, CallId, Effect};
use crate::event::CallError;
use crate::state::briefing::Briefing;
use crate::state::toast::ToastLevel;
use crate::state::{PendingOpen, Screen, State};
use crate::update::{calls, fetched, navigate};

/// What a number may be the number of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NumberKind {
    Handoff,
    Session,
    /// A handoff, or a session if there is no such handoff.
    Either,
}

/// Parses `17`, `#17`, `h17` or `s17`.
pub(super) fn parse_number(text: &str) -> Option<(NumberKind, Number)> {
    let (kind, digits) = match text.split_at_checked(1)? {
        ("#" | "h", rest) => (NumberKind::Handoff, rest),
        ("s", rest) => (NumberKind::Session, rest),
        _ => (NumberKind::Either, text),
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number).map(|number| (kind, Number(number)))
}

/// Asks the server for what is not in the lists, and opens it when the answer comes.
pub(super) fn find(state: &mut State, kind: NumberKind, number: Number, effects: &mut Vec<Effect>) {
    if !state.connection.allows_calls() {
        return state.show_toast(ToastLevel::Error, "Offline: only what is in the lists can be opened");
    }
    let call = match kind {
        NumberKind::Handoff | NumberKind::Either => Call::FindHandoff(number),
        NumberKind::Session => Call::FindSession(number),
    };
    let call_id = calls::send(state, call, effects);
    state.pending_open =
        Some(PendingOpen { call_id, origin: state.context(), may_be_session: kind == NumberKind::Either });
}

/// The handoff was found. If the user has gone elsewhere meanwhile, they stay there.
pub(super) fn apply_handoff(state: &mut State, call_id: CallId, handoff: Handoff, effects: &mut Vec<Effect>) {
    if !take_pending(state, call_id) {
        return;
    }
    let (item, snapshot) = (handoff.item.clone(), handoff.snapshot.clone());
    fetched::apply_handoff(state, handoff);
    let is_mine = state.is_mine(&item);
    navigate::to_queue(state);
    match item.status {
        HandoffStatus::Open | HandoffStatus::Claimed if !is_mine => {
            navigate::to_briefing(state, item.id, effects);
        }
        // What has ended is read in its session; a park has no briefing.
        HandoffStatus::Parked | HandoffStatus::Resumed => {
            navigate::to_session(state, item.session_id, None, effects);
        }
        HandoffStatus::Open
        | HandoffStatus::Claimed
        | HandoffStatus::Resolved
        | HandoffStatus::Withdrawn
        | HandoffStatus::Superseded => {
            let session = item.session_id;
            let briefing = Briefing::new(item, Some(snapshot), None, state.now);
            navigate::to_session(state, session, Some(briefing), effects);
        }
    }
}

/// There is no such handoff, or it could not be fetched.
pub(super) fn apply_handoff_error(
    state: &mut State,
    call_id: CallId,
    number: Number,
    error: &CallError,
    effects: &mut Vec<Effect>,
) {
    let may_be_session = state.pending_open.is_some_and(|open| open.may_be_session);
    if !take_pending(state, call_id) {
        return;
    }
    let is_unknown = matches!(error, CallError::Problem(problem) if problem.code() == Some(Code::NotFound));
    match (is_unknown, may_be_session) {
        (true, true) => find(state, NumberKind::Session, number, effects),
        (true, false) => state.show_toast(ToastLevel::Error, format!("There is no handoff #{number}")),
        (false, _) => state.show_toast(ToastLevel::Error, error.user_message()),
    }
}

/// The sessions with a number: one or none.
pub(super) fn apply_sessions(
    state: &mut State,
    call_id: CallId,
    number: Number,
    page: &SessionPage,
    effects: &mut Vec<Effect>,
) {
    if !take_pending(state, call_id) {
        return;
    }
    match page.items.iter().find(|session| session.number == number) {
        Some(session) => navigate::to_session(state, session.id, None, effects),
        None => state.show_toast(ToastLevel::Error, format!("There is no session {number}")),
    }
}

/// Whether this answer is awaited and the user is where they asked.
fn take_pending(state: &mut State, call_id: CallId) -> bool {
    let pending = state.pending_open.take_if(|open| open.call_id == call_id);
    pending.is_some_and(|open| open.origin == state.context() && !matches!(state.screen, Screen::Session(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_apart_by_their_prefix() {
        let number = |kind| Some((kind, Number(17)));
        assert_eq!(parse_number("17"), number(NumberKind::Either));
        assert_eq!(parse_number("#17"), number(NumberKind::Handoff));
        assert_eq!(parse_number("h17"), number(NumberKind::Handoff));
        assert_eq!(parse_number("s17"), number(NumberKind::Session));
        for text in ["", "s", "#", "+1", "x17", "17x", "é1", "99999999999"] {
            assert_eq!(parse_number(text), None, "{text:?}");
        }
    }
}
