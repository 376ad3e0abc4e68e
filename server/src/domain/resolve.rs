//! Resolving a session.

use tierup_common::assessment::Assessment;
use tierup_common::event::EventBody;
use tierup_common::handoff::{HandoffLink, Intent};
use tierup_common::id::HandoffId;
use tierup_common::session::{Resolve, SessionLink};
use tierup_common::time::Timestamp;

use crate::domain::caller::Caller;
use crate::domain::decision::{Change, Decision};
use crate::domain::handoff::{Handoff, HandoffState};
use crate::domain::refusal::Refusal;
use crate::domain::session::{Resolution, Session, SessionState};
use crate::domain::{access, assessment};

/// The handoff of the same problem, with its session.
#[derive(Clone, Debug)]
pub struct Original {
    /// An escalation.
    pub handoff: Handoff,
    /// Its session.
    pub session: Session,
}

/// Resolves a session and ends its current handoffs; a park ends without an event, because it is private.
/// `latest_assessment` is that of the latest escalation; the request may name its steps. `original` is the handoff that the
/// request names if the session is a duplicate.
pub fn resolve(
    session: &Session,
    handoffs: &[Handoff],
    latest_assessment: Option<(HandoffId, Assessment)>,
    original: Option<&Original>,
    request: &Resolve,
    caller: &Caller,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    access::ensure_can_resolve(session, caller)?;
    let duplicate_of = original.map(|original| link_to(original, session)).transpose()?;
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
                        duplicate_of,
                    },
                )
            }
            Intent::Park => {
                decision.with_change(Change::UpdateHandoff(handoff.with_state(HandoffState::Resumed, now)))
            }
        };
    }
    let resolved = Session {
        state: SessionState::Resolved(Resolution { text: request.resolution.clone(), at: now, duplicate_of }),
        ..session.with_updated_at(now)
    };
    let event = EventBody::SessionResolved {
        session: resolved.summary(),
        by: caller.person(),
        resolution: request.resolution.clone(),
        duplicate_of,
    };
    let decision = match original {
        Some(original) => decision.with_event(EventBody::SessionUpdated {
            session: original.session.summary(),
            by: caller.person(),
            branch: None,
            handoff_id: None,
            duplicate: Some(SessionLink { session_id: session.id, number: session.number }),
        }),
        None => decision,
    };
    Ok(decision.with_change(Change::UpdateSession(resolved)).with_event(event))
}

/// The handoff that a duplicate names. What it names is no duplicate itself, so that one step leads to the original.
fn link_to(original: &Original, session: &Session) -> Result<HandoffLink, Refusal> {
    let Original { handoff, session: other } = original;
    let refused = |message: String| Err(Refusal::invalid_field("duplicate_of", message));
    if other.id == session.id {
        return refused(format!("#{} is this session; name another handoff", handoff.number));
    }
    match other.state.resolution().and_then(|resolution| resolution.duplicate_of) {
        Some(first) => {
            refused(format!("#{} is a duplicate itself; name #{} instead", handoff.number, first.number))
        }
        None => Ok(HandoffLink { handoff_id: handoff.id, number: handoff.number, session_id: other.id }),
    }
}
