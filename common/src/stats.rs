//! Statistics of escalations: how many, and how long until they were claimed and resolved.

use serde::{Deserialize, Serialize};

use crate::handoff::Priority;
use crate::time::Timestamp;
use crate::user::Person;

/// `GET /stats`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatsReport {
    /// Escalations from this time on are counted.
    pub since: Timestamp,
    /// When they were counted.
    pub until: Timestamp,
    /// False if there were too many to count: then the oldest are missing.
    pub is_complete: bool,
    /// All of them.
    pub all: Figures,
    /// Those of each priority, the highest first.
    pub by_priority: Vec<PriorityFigures>,
    /// Those that each person claimed, by name.
    pub by_person: Vec<PersonFigures>,
    /// Escalations by the hour of the day, from 0 to 23.
    pub arrivals_by_hour: Vec<u64>,
    /// Escalations of each day, the oldest first.
    pub days: Vec<DayFigures>,
}

/// The figures of some escalations.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Figures {
    /// Escalations.
    pub escalated: u64,
    /// Those that were claimed.
    pub claimed: u64,
    /// Those that were resolved.
    pub resolved: u64,
    /// Those that were claimed after their response target, or still wait beyond it.
    pub missed: u64,
    /// From the escalation to the claim; null if none was claimed.
    pub to_claim: Option<Percentiles>,
    /// From the escalation to the resolution; null if none was resolved.
    pub to_resolve: Option<Percentiles>,
}

/// The time within which half of them, and 95 of 100, were done, in seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Percentiles {
    /// Of half of them.
    pub p50_seconds: u64,
    /// Of 95 of 100.
    pub p95_seconds: u64,
}

/// The figures of a priority.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PriorityFigures {
    /// The priority.
    pub priority: Priority,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// The figures of what a person claimed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PersonFigures {
    /// The claimer.
    pub person: Person,
    /// Their figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// The figures of a day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DayFigures {
    /// The day, like `2026-11-26`.
    pub date: String,
    /// Escalations.
    pub escalated: u64,
    /// The median time to claim of those that were claimed, in seconds.
    pub p50_seconds_to_claim: Option<u64>,
}
