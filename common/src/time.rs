//! Timestamps and how people read them. Only a program's `clock.rs` reads the clock.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A time in UTC, in milliseconds since 1970: RFC 3339 on the wire, an integer in the database.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The time this many milliseconds after the start of 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the start of 1970.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Seconds since the start of 1970, and the rest in nanoseconds; (0, 0) before 1970.
    pub const fn as_unix(self) -> (u64, u32) {
        if self.0 < 0 {
            return (0, 0);
        }
        let millis = self.0.unsigned_abs();
        let nanos = (millis % 1000) as u32 * 1_000_000;
        (millis / 1000, nanos)
    }

    /// The duration since `earlier`; zero if `earlier` is later, as clocks of two machines differ.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// This time plus a duration.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This time minus a duration.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The calendar date and time, for programs that print local time; 1970 if chrono cannot represent it.
    pub fn to_datetime(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at.timestamp_millis())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_datetime().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        DateTime::parse_from_rfc3339(&text).map(|at| Self(at.timestamp_millis())).map_err(|_| {
            de::Error::custom(format_args!("{text:?} is not a time; write it like 2026-11-22T09:30:00.000Z"))
        })
    }
}

/// A duration in a sentence: `just now`, `2 minutes ago`, `3 hours ago`.
pub fn format_ago(span: Duration) -> String {
    match largest_unit(span) {
        None => "just now".into(),
        Some((1, unit)) => format!("1 {} ago", unit.name),
        Some((n, unit)) => format!("{n} {}s ago", unit.name),
    }
}

/// A duration in a narrow column: `now`, `2m`, `3h`, `5d`.
pub fn format_ago_short(span: Duration) -> String {
    match largest_unit(span) {
        None => "now".into(),
        Some((n, unit)) => format!("{n}{}", unit.suffix),
    }
}

/// How long until [`format_ago`] and [`format_ago_short`] print something else for a duration that is now `span`.
pub fn duration_until_next_ago(span: Duration) -> Duration {
    let unit = largest_unit(span).map_or(60, |(_, unit)| unit.seconds);
    let whole = span.as_secs() / unit * unit;
    Duration::from_secs(whole + unit).saturating_sub(span)
}

struct TimeUnit {
    name: &'static str,
    suffix: char,
    seconds: u64,
}

const UNITS: [TimeUnit; 3] = [
    TimeUnit { name: "day", suffix: 'd', seconds: 86_400 },
    TimeUnit { name: "hour", suffix: 'h', seconds: 3_600 },
    TimeUnit { name: "minute", suffix: 'm', seconds: 60 },
];

fn largest_unit(span: Duration) -> Option<(u64, &'static TimeUnit)> {
    let seconds = span.as_secs();
    UNITS.iter().find(|unit| seconds >= unit.seconds).map(|unit| (seconds / unit.seconds, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_rfc_3339_with_milliseconds_in_json() {
        let at = Timestamp::from_millis(1_790_000_000_042);
        let json = serde_json::to_string(&at).unwrap();
        assert_eq!(json, "\"2026-09-21T14:13:20.042Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), at);
    }

    #[test]
    fn durations_are_formatted_for_people() {
        let say = |seconds| {
            (format_ago(Duration::from_secs(seconds)), format_ago_short(Duration::from_secs(seconds)))
        };
        assert_eq!(say(59), ("just now".into(), "now".into()));
        assert_eq!(say(60), ("1 minute ago".into(), "1m".into()));
        assert_eq!(say(7_300), ("2 hours ago".into(), "2h".into()));
        assert_eq!(say(200_000), ("2 days ago".into(), "2d".into()));
    }

    #[test]
    fn the_time_until_the_next_change_of_a_duration_text_is_known() {
        assert_eq!(duration_until_next_ago(Duration::from_secs(10)), Duration::from_secs(50));
        assert_eq!(duration_until_next_ago(Duration::from_secs(61)), Duration::from_secs(59));
        assert_eq!(duration_until_next_ago(Duration::from_hours(1)), Duration::from_hours(1));
    }
}
