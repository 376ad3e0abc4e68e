//! Signals: what a stream carries besides events; and how a client parses a frame of either kind.

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
    /// The first frame of every stream.
    Hello {
        /// The newest event of the account.
        seq: Seq,
        /// The oldest event that can be replayed.
        oldest_seq: Seq,
        /// The time of the server's clock.
        now: Timestamp,
    },
    /// The log no longer has the position to resume from: fetch everything again. Live events follow.
    Reset {
        /// The newest event of the account.
        seq: Seq,
    },
    /// All missed events have been sent; live events follow. Sent after a resume that asks for it.
    CaughtUp {
        /// The newest event that was considered, whether this stream carries it or not.
        seq: Seq,
    },
    /// More text of an assessment that is being written.
    HandoffAssessmentDelta {
        /// The handoff.
        handoff_id: HandoffId,
        /// The position of the text, in UTF-8 bytes; 0 starts over.
        offset: usize,
        /// The new text.
        text: String,
    },
    /// More text of an answer of the assistant.
    MessageDelta {
        /// The session.
        session_id: SessionId,
        /// The id that the message will have.
        message_id: MessageId,
        /// The position of the text, in UTF-8 bytes; 0 starts over.
        offset: usize,
        /// The new text.
        text: String,
    },
    /// The users who have a handoff open changed.
    Presence {
        /// The handoff.
        handoff_id: HandoffId,
        /// All users who have it open now.
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

/// A frame of a stream, as a client parses it.
#[derive(Clone, PartialEq, Debug)]
pub enum StreamFrame {
    /// A durable event.
    Event(Box<Event>),
    /// An ephemeral signal.
    Signal(Signal),
    /// A frame that this program cannot parse, of a newer server perhaps. Its `seq` still counts.
    Unknown {
        /// Its position in the log, if it is an event.
        seq: Option<Seq>,
    },
}

impl StreamFrame {
    /// Parses the `data:` of a frame. Anything else is [`StreamFrame::Unknown`], as a server may be newer than its
    /// clients.
    pub fn parse(data: &str) -> Self {
        #[derive(Deserialize)]
        struct SeqOnly {
            seq: Option<Seq>,
        }
        if let Ok(event) = serde_json::from_str(data) {
            return Self::Event(Box::new(event));
        }
        if let Ok(signal) = serde_json::from_str(data) {
            return Self::Signal(signal);
        }
        Self::Unknown { seq: serde_json::from_str(data).ok().and_then(|frame: SeqOnly| frame.seq) }
    }
}
