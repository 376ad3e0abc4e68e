//! Resolving a session.

use tierup_common::assessment::Assessment;
use tierup_common::event::EventBody;
use tierup_common::handoff::Intent;
use tierup_common::id::HandoffId;
use tierup_common::session::Resolve;
use tierup_common::time::Timestamp;

use crate::domain::caller::Caller;
use crate::domain::decision::{Change, Decision};
use crate::domain::handoff::{Handoff, HandoffState};
use crate::domain::refusal::Refusal;
use crate::domain::session::{Resolution, Session, SessionState};
use crate::domain::{access, assessment};

/// Resolves a session and ends its current handoffs; a park ends without an event, because it is private.
/// `latest_assessment` is that of the latest escalation; the request may name its steps.
pub fn resolve(
    session: &Session,
    handoffs: &[Handoff],
    latest_assessment: Option<(HandoffId, Assessment)>,
    request: &Resolve,
    caller: &Caller,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    access::ensure_can_resolve(session, caller)?;
    let mut decision = Decision::default();
    if let Some(steps) = assessment::mark_worked_steps(latest_assessment, &request.worked_step_ids)? {
        decision = decision.with_change(steps);
    }
    for handoff in handoffs.iter().filter(|handoff| handoff.state.is_ongoing()) {
        decision = match handoff.intent {
            Intent::Escalate => {
                let state = HandoffState::Resolved(handoff.state.claim().cloned());
                decision.with_change(Change::UpdateHandoff(handoff.with_state(state, now))).with_event(
                    EventBody::HandoffResolved {
                        handoff: handoff.summary(),
                        by: caller.person(),
                        resolution: request.resolution.clone(),
                    },
                )
            }
            Intent::Park => {
                decision.with_change(Change::UpdateHandoff(handoff.with_state(HandoffState::Resumed, now)))
            }
        };
    }
    let resolved = Session {
        state: SessionState::Resolved(Resolution { text: request.resolution.clone(), at: now }),
        ..session.with_updated_at(now)
    };
    let event = EventBody::SessionResolved {
        session: resolved.summary(),
        by: caller.person(),
        resolution: request.resolution.clone(),
    };
    Ok(decision.with_change(Change::UpdateSession(resolved)).with_event(event))
}
