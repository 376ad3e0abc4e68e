//! The one place that reads the time.

use chrono::TimeZone;
use tierup_common::time::Timestamp;

use crate::state::local_zone::LocalZone;

/// Now, by this machine's clock.
pub(crate) fn now() -> Timestamp {
    chrono::Utc::now().into()
}

/// The time zone of this machine, by `TZ` or its settings.
pub fn local_zone() -> LocalZone {
    LocalZone::new(|at| chrono::Local.offset_from_utc_datetime(&at.naive_utc()).local_minus_utc())
}
