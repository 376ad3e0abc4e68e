//! What the user wrote and the server has not confirmed, by session: drafts, messages under way and messages in doubt.

use std::collections::HashMap;
use std::time::Duration;

use tierup_common::id::{SessionId, UserId};
use tierup_common::session::{CreateMessage, Message, MessageKind};
use tierup_common::time::Timestamp;

use crate::effect::CallId;

/// Sent messages that are remembered for recall, at most.
const MAX_SENT: usize = 100;

/// A message that was sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutgoingMessage {
    /// The request.
    pub call_id: CallId,
    /// The message.
    pub text: String,
    /// Whether the assistant is to answer it.
    pub kind: MessageKind,
    /// When it was sent, by this machine's clock.
    pub sent_at: Timestamp,
    /// The `seq` of the newest message at that time: the server puts it after that one.
    pub after_seq: u32,
}

/// The unconfirmed text of one session.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Unconfirmed {
    /// Typed and not sent.
    Draft(String),
    /// A message is under way. `draft` is what is kept in case the console crashes: the message, and what was typed
    /// after it.
    Sending { message: OutgoingMessage, draft: String },
    /// The answer was lost, so it is unknown whether the message arrived. It is a draft again; sent unchanged, it goes
    /// out under its first call id, and the server takes it once.
    InDoubt { message: OutgoingMessage, draft: String },
}

impl Unconfirmed {
    fn draft(&self) -> &str {
        match self {
            Self::Draft(draft) | Self::Sending { draft, .. } | Self::InDoubt { draft, .. } => draft,
        }
    }

    fn draft_mut(&mut self) -> &mut String {
        match self {
            Self::Draft(draft) | Self::Sending { draft, .. } | Self::InDoubt { draft, .. } => draft,
        }
    }

    fn message_mut(&mut self) -> Option<&mut OutgoingMessage> {
        match self {
            Self::Draft(_) => None,
            Self::Sending { message, .. } | Self::InDoubt { message, .. } => Some(message),
        }
    }
}

/// Drafts, messages under way and messages in doubt.
#[derive(Debug, Default)]
pub struct Outbox {
    by_session: HashMap<SessionId, Unconfirmed>,
    /// Messages sent in this run, the newest last.
    sent: Vec<String>,
    /// The last text that the user wants to send although it looks like it holds a secret.
    confirmed: Option<String>,
}

impl Outbox {
    /// The draft that is kept for a session; empty if there is none.
    pub fn draft(&self, session: SessionId) -> &str {
        self.by_session.get(&session).map_or("", Unconfirmed::draft)
    }

    /// Replaces the draft of a session; false if it was the same.
    pub fn set_draft(&mut self, session: SessionId, text: &str) -> bool {
        let unconfirmed = self.by_session.entry(session).or_insert_with(|| Unconfirmed::Draft(String::new()));
        let is_changed = unconfirmed.draft() != text;
        text.clone_into(unconfirmed.draft_mut());
        self.drop_if_empty(session);
        is_changed
    }

    /// Takes a draft that was kept on this machine, unless something was typed since; true if it was taken.
    pub fn load_draft(&mut self, session: SessionId, text: &str) -> bool {
        let is_free = !self.by_session.contains_key(&session);
        if is_free {
            self.set_draft(session, text);
        }
        is_free
    }

    /// The draft to keep for a session with `typed` in its composer, including a message that is not confirmed yet.
    pub fn draft_to_keep(&self, session: SessionId, typed: &str) -> String {
        match self.sending(session) {
            Some(message) => join_lines(&message.text, typed),
            None => typed.to_owned(),
        }
    }

    /// The text for the composer of a session that is opened: its draft, without a message that is being sent.
    pub fn composer_text(&self, session: SessionId) -> String {
        let draft = self.draft(session);
        self.sending(session)
            .map_or_else(|| draft.to_owned(), |message| without_sent_prefix(draft, &message.text))
    }

    /// The message of a session that is under way.
    pub fn sending(&self, session: SessionId) -> Option<&OutgoingMessage> {
        match self.by_session.get(&session)? {
            Unconfirmed::Sending { message, .. } => Some(message),
            Unconfirmed::Draft(_) | Unconfirmed::InDoubt { .. } => None,
        }
    }

    /// The message of a session that may have arrived.
    pub fn in_doubt(&self, session: SessionId) -> Option<&OutgoingMessage> {
        match self.by_session.get(&session)? {
            Unconfirmed::InDoubt { message, .. } => Some(message),
            Unconfirmed::Draft(_) | Unconfirmed::Sending { .. } => None,
        }
    }

    /// A message is under way from now on.
    pub fn start_sending(&mut self, session: SessionId, message: OutgoingMessage) {
        self.sent.retain(|other| *other != message.text);
        self.sent.push(message.text.clone());
        let surplus = self.sent.len().saturating_sub(MAX_SENT);
        self.sent.drain(..surplus);
        let draft = self.draft(session).to_owned();
        self.by_session.insert(session, Unconfirmed::Sending { message, draft });
    }

    /// The message that a call sent, if it is the one under way: a draft from now on.
    pub fn finish_sending(&mut self, session: SessionId, call_id: CallId) -> Option<OutgoingMessage> {
        let message = self.sending(session).filter(|message| message.call_id == call_id)?.clone();
        self.settle(session);
        Some(message)
    }

    /// A message may have arrived, or not.
    pub fn set_in_doubt(&mut self, session: SessionId, message: OutgoingMessage) {
        let draft = self.draft(session).to_owned();
        self.by_session.insert(session, Unconfirmed::InDoubt { message, draft });
    }

    /// The doubt about a message is over.
    pub fn clear_doubt(&mut self, session: SessionId) {
        if self.in_doubt(session).is_some() {
            self.settle(session);
        }
    }

    /// Ends the doubt about a message because another is sent; the call id to send it with, if it is the same message.
    pub fn take_reusable_call_id(&mut self, session: SessionId, message: &CreateMessage) -> Option<CallId> {
        let before = self.in_doubt(session)?;
        let is_same = before.text == message.content && before.kind == message.kind;
        let call_id = is_same.then_some(before.call_id);
        self.settle(session);
        call_id
    }

    /// Messages sent in this run, the oldest first.
    pub fn sent(&self) -> impl Iterator<Item = &str> {
        self.sent.iter().map(String::as_str)
    }

    /// Whether the user wants to send this text although it looks like it holds a secret.
    pub fn is_confirmed(&self, text: &str) -> bool {
        self.confirmed.as_deref() == Some(text)
    }

    /// The user wants to send this text although it looks like it holds a secret.
    pub fn confirm(&mut self, text: String) {
        self.confirmed = Some(text);
    }

    /// This machine's clock was set back.
    pub fn shift_back(&mut self, by: Duration) {
        for message in self.by_session.values_mut().filter_map(Unconfirmed::message_mut) {
            message.sent_at = message.sent_at.minus(by);
        }
    }

    fn settle(&mut self, session: SessionId) {
        let draft = self.draft(session).to_owned();
        self.by_session.insert(session, Unconfirmed::Draft(draft));
        self.drop_if_empty(session);
    }

    fn drop_if_empty(&mut self, session: SessionId) {
        if matches!(self.by_session.get(&session), Some(Unconfirmed::Draft(text)) if text.is_empty()) {
            self.by_session.remove(&session);
        }
    }
}

impl OutgoingMessage {
    /// Whether a message of a conversation is this one.
    pub fn is_same_as(&self, message: &Message, me: Option<UserId>) -> bool {
        message.seq > self.after_seq
            && me.is_some()
            && message.author_id == me
            && message.content.trim() == self.text.trim()
    }
}

/// A draft without the sent message that it begins with.
pub fn without_sent_prefix(draft: &str, sent: &str) -> String {
    draft.strip_prefix(sent).map_or(draft, |rest| rest.trim_start_matches('\n')).to_owned()
}

/// A sent message, and on the next line what was typed after it.
pub fn join_lines(sent: &str, typed: &str) -> String {
    if typed.is_empty() { sent.to_owned() } else { format!("{sent}\n{typed}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: SessionId = SessionId::from_bytes([1; 16]);

    fn message(call_id: u64, text: &str) -> OutgoingMessage {
        OutgoingMessage {
            call_id: CallId(call_id),
            text: text.into(),
            kind: MessageKind::Ask,
            sent_at: Timestamp::from_millis(0),
            after_seq: 3,
        }
    }

    fn request(text: &str) -> CreateMessage {
        CreateMessage { content: text.into(), kind: MessageKind::Ask }
    }

    #[test]
    fn a_message_being_sent_is_kept_in_the_draft_with_later_text() {
        let mut outbox = Outbox::default();
        outbox.start_sending(SESSION, message(1, "one"));
        let kept = outbox.draft_to_keep(SESSION, "two");
        assert_eq!(kept, "one\ntwo");
        assert!(outbox.set_draft(SESSION, &kept) && !outbox.set_draft(SESSION, &kept));
        assert_eq!(outbox.composer_text(SESSION), "two");
        assert!(outbox.finish_sending(SESSION, CallId(2)).is_none(), "the answer to another call");
        assert!(outbox.finish_sending(SESSION, CallId(1)).is_some());
        assert_eq!((outbox.draft(SESSION), outbox.sending(SESSION)), ("one\ntwo", None));
    }

    #[test]
    fn only_an_identical_message_reuses_the_call_id_of_one_in_doubt() {
        let mut outbox = Outbox::default();
        outbox.set_in_doubt(SESSION, message(1, "one"));
        assert_eq!(outbox.take_reusable_call_id(SESSION, &request("one")), Some(CallId(1)));
        assert_eq!(outbox.take_reusable_call_id(SESSION, &request("one")), None);
        outbox.set_in_doubt(SESSION, message(1, "one"));
        assert_eq!(outbox.take_reusable_call_id(SESSION, &request("one, changed")), None);
        assert_eq!(outbox.in_doubt(SESSION), None);
    }

    #[test]
    fn a_loaded_draft_does_not_replace_what_was_typed_since() {
        let mut outbox = Outbox::default();
        assert!(outbox.load_draft(SESSION, "kept"));
        assert!(!outbox.load_draft(SESSION, "older"));
        assert_eq!(outbox.draft(SESSION), "kept");
    }
}
