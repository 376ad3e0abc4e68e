//! The assessment of a handoff, from its start to the outcomes of its steps.

use tierup_common::assessment::{Assessment, AssessmentStatus, Outcome, Step};
use tierup_common::event::EventBody;
use tierup_common::id::{HandoffId, StepId};
use tierup_common::time::Timestamp;

use crate::domain::access;
use crate::domain::caller::Caller;
use crate::domain::decision::{AssessmentChange, Change, Decision};
use crate::domain::handoff::{Handoff, HandoffState};
use crate::domain::job::Job;
use crate::domain::policy::Policy;
use crate::domain::refusal::Refusal;
use crate::domain::session::Session;
use crate::domain::validation::Validator;

/// Marks the assessment as being written. An earlier one stays until the new one is complete. A handoff that has left the
/// queue meanwhile gets no new one.
pub fn begin(handoff: &Handoff, has_earlier: bool, now: Timestamp) -> Decision {
    let status = match handoff.state {
        HandoffState::Open | HandoffState::Claimed(_) => AssessmentStatus::Running,
        HandoffState::Resolved(_)
        | HandoffState::Withdrawn(_)
        | HandoffState::Superseded(_)
        | HandoffState::Parked
        | HandoffState::Resumed
            if has_earlier =>
        {
            AssessmentStatus::Ready
        }
        HandoffState::Resolved(_)
        | HandoffState::Withdrawn(_)
        | HandoffState::Superseded(_)
        | HandoffState::Parked
        | HandoffState::Resumed => AssessmentStatus::NotRequested,
    };
    Decision::default().with_change(Change::UpdateHandoff(handoff.with_assessment_status(status, now)))
}

/// Stores a finished assessment.
pub fn complete(handoff: &Handoff, text: String, data: Assessment, now: Timestamp) -> Decision {
    let event = EventBody::HandoffAssessmentReady {
        handoff: handoff.summary(),
        ai_assessment: text.clone(),
        ai_assessment_data: Box::new(data.clone()),
    };
    Decision::default()
        .with_change(Change::PutAssessment(handoff.id, AssessmentChange::Ready(text, data)))
        .with_change(Change::UpdateHandoff(handoff.with_assessment_status(AssessmentStatus::Ready, now)))
        .with_event(event)
}

/// Stores that the engine failed. `reason` is one sentence without secrets; `detail` is for admins, and in no event.
pub fn fail(handoff: &Handoff, reason: String, detail: Option<String>, now: Timestamp) -> Decision {
    let event =
        EventBody::HandoffAssessmentFailed { handoff: handoff.summary(), assessment_error: reason.clone() };
    Decision::default()
        .with_change(Change::PutAssessment(handoff.id, AssessmentChange::Failed(reason, detail)))
        .with_change(Change::UpdateHandoff(handoff.with_assessment_status(AssessmentStatus::Failed, now)))
        .with_event(event)
}

/// Asks for a new assessment.
pub fn reassess(handoff: &Handoff, now: Timestamp, policy: Policy) -> Result<Decision, Refusal> {
    access::ensure_can_reassess(handoff, now)?;
    if !policy.assessment_enabled {
        return Err(Refusal::Forbidden("this server has no assessment engine".into()));
    }
    Ok(Decision::default()
        .with_change(Change::UpdateHandoff(handoff.with_assessment_status(AssessmentStatus::Pending, now)))
        .with_job(Some(Job::Assess { handoff_id: handoff.id })))
}

/// Records or removes the outcome of one step.
pub fn record_step_outcome(
    handoff: &Handoff,
    session: &Session,
    assessment: Option<Assessment>,
    step_id: StepId,
    outcome: Option<Outcome>,
    caller: &Caller,
    now: Timestamp,
) -> Result<(Step, Decision), Refusal> {
    access::ensure_participant(session, caller)?;
    let mut assessment = assessment.ok_or(Refusal::NotFound)?;
    let step = assessment.suggested_steps.iter_mut().find(|step| step.id == step_id);
    let step = step.ok_or(Refusal::NotFound)?;
    step.outcome = outcome;
    let step = step.clone();
    let event =
        EventBody::HandoffStepUpdated { handoff: handoff.summary(), by: caller.person(), step: step.clone() };
    let decision = Decision::default()
        .with_change(Change::PutAssessment(handoff.id, AssessmentChange::StepsUpdated(assessment)))
        .with_change(Change::UpdateHandoff(handoff.with_assessment_status(handoff.assessment_status, now)))
        // Trying steps is work on the session: the claim is not stale.
        .with_change(Change::UpdateSession(session.with_updated_at(now)))
        .with_event(event);
    Ok((step, decision))
}

/// Marks the steps that resolved a session; `None` if no step is named.
pub(super) fn mark_worked_steps(
    assessment: Option<(HandoffId, Assessment)>,
    step_ids: &[StepId],
) -> Result<Option<Change>, Refusal> {
    if step_ids.is_empty() {
        return Ok(None);
    }
    let Some((handoff, mut assessment)) = assessment else {
        return Err(Refusal::invalid_field("worked_step_ids", "this session has no assessment"));
    };
    let mut validator = Validator::default();
    for id in step_ids {
        match assessment.suggested_steps.iter_mut().find(|step| step.id == *id) {
            Some(step) => step.outcome = Some(Outcome::Worked),
            None => validator.add_error("worked_step_ids", format!("{id} is not a step of the assessment")),
        }
    }
    validator.finish()?;
    Ok(Some(Change::PutAssessment(handoff, AssessmentChange::StepsUpdated(assessment))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tests::{at, caller, handoff, session};

    #[test]
    fn a_handoff_that_has_ended_keeps_its_earlier_assessment() {
        let session = session(&caller("Sam Ortiz"));
        let status = |state, has_earlier| {
            let decision = begin(&handoff(&session, state), has_earlier, at(1));
            decision.changes.iter().find_map(Change::handoff).map(|next| next.assessment_status)
        };
        let resolved = || HandoffState::Resolved(None);
        assert_eq!(status(resolved(), true), Some(AssessmentStatus::Ready));
        assert_eq!(status(resolved(), false), Some(AssessmentStatus::NotRequested));
        assert_eq!(status(HandoffState::Open, true), Some(AssessmentStatus::Running));
    }
}
