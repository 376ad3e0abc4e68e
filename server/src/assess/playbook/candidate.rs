//! Causes that the team knows, each from a resolved session or a runbook.

use std::collections::HashSet;
use std::sync::Arc;

use tierup_common::id::{Number, SessionId};
use tierup_common::limit;
use tierup_common::session::{BranchStatus, MessageRole};
use tierup_common::time::Timestamp;

use crate::assess::playbook::resolution;
use crate::search::lexicon::Lexicon;
use crate::search::runbook::{Runbook, RunbookCause};
use crate::search::terms::{self, Term};
use crate::search::words;
use crate::store::{self, AccountScope};

/// The part of a session's messages that is read, in bytes.
const MAX_TALK_BYTES: usize = 8 * 1024;

/// A known cause.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) source: Source,
    /// The cause, and for a session also its fix, as written.
    pub(super) cause: String,
    /// What to do about it; of a session, the changes that solved it, which may not be told.
    pub(super) steps: Vec<String>,
    /// The keys of its title, its description, what people wrote, and its cause.
    pub(super) keys: FieldKeys,
    /// The terms of its cause, each once.
    pub(super) cause_terms: Vec<Term>,
    /// The terms of the first sentence of its cause.
    pub(super) head_terms: Vec<Term>,
}

/// The keys of the terms in each part of a known problem.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldKeys {
    pub(super) title: HashSet<String>,
    pub(super) problem: HashSet<String>,
    pub(super) talk: HashSet<String>,
    pub(super) cause: HashSet<String>,
    pub(super) steps: HashSet<String>,
}

/// Where a cause is described.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Session(SolvedSession),
    Runbook(Arc<Runbook>),
}

/// A resolved session, as far as it is read.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct SolvedSession {
    pub(super) id: SessionId,
    pub(super) number: Number,
    pub(super) title: String,
    pub(super) resolution: String,
    pub(super) resolved_at: Timestamp,
    intake: String,
    /// What people wrote.
    talk: String,
    /// The confirmed hypotheses.
    confirmed: String,
    /// The suggested steps that worked.
    worked_steps: Vec<String>,
}

impl SolvedSession {
    /// Reads a resolved session; none if it is not resolved.
    pub(super) fn read(scope: &AccountScope<'_>, id: SessionId) -> store::Result<Option<Self>> {
        let session = scope.session(id)?;
        let Some(resolution) = session.state.resolution().cloned() else { return Ok(None) };
        let intake = scope.intake(id)?;
        let mut talk = String::new();
        for message in scope.last_messages(id, limit::MAX_SNAPSHOT_MESSAGES)? {
            if message.role == MessageRole::User && message.content != intake && talk.len() < MAX_TALK_BYTES {
                talk.push_str(&message.content[..message.content.floor_char_boundary(MAX_TALK_BYTES)]);
                talk.push('\n');
            }
        }
        let branches = scope.branches(id)?.into_iter();
        let confirmed = branches.filter(|branch| branch.status == BranchStatus::Confirmed);
        let confirmed: Vec<String> = confirmed.map(|branch| branch.hypothesis).collect();
        Ok(Some(Self {
            id,
            number: session.number,
            title: session.title,
            resolution: resolution.text,
            resolved_at: session.updated_at,
            intake,
            talk,
            confirmed: confirmed.join("\n"),
            worked_steps: scope.worked_steps(id)?,
        }))
    }
}

impl FieldKeys {
    /// The number of keys.
    pub(super) fn count(&self) -> usize {
        [&self.title, &self.problem, &self.talk, &self.cause, &self.steps].iter().map(|keys| keys.len()).sum()
    }
}

impl Candidate {
    /// The cause of a resolved session.
    pub(super) fn from_session(session: SolvedSession, lexicon: &Lexicon) -> Self {
        let told = resolution::read(&session.resolution);
        let cause_text = format!("{}\n{}", told.content.join("\n"), session.confirmed);
        let cause_terms = unique(terms::terms(&cause_text, lexicon));
        let keys = FieldKeys {
            title: terms::key_set(&session.title, lexicon),
            problem: terms::key_set(&session.intake, lexicon),
            talk: terms::key_set(&session.talk, lexicon),
            cause: keys(&cause_terms),
            steps: terms::key_set(
                &format!("{}\n{}", told.fixes.join("\n"), session.worked_steps.join("\n")),
                lexicon,
            ),
        };
        let cause = told.summary();
        let head_terms = head_terms(&cause, lexicon);
        // What worked was tried by this team; what was told may be told in passing.
        let fixes = told.fixes.iter().map(|fix| (*fix).to_owned());
        let steps = session.worked_steps.iter().cloned().chain(fixes).collect();
        Self { cause, steps, keys, cause_terms, head_terms, source: Source::Session(session) }
    }

    /// When it was resolved; none for a runbook, which does not age.
    pub(super) const fn resolved_at(&self) -> Option<Timestamp> {
        match &self.source {
            Source::Session(session) => Some(session.resolved_at),
            Source::Runbook(_) => None,
        }
    }

    /// The causes of a runbook.
    pub(super) fn from_runbook(runbook: &Arc<Runbook>, lexicon: &Lexicon) -> Vec<Self> {
        runbook.causes.iter().map(|cause| Self::from_cause(runbook, cause, lexicon)).collect()
    }

    fn from_cause(runbook: &Arc<Runbook>, cause: &RunbookCause, lexicon: &Lexicon) -> Self {
        let told = [cause.heading.as_str(), cause.text.as_str()];
        let told: Vec<&str> = told.into_iter().filter(|text| !text.is_empty()).collect();
        let cause_terms = unique(terms::terms(&told.join("\n"), lexicon));
        let keys = FieldKeys {
            title: terms::key_set(&runbook.title, lexicon),
            problem: terms::key_set(&format!("{}\n{}", runbook.overview, cause.heading), lexicon),
            talk: HashSet::new(),
            cause: keys(&cause_terms),
            steps: terms::key_set(&cause.steps.join("\n"), lexicon),
        };
        let told = told.join(": ");
        Self {
            head_terms: head_terms(&told, lexicon),
            cause: told,
            steps: cause.steps.clone(),
            keys,
            cause_terms,
            source: Source::Runbook(Arc::clone(runbook)),
        }
    }
}

/// The first sentence says the cause; the ones after it say how it came, and what was done.
fn head_terms(cause: &str, lexicon: &Lexicon) -> Vec<Term> {
    unique(words::sentences(cause).next().map(|head| terms::terms(head, lexicon)).unwrap_or_default())
}

fn unique(mut terms: Vec<Term>) -> Vec<Term> {
    let mut seen = HashSet::new();
    terms.retain(|term| seen.insert(term.main_key().to_owned()));
    terms
}

fn keys(terms: &[Term]) -> HashSet<String> {
    terms.iter().flat_map(|term| term.keys.iter().cloned()).collect()
}
