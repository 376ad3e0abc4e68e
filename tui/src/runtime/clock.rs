//! The one place that reads the time, and the offset of local time.

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use tierup_common::time::Timestamp;

use crate::local_zone::LocalZone;

/// How far local time is read, before now and after. Older moments have the first offset; no wake time is further away.
const ZONE_RANGE: (TimeDelta, TimeDelta) = (TimeDelta::days(366 * 10), TimeDelta::days(366 * 3));
/// Two transitions lie further apart than this.
const ZONE_STEP: TimeDelta = TimeDelta::days(7);

/// Now, by this machine's clock.
pub(crate) fn now() -> Timestamp {
    chrono::Utc::now().into()
}

/// The time zone of this machine, by `TZ` or its settings.
pub fn local_zone() -> LocalZone {
    read_zone(chrono::Utc::now(), machine_offset)
}

/// The local time of this machine, if its offset is no longer the one of `zone`: the machine has moved.
pub(crate) fn changed_zone(zone: &LocalZone) -> Option<LocalZone> {
    let now = chrono::Utc::now();
    (zone.utc_offset(now.into()) != machine_offset(now)).then(|| read_zone(now, machine_offset))
}

fn machine_offset(at: DateTime<Utc>) -> i32 {
    chrono::Local.offset_from_utc_datetime(&at.naive_utc()).local_minus_utc()
}

/// Looks up every week, and within a week where the offset changes the second of it.
fn read_zone(now: DateTime<Utc>, offset_at: impl Fn(DateTime<Utc>) -> i32) -> LocalZone {
    let (mut at, end) = (now - ZONE_RANGE.0, now + ZONE_RANGE.1);
    let initial_offset = offset_at(at);
    let mut offset = initial_offset;
    let mut transitions = Vec::new();
    while at < end {
        let next = at + ZONE_STEP;
        let next_offset = offset_at(next);
        if next_offset != offset {
            transitions.push((first_second_with(next_offset, at, next, &offset_at).into(), next_offset));
            offset = next_offset;
        }
        at = next;
    }
    LocalZone::new(initial_offset, transitions)
}

/// The first second with an offset, between a moment without it and one with it.
fn first_second_with(
    offset: i32,
    mut before: DateTime<Utc>,
    mut after: DateTime<Utc>,
    offset_at: impl Fn(DateTime<Utc>) -> i32,
) -> DateTime<Utc> {
    while after - before > TimeDelta::seconds(1) {
        let middle = before + (after - before) / 2;
        if offset_at(middle) == offset { after = middle } else { before = middle }
    }
    // Clocks change at a full second.
    DateTime::from_timestamp(after.timestamp(), 0).unwrap_or(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_zone_transitions_are_found_to_the_second() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let summer = at("2026-03-29T01:00:00Z")..at("2026-10-25T01:00:00Z");
        let zone =
            read_zone(at("2026-11-22T09:30:00.123Z"), |at| if summer.contains(&at) { 7200 } else { 3600 });
        let expected = vec![(summer.start.into(), 7200), (summer.end.into(), 3600)];
        assert_eq!(zone, LocalZone::new(3600, expected));
    }
}
