//! Handing a session off: parked for oneself, or escalated to the team.

use tierup_common::assessment::AssessmentStatus;
use tierup_common::event::{AboutHandoff, What};
use tierup_common::handoff::{HandoffStatus, Intent, Priority, Snapshot};
use tierup_common::id::{HandoffId, Number, SessionId};
use tierup_common::limit;
use tierup_common::session::{Branch, HandOff, IntakeContent, Message, SessionStatus};
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::domain::session::Session;
use crate::domain::valid::Check;
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
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// How urgent it is.
    pub priority: Priority,
    /// The problem in one line.
    pub title: String,
    /// What the engineer wrote.
    pub notes: String,
    /// Where its assessment stands.
    pub assessment: AssessmentStatus,
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
pub enum State {
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

impl State {
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
    pub const fn stands(&self) -> bool {
        match self {
            Self::Open | Self::Claimed(_) | Self::Parked => true,
            Self::Resolved(_) | Self::Withdrawn(_) | Self::Superseded(_) | Self::Resumed => false,
        }
    }
}

impl Handoff {
    /// The handoff as events name it: as it is once the change that they tell of is written.
    pub fn about(&self) -> AboutHandoff {
        AboutHandoff {
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
    pub fn about_unchanged(&self) -> AboutHandoff {
        AboutHandoff { version: self.version, ..self.about() }
    }

    /// The handoff in another state.
    #[must_use]
    pub fn to(&self, state: State, now: Timestamp) -> Self {
        Self { state, since: now, updated_at: now, ..self.clone() }
    }

    /// The handoff with its assessment in another state.
    #[must_use]
    pub fn assessed(&self, assessment: AssessmentStatus, now: Timestamp) -> Self {
        Self { assessment, updated_at: now, ..self.clone() }
    }
}

/// A park lasts as long as it is what its session stands at. `park` is the one it stood at before a decision: where
/// something else overtakes it, it is resumed, and whoever parked is told.
pub fn overtake(decision: Decision, park: Option<&Handoff>, by: Person, now: Timestamp) -> Decision {
    let next = decision.changes.iter().rev().find_map(Change::session_after);
    let overtaken = park.zip(next).filter(|(park, next)| {
        park.state == State::Parked && park.session_id == next.id && next.standing != Some(park.id)
    });
    let Some((park, next)) = overtaken else { return decision };
    let what = next.updated(by, None, Some(park.id));
    decision
        .change(Change::UpdateHandoff(park.to(State::Resumed, now)))
        .tell_only(park.handed_off_by.id, what)
}

/// What is on the table when a session is handed off.
#[derive(Clone, Debug)]
pub struct Scene {
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
pub struct NewName {
    /// Its id.
    pub id: HandoffId,
    /// Its number.
    pub number: Number,
}

/// Hands a session off as the request says.
pub fn hand_off(
    scene: &Scene,
    request: &HandOff,
    name: NewName,
    caller: &Caller,
    now: Timestamp,
    policy: Policy,
) -> Result<Decision, Refusal> {
    access::hands_off(&scene.session, caller)?;
    scene.session.must_be_active()?;
    if request.intent == Intent::Park {
        access::parks(&scene.session, caller)?;
    }
    let mut check = Check::default();
    match (request.intent, request.wake_at) {
        (Intent::Escalate, Some(_)) => check.fail("wake_at", "only a park wakes; leave it out"),
        (Intent::Park, Some(at)) if at <= now => check.fail("wake_at", "must be in the future"),
        (Intent::Park, Some(_)) | (_, None) => {}
    }
    check.done()?;
    Ok(match request.intent {
        Intent::Park => park(scene, request, name, caller, now, policy),
        Intent::Escalate => escalate(scene, request, name, caller, now, policy),
    })
}

/// Parking is private: it is told to nobody but whoever parks.
fn park(
    scene: &Scene,
    request: &HandOff,
    name: NewName,
    caller: &Caller,
    now: Timestamp,
    policy: Policy,
) -> Decision {
    let handoff =
        new_handoff(scene, request, name, caller, State::Parked, AssessmentStatus::NotRequested, now);
    let session = Session {
        status: SessionStatus::Paused,
        handoff_count: scene.session.handoff_count + 1,
        standing: Some(handoff.id),
        ..scene.session.touched(now)
    };
    let what = session.updated(caller.person(), None, Some(handoff.id));
    Decision::default()
        .task(reminder::of(&handoff, policy, now))
        .change(Change::OpenHandoff(handoff, Box::new(snapshot(scene, now))))
        .change(Change::UpdateSession(session))
        .tell_only(caller.id, what)
}

/// An escalation enters the queue at once; assessment and mail follow as jobs. One that was claimed before is
/// replaced: its claimer passes the problem on.
fn escalate(
    scene: &Scene,
    request: &HandOff,
    name: NewName,
    caller: &Caller,
    now: Timestamp,
    policy: Policy,
) -> Decision {
    let assessment = if policy.assesses { AssessmentStatus::Pending } else { AssessmentStatus::NotRequested };
    let handoff = new_handoff(scene, request, name, caller, State::Open, assessment, now);
    let superseded = scene.escalation.as_ref().filter(|old| old.state.stands());
    let session = Session {
        status: SessionStatus::Escalated,
        handoff_count: scene.session.handoff_count + 1,
        standing: Some(handoff.id),
        escalation: Some(handoff.id),
        ..scene.session.touched(now)
    };
    let created = What::HandoffCreated {
        handoff: handoff.about(),
        by: caller.person(),
        assessment_status: assessment,
        supersedes: superseded.map(|old| old.id),
    };
    let mut decision = Decision::default()
        .job(policy.assesses.then_some(Job::Assess { handoff_id: handoff.id }))
        .job(policy.announces.then_some(Job::Announce { handoff_id: handoff.id, reason: None }))
        .task(reminder::of(&handoff, policy, now))
        .change(Change::OpenHandoff(handoff, Box::new(snapshot(scene, now))))
        .change(Change::UpdateSession(session))
        .tell(created);
    if let Some(old) = superseded {
        let state = State::Superseded(old.state.claim().cloned());
        decision = decision.change(Change::UpdateHandoff(old.to(state, now)));
    }
    decision
}

fn new_handoff(
    scene: &Scene,
    request: &HandOff,
    name: NewName,
    caller: &Caller,
    state: State,
    assessment: AssessmentStatus,
    now: Timestamp,
) -> Handoff {
    Handoff {
        id: name.id,
        number: name.number,
        session_id: scene.session.id,
        intent: request.intent,
        state,
        since: now,
        priority: request.priority.unwrap_or(Priority::Normal),
        title: scene.session.title.clone(),
        notes: request.engineer_notes.clone(),
        assessment,
        handed_off_by: caller.person(),
        wake_at: request.wake_at,
        created_at: now,
        updated_at: now,
        version: 0,
    }
}

fn snapshot(scene: &Scene, now: Timestamp) -> Snapshot {
    debug_assert!(scene.messages.len() <= limit::SNAPSHOT_MESSAGES);
    Snapshot {
        problem_summary: scene.session.problem_summary(),
        intake_content: IntakeContent { text: scene.intake.clone() },
        confidence_tier: scene.session.tier,
        branch_map: scene.branches.clone(),
        messages: scene.messages.clone(),
        message_count: scene.session.message_count,
        taken_at: now,
    }
}
