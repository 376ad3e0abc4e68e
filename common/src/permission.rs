//! Who may do what to which object; the server's route table has the roles. Server and clients ask the same rules.
//!
//! Each rule is a pure function of ids, roles and statuses. A denial is a value, not a text: the server makes a problem of
//! it, the console a hint.

use crate::assessment::AssessmentStatus;
use crate::handoff::{HandoffStatus, Intent};
use crate::id::UserId;
use crate::session::{MessageKind, SessionItem, SessionStatus};
use crate::user::Role;

/// The user who wants to do something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Actor {
    /// Their id.
    pub id: UserId,
    /// Their role in the account.
    pub role: Role,
}

/// The actor's role is below the one that an action needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RoleTooLow {
    /// The least role that may do it.
    pub required: Role,
    /// The role of the actor.
    pub actual: Role,
}

impl Actor {
    /// Whether the actor is an admin or an owner.
    pub fn is_admin(self) -> bool {
        self.role >= Role::Admin
    }

    /// Requires a role, or one above it.
    pub fn require(self, required: Role) -> Result<(), RoleTooLow> {
        if self.role >= required { Ok(()) } else { Err(RoleTooLow { required, actual: self.role }) }
    }

    /// Requires the role that manages users of this role: admins manage viewers and engineers, owners everybody.
    pub fn require_manager_of(self, role: Role) -> Result<(), RoleTooLow> {
        self.require(if role >= Role::Admin { Role::Owner } else { Role::Admin })
    }
}

/// What the rules need to know about a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionFacts {
    /// Its status.
    pub status: SessionStatus,
    /// The user who opened it.
    pub opener: UserId,
    /// The user who works on it.
    pub assignee: UserId,
}

/// Why an actor may not do something to a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SessionDenial {
    /// Only the opener, the assignee and admins take part in it.
    NotParticipant,
    /// Only the assignee and admins hand it off.
    NotAssignee,
    /// Only the opener and the assignee park it.
    NotOpenerOrAssignee,
    /// Its status does not allow it.
    WrongStatus(SessionStatus),
}

impl From<&SessionItem> for SessionFacts {
    fn from(session: &SessionItem) -> Self {
        Self { status: session.status, opener: session.user_id, assignee: session.assignee_id }
    }
}

impl SessionFacts {
    fn is_opener_or_assignee(self, actor: Actor) -> bool {
        actor.id == self.opener || actor.id == self.assignee
    }

    fn require_active(self) -> Result<(), SessionDenial> {
        match self.status {
            SessionStatus::Active => Ok(()),
            SessionStatus::Paused | SessionStatus::Escalated | SessionStatus::Resolved => {
                Err(SessionDenial::WrongStatus(self.status))
            }
        }
    }
}

/// Requires a participant of a session: its opener, its assignee or an admin.
pub fn participate(actor: Actor, session: SessionFacts) -> Result<(), SessionDenial> {
    if session.is_opener_or_assignee(actor) || actor.is_admin() {
        Ok(())
    } else {
        Err(SessionDenial::NotParticipant)
    }
}

/// Adding a branch requires a participant and an active session.
pub fn write(actor: Actor, session: SessionFacts) -> Result<(), SessionDenial> {
    participate(actor, session)?;
    session.require_active()
}

/// A question requires what [`write()`] does. A note may be added by everybody who may write at all, also while the session
/// waits in the queue: who knows something says it before anybody acts.
pub fn add_message(actor: Actor, session: SessionFacts, kind: MessageKind) -> Result<(), SessionDenial> {
    match (kind, session.status) {
        (MessageKind::Ask, _) => write(actor, session),
        (MessageKind::Note, SessionStatus::Active | SessionStatus::Escalated) => Ok(()),
        (MessageKind::Note, SessionStatus::Paused | SessionStatus::Resolved) => {
            Err(SessionDenial::WrongStatus(session.status))
        }
    }
}

/// Handing off requires an active session and its assignee, or an admin in their place. Only the opener or the assignee
/// parks: a park is private, so that nobody else can take it back.
pub fn hand_off(actor: Actor, session: SessionFacts, intent: Intent) -> Result<(), SessionDenial> {
    participate(actor, session)?;
    if actor.id != session.assignee && !actor.is_admin() {
        return Err(SessionDenial::NotAssignee);
    }
    session.require_active()?;
    match intent {
        Intent::Park if !session.is_opener_or_assignee(actor) => Err(SessionDenial::NotOpenerOrAssignee),
        Intent::Park | Intent::Escalate => Ok(()),
    }
}

/// Resolving requires a participant and a session that is not resolved yet.
pub fn resolve(actor: Actor, session: SessionFacts) -> Result<(), SessionDenial> {
    participate(actor, session)?;
    match session.status {
        SessionStatus::Active | SessionStatus::Paused | SessionStatus::Escalated => Ok(()),
        SessionStatus::Resolved => Err(SessionDenial::WrongStatus(session.status)),
    }
}

/// What the rules need to know about a handoff.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HandoffStage {
    /// It waits in the queue.
    Open,
    /// This user claimed it.
    ClaimedBy(UserId),
    /// It is not in the queue: it ended, or it is parked.
    Closed(HandoffStatus),
}

impl HandoffStage {
    /// The stage of a handoff with this status and claimer. A claim without a claimer counts as closed.
    pub fn new(status: HandoffStatus, claimed_by: Option<UserId>) -> Self {
        match (status, claimed_by) {
            (HandoffStatus::Open, _) => Self::Open,
            (HandoffStatus::Claimed, Some(claimer)) => Self::ClaimedBy(claimer),
            (
                HandoffStatus::Claimed
                | HandoffStatus::Resolved
                | HandoffStatus::Withdrawn
                | HandoffStatus::Superseded
                | HandoffStatus::Parked
                | HandoffStatus::Resumed,
                _,
            ) => Self::Closed(status),
        }
    }
}

/// Why an actor may not do something to a handoff.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HandoffDenial {
    /// Somebody else claimed it first.
    AlreadyClaimed,
    /// Somebody else claimed it; only they and admins decide.
    NotClaimer,
    /// Nobody has claimed it; only admins decide before that.
    Unclaimed,
    /// Only those whom it concerns change it: who opened, escalated or claimed it, and admins.
    NotConcerned,
    /// It is not in the queue.
    Closed(HandoffStatus),
    /// Its assessment is still being written.
    AssessmentRunning,
}

/// What a claim does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClaimEffect {
    /// The actor becomes the claimer.
    Claims,
    /// Nothing: the actor is the claimer already.
    AlreadyTheirs,
}

/// Claiming requires an open handoff. Its claimer may claim it again.
pub fn claim(actor: Actor, handoff: HandoffStage) -> Result<ClaimEffect, HandoffDenial> {
    match handoff {
        HandoffStage::Open => Ok(ClaimEffect::Claims),
        HandoffStage::ClaimedBy(claimer) if claimer == actor.id => Ok(ClaimEffect::AlreadyTheirs),
        HandoffStage::ClaimedBy(_) => Err(HandoffDenial::AlreadyClaimed),
        HandoffStage::Closed(status) => Err(HandoffDenial::Closed(status)),
    }
}

/// Releasing and assigning require the claimer or an admin. An admin may also assign an open handoff.
pub fn release_or_assign(actor: Actor, handoff: HandoffStage) -> Result<(), HandoffDenial> {
    match handoff {
        HandoffStage::Closed(status) => Err(HandoffDenial::Closed(status)),
        HandoffStage::Open | HandoffStage::ClaimedBy(_) if actor.is_admin() => Ok(()),
        HandoffStage::ClaimedBy(claimer) if claimer == actor.id => Ok(()),
        HandoffStage::ClaimedBy(_) => Err(HandoffDenial::NotClaimer),
        HandoffStage::Open => Err(HandoffDenial::Unclaimed),
    }
}

/// Sending back requires the claimer or an admin; an open handoff may be sent back by anybody who could claim it.
pub fn send_back(actor: Actor, handoff: HandoffStage) -> Result<(), HandoffDenial> {
    match handoff {
        HandoffStage::Open => Ok(()),
        HandoffStage::ClaimedBy(_) | HandoffStage::Closed(_) => release_or_assign(actor, handoff),
    }
}

/// Changing the priority or the summary requires a handoff in the queue, and someone whom it concerns: the opener of its
/// session, the user who escalated it, its claimer or an admin.
pub fn change(
    actor: Actor,
    handoff: HandoffStage,
    handed_off_by: UserId,
    opener: UserId,
) -> Result<(), HandoffDenial> {
    match handoff {
        HandoffStage::Closed(status) => Err(HandoffDenial::Closed(status)),
        HandoffStage::ClaimedBy(claimer) if claimer == actor.id => Ok(()),
        HandoffStage::Open | HandoffStage::ClaimedBy(_)
            if actor.is_admin() || actor.id == handed_off_by || actor.id == opener =>
        {
            Ok(())
        }
        HandoffStage::Open | HandoffStage::ClaimedBy(_) => Err(HandoffDenial::NotConcerned),
    }
}

/// A new assessment requires a handoff in the queue whose assessment is not being written.
pub fn reassess(handoff: HandoffStage, assessment: AssessmentStatus) -> Result<(), HandoffDenial> {
    match (handoff, assessment) {
        (HandoffStage::Closed(status), _) => Err(HandoffDenial::Closed(status)),
        (
            HandoffStage::Open | HandoffStage::ClaimedBy(_),
            AssessmentStatus::Pending | AssessmentStatus::Running,
        ) => Err(HandoffDenial::AssessmentRunning),
        (
            HandoffStage::Open | HandoffStage::ClaimedBy(_),
            AssessmentStatus::Ready | AssessmentStatus::Failed | AssessmentStatus::NotRequested,
        ) => Ok(()),
    }
}

/// Why an actor may not take a session back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TakeBackDenial {
    /// Somebody claimed the handoff.
    Claimed,
    /// Others handed the session off.
    NotTheirs,
    /// The session is neither parked nor escalated.
    NothingToTakeBack,
}

/// Taking a session back requires a park or an open escalation. A park can be taken back by the user who parked; an
/// escalation by the user who escalated or the opener of the session.
pub fn take_back(
    actor: Actor,
    status: HandoffStatus,
    handed_off_by: UserId,
    opener: UserId,
) -> Result<(), TakeBackDenial> {
    match status {
        HandoffStatus::Claimed => Err(TakeBackDenial::Claimed),
        HandoffStatus::Parked | HandoffStatus::Open if actor.id == handed_off_by => Ok(()),
        HandoffStatus::Open if actor.id == opener => Ok(()),
        HandoffStatus::Parked | HandoffStatus::Open => Err(TakeBackDenial::NotTheirs),
        HandoffStatus::Resolved
        | HandoffStatus::Withdrawn
        | HandoffStatus::Superseded
        | HandoffStatus::Resumed => Err(TakeBackDenial::NothingToTakeBack),
    }
}

/// Whether a user may see a handoff: everybody sees escalations, only the user who parked sees a park.
pub fn can_see_handoff(user: UserId, intent: Intent, handed_off_by: UserId) -> bool {
    match intent {
        Intent::Escalate => true,
        Intent::Park => user == handed_off_by,
    }
}

/// Whether a handoff can be assigned to a user: active engineers and above.
pub fn is_assignable(role: Role, active: bool) -> bool {
    active && role >= Role::Engineer
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENER: UserId = UserId::from_bytes([1; 16]);
    const ASSIGNEE: UserId = UserId::from_bytes([2; 16]);
    const OTHER: UserId = UserId::from_bytes([3; 16]);

    fn engineer(id: UserId) -> Actor {
        Actor { id, role: Role::Engineer }
    }

    fn admin(id: UserId) -> Actor {
        Actor { id, role: Role::Admin }
    }

    fn session(status: SessionStatus) -> SessionFacts {
        SessionFacts { status, opener: OPENER, assignee: ASSIGNEE }
    }

    #[test]
    fn participants_write_in_an_active_session() {
        let active = session(SessionStatus::Active);
        for actor in [engineer(OPENER), engineer(ASSIGNEE), admin(OTHER)] {
            assert_eq!(write(actor, active), Ok(()));
            for status in [SessionStatus::Paused, SessionStatus::Escalated, SessionStatus::Resolved] {
                assert_eq!(write(actor, session(status)), Err(SessionDenial::WrongStatus(status)));
            }
        }
        assert_eq!(write(engineer(OTHER), active), Err(SessionDenial::NotParticipant));
    }

    #[test]
    fn anybody_adds_a_note_to_what_is_worked_on_or_waits() {
        for status in [SessionStatus::Active, SessionStatus::Escalated] {
            assert_eq!(add_message(engineer(OTHER), session(status), MessageKind::Note), Ok(()));
            assert!(add_message(engineer(OTHER), session(status), MessageKind::Ask).is_err());
        }
        for status in [SessionStatus::Paused, SessionStatus::Resolved] {
            let refused = add_message(engineer(OTHER), session(status), MessageKind::Note);
            assert_eq!(refused, Err(SessionDenial::WrongStatus(status)));
        }
    }

    #[test]
    fn only_the_assignee_hands_off_but_an_admin_may_escalate() {
        let active = session(SessionStatus::Active);
        for intent in [Intent::Park, Intent::Escalate] {
            assert_eq!(hand_off(engineer(ASSIGNEE), active, intent), Ok(()));
            assert_eq!(hand_off(engineer(OPENER), active, intent), Err(SessionDenial::NotAssignee));
            assert_eq!(hand_off(engineer(OTHER), active, intent), Err(SessionDenial::NotParticipant));
        }
        assert_eq!(hand_off(admin(OTHER), active, Intent::Escalate), Ok(()));
        assert_eq!(hand_off(admin(OTHER), active, Intent::Park), Err(SessionDenial::NotOpenerOrAssignee));
    }

    #[test]
    fn only_the_claimer_or_an_admin_changes_a_claim() {
        let claimed = HandoffStage::ClaimedBy(ASSIGNEE);
        assert_eq!(claim(engineer(OTHER), claimed), Err(HandoffDenial::AlreadyClaimed));
        assert_eq!(claim(engineer(ASSIGNEE), claimed), Ok(ClaimEffect::AlreadyTheirs));
        assert_eq!(claim(engineer(OTHER), HandoffStage::Open), Ok(ClaimEffect::Claims));
        for rule in [release_or_assign, send_back] {
            assert_eq!(rule(engineer(ASSIGNEE), claimed), Ok(()));
            assert_eq!(rule(admin(OTHER), claimed), Ok(()));
            assert_eq!(rule(engineer(OTHER), claimed), Err(HandoffDenial::NotClaimer));
            let closed = HandoffStage::new(HandoffStatus::Resolved, Some(ASSIGNEE));
            assert_eq!(
                rule(admin(ASSIGNEE), closed),
                Err(HandoffDenial::Closed(HandoffStatus::Resolved)),
                "what ended stays ended, for admins too"
            );
        }
        assert_eq!(release_or_assign(engineer(OTHER), HandoffStage::Open), Err(HandoffDenial::Unclaimed));
        assert_eq!(send_back(engineer(OTHER), HandoffStage::Open), Ok(()));
    }

    #[test]
    fn a_handoff_is_changed_by_those_whom_it_concerns() {
        let sender = UserId::from_bytes([4; 16]);
        for stage in [HandoffStage::Open, HandoffStage::ClaimedBy(ASSIGNEE)] {
            for actor in [engineer(OPENER), engineer(sender), admin(OTHER)] {
                assert_eq!(change(actor, stage, sender, OPENER), Ok(()));
            }
            assert_eq!(change(engineer(OTHER), stage, sender, OPENER), Err(HandoffDenial::NotConcerned));
        }
        assert_eq!(change(engineer(ASSIGNEE), HandoffStage::ClaimedBy(ASSIGNEE), sender, OPENER), Ok(()));
        let closed = HandoffStage::Closed(HandoffStatus::Resolved);
        let refused = Err(HandoffDenial::Closed(HandoffStatus::Resolved));
        assert_eq!(change(admin(OPENER), closed, sender, OPENER), refused);
    }

    #[test]
    fn a_sender_can_take_a_handoff_back_until_it_is_claimed() {
        assert_eq!(take_back(engineer(OPENER), HandoffStatus::Open, ASSIGNEE, OPENER), Ok(()));
        let parked_by_another = take_back(engineer(OPENER), HandoffStatus::Parked, ASSIGNEE, OPENER);
        assert_eq!(parked_by_another, Err(TakeBackDenial::NotTheirs));
        for status in [HandoffStatus::Open, HandoffStatus::Parked] {
            assert_eq!(take_back(engineer(ASSIGNEE), status, ASSIGNEE, OPENER), Ok(()));
            let refused = take_back(admin(OTHER), status, ASSIGNEE, OPENER);
            assert_eq!(refused, Err(TakeBackDenial::NotTheirs));
        }
        let claimed = take_back(engineer(OPENER), HandoffStatus::Claimed, ASSIGNEE, OPENER);
        assert_eq!(claimed, Err(TakeBackDenial::Claimed));
    }

    #[test]
    fn only_owners_manage_admins_and_owners() {
        let owner = Actor { id: OTHER, role: Role::Owner };
        for role in Role::ALL {
            assert_eq!(owner.require_manager_of(*role), Ok(()));
            assert_eq!(admin(OTHER).require_manager_of(*role).is_ok(), *role < Role::Admin);
            assert!(engineer(OTHER).require_manager_of(*role).is_err());
        }
    }
}
