//! When to call again an endpoint that is overloaded or cannot be reached.

use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

/// Calls after the first one.
pub(super) const MAX_RETRIES: u32 = 2;
/// Before the first retry; four times as long before the second one.
const FIRST_DELAY: Duration = Duration::from_millis(500);
/// An endpoint that asks for a longer pause is not called again.
const MAX_RETRY_AFTER: Duration = Duration::from_mins(1);

/// The pause before a retry, from 0: what the endpoint asks for, or else longer each time and not the same for all.
/// None if that is too long.
pub(super) fn delay(retry: u32, retry_after: Option<Duration>) -> Option<Duration> {
    match retry_after {
        Some(after) => Some(after).filter(|after| *after <= MAX_RETRY_AFTER),
        None => Some(FIRST_DELAY.saturating_mul(4_u32.saturating_pow(retry)).mul_f64(0.5 + random_unit())),
    }
}

/// From 0 to 1; a half on a machine without randomness.
fn random_unit() -> f64 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}

/// The value of `Retry-After`: seconds, or a date. A date is compared with the answer's own.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
    let value = text(RETRY_AFTER)?;
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text: &str| chrono::DateTime::parse_from_rfc2822(text).ok();
    let after = date(value)?.signed_duration_since(date(text(DATE)?)?);
    // A date that has passed means at once.
    Some(after.to_std().unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date_by_the_endpoints_clock() {
        let now = "Wed, 21 Oct 2015 07:28:00 GMT";
        for (value, expected) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Wed, 21 Oct 2015 07:28:30 GMT", Some(30)),
            ("Wed, 21 Oct 2015 07:27:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            let headers =
                HeaderMap::from_iter([(DATE, now.parse().unwrap()), (RETRY_AFTER, value.parse().unwrap())]);
            assert_eq!(retry_after(&headers), expected.map(Duration::from_secs), "{value}");
        }
    }

    #[test]
    fn the_pause_grows_and_is_bounded() {
        assert_eq!(delay(0, Some(Duration::from_hours(1))), None);
        assert_eq!(delay(1, Some(Duration::from_secs(9))), Some(Duration::from_secs(9)));
        let pauses = [0, 1].map(|retry| delay(retry, None).unwrap().as_millis());
        assert!((250..=750).contains(&pauses[0]) && (1_000..=3_000).contains(&pauses[1]), "{pauses:?}");
    }
}
