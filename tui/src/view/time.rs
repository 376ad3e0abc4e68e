//! Times of day, as people read them.

use chrono::{DateTime, Datelike, FixedOffset, Offset, Utc};
use tierup_common::time::Timestamp;

/// The time of day, so many seconds ahead of UTC; with the day, where it is another one than now.
pub(super) fn clock(at: Timestamp, now: Timestamp, utc_offset: i32) -> String {
    let (at, now) = (local(at, utc_offset), local(now, utc_offset));
    let form = if at.date_naive() == now.date_naive() {
        "%H:%M"
    } else if at.year() == now.year() {
        "%a %-d %b, %H:%M"
    } else {
        "%-d %b %Y, %H:%M"
    };
    at.format(form).to_string()
}

fn local(at: Timestamp, utc_offset: i32) -> DateTime<FixedOffset> {
    let offset = FixedOffset::east_opt(utc_offset).unwrap_or(Utc.fix());
    at.to_datetime().with_timezone(&offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_today_says_when_it_was() {
        let at = |text: &str| Timestamp::from(text.parse::<DateTime<Utc>>().unwrap());
        let now = at("2026-11-22T23:30:00Z");
        assert_eq!(clock(at("2026-11-22T09:05:00Z"), now, 0), "09:05");
        assert_eq!(clock(at("2026-11-21T09:05:00Z"), now, 0), "Sat 21 Nov, 09:05");
        assert_eq!(clock(at("2025-11-21T09:05:00Z"), now, 0), "21 Nov 2025, 09:05");
        // Where the user is, it is the next day already.
        assert_eq!(clock(at("2026-11-22T09:05:00Z"), now, 3600), "Sun 22 Nov, 10:05");
    }
}
