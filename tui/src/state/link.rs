//! How the connection to the server is, told honestly.

use std::time::Duration;

use tierup_common::id::Seq;
use tierup_common::time::Timestamp;

/// The connection that events come over.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Link {
    /// Being made for the first time.
    #[default]
    Connecting,
    /// Events come as they happen.
    Live,
    /// Events that were missed are coming; live after this one.
    CatchingUp {
        /// The newest event when the connection was made.
        to: Seq,
    },
    /// Events do not come, but answers do: what events would tell is asked for.
    Polling {
        /// How often.
        every: Duration,
        /// When next.
        next: Timestamp,
    },
    /// There is none.
    Offline {
        /// Since when.
        since: Timestamp,
        /// When the next try comes; none while one is under way.
        retry_at: Option<Timestamp>,
        /// Why, in one line.
        why: String,
    },
    /// The server will not have us.
    Refused(String),
}

impl Link {
    /// Whether asking the server something makes sense. While the first connection is being made, it does.
    pub const fn may_ask(&self) -> bool {
        match self {
            Self::Connecting | Self::Live | Self::CatchingUp { .. } | Self::Polling { .. } => true,
            Self::Offline { .. } | Self::Refused(_) => false,
        }
    }
}
