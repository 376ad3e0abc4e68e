//! Local time: how far it is ahead of UTC, which differs between summer and winter and is therefore looked up for each
//! moment. Plain data; the runtime reads it from the machine.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDateTime, Offset, TimeDelta, Utc};
use tierup_common::time::Timestamp;

/// The offsets of local time from UTC, over the years. UTC by default.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LocalZone {
    /// Seconds ahead of UTC before the first transition.
    initial_offset: i32,
    /// The moments when the offset changes, ascending, with the seconds ahead of UTC from then on.
    transitions: Vec<(Timestamp, i32)>,
}

/// The moment of a local time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResolvedTime {
    /// The local time occurs once.
    Single(Timestamp),
    /// The clock is set back and shows the local time twice: the first moment.
    Ambiguous(Timestamp),
    /// The clock is set forward over the local time: the moment when a clock that was not set would show it.
    Skipped(Timestamp),
}

impl ResolvedTime {
    /// The moment.
    pub const fn timestamp(self) -> Timestamp {
        match self {
            Self::Single(at) | Self::Ambiguous(at) | Self::Skipped(at) => at,
        }
    }
}

impl LocalZone {
    /// Local time with an offset in seconds before the first transition, and one from each transition on.
    pub const fn new(initial_offset: i32, transitions: Vec<(Timestamp, i32)>) -> Self {
        Self { initial_offset, transitions }
    }

    /// Local time with a constant offset, in seconds ahead of UTC.
    pub const fn fixed(utc_offset: i32) -> Self {
        Self::new(utc_offset, Vec::new())
    }

    /// Seconds ahead of UTC at a moment.
    pub fn utc_offset(&self, at: Timestamp) -> i32 {
        let passed = self.transitions.partition_point(|(since, _)| *since <= at);
        passed.checked_sub(1).map_or(self.initial_offset, |last| self.transitions[last].1)
    }

    /// The local time at a moment.
    pub fn to_local(&self, at: Timestamp) -> DateTime<FixedOffset> {
        let at = at.to_datetime();
        at.with_timezone(&self.offset_at(at))
    }

    /// The local time of day; with the day, unless that is today, and with the year, unless it is this one.
    pub fn format_time(&self, at: Timestamp, now: Timestamp) -> String {
        let (at, now) = (self.to_local(at), self.to_local(now));
        let format = if at.date_naive() == now.date_naive() {
            "%H:%M"
        } else if at.year() == now.year() {
            "%a %-d %b, %H:%M"
        } else {
            "%-d %b %Y, %H:%M"
        };
        at.format(format).to_string()
    }

    /// The moment of a local time.
    pub fn resolve(&self, local: NaiveDateTime) -> ResolvedTime {
        // No clock changes twice within two days.
        let around =
            |days: i64| local.and_utc().checked_add_signed(TimeDelta::days(days)).unwrap_or(local.and_utc());
        let offsets = [around(-1), around(1)].map(|at| self.offset_at(at));
        let at = |offset: FixedOffset| local.and_utc() - TimeDelta::seconds(offset.local_minus_utc().into());
        let is_shown = |offset: &FixedOffset| self.offset_at(at(*offset)) == *offset;
        match offsets.map(|offset| Some(offset).filter(is_shown)) {
            [Some(before), Some(after)] if before != after => {
                ResolvedTime::Ambiguous(at(before).min(at(after)).into())
            }
            [Some(offset), _] | [None, Some(offset)] => ResolvedTime::Single(at(offset).into()),
            [None, None] => ResolvedTime::Skipped(at(offsets[0]).into()),
        }
    }

    fn offset_at(&self, at: DateTime<Utc>) -> FixedOffset {
        FixedOffset::east_opt(self.utc_offset(at.into())).unwrap_or(Utc.fix())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Berlin in 2026 and 2027: an hour ahead, in summer two.
    pub(crate) fn berlin() -> LocalZone {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let transitions = [
            ("2026-03-29T01:00:00Z", 7200),
            ("2026-10-25T01:00:00Z", 3600),
            ("2027-03-28T01:00:00Z", 7200),
            ("2027-10-31T01:00:00Z", 3600),
        ];
        LocalZone::new(3600, transitions.map(|(since, offset)| (at(since).into(), offset)).to_vec())
    }

    #[test]
    fn a_local_time_is_converted_by_the_rules_of_its_own_day() {
        let moment = |text: &str| berlin().resolve(text.parse().unwrap());
        let at = |text: &str| Timestamp::from(text.parse::<DateTime<Utc>>().unwrap());
        for (wall, is) in [
            ("2026-11-22T10:30:00", ResolvedTime::Single(at("2026-11-22T09:30:00Z"))),
            ("2027-06-01T08:00:00", ResolvedTime::Single(at("2027-06-01T06:00:00Z"))),
            ("2027-03-28T01:59:00", ResolvedTime::Single(at("2027-03-28T00:59:00Z"))),
            ("2027-03-28T02:30:00", ResolvedTime::Skipped(at("2027-03-28T01:30:00Z"))),
            ("2027-03-28T03:00:00", ResolvedTime::Single(at("2027-03-28T01:00:00Z"))),
            ("2026-10-25T02:30:00", ResolvedTime::Ambiguous(at("2026-10-25T00:30:00Z"))),
            ("2026-10-25T03:00:00", ResolvedTime::Single(at("2026-10-25T02:00:00Z"))),
        ] {
            assert_eq!(moment(wall), is, "{wall}");
        }
    }

    #[test]
    fn local_times_resolve_back_to_their_instant() {
        for zone in [berlin(), LocalZone::default(), LocalZone::fixed(-5 * 3600 - 1800)] {
            let begin = Timestamp::from_millis(1_790_000_000_000);
            for hour in 0..24 * 400 {
                let at = begin.plus(std::time::Duration::from_hours(hour));
                match zone.resolve(zone.to_local(at).naive_local()) {
                    ResolvedTime::Single(found) => assert_eq!(found, at),
                    ResolvedTime::Ambiguous(first) => assert!(at.since(first).as_secs() <= 3600),
                    ResolvedTime::Skipped(_) => panic!("{at} was shown"),
                }
            }
        }
    }
}
