//! Wake times of parked sessions, as people write them: `2h`, `tomorrow`, `tomorrow 9:00`, `fri 14:30`,
//! `2026-12-01 8:00`.

use std::time::Duration;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use tierup_common::time::Timestamp;

use crate::local_zone::{LocalZone, ResolvedTime};

/// The time of a day that is given without one.
const DEFAULT_TIME: NaiveTime = NaiveTime::from_hms_opt(9, 0, 0).unwrap();
/// The longest delay.
const MAX_DELAY: Duration = Duration::from_hours(24 * 366);

/// Why a text is not a wake time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WakeTimeError {
    /// It does not have a known form.
    #[error("Use a time like 2h, tomorrow 9:00, fri 14:30 or 2026-12-01 8:00")]
    Unparsable,
    /// It is in the past.
    #[error("That time has passed")]
    InThePast,
    /// It is more than a year away.
    #[error("That is more than a year away")]
    TooFar,
}

/// Parses a wake time; none for never. Times of day are local.
pub fn parse(text: &str, now: Timestamp, zone: &LocalZone) -> Result<Option<ResolvedTime>, WakeTimeError> {
    let text = text.trim();
    let rfc3339 = DateTime::parse_from_rfc3339(text);
    let text = text.to_lowercase();
    if matches!(text.as_str(), "" | "never" | "no") {
        return Ok(None);
    }
    let moment = match (rfc3339, parse_duration(text.strip_prefix("in ").unwrap_or(&text))) {
        (Ok(moment), _) => ResolvedTime::Single(moment.to_utc().into()),
        (Err(_), Some(span)) => ResolvedTime::Single(now.plus(span)),
        (Err(_), None) => zone.resolve(
            parse_date_time(&text, zone.to_local(now).naive_local()).ok_or(WakeTimeError::Unparsable)?,
        ),
    };
    match moment.timestamp() {
        at if at <= now => Err(WakeTimeError::InThePast),
        at if at.since(now) > MAX_DELAY => Err(WakeTimeError::TooFar),
        _ => Ok(Some(moment)),
    }
}

/// A local time like `Tue 24 Nov, 09:00`, with a note if it occurs twice or is skipped.
pub fn format_time(moment: ResolvedTime, zone: &LocalZone) -> String {
    let time = zone.to_local(moment.timestamp()).format("%a %-d %b, %H:%M");
    match moment {
        ResolvedTime::Single(_) => time.to_string(),
        ResolvedTime::Ambiguous(_) => format!("{time}, the first of two (clocks go back)"),
        ResolvedTime::Skipped(_) => format!("{time} (clocks go forward)"),
    }
}

/// `2h`, `90 min`, `1h 30m`, `3 days`.
fn parse_duration(text: &str) -> Option<Duration> {
    let mut left = text.trim();
    let mut sum = Duration::ZERO;
    while !left.is_empty() {
        let digits = left.find(|c: char| !c.is_ascii_digit())?;
        let count: u32 = left[..digits].parse().ok()?;
        let rest = left[digits..].trim_start();
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let unit = match &rest[..end] {
            "m" | "min" | "mins" | "minute" | "minutes" => Duration::from_mins(1),
            "h" | "hr" | "hrs" | "hour" | "hours" => Duration::from_hours(1),
            "d" | "day" | "days" => Duration::from_hours(24),
            "w" | "week" | "weeks" => Duration::from_hours(24 * 7),
            _ => return None,
        };
        sum = sum.checked_add(unit.checked_mul(count)?)?;
        left = rest[end..].trim_start();
    }
    Some(sum)
}

/// A day, a time of day, or both. A time alone is its next occurrence; a day alone means 9:00.
fn parse_date_time(text: &str, now: NaiveDateTime) -> Option<NaiveDateTime> {
    let words: Vec<&str> =
        text.split([' ', ',']).filter(|word| !matches!(*word, "" | "at" | "on" | "next")).collect();
    match words.as_slice() {
        [one] => match (parse_day(one, now.date()), parse_time(one)) {
            (Some(day), _) => Some(day.and_time(DEFAULT_TIME)),
            (None, Some(time)) => {
                let today = now.date().and_time(time);
                if today > now { Some(today) } else { today.checked_add_days(Days::new(1)) }
            }
            (None, None) => None,
        },
        [date, hour] => Some(parse_day(date, now.date())?.and_time(parse_time(hour)?)),
        _ => None,
    }
}

fn parse_day(word: &str, today: NaiveDate) -> Option<NaiveDate> {
    match word {
        "today" => return Some(today),
        "tomorrow" => return today.succ_opt(),
        // The week begins on Monday.
        "week" => return next_weekday(Weekday::Mon, today),
        _ => {}
    }
    if let Ok(date) = NaiveDate::parse_from_str(word, "%Y-%m-%d") {
        return Some(date);
    }
    next_weekday(word.parse().ok()?, today)
}

/// The next day with this weekday, after today.
fn next_weekday(weekday: Weekday, today: NaiveDate) -> Option<NaiveDate> {
    let ahead = weekday.days_since(today.weekday());
    today.checked_add_days(Days::new(u64::from(if ahead == 0 { 7 } else { ahead })))
}

/// `9:00`, `14:30`, `9am`, `9:30pm`, `noon`.
fn parse_time(word: &str) -> Option<NaiveTime> {
    if word == "noon" {
        return NaiveTime::from_hms_opt(12, 0, 0);
    }
    let (clock, half) = match (word.strip_suffix("am"), word.strip_suffix("pm")) {
        (Some(clock), _) => (clock, Some(0)),
        (None, Some(clock)) => (clock, Some(12)),
        (None, None) => (word, None),
    };
    let (hour, minute) = match clock.split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => (hour.parse().ok()?, minute.parse().ok()?),
        Some(_) => return None,
        // A number alone is ambiguous; with am or pm it is a time.
        None => (clock.parse().ok().filter(|_| half.is_some())?, 0),
    };
    let hour: u32 = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None => hour,
    };
    NaiveTime::from_hms_opt(hour, minute, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local_zone::tests::berlin;

    /// Sunday, 2026-11-22, 09:30 UTC.
    const NOW: Timestamp = Timestamp::from_millis(1_795_339_800_000);

    fn parsed_wake_time(text: &str, offset: i32) -> String {
        parsed_wake_time_in(text, NOW, &LocalZone::fixed(offset))
    }

    fn parsed_wake_time_in(text: &str, now: Timestamp, zone: &LocalZone) -> String {
        match parse(text, now, zone) {
            Ok(Some(moment)) => moment.timestamp().to_string()[..16].to_owned(),
            Ok(None) => "never".into(),
            Err(why) => why.to_string(),
        }
    }

    #[test]
    fn a_duration_counts_from_now() {
        for (text, at) in [
            ("2h", "2026-11-22T11:30"),
            ("in 45 min", "2026-11-22T10:15"),
            ("1h30m", "2026-11-22T11:00"),
            ("3 days", "2026-11-25T09:30"),
            ("1w", "2026-11-29T09:30"),
        ] {
            assert_eq!(parsed_wake_time(text, 0), at, "{text}");
        }
    }

    #[test]
    fn a_day_and_a_time_are_read_in_local_time() {
        for (text, at) in [
            ("tomorrow", "2026-11-23T09:00"),
            ("Tomorrow 9:00", "2026-11-23T09:00"),
            ("tomorrow at 2pm", "2026-11-23T14:00"),
            ("10:00", "2026-11-22T10:00"),
            ("9:00", "2026-11-23T09:00"),
            ("fri 14:30", "2026-11-27T14:30"),
            ("sunday", "2026-11-29T09:00"),
            ("next week", "2026-11-23T09:00"),
            ("2026-12-01 8:00", "2026-12-01T08:00"),
            ("noon", "2026-11-22T12:00"),
            // With a zone of its own.
            ("2026-11-23T09:30:00Z", "2026-11-23T09:30"),
            ("2026-11-23T10:30:00+01:00", "2026-11-23T09:30"),
        ] {
            assert_eq!(parsed_wake_time(text, 0), at, "{text}");
        }
        assert_eq!(parsed_wake_time("tomorrow 9:00", 3600), "2026-11-23T08:00");
        assert_eq!(parsed_wake_time("tomorrow 9:00", -5 * 3600), "2026-11-23T14:00");
        assert_eq!(format_time(ResolvedTime::Single(NOW), &LocalZone::fixed(3600)), "Sun 22 Nov, 10:30");
    }

    #[test]
    fn a_wake_time_uses_the_utc_offset_of_its_own_day() {
        let berlin = berlin();
        assert_eq!(parsed_wake_time_in("2027-06-01 8:00", NOW, &berlin), "2027-06-01T06:00");
        assert_eq!(parsed_wake_time_in("2026-12-01 8:00", NOW, &berlin), "2026-12-01T07:00");
        // The evening before each change.
        let at = |text: &str| Timestamp::from(text.parse::<chrono::DateTime<chrono::Utc>>().unwrap());
        assert_eq!(
            parsed_wake_time_in("tomorrow 9:00", at("2027-03-27T19:00:00Z"), &berlin),
            "2027-03-28T07:00"
        );
        assert_eq!(parsed_wake_time_in("9:00", at("2027-10-30T19:00:00Z"), &berlin), "2027-10-31T08:00");
    }

    #[test]
    fn an_ambiguous_or_skipped_local_time_is_explained() {
        let said = |text| {
            let moment = parse(text, NOW, &berlin()).unwrap().unwrap();
            (moment.timestamp().to_string()[..16].to_owned(), format_time(moment, &berlin()))
        };
        let (at, says) = said("2027-03-28 2:30");
        assert_eq!(at, "2027-03-28T01:30");
        assert_eq!(says, "Sun 28 Mar, 03:30 (clocks go forward)");
        let (at, says) = said("2027-10-31 2:30");
        assert_eq!(at, "2027-10-31T00:30");
        assert_eq!(says, "Sun 31 Oct, 02:30, the first of two (clocks go back)");
        // It fits into the dialog on a terminal with 80 columns.
        assert!(says.len() <= 66);
    }

    #[test]
    fn an_invalid_wake_time_is_refused_with_a_hint() {
        assert_eq!(parsed_wake_time("", 0), "never");
        assert_eq!(parsed_wake_time("never", 0), "never");
        for text in ["soon", "9", "25:00", "9:5", "13pm", "h", "2x", "99999999999h", "tomorrow x"] {
            assert!(
                parsed_wake_time(text, 0).starts_with("Use a time like"),
                "{text}: {}",
                parsed_wake_time(text, 0)
            );
        }
        assert_eq!(parsed_wake_time("today 9:00", 0), "That time has passed");
        assert_eq!(parsed_wake_time("0h", 0), "That time has passed");
        assert_eq!(parsed_wake_time("2030-01-01", 0), "That is more than a year away");
        assert_eq!(parsed_wake_time("9000d", 0), "That is more than a year away");
    }
}
