//! Limits that several parts of a connection share.

use std::time::Duration;

/// Headers must arrive within this time.
pub(super) const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long unread input is read and discarded. Closing a socket with unread input resets the connection, and the client
/// loses the response.
pub(super) const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);
/// How much unread input is read and discarded.
pub(super) const MAX_DRAINED_BYTES: u64 = 4 * 1024 * 1024;
