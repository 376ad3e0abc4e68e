//! A session from its opening to its resolution.

use tierup_common::assessment::Assessment;
use tierup_common::event::{EventBody, SessionSummary};
use tierup_common::handoff::Intent;
use tierup_common::id::{BranchId, HandoffId, MessageId, Number, SessionId};
use tierup_common::limit;
use tierup_common::session::{
    Branch, BranchStatus, ConfidenceTier, CreateMessage, CreateSession, Message, MessageKind, MessageRole,
    PutBranch, Resolve, SessionStatus, title,
};
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::domain::handoff::{Handoff, HandoffState};
use crate::domain::validation::Validator;
use crate::domain::{Caller, CapacityLimit, Change, Decision, Job, Policy, Refusal, access, assessment};

/// A session, without what was said in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// The session.
    pub id: SessionId,
    /// What people call it.
    pub number: Number,
    /// The problem in one line.
    pub title: String,
    /// Whether somebody wrote that line; otherwise it is how the intake begins.
    pub has_summary: bool,
    /// Where it stands.
    pub status: SessionStatus,
    /// How far the search has come.
    pub confidence_tier: ConfidenceTier,
    /// Who opened it.
    pub opener: Person,
    /// Who works on it now.
    pub assignee: Person,
    /// How often it was parked or escalated.
    pub handoff_count: u32,
    /// The handoff that stands: open, claimed or parked.
    pub current_handoff: Option<HandoffId>,
    /// The latest escalation, whether it stands or not.
    pub latest_escalation: Option<HandoffId>,
    /// How many messages it has; the next one's `seq` is one more.
    pub message_count: u32,
    /// How much text it holds, in bytes: its messages, and what was tried.
    pub text_bytes: u64,
    /// How it ended.
    pub resolution: Option<String>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it ended.
    pub resolved_at: Option<Timestamp>,
    /// Counts its changes: as it was loaded, 0 before it is written first. The store counts on when it writes.
    pub version: u64,
}

impl Session {
    /// The problem in one line, where somebody wrote one.
    pub fn problem_summary(&self) -> Option<String> {
        self.has_summary.then(|| self.title.clone())
    }

    /// The session as events name it.
    pub fn summary(&self) -> SessionSummary {
        SessionSummary {
            session_id: self.id,
            number: self.number,
            problem_summary: self.title.clone(),
            status: self.status,
            confidence_tier: self.confidence_tier,
            assignee: self.assignee.clone(),
        }
    }

    /// The event that says it changed.
    pub fn updated_event(
        &self,
        by: Person,
        branch: Option<Branch>,
        handoff_id: Option<HandoffId>,
    ) -> EventBody {
        EventBody::SessionUpdated { session: self.summary(), by, branch, handoff_id }
    }

    /// The session changed at this moment.
    #[must_use]
    pub fn with_updated_at(&self, now: Timestamp) -> Self {
        Self { updated_at: now, ..self.clone() }
    }

    /// The session with somebody at work on it.
    #[must_use]
    pub fn with_assignee(
        &self,
        assignee: Person,
        current_handoff: Option<HandoffId>,
        now: Timestamp,
    ) -> Self {
        Self { status: SessionStatus::Active, assignee, current_handoff, ..self.with_updated_at(now) }
    }

    /// Whether there is room for so many more messages and so many bytes of text.
    fn ensure_room_for(&self, messages: u32, bytes: u64) -> Result<(), Refusal> {
        let fits = self.message_count.saturating_add(messages) <= limit::SESSION_MESSAGES
            && self.text_bytes.saturating_add(bytes) <= limit::SESSION_TEXT;
        if fits { Ok(()) } else { Err(Refusal::SessionFull(CapacityLimit::Session)) }
    }

    /// The session with one more message in it, and the decision that says so. It must have room for it.
    fn add_message(&self, message: Message, now: Timestamp) -> Result<(Self, Decision), Refusal> {
        self.ensure_room_for(1, message.content.len() as u64)?;
        Ok(self.add_message_unchecked(message, now))
    }

    /// The same, whether it has room or not.
    fn add_message_unchecked(&self, message: Message, now: Timestamp) -> (Self, Decision) {
        let text_bytes = self.text_bytes + message.content.len() as u64;
        let session = Self { message_count: message.seq, text_bytes, ..self.with_updated_at(now) };
        let decision = Decision::default()
            .with_change(Change::InsertMessage(session.id, message.clone()))
            .with_event(EventBody::MessageAdded { session_id: session.id, message });
        (session, decision)
    }

    /// The next message, in somebody's words.
    fn next_message(&self, id: MessageId, author: &Person, content: &str, now: Timestamp) -> Message {
        Message {
            id,
            seq: self.message_count + 1,
            role: MessageRole::User,
            author_id: Some(author.id),
            author_name: Some(author.name.clone()),
            content: content.into(),
            created_at: now,
        }
    }
}

/// The ids and number that a new session gets.
#[derive(Clone, Copy, Debug)]
pub struct NewSessionIds {
    /// Its id.
    pub id: SessionId,
    /// Its number.
    pub number: Number,
    /// The id of message 1.
    pub message_id: MessageId,
}

/// Opens a session. The intake becomes message 1; the assistant waits to be asked.
pub fn open(request: &CreateSession, ids: NewSessionIds, caller: &Caller, now: Timestamp) -> Decision {
    let text = &request.intake_content.text;
    let session = Session {
        id: ids.id,
        number: ids.number,
        title: title(request.problem_summary.as_deref(), text),
        has_summary: request.problem_summary.is_some(),
        status: SessionStatus::Active,
        confidence_tier: ConfidenceTier::Discovery,
        opener: caller.person(),
        assignee: caller.person(),
        handoff_count: 0,
        current_handoff: None,
        latest_escalation: None,
        message_count: 0,
        text_bytes: text.len() as u64,
        resolution: None,
        created_at: now,
        updated_at: now,
        resolved_at: None,
        version: 0,
    };
    let message = session.next_message(ids.message_id, &caller.person(), text, now);
    let session = Session { message_count: message.seq, ..session };
    let created = EventBody::SessionCreated { session: session.summary(), by: caller.person() };
    Decision::default()
        .with_change(Change::InsertSession(session))
        .with_change(Change::InsertMessage(ids.id, message.clone()))
        .with_event(created)
        .with_event(EventBody::MessageAdded { session_id: ids.id, message })
}

/// Says something in a session. After an `ask` the assistant answers, as the message `reply_id`.
pub fn post_message(
    session: &Session,
    request: &CreateMessage,
    id: MessageId,
    reply_id: MessageId,
    caller: &Caller,
    now: Timestamp,
    policy: Policy,
) -> Result<(Message, Decision), Refusal> {
    access::ensure_can_write(session, caller)?;
    let message = session.next_message(id, &caller.person(), &request.content, now);
    let reply = match request.kind {
        MessageKind::Ask if policy.assessment_enabled => {
            // A question that cannot be answered is not taken.
            session.ensure_room_for(2, (message.content.len() + limit::MESSAGE) as u64)?;
            Some(Job::Reply { session_id: session.id, to_seq: message.seq, message_id: reply_id })
        }
        MessageKind::Ask | MessageKind::Note => None,
    };
    let (session, decision) = session.add_message(message.clone(), now)?;
    Ok((message, decision.with_change(Change::UpdateSession(session)).with_job(reply)))
}

/// The assistant, or the product itself, says something. What comes after the session was handed off or resolved
/// still belongs to it: nothing that was written is thrown away, but what is longer than a message may be. There was
/// room for it when it was asked for; where others have taken that, the session holds so much more.
pub fn post_reply(
    session: &Session,
    role: MessageRole,
    id: MessageId,
    mut content: String,
    now: Timestamp,
) -> Decision {
    content.truncate(content.floor_char_boundary(limit::MESSAGE));
    let message = Message {
        id,
        seq: session.message_count + 1,
        role,
        author_id: None,
        author_name: None,
        content,
        created_at: now,
    };
    let (session, decision) = session.add_message_unchecked(message, now);
    decision.with_change(Change::UpdateSession(session))
}

/// Notes a hypothesis or what became of it. `branches` are those there are, by which the tier is known.
pub fn put_branch(
    session: &Session,
    branches: &[Branch],
    id: BranchId,
    request: &PutBranch,
    caller: &Caller,
    now: Timestamp,
) -> Result<(Branch, Decision), Refusal> {
    access::ensure_can_write(session, caller)?;
    let known = branches.iter().find(|branch| branch.id == id);
    if known.is_none() && branches.len() >= limit::BRANCHES {
        let mut check = Validator::default();
        check.add_error("branch_id", format!("a session has at most {} branches", limit::BRANCHES));
        check.finish()?;
    }
    let branch = Branch {
        id,
        hypothesis: request.hypothesis.clone(),
        status: request.status,
        evidence: request.evidence.clone(),
        updated_at: now,
    };
    let (more, less) = (branch_text_bytes(&branch), known.map_or(0, branch_text_bytes));
    // What becomes shorter always has room.
    if more > less {
        session.ensure_room_for(0, more - less)?;
        if branches.iter().map(branch_text_bytes).sum::<u64>() + more - less > limit::BRANCH_TEXT {
            return Err(Refusal::SessionFull(CapacityLimit::Branches));
        }
    }
    let text_bytes = (session.text_bytes + more).saturating_sub(less);
    let others = branches.iter().filter(|other| other.id != id);
    let statuses = others.map(|other| other.status).chain([branch.status]);
    let session =
        Session { confidence_tier: confidence_tier(statuses), text_bytes, ..session.with_updated_at(now) };
    let what = session.updated_event(caller.person(), Some(branch.clone()), None);
    let decision = Decision::default()
        .with_change(Change::PutBranch(session.id, branch.clone()))
        .with_change(Change::UpdateSession(session))
        .with_event(what);
    Ok((branch, decision))
}

/// How much text a branch holds.
pub fn branch_text_bytes(branch: &Branch) -> u64 {
    (branch.hypothesis.len() + branch.evidence.as_ref().map_or(0, String::len)) as u64
}

/// How far the search has come, by what became of the hypotheses.
fn confidence_tier(branches: impl Iterator<Item = BranchStatus>) -> ConfidenceTier {
    branches
        .map(|status| match status {
            BranchStatus::Open => ConfidenceTier::Discovery,
            BranchStatus::RuledOut => ConfidenceTier::Narrowing,
            BranchStatus::Confirmed => ConfidenceTier::Confirmed,
        })
        .max()
        .unwrap_or(ConfidenceTier::Discovery)
}

/// Takes back a parked session, or an escalation that nobody has claimed. `standing` is the handoff that stands,
/// `escalation` the latest escalation.
pub fn resume(
    session: &Session,
    current_handoff: Option<&Handoff>,
    escalation: Option<&Handoff>,
    caller: &Caller,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let Some(handoff) = current_handoff else { return Err(Refusal::NothingToResume(session.status)) };
    if !access::can_see(handoff, caller) {
        // What its claimer parked is claimed all the same. Who parked it is nobody's business.
        let claimed = escalation.filter(|escalation| matches!(escalation.state, HandoffState::Claimed(_)));
        return Err(match claimed {
            Some(claimed) => access::already_claimed(claimed, now),
            None => Refusal::Forbidden("this session is parked; whoever parked it takes it back".into()),
        });
    }
    access::ensure_can_take_back(handoff, session, caller, now)?;
    match &handoff.state {
        HandoffState::Parked => {
            let claimed = escalation.filter(|escalation| escalation.state.is_ongoing());
            let assignee = session.assignee.clone();
            let session = session.with_assignee(assignee, claimed.map(|claimed| claimed.id), now);
            let what = session.updated_event(caller.person(), None, Some(handoff.id));
            Ok(Decision::default()
                .with_change(Change::UpdateHandoff(handoff.with_state(HandoffState::Resumed, now)))
                .with_change(Change::UpdateSession(session))
                .with_event_for(caller.id, what))
        }
        HandoffState::Open => Ok(Decision::default()
            .with_change(Change::UpdateHandoff(handoff.with_state(HandoffState::Withdrawn(None), now)))
            .with_change(Change::UpdateSession(session.with_assignee(caller.person(), None, now)))
            .with_event(EventBody::HandoffWithdrawn { handoff: handoff.summary(), by: caller.person() })),
        HandoffState::Claimed(_)
        | HandoffState::Resolved(_)
        | HandoffState::Withdrawn(_)
        | HandoffState::Superseded(_)
        | HandoffState::Resumed => Err(Refusal::NothingToResume(session.status)),
    }
}

/// Ends a session, and with it whatever of its handoffs stands. A park stays its owner's secret. `assessment` is that
/// of the latest escalation, whose steps the request may name.
pub fn resolve(
    session: &Session,
    handoffs: &[Handoff],
    assessment: Option<(HandoffId, Assessment)>,
    request: &Resolve,
    caller: &Caller,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    access::ensure_can_resolve(session, caller)?;
    let resolution = request.resolution.as_str();
    let next = Session {
        status: SessionStatus::Resolved,
        current_handoff: None,
        resolution: Some(resolution.into()),
        resolved_at: Some(now),
        ..session.with_updated_at(now)
    };
    let resolved = EventBody::SessionResolved {
        session: next.summary(),
        by: caller.person(),
        resolution: resolution.into(),
    };
    let mut decision = match assessment::mark_worked_steps(assessment, &request.worked_step_ids)? {
        Some(marked) => Decision::default().with_change(marked),
        None => Decision::default(),
    };
    for handoff in handoffs.iter().filter(|handoff| handoff.state.is_ongoing()) {
        let state = match handoff.intent {
            Intent::Escalate => HandoffState::Resolved(handoff.state.claim().cloned()),
            Intent::Park => HandoffState::Resumed,
        };
        decision = decision.with_change(Change::UpdateHandoff(handoff.with_state(state, now)));
        if handoff.intent == Intent::Escalate {
            decision = decision.with_event(EventBody::HandoffResolved {
                handoff: handoff.summary(),
                by: caller.person(),
                resolution: resolution.into(),
            });
        }
    }
    Ok(decision.with_change(Change::UpdateSession(next)).with_event(resolved))
}

/// Returns a claimed or waiting session to whoever handed it off, with a question that becomes a message.
pub(super) fn return_with_question(
    session: &Session,
    to: &Person,
    question: &str,
    message_id: MessageId,
    caller: &Caller,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let message = session.next_message(message_id, &caller.person(), question, now);
    let (session, decision) = session.add_message(message, now)?;
    Ok(decision.with_change(Change::UpdateSession(session.with_assignee(to.clone(), None, now))))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::domain::tests::{POLICY, at, caller, session};

    fn post(session: &Session, kind: MessageKind, content: &str) -> Result<Session, Refusal> {
        let request = CreateMessage { content: content.into(), kind };
        let (sam, id) = (caller("Sam Ortiz"), MessageId::from_bytes([7; 16]));
        let policy = Policy { assessment_enabled: true, ..POLICY };
        let (_, decision) = super::post_message(session, &request, id, id, &sam, at(1), policy)?;
        Ok(decision.changes.iter().find_map(Change::session_after).unwrap().clone())
    }

    const FULL: Refusal = Refusal::SessionFull(CapacityLimit::Session);

    /// Mutant seen to fail: a question that leaves no room for its answer.
    #[test]
    fn a_session_takes_so_many_messages_and_so_much_text_and_no_question_that_has_no_room_for_its_answer() {
        let sam = caller("Sam Ortiz");
        let many = Session { message_count: limit::SESSION_MESSAGES - 1, ..session(&sam) };
        assert_eq!(post(&many, MessageKind::Ask, "why?"), Err(FULL));
        let full = post(&many, MessageKind::Note, "the last").unwrap();
        assert_eq!(full.message_count, limit::SESSION_MESSAGES);
        assert_eq!(post(&full, MessageKind::Note, "one more"), Err(FULL));

        let large = Session { text_bytes: limit::SESSION_TEXT - 8, ..session(&sam) };
        assert_eq!(post(&large, MessageKind::Ask, "why?"), Err(FULL));
        assert_eq!(post(&large, MessageKind::Note, "123456789"), Err(FULL));
        let full = post(&large, MessageKind::Note, "12345678").unwrap();
        assert_eq!(full.text_bytes, limit::SESSION_TEXT);

        let (id, role) = (MessageId::from_bytes([8; 16]), MessageRole::Assistant);
        let late = super::post_reply(&full, role, id, "because".into(), at(2));
        let late = late.changes.iter().find_map(Change::session_after).unwrap();
        assert_eq!(late.text_bytes, limit::SESSION_TEXT + 7, "who asked is answered");
        let long = "é".repeat(limit::MESSAGE);
        let decision = super::post_reply(&session(&sam), role, id, long, at(2));
        let answered = decision.changes.iter().find_map(Change::session_after).unwrap();
        assert_eq!(
            answered.text_bytes,
            limit::MESSAGE as u64,
            "an answer is no longer than a message may be"
        );
    }

    /// Mutant seen to fail: text that is not counted.
    #[test]
    fn what_was_tried_counts_and_has_a_limit_of_its_own() {
        let sam = caller("Sam Ortiz");
        let tries = |session: &Session, branches: &[Branch], bytes: usize| {
            let request =
                PutBranch { hypothesis: "x".repeat(bytes), status: BranchStatus::Open, evidence: None };
            let id = BranchId::from_bytes([1; 16]);
            let (branch, decision) = put_branch(session, branches, id, &request, &sam, at(1))?;
            Ok((branch, decision.changes.iter().find_map(Change::session_after).unwrap().clone()))
        };
        let (branch, next) = tries(&session(&sam), &[], 100).unwrap();
        assert_eq!(next.text_bytes, 100);
        let (_, next) = tries(&next, std::slice::from_ref(&branch), 40).unwrap();
        assert_eq!(next.text_bytes, 40, "what a branch says instead takes the room of what it said");

        let most = usize::try_from(limit::BRANCH_TEXT).unwrap();
        let other =
            Branch { id: BranchId::from_bytes([2; 16]), hypothesis: "x".repeat(most - 100), ..branch };
        assert!(tries(&next, std::slice::from_ref(&other), 100).is_ok());
        let refused: Result<_, Refusal> = tries(&next, &[other], 101);
        assert_eq!(refused.unwrap_err(), Refusal::SessionFull(CapacityLimit::Branches));
        let full = Session { text_bytes: limit::SESSION_TEXT, ..session(&sam) };
        assert_eq!(tries(&full, &[], 1).unwrap_err(), FULL);
    }

    #[test]
    fn the_tier_follows_what_became_of_the_hypotheses() {
        use BranchStatus::{Confirmed, Open, RuledOut};
        let tier = |statuses: &[BranchStatus]| confidence_tier(statuses.iter().copied());
        assert_eq!(tier(&[]), ConfidenceTier::Discovery);
        assert_eq!(tier(&[Open, Open]), ConfidenceTier::Discovery);
        assert_eq!(tier(&[Open, RuledOut]), ConfidenceTier::Narrowing);
        assert_eq!(tier(&[RuledOut, Confirmed, Open]), ConfidenceTier::Confirmed);
    }
}
