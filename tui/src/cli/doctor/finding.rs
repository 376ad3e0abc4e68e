//! What `tierup doctor` reports.

use serde::Serialize;

/// The result of one check. The names are those of the JSON output.
#[derive(Serialize)]
pub(super) struct Finding {
    pub(super) what: &'static str,
    pub(super) state: Health,
    pub(super) says: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hint: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Health {
    Good,
    /// It works, but could work better.
    Warning,
    Bad,
}

impl Health {
    /// The word in tables.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }
}

pub(super) fn good_finding(what: &'static str, says: impl Into<String>) -> Finding {
    Finding { what, state: Health::Good, says: says.into(), hint: None }
}

pub(super) fn warning_finding(
    what: &'static str,
    says: impl Into<String>,
    hint: impl Into<String>,
) -> Finding {
    Finding { what, state: Health::Warning, says: says.into(), hint: Some(hint.into()) }
}

pub(super) fn bad_finding(what: &'static str, says: impl Into<String>, hint: impl Into<String>) -> Finding {
    Finding { what, state: Health::Bad, says: says.into(), hint: Some(hint.into()) }
}
