//! Handing a session off: parked for oneself, or escalated to the team.

use tierup_common::assessment::AssessmentStatus;
use tierup_common::event::{EventBody, HandoffSummary};
use tierup_common::handoff::{HandoffStatus, Intent, Priority, Snapshot};
use tierup_common::id::{HandoffId, Number, SessionId};
use tierup_common::limit;
use tierup_common::session::{Branch, HandOff, IntakeContent, Message, SessionStatus};
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::domain::session::Session;
use crate::domain::validation::Validator;
use crate::domain::{Caller, Change, Decision, Job, Policy, Refusal, access, reminder};

/// A handoff, without what it hands over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Handoff {
    /// The handoff.
    pub id: HandoffId,
    /// What people call it.
    pub number: Number,
    /// The session handed off.
    pub session_id: SessionId,
    /// Why.
    pub intent: Intent,
    /// Where it stands.
    pub state: HandoffState,
    /// Since when.
    pub state_since: Timestamp,
    /// How urgent it is.
    pub priority: Priority,
    /// The problem in one line.
    pub title: String,
    /// What the engineer wrote.
    pub notes: String,
    /// Where its assessment stands.
    pub assessment_status: AssessmentStatus,
    /// Who handed it off.
    pub handed_off_by: Person,
    /// For a park: when to be reminded of it.
    pub wake_at: Option<Timestamp>,
    /// When it was handed off.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts its changes: as it was loaded, 0 before it is written first. The store counts on when it writes.
    pub version: u64,
}

/// Where a handoff stands. One that ended remembers who had claimed it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HandoffState {
    /// Waiting in the queue.
    Open,
    /// Somebody works on it.
    Claimed(Claim),
    /// Its session was resolved.
    Resolved(Option<Claim>),
    /// Taken back, or sent back with a question.
    Withdrawn(Option<Claim>),
    /// Its claimer escalated again.
    Superseded(Option<Claim>),
    /// Put aside.
    Parked,
    /// No longer put aside.
    Resumed,
}

/// Who claimed a handoff, and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// Who.
    pub by: Person,
    /// Since when.
    pub since: Timestamp,
}

impl HandoffState {
    /// The word for it.
    pub const fn status(&self) -> HandoffStatus {
        match self {
            Self::Open => HandoffStatus::Open,
            Self::Claimed(_) => HandoffStatus::Claimed,
            Self::Resolved(_) => HandoffStatus::Resolved,
            Self::Withdrawn(_) => HandoffStatus::Withdrawn,
            Self::Superseded(_) => HandoffStatus::Superseded,
            Self::Parked => HandoffStatus::Parked,
            Self::Resumed => HandoffStatus::Resumed,
        }
    }

    /// The state that a word and a claim stand for; none where they contradict each other.
    pub fn from_parts(status: HandoffStatus, claim: Option<Claim>) -> Option<Self> {
        Some(match (status, claim) {
            (HandoffStatus::Open, None) => Self::Open,
            (HandoffStatus::Claimed, Some(claim)) => Self::Claimed(claim),
            (HandoffStatus::Resolved, claim) => Self::Resolved(claim),
            (HandoffStatus::Withdrawn, claim) => Self::Withdrawn(claim),
            (HandoffStatus::Superseded, claim) => Self::Superseded(claim),
            (HandoffStatus::Parked, None) => Self::Parked,
            (HandoffStatus::Resumed, None) => Self::Resumed,
            (HandoffStatus::Open | HandoffStatus::Parked | HandoffStatus::Resumed, Some(_))
            | (HandoffStatus::Claimed, None) => return None,
        })
    }

    /// Who claimed it, if anybody has.
    pub const fn claim(&self) -> Option<&Claim> {
        match self {
            Self::Claimed(claim) => Some(claim),
            Self::Resolved(claim) | Self::Withdrawn(claim) | Self::Superseded(claim) => claim.as_ref(),
            Self::Open | Self::Parked | Self::Resumed => None,
        }
    }

    /// Whether it is not over: waiting, worked on or put aside.
    pub const fn is_ongoing(&self) -> bool {
        match self {
            Self::Open | Self::Claimed(_) | Self::Parked => true,
            Self::Resolved(_) | Self::Withdrawn(_) | Self::Superseded(_) | Self::Resumed => false,
        }
    }
}

impl Handoff {
    /// The handoff as events name it: as it is once the change that they tell of is written.
    pub fn summary(&self) -> HandoffSummary {
        HandoffSummary {
            handoff_id: self.id,
            session_id: self.session_id,
            number: self.number,
            priority: self.priority,
            problem_summary: self.title.clone(),
            created_at: self.created_at,
            version: self.version + 1,
        }
    }

    /// The handoff as events name it that tell of no change to it.
    pub fn summary_unchanged(&self) -> HandoffSummary {
        HandoffSummary { version: self.version, ..self.summary() }
    }

    /// The handoff in another state.
    #[must_use]
    pub fn with_state(&self, state: HandoffState, now: Timestamp) -> Self {
        Self { state, state_since: now, updated_at: now, ..self.clone() }
    }

    /// The handoff with its assessment in another state.
    #[must_use]
    pub fn with_assessment_status(&self, assessment: AssessmentStatus, now: Timestamp) -> Self {
        Self { assessment_status: assessment, updated_at: now, ..self.clone() }
    }
}

/// A park lasts as long as it is what its session stands at. `park` is the one it stood at before a decision: where
/// something else overtakes it, it is resumed, and whoever parked is told.
pub fn resume_overtaken_park(
    decision: Decision,
    park: Option<&Handoff>,
    by: Person,
    now: Timestamp,
) -> Decision {
    let next = decision.changes.iter().rev().find_map(Change::session_after);
    let overtaken = park.zip(next).filter(|(park, next)| {
        park.state == HandoffState::Parked
            && park.session_id == next.id
            && next.current_handoff != Some(park.id)
    });
    let Some((park, next)) = overtaken else { return decision };
    let what = next.updated_event(by, None, Some(park.id));
    decision
        .with_change(Change::UpdateHandoff(park.with_state(HandoffState::Resumed, now)))
        .with_event_for(park.handed_off_by.id, what)
}

/// What is on the table when a session is handed off.
#[derive(Clone, Debug)]
pub struct HandoffContext {
    /// The session.
    pub session: Session,
    /// Its latest escalation, if it ever was escalated.
    pub escalation: Option<Handoff>,
    /// The problem as it came in.
    pub intake: String,
    /// What has been tried.
    pub branches: Vec<Branch>,
    /// The last messages, at most [`limit::SNAPSHOT_MESSAGES`].
    pub messages: Vec<Message>,
}

/// The id and number that the new handoff gets.
#[derive(Clone, Copy, Debug)]
pub struct NewHandoffIds {
    /// Its id.
    pub id: HandoffId,
    /// Its number.
    pub number: Number,
}

/// Hands a session off as the request says.
pub fn hand_off(
    context: &HandoffContext,
    request: &HandOff,
    ids: NewHandoffIds,
    caller: &Caller,
    now: Timestamp,
    policy: Policy,
) -> Result<Decision, Refusal> {
    access::ensure_can_hand_off(&context.session, caller, request.intent)?;
    let mut check = Validator::default();
    match (request.intent, request.wake_at) {
        (Intent::Escalate, Some(_)) => check.add_error("wake_at", "only a park wakes; leave it out"),
        (Intent::Park, Some(at)) if at <= now => check.add_error("wake_at", "must be in the future"),
        (Intent::Park, Some(_)) | (_, None) => {}
    }
    check.finish()?;
    Ok(match request.intent {
        Intent::Park => park(context, request, ids, caller, now, policy),
        Intent::Escalate => escalate(context, request, ids, caller, now, policy),
    })
}

/// Parking is private: it is told to nobody but whoever parks.
fn park(
    context: &HandoffContext,
    request: &HandOff,
    ids: NewHandoffIds,
    caller: &Caller,
    now: Timestamp,
    policy: Policy,
) -> Decision {
    let handoff = build_handoff(
        context,
        request,
        ids,
        caller,
        HandoffState::Parked,
        AssessmentStatus::NotRequested,
        now,
    );
    let session = Session {
        status: SessionStatus::Paused,
        handoff_count: context.session.handoff_count + 1,
        current_handoff: Some(handoff.id),
        ..context.session.with_updated_at(now)
    };
    let what = session.updated_event(caller.person(), None, Some(handoff.id));
    Decision::default()
        .with_scheduled_job(reminder::schedule(&handoff, policy, now))
        .with_change(Change::InsertHandoff(handoff, Box::new(take_snapshot(context, now))))
        .with_change(Change::UpdateSession(session))
        .with_event_for(caller.id, what)
}

/// An escalation enters the queue at once; assessment and mail follow as jobs. One that was claimed before is
/// replaced: its claimer passes the problem on.
fn escalate(
    context: &HandoffContext,
    request: &HandOff,
    ids: NewHandoffIds,
    caller: &Caller,
    now: Timestamp,
    policy: Policy,
) -> Decision {
    let assessment =
        if policy.assessment_enabled { AssessmentStatus::Pending } else { AssessmentStatus::NotRequested };
    let handoff = build_handoff(context, request, ids, caller, HandoffState::Open, assessment, now);
    let superseded = context.escalation.as_ref().filter(|old| old.state.is_ongoing());
    let session = Session {
        status: SessionStatus::Escalated,
        handoff_count: context.session.handoff_count + 1,
        current_handoff: Some(handoff.id),
        latest_escalation: Some(handoff.id),
        ..context.session.with_updated_at(now)
    };
    let created = EventBody::HandoffCreated {
        handoff: handoff.summary(),
        by: caller.person(),
        assessment_status: assessment,
        supersedes: superseded.map(|old| old.id),
    };
    let mut decision = Decision::default()
        .with_job(policy.assessment_enabled.then_some(Job::Assess { handoff_id: handoff.id }))
        .with_job(
            policy.announcements_enabled.then_some(Job::Announce { handoff_id: handoff.id, reason: None }),
        )
        .with_scheduled_job(reminder::schedule(&handoff, policy, now))
        .with_change(Change::InsertHandoff(handoff, Box::new(take_snapshot(context, now))))
        .with_change(Change::UpdateSession(session))
        .with_event(created);
    if let Some(old) = superseded {
        let state = HandoffState::Superseded(old.state.claim().cloned());
        decision = decision.with_change(Change::UpdateHandoff(old.with_state(state, now)));
    }
    decision
}

fn build_handoff(
    context: &HandoffContext,
    request: &HandOff,
    ids: NewHandoffIds,
    caller: &Caller,
    state: HandoffState,
    assessment: AssessmentStatus,
    now: Timestamp,
) -> Handoff {
    Handoff {
        id: ids.id,
        number: ids.number,
        session_id: context.session.id,
        intent: request.intent,
        state,
        state_since: now,
        priority: request.priority.unwrap_or(Priority::Normal),
        title: context.session.title.clone(),
        notes: request.engineer_notes.clone(),
        assessment_status: assessment,
        handed_off_by: caller.person(),
        wake_at: request.wake_at,
        created_at: now,
        updated_at: now,
        version: 0,
    }
}

fn take_snapshot(context: &HandoffContext, now: Timestamp) -> Snapshot {
    debug_assert!(context.messages.len() <= limit::SNAPSHOT_MESSAGES);
    Snapshot {
        problem_summary: context.session.problem_summary(),
        intake_content: IntakeContent { text: context.intake.clone() },
        confidence_tier: context.session.confidence_tier,
        branch_map: context.branches.clone(),
        messages: context.messages.clone(),
        message_count: context.session.message_count,
        taken_at: now,
    }
}
