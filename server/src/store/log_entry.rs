//! An event as a row of the log, and which streams carry it.

use std::sync::Arc;
use std::time::Duration;

use tierup_common::event::{Audience, Event, Kind};
use tierup_common::id::{AccountId, HandoffId, MessageId, Seq, SessionId, UserId};

/// An event as it is in the log, ready to send.
#[derive(Clone, Debug)]
pub struct LogEntry {
    /// Its position in the log.
    pub seq: Seq,
    /// Its kind.
    pub kind: Kind,
    /// Which streams carry it.
    pub visibility: Visibility,
    /// The event as JSON, without line breaks.
    pub json: String,
}

/// An event that a commit appended to the log of an account.
#[derive(Clone, Debug)]
pub struct AppendedEvent {
    /// The account.
    pub account: AccountId,
    /// Its row.
    pub entry: LogEntry,
    /// The message that it adds, if it adds one.
    pub message: Option<MessageId>,
    /// The time since its handoff was created; zero for other events.
    pub handoff_age: Duration,
    /// Whether it came after the target of its handoff; none if there was no target.
    pub is_overdue: Option<bool>,
}

/// Which streams of an account carry an event.
#[derive(Clone, Debug)]
pub struct Visibility {
    /// Its session.
    pub session: SessionId,
    /// Its handoff, if it is about one.
    pub handoff: Option<HandoffId>,
    /// The only user who may see it; `None` for everybody in the account.
    pub recipient: Option<UserId>,
    /// Whether streams of the whole team carry it.
    pub audience: Audience,
    /// The users whose streams of the whole team carry it although others' do not.
    pub concerned: Option<Arc<[UserId]>>,
}

/// The part of the log that a stream carries.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StreamFilter {
    /// The events of the whole team.
    Team,
    /// The events of one handoff.
    Handoff(HandoffId),
    /// The events of one session, with its messages.
    Session(SessionId),
}

impl Visibility {
    /// Whether a stream of this user with this filter carries the event.
    pub fn includes(&self, user: UserId, filter: StreamFilter) -> bool {
        self.recipient.is_none_or(|recipient| recipient == user)
            && match filter {
                StreamFilter::Team => {
                    self.audience == Audience::Team
                        || self.concerned.as_ref().is_some_and(|users| users.contains(&user))
                }
                StreamFilter::Handoff(handoff) => self.handoff == Some(handoff),
                StreamFilter::Session(session) => self.session == session,
            }
    }
}

impl AppendedEvent {
    /// The row of a new event of an account.
    pub(super) fn new(
        account: AccountId,
        event: &Event,
        recipient: Option<UserId>,
        concerned: Option<Arc<[UserId]>>,
    ) -> serde_json::Result<Self> {
        let (kind, handoff) = (event.body.kind(), event.body.handoff());
        let visibility = Visibility {
            session: event.body.session_id(),
            handoff: handoff.map(|handoff| handoff.handoff_id),
            recipient,
            audience: kind.audience(),
            concerned,
        };
        Ok(Self {
            account,
            entry: LogEntry { seq: event.seq, kind, visibility, json: serde_json::to_string(event)? },
            message: event.body.message().map(|message| message.id),
            is_overdue: handoff.and_then(|handoff| handoff.due_at).map(|due| event.at > due),
            handoff_age: handoff.map_or(Duration::ZERO, |handoff| event.at.since(handoff.created_at)),
        })
    }
}
