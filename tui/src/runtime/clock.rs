//! The one place that reads the time.

use chrono::TimeZone;
use tierup_common::time::Timestamp;

use crate::state::local_zone::LocalZone;

/// This moment, by this machine's clock.
pub(crate) fn now() -> Timestamp {
    chrono::Utc::now().into()
}

/// Where this machine is, by `TZ` or its own settings.
pub fn local_zone() -> LocalZone {
    LocalZone::new(|at| chrono::Local.offset_from_utc_datetime(&at.naive_utc()).local_minus_utc())
}
