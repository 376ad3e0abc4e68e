//! The events of the console: input, time, replies and stream frames. API events: `common/src/event.rs`.

use std::time::Duration;

use crossterm::event::{KeyEvent, MouseEvent};
use tierup_common::assessment::Step;
use tierup_common::event::{EventPage, StreamFrame};
use tierup_common::handoff::{Handoff, QueuePage};
use tierup_common::id::{HandoffId, SessionId};
use tierup_common::problem::Problem;
use tierup_common::session::{Branch, Message, MessagePage, Session, SessionPage};
use tierup_common::time::Timestamp;
use tierup_common::timeline::Timeline;
use tierup_common::user::{Me, User};

use crate::effect::{Call, CallId, EditorTarget};
use crate::local_zone::LocalZone;
use crate::state::read_marks::ReadMarks;
use crate::text::safe;

/// An event.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// The time has passed to this moment, by this machine's clock.
    Tick(Timestamp),
    /// This machine has moved to another time zone.
    ZoneChanged(LocalZone),
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The mouse was clicked, or its wheel turned.
    Mouse(MouseEvent),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// The terminal's window gained (`true`) or lost the focus.
    Focus(bool),
    /// The terminal said what its background is.
    BackgroundReported {
        /// Whether it is light.
        is_light: bool,
    },
    /// The process was asked to stop, as by `Ctrl-Z`.
    SuspendRequested,
    /// The process continues after it was stopped.
    Continued,
    /// A frame of the team's stream.
    TeamStreamFrame(StreamFrame),
    /// A frame of a filtered stream.
    FilteredStreamFrame(StreamFrame),
    /// The connection of the team's stream changed.
    Connection(ConnectionEvent),
    /// A call was answered, or failed.
    Reply(Box<Reply>),
    /// A log-in succeeded, or failed for this reason.
    LogInResult(CallId, Result<LoggedInUser, String>),
    /// The seen-set as it is on disk.
    SeenSetLoaded(Vec<HandoffId>),
    /// How far the user has read, as it is on disk.
    ReadMarksLoaded(ReadMarks),
    /// Whether the user has chosen rows of one line.
    DenseRowsLoaded(bool),
    /// Drafts from the disk.
    DraftsLoaded(Vec<(SessionId, String)>),
    /// The user's editor was closed: with the text, or with the reason why there is none.
    EditorClosed(EditorTarget, Result<String, String>),
    /// A command of the user's own, by its name, has ended; or why it failed.
    ProgramEnded(String, Result<(), String>),
    /// A runbook was written into this file, or could not be, for this reason.
    RunbookSaved(CallId, Result<String, String>),
    /// Something that the user should know about the files on this machine.
    Notice(String),
}

/// A change of the connection of the team's stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConnectionEvent {
    /// It is being made.
    Connecting,
    /// No event came in time, though the connection may be up: a proxy may hold events back. Until one comes, the console
    /// polls.
    EventsStalled {
        /// The time between two polls.
        poll_interval: Duration,
    },
    /// It was lost or could not be made.
    Lost {
        /// Why, in one line.
        reason: String,
        /// When it is retried.
        retry_at: Timestamp,
    },
    /// The server refused it for this reason; there is no retry.
    Refused(String),
    /// The token is no longer valid, for this reason.
    LoggedOut(String),
}

/// A log-in that worked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoggedInUser {
    /// The server's address, in the form under which its data is stored on this machine.
    pub server_url: String,
    /// The user.
    pub me: Me,
    /// Where the token is stored, in words.
    pub token_location: String,
}

/// The reply to a call, with the call.
#[derive(Clone, PartialEq, Debug)]
pub struct Reply {
    /// The id of the call.
    pub call_id: CallId,
    /// The call.
    pub call: Call,
    /// The body of the response, or the error.
    pub result: Result<ReplyBody, CallError>,
}

/// The body of a response.
#[derive(Clone, PartialEq, Debug)]
pub enum ReplyBody {
    /// The caller.
    Me(Me),
    /// A page of the queue.
    Queue(QueuePage),
    /// A page of sessions.
    Sessions(SessionPage),
    /// A page of the log.
    Events(EventPage),
    /// A handoff.
    Handoff(Handoff),
    /// A session.
    Session(Session),
    /// A message.
    Message(Message),
    /// A page of messages.
    Messages(MessagePage),
    /// A page of the events of a session.
    Timeline(Timeline),
    /// All users of the account.
    Users(Vec<User>),
    /// A suggested step.
    Step(Step),
    /// A hypothesis of a session.
    Branch(Branch),
}

/// Why a call has no response body.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CallError {
    /// The server refused it.
    #[error("{}", .0.detail.as_deref().unwrap_or(&.0.title))]
    Problem(Box<Problem>),
    /// The server was not reached, or did not answer in time. It is unknown whether a change was made.
    #[error(transparent)]
    Unreachable(TransportError),
    /// The response does not fit the API.
    #[error("{0}")]
    InvalidResponse(String),
}

/// Why a server was not reached.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TransportError {
    /// No connection was made, so nothing was sent.
    #[error("cannot reach the server")]
    NoConnection,
    /// The response did not come in time.
    #[error("the server did not answer in time")]
    TimedOut,
    /// Another reason.
    #[error("{0}")]
    Other(String),
}

impl CallError {
    /// The server was not reached, for another reason.
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
        safe::sanitize_line(&text).into()
    }

    /// Whether the change may have been made: the response was lost, or the server could not tell.
    pub fn is_outcome_unknown(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            // With a full disk nothing is changed.
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
    fn a_validation_problem_is_shown_with_its_field_and_message() {
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
