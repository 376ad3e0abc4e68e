//! What a stream carries besides durable events, and how a client reads a frame of either kind.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::id::{HandoffId, MessageId, Seq, SessionId};
use crate::time::Timestamp;
use crate::user::Person;

/// An ephemeral frame of the stream.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Signal {
    /// The first of every stream.
    Hello {
        /// The newest event of the account.
        seq: Seq,
        /// The oldest event still kept.
        oldest_seq: Seq,
        /// The server's clock.
        now: Timestamp,
    },
    /// The asked-for place in the log is not there: fetch everything again, live events follow.
    Reset {
        /// The newest event of the account.
        seq: Seq,
    },
    /// Everything that was missed has been sent; what follows happens now. Only after a resume that asked for it.
    CaughtUp {
        /// Everything up to here has been looked at, what this stream does not carry included.
        seq: Seq,
    },
    /// An assessment grew.
    HandoffAssessmentDelta {
        /// Whose.
        handoff_id: HandoffId,
        /// Where the text belongs, in UTF-8 bytes; at 0 the text starts anew.
        offset: usize,
        /// What came.
        text: String,
    },
    /// An answer of the assistant grew.
    MessageDelta {
        /// In which session.
        session_id: SessionId,
        /// The message that it will be.
        message_id: MessageId,
        /// Where the text belongs, in UTF-8 bytes; at 0 the text starts anew.
        offset: usize,
        /// What came.
        text: String,
    },
    /// Who is reading a handoff changed.
    Presence {
        /// Which.
        handoff_id: HandoffId,
        /// Everybody who is reading it now.
        viewers: Vec<Person>,
    },
}

impl Signal {
    /// The SSE `event:` name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Hello { .. } => "hello",
            Self::Reset { .. } => "reset",
            Self::CaughtUp { .. } => "caught_up",
            Self::HandoffAssessmentDelta { .. } => "handoff_assessment_delta",
            Self::MessageDelta { .. } => "message_delta",
            Self::Presence { .. } => "presence",
        }
    }
}

/// Anything a stream carries, as a client reads it.
#[derive(Clone, PartialEq, Debug)]
pub enum StreamFrame {
    /// A durable event.
    Event(Box<Event>),
    /// An ephemeral one.
    Signal(Signal),
    /// One that a newer server knows and this program does not; its place in the log still counts.
    Unknown {
        /// Its place, if it is durable.
        seq: Option<Seq>,
    },
}

impl StreamFrame {
    /// Reads the `data:` of a frame. What cannot be read is [`Frame::Unknown`]: a server may know more than its
    /// clients.
    pub fn parse(data: &str) -> Self {
        #[derive(Deserialize)]
        struct Place {
            seq: Option<Seq>,
        }
        if let Ok(event) = serde_json::from_str(data) {
            return Self::Event(Box::new(event));
        }
        if let Ok(signal) = serde_json::from_str(data) {
            return Self::Signal(signal);
        }
        Self::Unknown { seq: serde_json::from_str(data).ok().and_then(|place: Place| place.seq) }
    }
}
