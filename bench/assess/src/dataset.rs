//! The dataset: a TOML file per domain, and a folder of runbooks.

mod check;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::pattern::Pattern;

/// All domains.
#[derive(Debug)]
pub struct Dataset {
    /// The domains by name.
    pub domains: BTreeMap<String, Domain>,
    /// The folder of runbooks.
    pub runbooks: PathBuf,
}

/// One field of work, such as `vpn`. Causes have names of their own in each domain.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// Causes by name.
    #[serde(rename = "cause")]
    pub causes: BTreeMap<String, Cause>,
    /// Resolved sessions.
    #[serde(rename = "session")]
    pub sessions: Vec<ResolvedSession>,
    /// Runbooks by the name of their file.
    #[serde(rename = "runbook", default)]
    pub runbooks: BTreeMap<String, RunbookEntry>,
    /// Cases to assess.
    #[serde(rename = "case")]
    pub cases: Vec<Case>,
}

/// A cause of problems.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// Matches texts that name the cause.
    pub names: Pattern,
}

/// A runbook.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunbookEntry {
    /// The causes that it describes.
    pub causes: Vec<String>,
}

/// A session that the team has resolved.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolvedSession {
    /// The cause.
    pub cause: String,
    /// The problem in one line.
    pub title: String,
    /// The original request.
    pub intake: String,
    /// What the engineer wrote while working on it.
    #[serde(default)]
    pub messages: Vec<String>,
    /// Hypotheses and their status.
    #[serde(default)]
    pub branches: Vec<Hypothesis>,
    /// The cause and the fix, as the engineer closed it.
    pub resolution: String,
}

/// An entry of a branch map.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Hypothesis {
    /// The possible cause.
    pub hypothesis: String,
    /// `open`, `ruled_out` or `confirmed`.
    pub status: String,
    /// Why.
    pub evidence: Option<String>,
}

/// A case with its right answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// A unique name; its hash fixes the [`Split`].
    pub name: String,
    /// What makes it easy or hard.
    pub kind: Kind,
    /// The same in detail, such as `german` or `evidence-rules-out`.
    pub form: String,
    /// The right causes; if empty, the assessment should be inconclusive.
    pub causes: Vec<String>,
    /// Causes that the case shows to be wrong.
    pub ruled_out: Vec<String>,
    /// The problem in one line.
    pub title: String,
    /// The original request.
    pub intake: String,
    /// The notes at the handoff.
    pub notes: String,
    /// What the engineer wrote.
    #[serde(default)]
    pub messages: Vec<String>,
    /// Hypotheses and their status.
    #[serde(default)]
    pub branches: Vec<Hypothesis>,
    /// Matches steps that the case shows to be done already.
    pub tried: Vec<Pattern>,
}

/// How a case relates to what the team knows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// In the words of a source.
    SameWords,
    /// In other words, or in another language.
    OtherWords,
    /// The source that shares the most words has another cause.
    Trap,
    /// No source fits.
    Unanswered,
}

/// Which half of the cases: engines may be tuned on one half, and are judged by the other. Nobody moves a case to the
/// other half without renaming it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Split {
    /// For tuning: failures may be read and used.
    Tuning,
    /// For judging: not to be named in any test of an engine.
    Judging,
    /// Both halves.
    Both,
}

impl Split {
    /// Whether a case belongs to it.
    pub fn has(self, case: &Case) -> bool {
        self == Self::Both || self == case.split()
    }
}

impl Case {
    /// The half of the case.
    pub fn split(&self) -> Split {
        if Sha256::digest(self.name.as_bytes())[0] % 2 == 0 { Split::Tuning } else { Split::Judging }
    }
}

impl Dataset {
    /// The dataset of this repository that is hard: many of its problems have a twin with another cause.
    pub fn load() -> anyhow::Result<Self> {
        Self::load_from(&Path::new(env!("CARGO_MANIFEST_DIR")).join("dataset"))
    }

    /// The dataset of this repository that is like a team's own history.
    pub fn load_everyday() -> anyhow::Result<Self> {
        Self::load_from(&Path::new(env!("CARGO_MANIFEST_DIR")).join("everyday"))
    }

    /// A dataset of any folder.
    pub fn load_from(folder: &Path) -> anyhow::Result<Self> {
        let mut domains = BTreeMap::new();
        for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path)?;
            let domain = toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
            domains.insert(name, domain);
        }
        Ok(Self { domains, runbooks: folder.join("runbooks") })
    }

    /// All cases, each with its domain.
    pub fn cases(&self) -> impl Iterator<Item = (&Domain, &Case)> {
        self.domains.values().flat_map(|domain| domain.cases.iter().map(move |case| (domain, case)))
    }

    /// All resolved sessions.
    pub fn sessions(&self) -> impl Iterator<Item = &ResolvedSession> {
        self.domains.values().flat_map(|domain| &domain.sessions)
    }

    /// The number of runbooks.
    pub fn runbook_count(&self) -> usize {
        self.domains.values().map(|domain| domain.runbooks.len()).sum()
    }
}
