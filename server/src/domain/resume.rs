//! Taking a session back: after a park, or after an escalation that nobody has claimed.

use tierup_common::event::EventBody;
use tierup_common::time::Timestamp;

use crate::domain::access;
use crate::domain::caller::Caller;
use crate::domain::decision::{Change, Decision};
use crate::domain::handoff::{Handoff, HandoffState};
use crate::domain::refusal::Refusal;
use crate::domain::session::Session;

/// Takes a session back.
pub fn resume(
    session: &Session,
    current_handoff: Option<&Handoff>,
    latest_escalation: Option<&Handoff>,
    caller: &Caller,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let Some(handoff) = current_handoff else { return Err(Refusal::NothingToResume(session.state.status())) };
    if !access::can_see(handoff, caller) {
        // A park does not end the claim of its escalation. Who parked is private.
        let claimed = latest_escalation.filter(|it| matches!(it.state, HandoffState::Claimed(_)));
        return Err(match claimed {
            Some(claimed) => access::already_claimed(claimed, now),
            None => Refusal::Forbidden(
                "this session is parked; only the user who parked it can take it back".into(),
            ),
        });
    }
    access::ensure_can_take_back(handoff, session, caller, now)?;
    match &handoff.state {
        HandoffState::Parked => {
            let claimed = latest_escalation.filter(|it| it.state.is_ongoing()).map(|it| it.id);
            let session = session.with_assignee(session.assignee.clone(), claimed, now);
            let updated = session.updated_event(caller.person(), None, Some(handoff.id));
            Ok(Decision::default()
                .with_change(Change::UpdateHandoff(handoff.with_state(HandoffState::Resumed, now)))
                .with_change(Change::UpdateSession(session))
                .with_event_for(caller.id, updated))
        }
        HandoffState::Open => Ok(Decision::default()
            .with_change(Change::UpdateHandoff(handoff.with_state(HandoffState::Withdrawn(None), now)))
            .with_change(Change::UpdateSession(session.with_assignee(caller.person(), None, now)))
            .with_event(EventBody::HandoffWithdrawn { handoff: handoff.summary(), by: caller.person() })),
        HandoffState::Claimed(_)
        | HandoffState::Resolved(_)
        | HandoffState::Withdrawn(_)
        | HandoffState::Superseded(_)
        | HandoffState::Resumed => Err(Refusal::NothingToResume(session.state.status())),
    }
}
