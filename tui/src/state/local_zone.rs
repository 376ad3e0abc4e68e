//! Where the user is, as far as clocks go: how far local time is ahead of UTC differs between summer and winter, so it is
//! asked of each moment, and never of now alone.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, NaiveDateTime, Offset, TimeDelta, Utc};
use tierup_common::time::Timestamp;

/// The rules of a place: how many seconds its time is ahead of UTC at a moment. UTC, if nobody says otherwise.
#[derive(Clone)]
pub struct LocalZone(Arc<dyn Fn(DateTime<Utc>) -> i32 + Send + Sync>);

/// Which moment a local time is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResolvedTime {
    /// The only one.
    Single(Timestamp),
    /// The first of two: the clock is set back, and shows this time again.
    Ambiguous(Timestamp),
    /// The clock is set forward over this time: as long after the change as it would have been.
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
    /// A place by its rules.
    pub fn new(utc_offset: impl Fn(DateTime<Utc>) -> i32 + Send + Sync + 'static) -> Self {
        Self(Arc::new(utc_offset))
    }

    /// A place where time is always so many seconds ahead.
    pub fn fixed(utc_offset: i32) -> Self {
        Self::new(move |_| utc_offset)
    }

    /// What the clock on the wall shows at a moment.
    pub fn to_local(&self, at: Timestamp) -> DateTime<FixedOffset> {
        let at = at.to_datetime();
        at.with_timezone(&self.offset_at(at))
    }

    /// When the clock on the wall shows this.
    pub fn resolve(&self, local: NaiveDateTime) -> ResolvedTime {
        // Nobody changes their clock twice within two days.
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
        FixedOffset::east_opt((self.0)(at)).unwrap_or(Utc.fix())
    }
}

impl Default for LocalZone {
    fn default() -> Self {
        Self::fixed(0)
    }
}

impl fmt::Debug for LocalZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Zone")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Berlin in 2026 and 2027: an hour ahead, in summer two.
    pub(crate) fn berlin() -> LocalZone {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let summers = [
            (at("2026-03-29T01:00:00Z"), at("2026-10-25T01:00:00Z")),
            (at("2027-03-28T01:00:00Z"), at("2027-10-31T01:00:00Z")),
        ];
        LocalZone::new(move |now| {
            if summers.iter().any(|(begin, end)| (*begin..*end).contains(&now)) { 7200 } else { 3600 }
        })
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
    fn what_the_wall_shows_leads_back_to_its_moment() {
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
