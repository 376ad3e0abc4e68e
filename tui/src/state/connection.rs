//! How the connection to the server is, told honestly.

use std::time::Duration;

use tierup_common::id::Seq;
use tierup_common::time::Timestamp;

/// The connection that events come over.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum ConnectionState {
    /// Being made for the first time.
    #[default]
    Connecting,
    /// Events come as they happen.
    Live,
    /// Events that were missed are coming; live after this one.
    CatchingUp {
        /// The newest event when the connection was made.
        target_seq: Seq,
    },
    /// Events do not come, but answers do: what events would tell is asked for.
    Polling {
        /// How often.
        interval: Duration,
        /// When next.
        next_at: Timestamp,
    },
    /// There is none.
    Offline {
        /// Since when.
        since: Timestamp,
        /// When the next try comes; none while one is under way.
        retry_at: Option<Timestamp>,
        /// Why, in one line.
        reason: String,
    },
    /// The server will not have us.
    Refused(String),
}

impl ConnectionState {
    /// Whether asking the server something makes sense. While the first connection is being made, it does.
    pub const fn allows_calls(&self) -> bool {
        match self {
            Self::Connecting | Self::Live | Self::CatchingUp { .. } | Self::Polling { .. } => true,
            Self::Offline { .. } | Self::Refused(_) => false,
        }
    }
}
