//! Messages: opening a session with its first one, and adding more.

use tierup_common::event::EventBody;
use tierup_common::id::{MessageId, Number, SessionId};
use tierup_common::limit;
use tierup_common::session::{
    ConfidenceTier, CreateMessage, CreateSession, Message, MessageKind, MessageRole, title,
};
use tierup_common::time::Timestamp;
use tierup_common::user::Person;

use crate::domain::access;
use crate::domain::caller::Caller;
use crate::domain::decision::{Change, Decision};
use crate::domain::job::Job;
use crate::domain::policy::Policy;
use crate::domain::refusal::Refusal;
use crate::domain::session::{Session, SessionState};

/// The ids and the number of a new session.
#[derive(Clone, Copy, Debug)]
pub struct NewSessionIds {
    /// The id.
    pub id: SessionId,
    /// The number.
    pub number: Number,
    /// The id of message 1.
    pub message_id: MessageId,
}

/// Opens a session. The intake becomes message 1; the assistant does not answer it.
pub fn open_session(
    request: &CreateSession,
    ids: NewSessionIds,
    caller: &Caller,
    now: Timestamp,
) -> Decision {
    let text = &request.intake_content.text;
    let session = Session {
        id: ids.id,
        number: ids.number,
        title: title(request.problem_summary.as_deref(), text),
        has_summary: request.problem_summary.is_some(),
        state: SessionState::Active { claimed: None },
        confidence_tier: ConfidenceTier::Discovery,
        opener: caller.person(),
        assignee: caller.person(),
        handoff_count: 0,
        latest_escalation: None,
        message_count: 0,
        text_bytes: text.len() as u64,
        created_at: now,
        updated_at: now,
        version: 0,
    };
    let message = user_message(&session, ids.message_id, &caller.person(), text, now);
    let session = Session { message_count: message.seq, ..session };
    let created = EventBody::SessionCreated { session: session.summary(), by: caller.person() };
    Decision::default()
        .with_change(Change::InsertSession(session.clone()))
        .with_change(Change::InsertMessage(ids.id, message.clone()))
        .with_event(created)
        .with_event(added_event(&session, message))
}

/// Adds a message of the caller. The assistant answers an `ask`; its answer gets the id `reply_id`.
pub fn post_message(
    session: &Session,
    request: &CreateMessage,
    id: MessageId,
    reply_id: MessageId,
    caller: &Caller,
    now: Timestamp,
    policy: Policy,
) -> Result<(Message, Decision), Refusal> {
    access::ensure_can_add_message(session, caller, request.kind)?;
    let message = user_message(session, id, &caller.person(), &request.content, now);
    let reply = match request.kind {
        MessageKind::Ask if policy.assessment_enabled => {
            // A question without room for its answer is refused.
            session.ensure_room_for(2, (message.content.len() + limit::MAX_MESSAGE_BYTES) as u64)?;
            Some(Job::Reply { session_id: session.id, to_seq: message.seq, message_id: reply_id })
        }
        MessageKind::Ask | MessageKind::Note => {
            session.ensure_room_for(1, message.content.len() as u64)?;
            None
        }
    };
    let (session, decision) = add_message(session, message.clone(), now);
    Ok((message, decision.with_change(Change::UpdateSession(session)).with_job(reply)))
}

/// Adds a message of the assistant or the server, cut to the size of a message. It is added even after the session was
/// handed off or resolved, and even if others have used up the room that was left when it was asked for.
pub fn post_reply(
    session: &Session,
    role: MessageRole,
    id: MessageId,
    mut content: String,
    now: Timestamp,
) -> Decision {
    content.truncate(content.floor_char_boundary(limit::MAX_MESSAGE_BYTES));
    let message = Message {
        id,
        seq: session.message_count + 1,
        role,
        author_id: None,
        author_name: None,
        content,
        created_at: now,
        mentions: Vec::new(),
    };
    let (session, decision) = add_message(session, message, now);
    decision.with_change(Change::UpdateSession(session))
}

/// Returns a session to the user who handed it off, with a question that becomes a message.
pub(super) fn send_back(
    session: &Session,
    to: &Person,
    question: &str,
    message_id: MessageId,
    caller: &Caller,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    session.ensure_room_for(1, question.len() as u64)?;
    let message = user_message(session, message_id, &caller.person(), question, now);
    let (session, decision) = add_message(session, message, now);
    Ok(decision.with_change(Change::UpdateSession(session.with_assignee(to.clone(), None, now))))
}

/// The session with a note of the caller, and the decision to add that note.
pub(super) fn add_note(
    session: &Session,
    note: &str,
    message_id: MessageId,
    caller: &Caller,
    now: Timestamp,
) -> Result<(Session, Decision), Refusal> {
    session.ensure_room_for(1, note.len() as u64)?;
    let message = user_message(session, message_id, &caller.person(), note, now);
    Ok(add_message(session, message, now))
}

/// The session with one more message, and the decision to add that message.
fn add_message(session: &Session, message: Message, now: Timestamp) -> (Session, Decision) {
    let text_bytes = session.text_bytes + message.content.len() as u64;
    let session = Session { message_count: message.seq, text_bytes, ..session.with_updated_at(now) };
    let decision = Decision::default()
        .with_change(Change::InsertMessage(session.id, message.clone()))
        .with_event(added_event(&session, message));
    (session, decision)
}

fn added_event(session: &Session, message: Message) -> EventBody {
    EventBody::MessageAdded {
        session_id: session.id,
        message,
        session_number: Some(session.number),
        problem_summary: Some(session.title.clone()),
    }
}

/// The next message of a session, by a person.
fn user_message(session: &Session, id: MessageId, author: &Person, content: &str, now: Timestamp) -> Message {
    Message {
        id,
        seq: session.message_count + 1,
        role: MessageRole::User,
        author_id: Some(author.id),
        author_name: Some(author.name.clone()),
        content: content.into(),
        created_at: now,
        mentions: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::refusal::CapacityLimit;
    use crate::domain::tests::{POLICY, at, caller, session};

    const FULL: Refusal = Refusal::SessionFull(CapacityLimit::Session);

    fn post(session: &Session, kind: MessageKind, content: &str) -> Result<Session, Refusal> {
        let request = CreateMessage { content: content.into(), kind };
        let (sam, id) = (caller("Sam Ortiz"), MessageId::from_bytes([7; 16]));
        let policy = Policy { assessment_enabled: true, ..POLICY };
        let (_, decision) = post_message(session, &request, id, id, &sam, at(1), policy)?;
        Ok(decision.session_after().unwrap().clone())
    }

    /// Mutant seen to fail: a question that leaves no room for its answer.
    #[test]
    fn a_full_session_refuses_messages_and_a_question_needs_room_for_its_reply() {
        let sam = caller("Sam Ortiz");
        let many = Session { message_count: limit::MAX_SESSION_MESSAGES - 1, ..session(&sam) };
        assert_eq!(post(&many, MessageKind::Ask, "why?"), Err(FULL));
        let full = post(&many, MessageKind::Note, "the last").unwrap();
        assert_eq!(full.message_count, limit::MAX_SESSION_MESSAGES);
        assert_eq!(post(&full, MessageKind::Note, "one more"), Err(FULL));

        let large = Session { text_bytes: limit::MAX_SESSION_BYTES - 8, ..session(&sam) };
        assert_eq!(post(&large, MessageKind::Ask, "why?"), Err(FULL));
        assert_eq!(post(&large, MessageKind::Note, "123456789"), Err(FULL));
        let full = post(&large, MessageKind::Note, "12345678").unwrap();
        assert_eq!(full.text_bytes, limit::MAX_SESSION_BYTES);
    }

    #[test]
    fn an_answer_to_a_full_session_is_added_and_truncated() {
        let sam = caller("Sam Ortiz");
        let (id, role) = (MessageId::from_bytes([8; 16]), MessageRole::Assistant);
        let full = Session { text_bytes: limit::MAX_SESSION_BYTES, ..session(&sam) };
        let answered = post_reply(&full, role, id, "because".into(), at(2));
        assert_eq!(answered.session_after().unwrap().text_bytes, limit::MAX_SESSION_BYTES + 7);
        let answered = post_reply(&session(&sam), role, id, "é".repeat(limit::MAX_MESSAGE_BYTES), at(2));
        assert_eq!(answered.session_after().unwrap().text_bytes, limit::MAX_MESSAGE_BYTES as u64);
    }
}
