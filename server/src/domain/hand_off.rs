//! Handing a session off: parking it for oneself, or escalating it to the team.

use tierup_common::assessment::AssessmentStatus;
use tierup_common::event::EventBody;
use tierup_common::handoff::{Intent, Priority, Snapshot};
use tierup_common::id::{HandoffId, Number};
use tierup_common::limit;
use tierup_common::session::{Branch, HandOff, IntakeContent, Message};
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::domain::access;
use crate::domain::caller::Caller;
use crate::domain::changes::{EarlierEscalation, answer, changes_since};
use crate::domain::decision::{Change, Decision};
use crate::domain::handoff::{Handoff, HandoffState};
use crate::domain::job::Job;
use crate::domain::policy::Policy;
use crate::domain::refusal::Refusal;
use crate::domain::reminder_schedule;
use crate::domain::session::{Session, SessionState};

/// A session to hand off, with all that its snapshot needs.
#[derive(Clone, Debug)]
pub struct HandoffContext {
    /// The session.
    pub session: Session,
    /// Its latest escalation, if it was ever escalated.
    pub escalation: Option<EarlierEscalation>,
    /// The problem as it was described first.
    pub intake: String,
    /// All branches.
    pub branches: Vec<Branch>,
    /// The last messages, at most [`limit::MAX_SNAPSHOT_MESSAGES`].
    pub messages: Vec<Message>,
}

/// The id and the number of the new handoff.
#[derive(Clone, Copy, Debug)]
pub struct NewHandoffIds {
    /// The id.
    pub id: HandoffId,
    /// The number.
    pub number: Number,
}

/// Hands a session off. Returns the new handoff as it is after the decision.
pub fn hand_off(
    context: &HandoffContext,
    request: &HandOff,
    ids: NewHandoffIds,
    caller: &Caller,
    now: Timestamp,
    policy: Policy,
) -> Result<(Handoff, Decision), Refusal> {
    access::ensure_can_hand_off(&context.session, caller, request.intent)?;
    let (state, assessment_status) = match (request.intent, request.wake_at) {
        (Intent::Escalate, Some(_)) => {
            return Err(Refusal::invalid_field("wake_at", "only a park has a wake-up time; leave it out"));
        }
        (Intent::Park, Some(at)) if at <= now => {
            return Err(Refusal::invalid_field("wake_at", "must be in the future"));
        }
        (Intent::Park, Some(_) | None) => (HandoffState::Parked, AssessmentStatus::NotRequested),
        (Intent::Escalate, None) if policy.assessment_enabled => {
            (HandoffState::Open, AssessmentStatus::Pending)
        }
        (Intent::Escalate, None) => (HandoffState::Open, AssessmentStatus::NotRequested),
    };
    let handoff = Handoff {
        id: ids.id,
        number: ids.number,
        session_id: context.session.id,
        intent: request.intent,
        state,
        state_since: now,
        priority: request.priority.unwrap_or(Priority::Normal),
        title: context.session.title.clone(),
        notes: request.engineer_notes.clone(),
        assessment_status,
        handed_off_by: caller.person(),
        wake_at: request.wake_at,
        asked_by: asker(context, request.intent, caller),
        due_at: match request.intent {
            Intent::Escalate => {
                policy.respond_within.due_at(request.priority.unwrap_or(Priority::Normal), now)
            }
            Intent::Park => None,
        },
        created_at: now,
        updated_at: now,
        version: 0,
    };
    let decision = Decision::default()
        .with_change(Change::InsertHandoff(
            handoff.clone(),
            Box::new(take_snapshot(context, request.intent, caller, now)),
        ))
        .and(match request.intent {
            Intent::Park => park(context, &handoff, caller, now),
            Intent::Escalate => escalate(context, &handoff, caller, now, policy),
        })
        .with_scheduled_job(reminder_schedule::schedule(&handoff, policy, now));
    Ok((Handoff { version: handoff.version + 1, ..handoff }, decision))
}

/// Whose question an escalation answers: that of whoever sent the escalation before back, unless they escalate themselves.
fn asker(context: &HandoffContext, intent: Intent, caller: &Caller) -> Option<Person> {
    let earlier = context.escalation.as_ref().filter(|_| intent == Intent::Escalate)?;
    let asker = earlier.question.as_ref().map(|question| &question.by);
    asker.filter(|asker| asker.id != caller.id).cloned()
}

/// A park is private: only the user who parks gets the event.
fn park(context: &HandoffContext, handoff: &Handoff, caller: &Caller, now: Timestamp) -> Decision {
    let session = Session {
        state: SessionState::Paused(handoff.id),
        handoff_count: context.session.handoff_count + 1,
        ..context.session.with_updated_at(now)
    };
    let updated = session.updated_event(caller.person(), None, Some(handoff.id));
    Decision::default().with_change(Change::UpdateSession(session)).with_event_for(caller.id, updated)
}

/// An escalation enters the queue at once; assessment and mail follow as jobs. It supersedes an escalation that was
/// claimed: the claimer passes the problem on.
fn escalate(
    context: &HandoffContext,
    handoff: &Handoff,
    caller: &Caller,
    now: Timestamp,
    policy: Policy,
) -> Decision {
    let earlier = context.escalation.as_ref().map(|earlier| &earlier.handoff);
    let superseded = earlier.filter(|old| old.state.is_ongoing());
    let session = Session {
        state: SessionState::Escalated(handoff.id),
        handoff_count: context.session.handoff_count + 1,
        latest_escalation: Some(handoff.id),
        ..context.session.with_updated_at(now)
    };
    let created = EventBody::HandoffCreated {
        handoff: handoff.summary(),
        by: caller.person(),
        engineer_notes: handoff.notes.clone(),
        assessment_status: handoff.assessment_status,
        supersedes: superseded.map(|old| old.id),
        asked_by: handoff.asked_by.clone(),
    };
    let announce = Job::Announce { handoff_id: handoff.id, reason: None };
    let decision = Decision::default()
        .with_job(policy.assessment_enabled.then_some(Job::Assess { handoff_id: handoff.id }))
        .with_job(policy.announcements_enabled.then_some(announce))
        .with_change(Change::UpdateSession(session))
        .with_event(created);
    match superseded {
        Some(old) => {
            let state = HandoffState::Superseded(old.state.claim().cloned());
            decision.with_change(Change::UpdateHandoff(old.with_state(state, now)))
        }
        None => decision,
    }
}

fn take_snapshot(context: &HandoffContext, intent: Intent, caller: &Caller, now: Timestamp) -> Snapshot {
    debug_assert!(context.messages.len() <= limit::MAX_SNAPSHOT_MESSAGES);
    let message_count = context.session.message_count;
    // Nobody but its owner reads a park: they know what they did.
    let earlier = context.escalation.as_ref().filter(|_| intent == Intent::Escalate);
    Snapshot {
        problem_summary: context.session.problem_summary(),
        intake_content: IntakeContent { text: context.intake.clone() },
        confidence_tier: context.session.confidence_tier,
        branch_map: context.branches.clone(),
        messages: context.messages.clone(),
        message_count,
        taken_at: now,
        changes_since: earlier.map(|earlier| {
            let answer =
                earlier.question.as_ref().and_then(|asked| answer(asked, &context.messages, caller.id));
            changes_since(earlier, &context.branches, message_count, answer)
        }),
    }
}

/// Ends a park that a decision overtakes: a park lasts as long as it is the current handoff of its session. `park` is
/// the current handoff before the decision, if it is a park. The user who parked gets an event.
pub fn resume_superseded_park(
    decision: Decision,
    park: Option<&Handoff>,
    by: Person,
    now: Timestamp,
) -> Decision {
    let overtaken = park.zip(decision.session_after()).filter(|(park, session)| {
        park.state == HandoffState::Parked
            && park.session_id == session.id
            && session.state.current_handoff() != Some(park.id)
    });
    let Some((park, session)) = overtaken else { return decision };
    let updated = session.updated_event(by, None, Some(park.id));
    let resumed = Change::UpdateHandoff(park.with_state(HandoffState::Resumed, now));
    decision.with_change(resumed).with_event_for(park.handed_off_by.id, updated)
}
