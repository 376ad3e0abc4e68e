//! The one place that reads the time.

use tierup_common::time::Timestamp;

/// This moment, by this machine's clock.
pub(crate) fn now() -> Timestamp {
    chrono::Utc::now().into()
}

/// How far local time is ahead of UTC, in seconds.
pub fn utc_offset() -> i32 {
    chrono::Local::now().offset().local_minus_utc()
}
