//! The patterns of the settings: regular expressions, limited in number, length and size.

use std::ops::Range;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use tierup_common::redact;
use tierup_common::trim::trim_value;

/// The most patterns.
const MAX_PATTERNS: usize = 50;
/// The longest pattern, in bytes.
const MAX_PATTERN_BYTES: usize = 500;
/// The largest compiled pattern, in bytes; and the cache of a search.
const MAX_COMPILED_BYTES: usize = 256 * 1024;
/// The most matches of a pattern in a text. The rest of a text with more is removed as a whole: finding each of its
/// matches could take as long as the text is long, again and again.
const MAX_MATCHES: usize = 1_000;

/// The patterns as users write them: a list in the file; a JSON list as a flag or in the environment.
#[derive(Clone, Deserialize)]
#[serde(from = "Vec<String>")]
pub enum PatternSettings {
    /// Already parsed.
    List(Vec<String>),
    /// JSON to parse.
    Json(String),
}

impl From<Vec<String>> for PatternSettings {
    fn from(list: Vec<String>) -> Self {
        Self::List(list)
    }
}

impl From<String> for PatternSettings {
    fn from(json: String) -> Self {
        Self::Json(json)
    }
}

impl std::fmt::Debug for PatternSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PatternSettings(…)")
    }
}

/// What is wrong with the patterns. Never quotes one: it may spell out what it is to hide.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PatternError {
    /// Malformed JSON: line, column and reason.
    #[error(
        "not a list of patterns, line {0}, column {1}: {2}\nhint: write it like [\"ACME-[0-9]{{8}}\"], in JSON with \\\\ for \\"
    )]
    InvalidJson(usize, usize, String),
    /// Too many.
    #[error("at most {MAX_PATTERNS} patterns")]
    TooMany,
    /// One is too long: its position.
    #[error("pattern {0} is longer than {MAX_PATTERN_BYTES} bytes")]
    TooLong(usize),
    /// One matches the empty text: its position.
    #[error("pattern {0} matches the empty text, and so everywhere")]
    MatchesEmptyText(usize),
    /// One is not a regular expression, or too large: its position and the reason.
    #[error("pattern {0}: {1}\nhint: the syntax is that of https://docs.rs/regex#syntax")]
    Invalid(usize, String),
}

/// The patterns, compiled.
#[derive(Clone, Debug, Default)]
pub struct Patterns(Vec<Regex>);

impl Patterns {
    /// Compiles the patterns of the settings.
    pub fn from_settings(settings: PatternSettings) -> Result<Self, PatternError> {
        let list = match settings {
            PatternSettings::List(list) => list,
            PatternSettings::Json(json) => serde_json::from_str(trim_value(&json)).map_err(|error| {
                let message = error.to_string();
                let (message, _) = redact::split_json_position(&message);
                PatternError::InvalidJson(error.line(), error.column(), redact::redact_message(message))
            })?,
        };
        if list.len() > MAX_PATTERNS {
            return Err(PatternError::TooMany);
        }
        (1..)
            .zip(&list)
            .map(|(position, pattern)| compile(position, pattern))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// What the patterns match in a text.
    pub(super) fn matches(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        for pattern in &self.0 {
            for (count, matched) in (1..).zip(pattern.find_iter(text)) {
                if count > MAX_MATCHES {
                    found.push(matched.start()..text.len());
                    break;
                }
                found.push(matched.range());
            }
        }
        found
    }
}

fn compile(position: usize, pattern: &str) -> Result<Regex, PatternError> {
    if pattern.len() > MAX_PATTERN_BYTES {
        return Err(PatternError::TooLong(position));
    }
    let mut builder = RegexBuilder::new(pattern);
    builder.size_limit(MAX_COMPILED_BYTES).dfa_size_limit(MAX_COMPILED_BYTES);
    let compiled = builder.build().map_err(|error| PatternError::Invalid(position, explain(&error)))?;
    if compiled.is_match("") { Err(PatternError::MatchesEmptyText(position)) } else { Ok(compiled) }
}

/// The reason without the pattern, which the library quotes on the lines before.
fn explain(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => {
            format!("larger than {} KiB once compiled", MAX_COMPILED_BYTES / 1024)
        }
        regex::Error::Syntax(message) => {
            let reason = message.lines().find_map(|line| line.strip_prefix("error: "));
            reason.unwrap_or("not a regular expression").to_owned()
        }
        _ => "not a regular expression".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile_list(patterns: &[&str]) -> Result<Patterns, PatternError> {
        Patterns::from_settings(PatternSettings::List(patterns.iter().map(ToString::to_string).collect()))
    }

    #[test]
    fn patterns_come_as_a_list_or_as_json() {
        let json = PatternSettings::from(r#" ["ACME-\\d{8}", "(?i)hunter2"] "#.to_owned());
        let patterns = Patterns::from_settings(json).unwrap();
        let text = "ACME-12345678 é Hunter2";
        let found: Vec<&str> = patterns.matches(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["ACME-12345678", "Hunter2"]);
    }

    #[test]
    fn an_invalid_pattern_is_refused_by_position_and_not_quoted() {
        let long = "a".repeat(MAX_PATTERN_BYTES + 1);
        for (patterns, reason) in [
            (vec!["fine", "hunter2("], "pattern 2: unclosed group"),
            (vec!["hunter2{1000}{1000}"], "pattern 1: larger than 256 KiB"),
            (vec!["(hunter2)?"], "pattern 1 matches the empty text"),
            (vec!["x*"], "matches the empty text"),
            (vec![long.as_str()], "longer than 500 bytes"),
            (vec!["hunter2"; MAX_PATTERNS + 1], "at most 50"),
        ] {
            let said = compile_list(&patterns).unwrap_err().to_string();
            assert!(said.contains(reason) && !said.contains("hunter2"), "{said}");
        }
        let json = PatternSettings::from("[\"a\", 7]".to_owned());
        assert!(Patterns::from_settings(json).unwrap_err().to_string().contains("line 1, column 7"));
    }

    #[test]
    fn the_rest_of_a_text_with_endless_matches_is_removed_as_a_whole() {
        let patterns = compile_list(&[".*[^A-Z]|[A-Z]"]).unwrap();
        let text = "A".repeat(64 * 1024);
        let found = patterns.matches(&text);
        assert_eq!(found.len(), MAX_MATCHES + 1);
        assert_eq!(found.last(), Some(&(MAX_MATCHES..text.len())));
    }
}
