//! An assessment from its start to what came of its steps.

use tierup_common::assessment::{Assessment, AssessmentStatus, Outcome, Step};
use tierup_common::event::EventBody;
use tierup_common::id::{HandoffId, StepId};
use tierup_common::time::Timestamp;

use crate::domain::handoff::{Handoff, HandoffState};
use crate::domain::session::Session;
use crate::domain::validation::Validator;
use crate::domain::{AssessmentChange, Caller, Change, Decision, Job, Policy, Refusal, access};

/// An engine takes a handoff up. One that has ended meanwhile needs no assessment any more.
pub fn begin(handoff: &Handoff, now: Timestamp) -> Decision {
    let status = match handoff.state {
        HandoffState::Open | HandoffState::Claimed(_) => AssessmentStatus::Running,
        HandoffState::Resolved(_)
        | HandoffState::Withdrawn(_)
        | HandoffState::Superseded(_)
        | HandoffState::Parked
        | HandoffState::Resumed => AssessmentStatus::NotRequested,
    };
    Decision::default().with_change(Change::UpdateHandoff(handoff.with_assessment_status(status, now)))
}

/// The engine is done.
pub fn complete(handoff: &Handoff, text: String, data: Assessment, now: Timestamp) -> Decision {
    let what = EventBody::HandoffAssessmentReady {
        handoff: handoff.summary(),
        ai_assessment: text.clone(),
        ai_assessment_data: Box::new(data.clone()),
    };
    Decision::default()
        .with_change(Change::PutAssessment(handoff.id, AssessmentChange::Ready(text, data)))
        .with_change(Change::UpdateHandoff(handoff.with_assessment_status(AssessmentStatus::Ready, now)))
        .with_event(what)
}

/// The engine could not do it. `why` is one sentence without secrets.
pub fn fail(handoff: &Handoff, reason: String, now: Timestamp) -> Decision {
    let what =
        EventBody::HandoffAssessmentFailed { handoff: handoff.summary(), assessment_error: reason.clone() };
    Decision::default()
        .with_change(Change::PutAssessment(handoff.id, AssessmentChange::Failed(reason)))
        .with_change(Change::UpdateHandoff(handoff.with_assessment_status(AssessmentStatus::Failed, now)))
        .with_event(what)
}

/// Asks for the assessment again, one at a time.
pub fn reassess(handoff: &Handoff, now: Timestamp, policy: Policy) -> Result<Decision, Refusal> {
    access::ensure_can_reassess(handoff, now)?;
    if !policy.assessment_enabled {
        return Err(Refusal::Forbidden("the assessment engine of this server is off".into()));
    }
    Ok(Decision::default()
        .with_change(Change::UpdateHandoff(handoff.with_assessment_status(AssessmentStatus::Pending, now)))
        .with_job(Some(Job::Assess { handoff_id: handoff.id })))
}

/// Notes what came of one step.
pub fn record_step_outcome(
    handoff: &Handoff,
    session: &Session,
    assessment: Option<Assessment>,
    step: StepId,
    outcome: Option<Outcome>,
    caller: &Caller,
    now: Timestamp,
) -> Result<(Step, Decision), Refusal> {
    access::ensure_participant(session, caller)?;
    let mut assessment = assessment.ok_or(Refusal::NotFound)?;
    let found = assessment.suggested_steps.iter_mut().find(|known| known.id == step);
    let known = found.ok_or(Refusal::NotFound)?;
    known.outcome = outcome;
    let step = known.clone();
    let what =
        EventBody::HandoffStepUpdated { handoff: handoff.summary(), by: caller.person(), step: step.clone() };
    let decision = Decision::default()
        .with_change(Change::PutAssessment(handoff.id, AssessmentChange::StepsUpdated(assessment)))
        .with_change(Change::UpdateHandoff(handoff.with_assessment_status(handoff.assessment_status, now)))
        // Whoever tries steps works on it: their claim does not stand still.
        .with_change(Change::UpdateSession(session.with_updated_at(now)))
        .with_event(what);
    Ok((step, decision))
}

/// Marks the steps that resolved a session; nothing to write if none is named.
pub(super) fn mark_worked_steps(
    assessment: Option<(HandoffId, Assessment)>,
    step_ids: &[StepId],
) -> Result<Option<Change>, Refusal> {
    if step_ids.is_empty() {
        return Ok(None);
    }
    let mut check = Validator::default();
    let Some((handoff, mut assessment)) = assessment else {
        check.add_error("worked_step_ids", "this session has no assessment, so no steps");
        return check.finish().map(|()| None);
    };
    for id in step_ids {
        match assessment.suggested_steps.iter_mut().find(|step| step.id == *id) {
            Some(step) => step.outcome = Some(Outcome::Worked),
            None => check.add_error("worked_step_ids", format!("{id} is not a step of the assessment")),
        }
    }
    check.finish()?;
    Ok(Some(Change::PutAssessment(handoff, AssessmentChange::StepsUpdated(assessment))))
}
