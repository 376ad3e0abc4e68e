//! Response targets as users write them: `{ urgent = "15m" }` in the file, `urgent=15m,high=1h` elsewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use tierup_common::handoff::Priority;
use tierup_common::redact;
use tierup_common::search_query::parse_age;
use tierup_common::trim::trim_value;

use crate::config::error::{ConfigError, invalid_setting};
use crate::domain::RespondWithin;

const SETTING: &str = "respond_within";
/// A shorter target could not be shown in minutes.
const MIN_TARGET: Duration = Duration::from_mins(1);
const MAX_TARGET: Duration = Duration::from_hours(24 * 365);
const HINT: &str =
    "hint: write it like { urgent = \"15m\", high = \"1h\" } in the file, or urgent=15m,high=1h";

/// The targets before validation.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "BTreeMap<String, String>")]
pub enum RespondWithinSettings {
    /// Of the file.
    Table(BTreeMap<String, String>),
    /// Of a flag or the environment.
    Text(String),
}

impl From<BTreeMap<String, String>> for RespondWithinSettings {
    fn from(table: BTreeMap<String, String>) -> Self {
        Self::Table(table)
    }
}

impl From<String> for RespondWithinSettings {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl RespondWithinSettings {
    pub(super) fn into_targets(self) -> Result<RespondWithin, ConfigError> {
        let pairs: Vec<(String, String)> = match self {
            Self::Table(table) => table.into_iter().collect(),
            Self::Text(text) => {
                let pairs = trim_value(&text).split(',').filter(|pair| !pair.trim().is_empty());
                let pairs: Option<_> = pairs
                    .map(|pair| pair.split_once('=').map(|(priority, age)| (priority.into(), age.into())))
                    .collect();
                pairs.ok_or_else(|| invalid_setting(SETTING, format!("not a list of targets\n{HINT}")))?
            }
        };
        pairs.iter().try_fold(RespondWithin::NONE, |targets, (priority, target)| {
            let (priority, target) = parse_target(priority.trim(), target.trim())?;
            Ok(targets.with(priority, target))
        })
    }
}

fn parse_target(priority: &str, target: &str) -> Result<(Priority, Duration), ConfigError> {
    let refuse =
        |reason: String| invalid_setting(SETTING, format!("{}\n{HINT}", redact::redact_message(&reason)));
    let priority: Priority = priority
        .parse()
        .map_err(|error: tierup_common::string_enum::UnknownVariant| refuse(error.to_string()))?;
    let target = parse_age(target).map_err(refuse)?;
    if (MIN_TARGET..=MAX_TARGET).contains(&target) {
        Ok((priority, target))
    } else {
        Err(refuse(format!("the target for {priority} must be between a minute and a year")))
    }
}

#[cfg(test)]
mod tests {
    use tierup_common::time::Timestamp;

    use super::*;

    fn targets(text: &str) -> Result<RespondWithin, String> {
        RespondWithinSettings::Text(text.into()).into_targets().map_err(|error| error.to_string())
    }

    #[test]
    fn targets_are_a_table_in_the_file_and_a_list_elsewhere() {
        let expected = RespondWithin::NONE
            .with(Priority::Urgent, Duration::from_mins(15))
            .with(Priority::High, Duration::from_hours(1));
        assert_eq!(targets("urgent=15m,high=1h"), Ok(expected));
        assert_eq!(targets(" \"urgent = 15m, high=1h,\"\n"), Ok(expected));
        let table = BTreeMap::from([("urgent".into(), "15m".into()), ("high".into(), "1h".into())]);
        assert_eq!(RespondWithinSettings::Table(table).into_targets().unwrap(), expected);
        assert_eq!(targets(""), Ok(RespondWithin::NONE));
        let at = Timestamp::from_millis(0);
        assert_eq!(expected.due_at(Priority::Urgent, at), Some(Timestamp::from_millis(900_000)));
        assert_eq!(expected.due_at(Priority::Low, at), None);
    }

    #[test]
    fn an_invalid_target_is_refused_with_a_hint() {
        for text in ["urgent", "urgent:15m", "now=15m", "urgent=soon", "urgent=0m", "high=900d"] {
            let error = targets(text).unwrap_err();
            assert!(
                error.starts_with("respond_within: ") && error.contains("hint: write it like"),
                "{error}"
            );
        }
    }
}
