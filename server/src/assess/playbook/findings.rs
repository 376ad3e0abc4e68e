//! What the team knows about a problem like this one.

use std::sync::Arc;

use tierup_common::assessment::{Basis, Confidence, Similar};
use tierup_common::id::SessionId;

use crate::assess::context::{EngineContext, EngineError};
use crate::assess::draft::{DraftStep, MAX_QUOTES};
use crate::assess::playbook::candidate::{Candidate, SolvedSession, Source};
use crate::assess::playbook::confidence;
use crate::assess::playbook::problem::Problem;
use crate::assess::playbook::ranking::{self, Ranked, Ranking};
use crate::domain::briefing::Briefing;
use crate::search::SolutionSource;
use crate::search::lexicon::Lexicon;
use crate::search::rarity::{QueryTerm, Rarity};
use crate::search::runbook::Runbook;
use crate::search::terms::TermKind;
use crate::store;

/// The most shared words that a reason names.
const MAX_REASON_WORDS: usize = 4;
/// A cause is a lead if it shares as many telling terms with the problem, or an identifier.
const MIN_LEAD_TERMS: usize = 2;

/// Findings about similar problems.
#[derive(Debug, Default)]
pub(in crate::assess) struct Findings {
    /// The best matching runbook.
    pub(in crate::assess) runbook: Option<Arc<Runbook>>,
    /// Matching resolved sessions, best first.
    pub(in crate::assess) similar: Vec<Similar>,
    /// Matching causes of runbooks, best first.
    pub(in crate::assess) runbooks: Vec<FoundRunbook>,
    /// The causes that fit, best first, without those that the case rules out.
    pub(super) causes: Vec<FoundCause>,
    /// How sure the best cause is.
    pub(super) confidence: Option<Confidence>,
    /// The terms that the best cause shares with the problem, the most telling first.
    pub(super) shared: Vec<QueryTerm>,
    pub(super) rarity: Rarity,
    /// What words mean the same.
    pub(in crate::assess) lexicon: Arc<Lexicon>,
}

/// A cause in a runbook.
#[derive(Clone, Debug)]
pub(in crate::assess) struct FoundRunbook {
    /// The title of the runbook.
    pub(in crate::assess) title: String,
    /// The cause.
    pub(in crate::assess) cause: String,
    /// What it shares with the problem.
    pub(in crate::assess) why: Option<String>,
}

/// A known cause.
#[derive(Clone, Debug)]
pub(super) struct FoundCause {
    /// Cause and fix, as written.
    pub(super) text: String,
    /// What to do.
    pub(super) steps: Vec<DraftStep>,
    pub(super) basis: Basis,
}

/// Searches for similar problems.
pub(in crate::assess) async fn gather_findings(
    briefing: &Briefing,
    context: EngineContext<'_>,
) -> Result<Findings, EngineError> {
    context.search.refresh_runbooks().await?;
    let lexicon = context.search.lexicon();
    let mut problem = Problem::read(briefing, &lexicon);
    let query = problem.query(&lexicon);
    let found = context.search.find_candidates(context.store, context.account, query).await?;
    problem.correct(&found.corrections);
    let (mut sessions, mut candidates) = (Vec::new(), Vec::new());
    for source in found.sources {
        match source {
            SolutionSource::Session(id) => sessions.push(id),
            SolutionSource::Runbook(name) => {
                let runbook = context.search.runbook(&name);
                candidates.extend(runbook.iter().flat_map(|it| Candidate::from_runbook(it, &lexicon)));
            }
        }
    }
    let sessions = read_sessions(context, sessions).await?;
    candidates.extend(sessions.into_iter().map(|session| Candidate::from_session(session, &lexicon)));
    let ranking = ranking::rank(&problem, &candidates, &found.rarity);
    Ok(Findings::new(&ranking, found.rarity, lexicon))
}

async fn read_sessions(context: EngineContext<'_>, ids: Vec<SessionId>) -> store::Result<Vec<SolvedSession>> {
    let read = context.store.read(context.account, move |scope| {
        let sessions = ids.into_iter().map(|id| SolvedSession::read(scope, id));
        sessions.filter_map(Result::transpose).collect()
    });
    read.await
}

impl Findings {
    fn new(ranking: &Ranking<'_>, rarity: Rarity, lexicon: Arc<Lexicon>) -> Self {
        let standing = ranking.causes.iter().filter(|cause| cause.ruled_out.is_none());
        let leads: Vec<&Ranked<'_>> = standing.filter(|cause| is_lead(cause)).take(MAX_QUOTES).collect();
        let best = leads.first();
        let confidence = best.map(|best| {
            tracing::debug!(probability = best.probability, none = ranking.none, "the best cause");
            confidence::level(best.probability, ranking.none, best.denied)
        });
        Self {
            runbook: leads.iter().flat_map(|cause| &cause.sources).find_map(|source| match &source.source {
                Source::Runbook(runbook) => Some(Arc::clone(runbook)),
                Source::Session(_) => None,
            }),
            similar: similar_sessions(&leads),
            runbooks: similar_runbooks(&leads),
            causes: leads.iter().map(|cause| FoundCause::new(cause)).collect(),
            confidence,
            shared: best
                .map(|best| best.shared.iter().map(|term| (*term).clone()).collect())
                .unwrap_or_default(),
            rarity,
            lexicon,
        }
    }
}

fn is_lead(cause: &Ranked<'_>) -> bool {
    let has_identifier = cause.shared.iter().any(|term| term.term.kind == TermKind::Identifier);
    has_identifier || cause.shared.len() >= MIN_LEAD_TERMS
}

/// The resolved sessions of the causes, those of the best cause first.
fn similar_sessions(leads: &[&Ranked<'_>]) -> Vec<Similar> {
    let mut similar = Vec::new();
    for cause in leads {
        for source in &cause.sources {
            if let Source::Session(session) = &source.source {
                similar.push(Similar {
                    session_id: session.id,
                    number: session.number,
                    problem_summary: session.title.clone(),
                    resolution: session.resolution.clone(),
                    why: shared_words(cause),
                });
            }
        }
    }
    similar.truncate(MAX_QUOTES);
    similar
}

fn similar_runbooks(leads: &[&Ranked<'_>]) -> Vec<FoundRunbook> {
    let sources = leads.iter().flat_map(|cause| cause.sources.iter().map(move |source| (cause, source)));
    let runbooks = sources.filter_map(|(cause, source)| match &source.source {
        Source::Runbook(runbook) => Some(FoundRunbook {
            title: runbook.title.clone(),
            cause: source.cause.clone(),
            why: shared_words(cause),
        }),
        Source::Session(_) => None,
    });
    runbooks.take(MAX_QUOTES).collect()
}

/// What a cause shares with the problem, in words; none if that is nothing.
fn shared_words(cause: &Ranked<'_>) -> Option<String> {
    let words: Vec<&str> =
        cause.shared.iter().take(MAX_REASON_WORDS).map(|term| term.term.text.as_str()).collect();
    (!words.is_empty()).then(|| format!("shares {}", words.join(", ")))
}

impl FoundCause {
    fn new(cause: &Ranked<'_>) -> Self {
        let mut basis = Basis::default();
        let mut steps = Vec::new();
        for source in &cause.sources {
            let why = match &source.source {
                Source::Session(session) => {
                    basis.cases += 1;
                    format!("helped in session {}", session.number)
                }
                Source::Runbook(runbook) => {
                    basis.runbooks += 1;
                    format!("runbook “{}”", runbook.title)
                }
            };
            steps.extend(source.steps.iter().map(|step| suggestion(step, why.clone())));
        }
        if steps.is_empty() {
            // Nobody said what was done about it. Whether it is this cause can be checked.
            steps.push(suggestion(&cause.sources[0].cause, "the likely cause".into()));
        }
        let identifiers = cause.shared.iter().filter(|term| term.term.kind == TermKind::Identifier);
        basis.identifiers = identifiers.take(MAX_REASON_WORDS).map(|term| term.term.text.clone()).collect();
        Self { text: cause.sources[0].cause.clone(), steps, basis }
    }
}

fn suggestion(step: &str, why: String) -> DraftStep {
    DraftStep { text: step.to_owned(), already_tried: false, why: Some(why) }
}
