//! An assessment from its start to what came of its steps.

use tierup_common::assessment::{Assessment, AssessmentStatus, Outcome, Step};
use tierup_common::event::What;
use tierup_common::id::{HandoffId, StepId};
use tierup_common::time::Timestamp;

use crate::domain::handoff::{Handoff, State};
use crate::domain::session::Session;
use crate::domain::valid::Check;
use crate::domain::{Caller, Change, Decision, Job, Policy, Refusal, Written, access};

/// An engine takes a handoff up. One that has ended meanwhile needs no assessment any more.
pub fn begin(handoff: &Handoff, now: Timestamp) -> Decision {
    let status = match handoff.state {
        State::Open | State::Claimed(_) => AssessmentStatus::Running,
        State::Resolved(_) | State::Withdrawn(_) | State::Superseded(_) | State::Parked | State::Resumed => {
            AssessmentStatus::NotRequested
        }
    };
    Decision::default().change(Change::UpdateHandoff(handoff.assessed(status, now)))
}

/// The engine is done.
pub fn ready(handoff: &Handoff, text: String, data: Assessment, now: Timestamp) -> Decision {
    let what = What::HandoffAssessmentReady {
        handoff: handoff.about(),
        ai_assessment: text.clone(),
        ai_assessment_data: Box::new(data.clone()),
    };
    Decision::default()
        .change(Change::PutAssessment(handoff.id, Written::Ready(text, data)))
        .change(Change::UpdateHandoff(handoff.assessed(AssessmentStatus::Ready, now)))
        .tell(what)
}

/// The engine could not do it. `why` is one sentence without secrets.
pub fn failed(handoff: &Handoff, why: String, now: Timestamp) -> Decision {
    let what = What::HandoffAssessmentFailed { handoff: handoff.about(), assessment_error: why.clone() };
    Decision::default()
        .change(Change::PutAssessment(handoff.id, Written::Failed(why)))
        .change(Change::UpdateHandoff(handoff.assessed(AssessmentStatus::Failed, now)))
        .tell(what)
}

/// Asks for the assessment again, one at a time.
pub fn reassess(handoff: &Handoff, now: Timestamp, policy: Policy) -> Result<Decision, Refusal> {
    if !matches!(handoff.state, State::Open | State::Claimed(_)) {
        return Err(Refusal::HandoffClosed(handoff.state.status()));
    }
    match handoff.assessment {
        AssessmentStatus::Pending | AssessmentStatus::Running => {
            return Err(Refusal::AssessmentRunning);
        }
        AssessmentStatus::Ready | AssessmentStatus::Failed | AssessmentStatus::NotRequested => {}
    }
    if !policy.assesses {
        return Err(Refusal::Forbidden("the assessment engine of this server is off".into()));
    }
    Ok(Decision::default()
        .change(Change::UpdateHandoff(handoff.assessed(AssessmentStatus::Pending, now)))
        .job(Some(Job::Assess { handoff_id: handoff.id })))
}

/// Notes what came of one step.
pub fn put_step(
    handoff: &Handoff,
    session: &Session,
    assessment: Option<Assessment>,
    step: StepId,
    outcome: Option<Outcome>,
    caller: &Caller,
    now: Timestamp,
) -> Result<(Step, Decision), Refusal> {
    access::participates(session, caller)?;
    let mut assessment = assessment.ok_or(Refusal::NotFound)?;
    let found = assessment.suggested_steps.iter_mut().find(|known| known.id == step);
    let known = found.ok_or(Refusal::NotFound)?;
    known.outcome = outcome;
    let step = known.clone();
    let what = What::HandoffStepUpdated { handoff: handoff.about(), by: caller.person(), step: step.clone() };
    let decision = Decision::default()
        .change(Change::PutAssessment(handoff.id, Written::Marked(assessment)))
        .change(Change::UpdateHandoff(handoff.assessed(handoff.assessment, now)))
        // Whoever tries steps works on it: their claim does not stand still.
        .change(Change::UpdateSession(session.touched(now)))
        .tell(what);
    Ok((step, decision))
}

/// Marks the steps that resolved a session; nothing to write if none is named.
pub(super) fn worked(
    assessment: Option<(HandoffId, Assessment)>,
    worked: &[StepId],
) -> Result<Option<Change>, Refusal> {
    if worked.is_empty() {
        return Ok(None);
    }
    let mut check = Check::default();
    let Some((handoff, mut assessment)) = assessment else {
        check.fail("worked_step_ids", "this session has no assessment, so no steps");
        return check.done().map(|()| None);
    };
    for id in worked {
        match assessment.suggested_steps.iter_mut().find(|step| step.id == *id) {
            Some(step) => step.outcome = Some(Outcome::Worked),
            None => check.fail("worked_step_ids", format!("{id} is not a step of the assessment")),
        }
    }
    check.done()?;
    Ok(Some(Change::PutAssessment(handoff, Written::Marked(assessment))))
}
