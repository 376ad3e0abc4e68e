//! The connection to the server.

use std::time::Duration;

use tierup_common::id::Seq;
use tierup_common::time::Timestamp;

/// The state of the connection that events come over.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum ConnectionState {
    /// It is being made for the first time.
    #[default]
    Connecting,
    /// Events arrive as they happen.
    Live,
    /// Missed events are arriving.
    CatchingUp {
        /// The newest event when the connection was made: it is live after that.
        target_seq: Seq,
    },
    /// Events do not arrive, but calls are answered: the console polls.
    Polling {
        /// The time between two polls.
        interval: Duration,
        /// When the next poll is due.
        next_at: Timestamp,
    },
    /// There is no connection.
    Offline {
        /// Since when.
        since: Timestamp,
        /// When it is retried; none while a retry is in progress.
        retry_at: Option<Timestamp>,
        /// Why, in one line.
        reason: String,
    },
    /// The server refused it, for this reason.
    Refused(String),
}

impl ConnectionState {
    /// Whether calls make sense: also while the first connection is being made.
    pub const fn allows_calls(&self) -> bool {
        match self {
            Self::Connecting | Self::Live | Self::CatchingUp { .. } | Self::Polling { .. } => true,
            Self::Offline { .. } | Self::Refused(_) => false,
        }
    }
}
