//! Everything that can happen to the console.

use std::time::Duration;

use crossterm::event::{KeyEvent, MouseEvent};
use tierup_common::assessment::Step;
use tierup_common::event::StreamFrame;
use tierup_common::handoff::{Handoff, QueuePage};
use tierup_common::id::{HandoffId, SessionId};
use tierup_common::problem::Problem;
use tierup_common::session::{Branch, Message, MessagePage, Session, SessionPage};
use tierup_common::time::Timestamp;
use tierup_common::user::{Me, User};

use crate::effect::{Call, CallId};
use crate::local_zone::LocalZone;
use crate::text::safe;

/// Something that happened.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// It is now this moment, by this machine's clock.
    Tick(Timestamp),
    /// This machine has moved to another time zone.
    ZoneChanged(LocalZone),
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// The terminal's window got or lost the focus.
    Focus(bool),
    /// Somebody asks the console to stop, as `Ctrl-Z` does.
    SuspendRequested,
    /// The process was stopped, and goes on.
    Continued,
    /// The team's stream carried this.
    TeamFrame(StreamFrame),
    /// The stream narrowed to what is open carried this.
    FilteredFrame(StreamFrame),
    /// The connection of the team's stream changed.
    Connection(ConnectionEvent),
    /// A request was answered, or failed.
    Reply(Box<Reply>),
    /// A log-in was answered, or failed for this reason.
    LogInResult(CallId, Result<LoggedInUser, String>),
    /// The handoffs seen, as the file on this machine has them now.
    SeenSetLoaded(Vec<HandoffId>),
    /// Drafts that were kept on this machine.
    DraftsLoaded(Vec<(SessionId, String)>),
    /// The user is back from their editor: with what they wrote, or with why there is nothing.
    EditorClosed(SessionId, Result<String, String>),
    /// Something about the files on this machine that the user should know.
    Notice(String),
}

/// What became of the connection that the team's stream runs over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConnectionEvent {
    /// Trying.
    Connecting,
    /// No event came in time, though the connection may stand: something may hold them back. Until one comes, what they
    /// would tell is asked for this often.
    EventsStalled {
        /// Between two times.
        poll_interval: Duration,
    },
    /// It ended or could not be made; the next try comes at this moment.
    Lost {
        /// Why, in one line.
        reason: String,
        /// When it is tried again.
        retry_at: Timestamp,
    },
    /// The server will not have us: trying again is no use.
    Refused(String),
    /// The token works no more.
    LoggedOut(String),
}

/// A log-in that worked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoggedInUser {
    /// The server's address, as it names what is kept for it on this machine.
    pub server_url: String,
    /// Who has logged in.
    pub me: Me,
    /// Where the token is kept.
    pub token_location: String,
}

/// An answer that carries its question.
#[derive(Clone, PartialEq, Debug)]
pub struct Reply {
    /// Which request.
    pub call_id: CallId,
    /// What was asked.
    pub call: Call,
    /// What came of it.
    pub result: Result<ReplyBody, CallError>,
}

/// What a server answers.
#[derive(Clone, PartialEq, Debug)]
pub enum ReplyBody {
    /// The caller.
    Me(Me),
    /// A page of the queue.
    Queue(QueuePage),
    /// A page of sessions.
    Sessions(SessionPage),
    /// A handoff.
    Handoff(Handoff),
    /// A session.
    Session(Session),
    /// A message.
    Message(Message),
    /// A page of messages.
    Messages(MessagePage),
    /// Everybody in the account.
    Users(Vec<User>),
    /// A suggested step.
    Step(Step),
    /// A line of what has been tried.
    Branch(Branch),
}

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CallError {
    /// The server says no.
    #[error("{}", .0.detail.as_deref().unwrap_or(&.0.title))]
    Problem(Box<Problem>),
    /// The server was not reached, or did not answer in time. Whether a change was made is not known.
    #[error(transparent)]
    Unreachable(TransportError),
    /// What came back is not the API of a tierup server.
    #[error("{0}")]
    InvalidResponse(String),
}

/// How an answer was lost.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TransportError {
    /// No connection was made: nothing was asked.
    #[error("cannot reach the server")]
    NoConnection,
    /// It did not come in time.
    #[error("the server did not answer in time")]
    TimedOut,
    /// In another way, which these words say.
    #[error("{0}")]
    Other(String),
}

impl CallError {
    /// The server was not reached, for a reason of its own.
    pub fn unreachable(reason: impl Into<String>) -> Self {
        Self::Unreachable(TransportError::Other(reason.into()))
    }

    /// The server answered something that does not fit the call.
    pub fn invalid_response() -> Self {
        Self::InvalidResponse("unexpected answer from the server".into())
    }

    /// The failure in words for the user, with each field that the server rejects. One line, safe to show.
    pub fn user_message(&self) -> String {
        let mut text = self.to_string();
        if let Self::Problem(problem) = self {
            for error in &problem.errors {
                // A server puts the first one into the detail as well.
                if text.contains(&error.message) {
                    continue;
                }
                text = format!("{text}; {}: {}", error.field, error.message);
            }
        }
        safe::sanitize_line(&text)
    }

    /// Whether what was asked for may have been done all the same: the answer was lost, or the server could not say.
    pub fn is_outcome_unknown(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            // A full disk has taken nothing.
            Self::Problem(problem) => problem.status >= 500 && problem.status != 507,
            Self::InvalidResponse(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use tierup_common::problem::Problem;

    use super::*;

    #[test]
    fn what_breaks_a_rule_is_said_with_the_field_and_the_rule() {
        let problem = serde_json::json!({
            "type": "/problems/invalid", "title": "some fields break a rule", "status": 422,
            "detail": "some fields break a rule; see errors",
            "errors": [{"field": "resolution", "message": "has 70000 bytes; at most 65536"}],
        });
        let problem: Problem = serde_json::from_value(problem).unwrap();
        assert_eq!(
            CallError::Problem(Box::new(problem)).user_message(),
            "some fields break a rule; see errors; resolution: has 70000 bytes; at most 65536"
        );
    }
}
