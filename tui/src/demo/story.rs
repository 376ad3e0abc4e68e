//! The story of the demo: problems to escalate, and problems that were resolved before. It is plain TOML beside this file.

use serde::Deserialize;
use tierup_common::handoff::Priority;
use tierup_common::session::BranchStatus;

#[derive(Debug)]
pub(super) struct Story {
    pub(super) problems: Vec<Problem>,
    pub(super) history: Vec<ResolvedProblem>,
}

/// A problem to escalate.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Problem {
    pub(super) summary: String,
    pub(super) priority: Priority,
    pub(super) intake: String,
    pub(super) tried: Vec<TriedBranch>,
    pub(super) said: Vec<String>,
    pub(super) notes: String,
}

/// A hypothesis and its result.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TriedBranch {
    pub(super) hypothesis: String,
    pub(super) status: BranchStatus,
    pub(super) evidence: Option<String>,
}

/// A problem that was resolved.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResolvedProblem {
    pub(super) summary: String,
    pub(super) intake: String,
    pub(super) said: Vec<String>,
    pub(super) resolution: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProblemsFile {
    problem: Vec<Problem>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HistoryFile {
    resolved: Vec<ResolvedProblem>,
}

impl Story {
    /// Parses the built-in story.
    pub(super) fn read() -> Result<Self, toml::de::Error> {
        let problems: ProblemsFile = toml::from_str(include_str!("story.toml"))?;
        let history: HistoryFile = toml::from_str(include_str!("history.toml"))?;
        Ok(Self { problems: problems.problem, history: history.resolved })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tierup_common::limit;

    #[test]
    fn the_built_in_story_keeps_the_servers_limits() {
        let story = Story::read().unwrap();
        assert!(story.problems.len() >= 15);
        for problem in &story.problems {
            assert!(problem.summary.chars().count() <= limit::MAX_SUMMARY_CHARS, "{}", problem.summary);
            assert!(problem.tried.iter().all(|tried| tried.hypothesis.len() <= limit::MAX_NOTES_BYTES));
            assert!(!problem.notes.is_empty() && !problem.intake.is_empty(), "{}", problem.summary);
        }
        assert!(story.history.iter().all(|resolved| !resolved.resolution.is_empty()));
    }
}
