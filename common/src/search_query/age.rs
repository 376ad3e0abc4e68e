//! Ages as people write them: `30m`, `2h`, `7d`, `4w`.

use std::time::Duration;

/// Ten years: what is older than that is no question for a queue.
const MAX_AGE: Duration = Duration::from_hours(24 * 3_650);
const AGE_UNITS: [(char, u64); 4] = [('w', 7 * 86_400), ('d', 86_400), ('h', 3_600), ('m', 60)];

/// Parses an age: `30m`, `2h`, `7d`, `4w`.
pub fn parse_age(text: &str) -> Result<Duration, String> {
    let refuse = || format!("{text:?} is not an age; write it like 30m, 2h, 7d or 4w");
    let text = text.to_ascii_lowercase();
    let unit = AGE_UNITS.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(*unit)?, seconds)));
    let (number, seconds) = unit.ok_or_else(refuse)?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refuse());
    }
    let number: u64 = number.parse().unwrap_or(u64::MAX);
    let age = Duration::from_secs(number.saturating_mul(*seconds));
    if age > MAX_AGE { Err(format!("{text} is more than ten years")) } else { Ok(age) }
}

/// An age in the largest unit that leaves no rest.
pub(super) fn format_age(age: Duration) -> String {
    let seconds = age.as_secs();
    let unit = AGE_UNITS.iter().find(|(_, unit)| seconds > 0 && seconds.is_multiple_of(*unit));
    let (unit, length) = unit.unwrap_or(&('m', 60));
    format!("{}{unit}", seconds / length)
}
