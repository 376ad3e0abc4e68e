//! Where the user is, as far as clocks go: how far local time is ahead of UTC differs between summer and winter, so it is
//! asked of each moment, and never of now alone.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, NaiveDateTime, Offset, TimeDelta, Utc};
use tierup_common::time::Timestamp;

/// The rules of a place: how many seconds its time is ahead of UTC at a moment. UTC, if nobody says otherwise.
#[derive(Clone)]
pub struct Zone(Arc<dyn Fn(DateTime<Utc>) -> i32 + Send + Sync>);

/// Which moment a local time is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// The only one.
    Once(Timestamp),
    /// The first of two: the clock is set back, and shows this time again.
    Twice(Timestamp),
    /// The clock is set forward over this time: as long after the change as it would have been.
    Skipped(Timestamp),
}

impl Moment {
    /// The moment.
    pub const fn at(self) -> Timestamp {
        match self {
            Self::Once(at) | Self::Twice(at) | Self::Skipped(at) => at,
        }
    }
}

impl Zone {
    /// A place by its rules.
    pub fn new(ahead: impl Fn(DateTime<Utc>) -> i32 + Send + Sync + 'static) -> Self {
        Self(Arc::new(ahead))
    }

    /// A place where time is always so many seconds ahead.
    pub fn fixed(ahead: i32) -> Self {
        Self::new(move |_| ahead)
    }

    /// What the clock on the wall shows at a moment.
    pub fn local(&self, at: Timestamp) -> DateTime<FixedOffset> {
        let at = at.to_datetime();
        at.with_timezone(&self.offset(at))
    }

    /// When the clock on the wall shows this.
    pub fn moment(&self, wall: NaiveDateTime) -> Moment {
        // Nobody changes their clock twice within two days.
        let around =
            |days: i64| wall.and_utc().checked_add_signed(TimeDelta::days(days)).unwrap_or(wall.and_utc());
        let offsets = [around(-1), around(1)].map(|at| self.offset(at));
        let at = |offset: FixedOffset| wall.and_utc() - TimeDelta::seconds(offset.local_minus_utc().into());
        let is_shown = |offset: &FixedOffset| self.offset(at(*offset)) == *offset;
        match offsets.map(|offset| Some(offset).filter(is_shown)) {
            [Some(before), Some(after)] if before != after => Moment::Twice(at(before).min(at(after)).into()),
            [Some(offset), _] | [None, Some(offset)] => Moment::Once(at(offset).into()),
            [None, None] => Moment::Skipped(at(offsets[0]).into()),
        }
    }

    fn offset(&self, at: DateTime<Utc>) -> FixedOffset {
        FixedOffset::east_opt((self.0)(at)).unwrap_or(Utc.fix())
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::fixed(0)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Zone")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Berlin in 2026 and 2027: an hour ahead, in summer two.
    pub(crate) fn berlin() -> Zone {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let summers = [
            (at("2026-03-29T01:00:00Z"), at("2026-10-25T01:00:00Z")),
            (at("2027-03-28T01:00:00Z"), at("2027-10-31T01:00:00Z")),
        ];
        Zone::new(
            move |now| {
                if summers.iter().any(|(begin, end)| (*begin..*end).contains(&now)) { 7200 } else { 3600 }
            },
        )
    }

    #[test]
    fn a_local_time_is_converted_by_the_rules_of_its_own_day() {
        let moment = |text: &str| berlin().moment(text.parse().unwrap());
        let at = |text: &str| Timestamp::from(text.parse::<DateTime<Utc>>().unwrap());
        for (wall, is) in [
            ("2026-11-22T10:30:00", Moment::Once(at("2026-11-22T09:30:00Z"))),
            ("2027-06-01T08:00:00", Moment::Once(at("2027-06-01T06:00:00Z"))),
            ("2027-03-28T01:59:00", Moment::Once(at("2027-03-28T00:59:00Z"))),
            ("2027-03-28T02:30:00", Moment::Skipped(at("2027-03-28T01:30:00Z"))),
            ("2027-03-28T03:00:00", Moment::Once(at("2027-03-28T01:00:00Z"))),
            ("2026-10-25T02:30:00", Moment::Twice(at("2026-10-25T00:30:00Z"))),
            ("2026-10-25T03:00:00", Moment::Once(at("2026-10-25T02:00:00Z"))),
        ] {
            assert_eq!(moment(wall), is, "{wall}");
        }
    }

    #[test]
    fn what_the_wall_shows_leads_back_to_its_moment() {
        for zone in [berlin(), Zone::default(), Zone::fixed(-5 * 3600 - 1800)] {
            let begin = Timestamp::from_millis(1_790_000_000_000);
            for hour in 0..24 * 400 {
                let at = begin.plus(std::time::Duration::from_hours(hour));
                match zone.moment(zone.local(at).naive_local()) {
                    Moment::Once(found) => assert_eq!(found, at),
                    Moment::Twice(first) => assert!(at.since(first).as_secs() <= 3600),
                    Moment::Skipped(_) => panic!("{at} was shown"),
                }
            }
        }
    }
}
