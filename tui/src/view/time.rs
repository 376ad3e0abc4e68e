//! Times of day, as people read them.

use chrono::Datelike;
use tierup_common::time::Timestamp;

use crate::local_zone::LocalZone;

/// The time of day where the user is; with the day, where it is another one than now.
pub(super) fn format_time_of_day(at: Timestamp, now: Timestamp, zone: &LocalZone) -> String {
    let (at, now) = (zone.to_local(at), zone.to_local(now));
    let form = if at.date_naive() == now.date_naive() {
        "%H:%M"
    } else if at.year() == now.year() {
        "%a %-d %b, %H:%M"
    } else {
        "%-d %b %Y, %H:%M"
    };
    at.format(form).to_string()
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::local_zone::tests::berlin;

    #[test]
    fn what_was_not_today_says_when_it_was() {
        let at = |text: &str| Timestamp::from(text.parse::<DateTime<Utc>>().unwrap());
        let now = at("2026-11-22T23:30:00Z");
        let utc = LocalZone::default();
        assert_eq!(format_time_of_day(at("2026-11-22T09:05:00Z"), now, &utc), "09:05");
        assert_eq!(format_time_of_day(at("2026-11-21T09:05:00Z"), now, &utc), "Sat 21 Nov, 09:05");
        assert_eq!(format_time_of_day(at("2025-11-21T09:05:00Z"), now, &utc), "21 Nov 2025, 09:05");
        // Where the user is, it is the next day already.
        assert_eq!(format_time_of_day(at("2026-11-22T09:05:00Z"), now, &berlin()), "Sun 22 Nov, 10:05");
        // What was said in summer was said in summer time.
        assert_eq!(format_time_of_day(at("2026-07-01T09:05:00Z"), now, &berlin()), "Wed 1 Jul, 11:05");
    }
}
