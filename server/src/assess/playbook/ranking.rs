//! Which known cause fits a problem: by the evidence for each, without those that the case rules out.
//!
//! A log-linear model: each source has a score, a weighted sum of what speaks for it, and so has the answer that none
//! fits. The probability of an answer is its share of the sum of the exponentials of all scores. All weights were fitted
//! together, on cases with known answers: the tuning half of `bench/assess` and of a second world like it, and their
//! resolved sessions, each assessed without itself.

use std::collections::HashSet;
use std::time::Duration;

use tierup_common::time::Timestamp;

use crate::assess::playbook::candidate::{Candidate, Source};
use crate::assess::playbook::denial::TellingDenial;
use crate::assess::playbook::evidence::{MIN_RARITY, Shared, Values, share_in};
use crate::assess::playbook::problem::{Denial, Problem};
use crate::search::rarity::{QueryTerm, Rarity};
use crate::search::terms::{Term, TermKind};

// What speaks for a source.
const EVIDENCE_LOG: f64 = 5.71;
const EVIDENCE: f64 = -0.54;
const TALK_EVIDENCE_LOG: f64 = 0.43;
const COVERED: f64 = 2.54;
/// The problem has the words of the cause, and those of its first sentence.
const CAUSE_TOLD: f64 = 0.5;
const HEAD_TOLD: f64 = 0.85;
/// A runbook was written to be found; a session was not.
const RUNBOOK: f64 = 1.19;
/// A long text has any word.
const SIZE_LOG: f64 = -0.75;
const USUAL_SIZE_LOG: f64 = 4.0;

// What speaks for no source.
const NONE: f64 = 4.39;
/// The problem has much to tell: it could be found if it were known.
const LEADING_LOG: f64 = 1.23;
/// The problem has words that no source has.
const UNKNOWN: f64 = 1.12;
/// People have gone through everything that is known.
const EXHAUSTED: f64 = 1.12;
/// A cause that is ruled out fitted better than those that are left.
const FALLEN: f64 = 0.17;
const MAX_FALLEN: f64 = 2.0;

/// Added to evidence before its logarithm is taken.
const EVIDENCE_OFFSET: f64 = 0.5;
/// A cause is near if it has this share of the best one's evidence.
const NEAR: f64 = 0.25;
/// How much less a term tells that a cause has which is ruled out.
const FALLEN_TERMS: f64 = 0.31;
/// A cause of which this share is denied is ruled out.
const RULED_OUT: f64 = 0.6;

/// After this time a source has lost half of what it loses with age: systems change, but seldom completely.
const HALF_LIFE: Duration = Duration::from_hours(8 * 7 * 24);
/// What the oldest source counts.
const OLD_FACTOR: f64 = 0.75;
/// Causes that share this much are one.
const SAME_CAUSE: f64 = 0.38;

/// The known causes, and how probable it is that none of them fits.
#[derive(Debug)]
pub(super) struct Ranking<'c> {
    /// The causes by how well they fit, the best first; those that are ruled out last.
    pub(super) causes: Vec<Ranked<'c>>,
    /// The probability of no cause.
    pub(super) none: f64,
}

/// A cause with its sources, and how it fits.
#[derive(Debug)]
pub(super) struct Ranked<'c> {
    /// Its sources, the best first.
    pub(super) sources: Vec<&'c Candidate>,
    /// The probability that it is the right one.
    pub(super) probability: f64,
    /// The terms of the problem that the best source has, the most telling first.
    pub(super) shared: Vec<&'c QueryTerm>,
    /// What rules it out, if anything does.
    pub(super) ruled_out: Option<&'c Denial>,
    /// The share of it that the case denies, from 0 to 1.
    pub(super) denied: f64,
}

/// Ranks the known causes.
pub(super) fn rank<'c>(problem: &'c Problem, candidates: &'c [Candidate], rarity: &Rarity) -> Ranking<'c> {
    let values = Values::new(problem, rarity);
    let mut sources: Vec<Scored<'c>> =
        candidates.iter().map(|candidate| Scored::new(problem, candidate, &values, rarity)).collect();
    apply_denials(&mut sources, &problem.denials, rarity);
    let values = values.scaled(&term_factors(problem, &sources));
    let scale = Scale::new(problem, candidates, &values, rarity);
    for source in &mut sources {
        source.score = scale.score(source);
    }
    let none = scale.score_of_none(&sources);
    sources.sort_by(|one, other| other.score.total_cmp(&one.score));
    let highest = sources.first().map_or(none, |best| best.score.max(none));
    let total: f64 =
        sources.iter().map(|source| (source.score - highest).exp()).sum::<f64>() + (none - highest).exp();
    let mut groups: Vec<(Ranked<'c>, TellingCause<'c>)> = Vec::new();
    for source in sources {
        let probability = (source.score - highest).exp() / total;
        match groups.iter_mut().find(|(_, cause)| cause.is_same(&source.cause)) {
            Some((ranked, _)) => {
                ranked.probability += probability;
                ranked.sources.push(source.candidate);
            }
            None => groups.push((
                Ranked {
                    sources: vec![source.candidate],
                    probability,
                    shared: source.shared.terms(problem, &values),
                    ruled_out: source.ruled_out,
                    denied: source.denied(),
                },
                source.cause,
            )),
        }
    }
    let mut causes: Vec<Ranked<'c>> = groups.into_iter().map(|(ranked, _)| ranked).collect();
    causes.sort_by(|one, other| {
        let by_fit = other.probability.total_cmp(&one.probability);
        one.ruled_out.is_some().cmp(&other.ruled_out.is_some()).then(by_fit)
    });
    Ranking { causes, none: (none - highest).exp() / total }
}

struct Scored<'c> {
    candidate: &'c Candidate,
    shared: Shared,
    /// The telling terms of the first sentence of its cause.
    head: Vec<&'c Term>,
    /// Before anything is denied.
    evidence: f64,
    cause: TellingCause<'c>,
    /// The logarithm of what the denials leave of it.
    log_left: f64,
    ruled_out: Option<&'c Denial>,
    score: f64,
}

impl<'c> Scored<'c> {
    fn new(problem: &Problem, candidate: &'c Candidate, values: &Values, rarity: &Rarity) -> Self {
        let shared = Shared::new(problem, candidate);
        Self {
            evidence: shared.evidence(values),
            shared,
            head: telling(&candidate.head_terms, rarity).map(|(term, _)| term).collect(),
            cause: TellingCause::new(candidate, rarity),
            log_left: 0.0,
            ruled_out: None,
            score: 0.0,
            candidate,
        }
    }

    fn denied(&self) -> f64 {
        1.0 - self.log_left.exp()
    }
}

/// Weighs what the case says against each near cause. What speaks against one source of a cause speaks against all.
fn apply_denials<'c>(sources: &mut [Scored<'c>], denials: &'c [Denial], rarity: &Rarity) {
    let best = sources.iter().map(|source| source.evidence).fold(0.0, f64::max);
    let near: Vec<usize> = (0..sources.len()).filter(|at| sources[*at].evidence >= best * NEAR).collect();
    let candidates: Vec<&Candidate> = near.iter().map(|at| sources[*at].candidate).collect();
    let is_same =
        |one: usize, other: usize| one == other || sources[one].cause.is_same(&sources[other].cause);
    let same: Vec<Vec<usize>> = (0..sources.len())
        .map(|one| (0..near.len()).filter(|other| is_same(one, near[*other])).collect())
        .collect();
    for denial in denials {
        let denial = TellingDenial::new(denial, &candidates, rarity);
        let naming: Vec<f64> =
            near.iter().map(|at| denial.naming(sources[*at].candidate, &sources[*at].head, rarity)).collect();
        for (source, same) in sources.iter_mut().zip(&same) {
            let naming = same.iter().map(|at| naming[*at]).fold(0.0, f64::max);
            source.log_left += denial.log_left(naming);
            if source.ruled_out.is_none() && source.denied() >= RULED_OUT {
                source.ruled_out = Some(denial.denial);
            }
        }
    }
}

/// How much each term of the problem still tells: what stays must share words that the fallen do not.
fn term_factors(problem: &Problem, sources: &[Scored<'_>]) -> Vec<f64> {
    let mut fallen = vec![0.0_f64; problem.terms.len()];
    for source in sources {
        for at in source.shared.places() {
            fallen[at] = fallen[at].max(source.denied());
        }
    }
    fallen.into_iter().map(|denied| 1.0 - FALLEN_TERMS * denied).collect()
}

/// What all sources for a problem are measured by.
struct Scale<'p> {
    problem: &'p Problem,
    values: &'p Values,
    rarity: &'p Rarity,
    /// The problem's most telling terms, and how much they tell together.
    leading: (Vec<usize>, f64),
    /// The keys of the problem's terms.
    keys: HashSet<&'p str>,
    /// When the newest of the sessions was resolved: ages count from there.
    newest: Option<Timestamp>,
}

impl<'p> Scale<'p> {
    fn new(problem: &'p Problem, candidates: &[Candidate], values: &'p Values, rarity: &'p Rarity) -> Self {
        Self {
            problem,
            values,
            rarity,
            leading: values.leading(problem, rarity),
            keys: problem.terms.iter().flat_map(|term| term.term.keys.iter().map(String::as_str)).collect(),
            newest: candidates.iter().filter_map(Candidate::resolved_at).max(),
        }
    }

    fn score(&self, source: &Scored<'_>) -> f64 {
        let candidate = source.candidate;
        let evidence = source.shared.evidence(self.values);
        let talk = source.shared.talk_evidence(self.problem, self.values);
        let is_told = |term: &Term| term.keys.iter().any(|key| self.keys.contains(key.as_str()));
        #[expect(clippy::cast_precision_loss, reason = "texts have far fewer than 2^52 words")]
        let size = (candidate.keys.count() as f64).ln_1p();
        EVIDENCE_LOG * (evidence + EVIDENCE_OFFSET).ln()
            + EVIDENCE * evidence
            + TALK_EVIDENCE_LOG * (talk + EVIDENCE_OFFSET).ln()
            + COVERED * source.shared.covered(self.values, &self.leading)
            + CAUSE_TOLD * share_in(&candidate.cause_terms, self.rarity, is_told)
            + HEAD_TOLD * share_in(source.head.iter().copied(), self.rarity, is_told)
            + SIZE_LOG * (size - USUAL_SIZE_LOG)
            + if matches!(candidate.source, Source::Runbook(_)) { RUNBOOK } else { 0.0 }
            + self.recency(candidate).ln()
            + source.log_left
    }

    /// How much a source counts by its age.
    fn recency(&self, candidate: &Candidate) -> f64 {
        let (Some(newest), Some(resolved_at)) = (self.newest, candidate.resolved_at()) else { return 1.0 };
        let half_lives = newest.since(resolved_at).as_secs_f64() / HALF_LIFE.as_secs_f64();
        OLD_FACTOR + (1.0 - OLD_FACTOR) * 0.5_f64.powf(half_lives)
    }

    /// The score of the answer that no source fits.
    fn score_of_none(&self, sources: &[Scored<'_>]) -> f64 {
        let most = |part: &dyn Fn(&Scored<'_>) -> f64| {
            sources.iter().map(|source| part(source) * source.evidence).fold(0.0, f64::max)
        };
        let fallen =
            most(&|source| source.denied()) / (most(&|source| 1.0 - source.denied()) + EVIDENCE_OFFSET);
        NONE + LEADING_LOG * (self.leading.1 + EVIDENCE_OFFSET).ln()
            + UNKNOWN * self.values.unknown_share(self.problem, self.rarity)
            + if self.problem.is_exhausted { EXHAUSTED } else { 0.0 }
            + FALLEN * fallen.min(MAX_FALLEN)
    }
}

/// The terms that tell something, each with its rarity. Names are anybody's.
fn telling<'t>(terms: &'t [Term], rarity: &Rarity) -> impl Iterator<Item = (&'t Term, f64)> {
    let terms = terms.iter().filter(|term| term.kind != TermKind::Name);
    terms.map(|term| (term, rarity.of(term))).filter(|(_, rare)| *rare >= MIN_RARITY)
}

/// The terms of a source's cause that tell it from others, each with how much it tells.
#[derive(Debug)]
struct TellingCause<'c> {
    terms: Vec<(&'c Term, f64)>,
    total: f64,
    keys: &'c HashSet<String>,
}

impl<'c> TellingCause<'c> {
    fn new(candidate: &'c Candidate, rarity: &Rarity) -> Self {
        let rare = telling(&candidate.cause_terms, rarity);
        let terms: Vec<(&Term, f64)> = rare.map(|(term, rare)| (term, rare * rare)).collect();
        Self { total: terms.iter().map(|(_, value)| value).sum(), terms, keys: &candidate.keys.cause }
    }

    /// Whether two sources tell the same cause.
    fn is_same(&self, other: &Self) -> bool {
        let shared: Vec<f64> =
            self.terms.iter().filter(|(term, _)| term.is_in(other.keys)).map(|(_, value)| *value).collect();
        let least = self.total.min(other.total);
        shared.len() >= 2 && least > 0.0 && shared.iter().sum::<f64>() / least >= SAME_CAUSE
    }
}
