//! Which known cause fits a problem: by the evidence for each, without those that the case rules out.

use std::collections::HashSet;
use std::time::Duration;

use tierup_common::time::Timestamp;

use crate::assess::playbook::candidate::{Candidate, FieldKeys, Source};
use crate::assess::playbook::problem::{Denial, DenialKind, Problem};
use crate::search::rarity::{QueryTerm, Rarity};
use crate::search::terms::{Term, TermKind};
use crate::search::words;

// Fitted on the tuning half of the cases of `bench/assess`, as are the weights in `field_weights` and `problem.rs`.

/// How much it counts that the problem has the words of a source's title.
const TITLE_FACTOR: f64 = 0.6;
/// How much each further source of a cause adds, of what the one before it did.
const VOTE_FACTOR: f64 = 0.32;
/// A runbook was written to be found; a session was not.
const RUNBOOK_FACTOR: f64 = 2.9;
/// How much a denial counts that names the title of a source and not its cause.
const TITLE_NAMING: f64 = 1.9;
/// The power of rarity: one rare word tells more than several that half of all texts have.
const RARITY_POWER: f64 = 1.9;
/// How much more an identifier tells than a word.
const IDENTIFIER_FACTOR: f64 = 2.4;
/// The same of a name or a number.
const NAME_FACTOR: f64 = 0.36;
/// What speaks against a cause by this much rules it out.
const RULED_OUT: f64 = 0.55;

/// After this time a source has lost half of what it loses with age: systems change, but seldom completely.
const HALF_LIFE: Duration = Duration::from_hours(8 * 7 * 24);
/// What the oldest source counts.
const OLD_FACTOR: f64 = 0.75;
/// The terms of a problem that tell the most.
const LEADING_TERMS: usize = 12;
/// A lead is measured against the cause this many places behind.
const PLACES_BEHIND: usize = 4;
/// The largest lead.
const MAX_LEAD: f64 = 4.0;
/// Scores below this are no score.
const MIN_SCORE: f64 = 0.1;
/// A cause is near if it has this share of the best one's evidence.
const NEAR: f64 = 0.25;
/// Terms that are more common than this say nothing about which cause is meant.
const MIN_RARITY: f64 = 0.3;
/// Causes that share this much are one.
const SAME_CAUSE: f64 = 0.38;

/// A cause with its sources, and how it fits.
#[derive(Debug)]
pub(super) struct Ranked<'c> {
    /// Its sources, the best first.
    pub(super) sources: Vec<&'c Candidate>,
    pub(super) score: f64,
    pub(super) features: Features,
    /// The terms of the problem that the best source has.
    pub(super) shared: Vec<&'c QueryTerm>,
    /// What rules it out, if anything does.
    pub(super) ruled_out: Option<&'c Denial>,
    cause: TellingCause<'c>,
}

/// What the confidence in a cause depends on.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Features {
    /// How much the terms tell that problem and source share, summed up.
    pub(super) evidence: f64,
    /// The source's share of the problem's most telling terms, from 0 to 1.
    pub(super) covered: f64,
    /// How much the most telling term tells that both have.
    pub(super) strongest: f64,
    /// How strongly the case speaks against the cause, from 0 to 1.
    pub(super) denied: f64,
    /// How far it is ahead of the causes behind it: the logarithm of the ratio of scores.
    pub(super) lead: f64,
}

/// The known causes by how well they fit, the best first; those that are ruled out last.
pub(super) fn rank<'c>(
    problem: &'c Problem,
    candidates: &'c [Candidate],
    rarity: &Rarity,
) -> Vec<Ranked<'c>> {
    let scale = Scale::new(problem, candidates, rarity);
    let mut scored: Vec<Scored<'c>> =
        candidates.iter().map(|candidate| Scored::new(problem, candidate, &scale)).collect();
    scored.sort_by(|one, other| other.score.total_cmp(&one.score));
    let mut ranked: Vec<Ranked<'c>> = Vec::new();
    for scored in scored {
        match ranked.iter_mut().find(|known| known.cause.is_same(&scored.cause)) {
            Some(known) => known.add(&scored),
            None => ranked.push(Ranked::new(scored)),
        }
    }
    apply_denials(&mut ranked, &problem.denials, rarity);
    ranked.sort_by(|one, other| {
        one.ruled_out.is_some().cmp(&other.ruled_out.is_some()).then(other.score.total_cmp(&one.score))
    });
    set_leads(&mut ranked);
    ranked
}

struct Scored<'c> {
    candidate: &'c Candidate,
    score: f64,
    features: Features,
    shared: Vec<&'c QueryTerm>,
    cause: TellingCause<'c>,
}

impl<'c> Scored<'c> {
    fn new(problem: &'c Problem, candidate: &'c Candidate, scale: &Scale<'_>) -> Self {
        let rarity = scale.rarity;
        let weights = field_weights(&candidate.keys);
        let (mut evidence, mut shared, mut covered) = (0.0, Vec::new(), 0.0);
        for (term, value) in problem.terms.iter().zip(&scale.values) {
            let Some(value) = *value else { continue };
            let Some((_, field)) = weights.iter().find(|(keys, _)| term.term.is_in(keys)) else { continue };
            evidence += value * field;
            covered += if value >= scale.least_leading { value } else { 0.0 };
            shared.push((value, term));
        }
        shared.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let title: f64 = candidate.title_terms.iter().map(|term| rarity.of(term)).sum();
        let in_problem = |term: &&Term| term.keys.iter().any(|key| scale.keys.contains(key.as_str()));
        let asked: f64 = candidate.title_terms.iter().filter(in_problem).map(|term| rarity.of(term)).sum();
        let title_covered = if title > 0.0 { asked / title } else { 0.0 };
        Self {
            candidate,
            score: evidence
                * (0.6 + TITLE_FACTOR * title_covered)
                * source_factor(candidate)
                * scale.recency(candidate),
            features: Features {
                evidence,
                covered: if scale.leading > 0.0 { covered / scale.leading } else { 0.0 },
                strongest: shared.first().map_or(0.0, |(value, _)| *value),
                ..Features::default()
            },
            shared: shared.into_iter().map(|(_, term)| term).collect(),
            cause: TellingCause::new(candidate, rarity),
        }
    }
}

/// What all candidates for a problem are measured by.
struct Scale<'p> {
    rarity: &'p Rarity,
    /// How much each of the problem's terms tells; none for one that is too common.
    values: Vec<Option<f64>>,
    /// The keys of the problem's terms.
    keys: HashSet<&'p str>,
    /// How much the problem's most telling terms tell together.
    leading: f64,
    /// How much the least of them tells.
    least_leading: f64,
    /// When the newest of the sessions was resolved: ages count from there.
    newest: Option<Timestamp>,
}

impl<'p> Scale<'p> {
    fn new(problem: &'p Problem, candidates: &[Candidate], rarity: &'p Rarity) -> Self {
        let mut leading: Vec<f64> = problem.terms.iter().map(|term| value(term, rarity)).collect();
        let is_telling = |term: &QueryTerm| rarity.of(&term.term) >= MIN_RARITY;
        let values = problem.terms.iter().zip(&leading);
        let values = values.map(|(term, value)| is_telling(term).then_some(*value)).collect();
        leading.sort_by(|one, other| other.total_cmp(one));
        leading.truncate(LEADING_TERMS);
        Self {
            rarity,
            values,
            keys: problem.terms.iter().flat_map(|term| term.term.keys.iter().map(String::as_str)).collect(),
            leading: leading.iter().sum(),
            least_leading: leading.last().copied().unwrap_or_default(),
            newest: candidates.iter().filter_map(Candidate::resolved_at).max(),
        }
    }

    /// How much a source counts by its age.
    fn recency(&self, candidate: &Candidate) -> f64 {
        let (Some(newest), Some(resolved_at)) = (self.newest, candidate.resolved_at()) else { return 1.0 };
        let half_lives = newest.since(resolved_at).as_secs_f64() / HALF_LIFE.as_secs_f64();
        OLD_FACTOR + (1.0 - OLD_FACTOR) * 0.5_f64.powf(half_lives)
    }
}

impl<'c> Ranked<'c> {
    fn new(scored: Scored<'c>) -> Self {
        Self {
            sources: vec![scored.candidate],
            score: scored.score,
            features: scored.features,
            shared: scored.shared,
            ruled_out: None,
            cause: scored.cause,
        }
    }

    /// Another source of the cause votes for it, the less the more there are.
    fn add(&mut self, scored: &Scored<'c>) {
        self.score += scored.score * VOTE_FACTOR.powi(i32::try_from(self.sources.len()).unwrap_or(i32::MAX));
        self.sources.push(scored.candidate);
    }
}

/// Weighs what the case says against each cause, and rules causes out.
fn apply_denials<'c>(ranked: &mut [Ranked<'c>], denials: &'c [Denial], rarity: &Rarity) {
    let best = ranked.iter().map(|cause| cause.features.evidence).fold(0.0, f64::max);
    let is_near = |cause: &Ranked<'_>| cause.features.evidence >= best * NEAR;
    let near: Vec<&Candidate> = ranked
        .iter()
        .filter(|cause| is_near(cause))
        .flat_map(|cause| cause.sources.iter().copied())
        .collect();
    let telling: Vec<(&Denial, Vec<(&Term, f64)>)> =
        denials.iter().map(|denial| (denial, telling_terms(denial, &near, rarity))).collect();
    for cause in ranked.iter_mut().filter(|cause| is_near(cause)) {
        let (mut standing, mut strongest) = (1.0, 0.0);
        for (denial, terms) in &telling {
            let named =
                cause.sources.iter().map(|source| naming(denial.kind, terms, source)).fold(0.0, f64::max);
            let against = named * denial.kind.strength();
            standing *= 1.0 - against;
            if against > strongest {
                strongest = against;
                cause.ruled_out = Some(denial);
            }
        }
        cause.score *= standing;
        cause.features.denied = 1.0 - standing;
        cause.ruled_out = cause.ruled_out.filter(|_| cause.features.denied >= RULED_OUT);
    }
}

/// The terms of a denial that tell causes apart, with how much they do: a term that most of the near causes have names
/// the subject, not a cause.
fn telling_terms<'d>(denial: &'d Denial, near: &[&Candidate], rarity: &Rarity) -> Vec<(&'d Term, f64)> {
    let terms = denial.terms.iter().filter(|term| term.kind != TermKind::Name);
    let weighed = terms.map(|term| {
        let having = near.iter().filter(|candidate| term.is_in(&candidate.keys.cause)).count();
        // The only cause there is, is the one that is meant.
        let own = if near.len() == 1 { 1.0 } else { 1.0 - words::share(having, near.len()) };
        (term, rarity.of(term), own)
    });
    weighed
        .filter(|(_, rare, _)| *rare >= MIN_RARITY)
        .map(|(term, rare, own)| (term, rare * own * own))
        .collect()
}

impl DenialKind {
    /// How much a denial speaks against the cause that it names.
    const fn strength(self) -> f64 {
        match self {
            Self::Hypothesis | Self::NoEffect => 0.58,
            Self::Statement => 0.98,
            Self::Evidence => 0.36,
            Self::Aside => 0.17,
        }
    }

    /// The terms that denial and cause must share.
    const fn least_terms(self) -> usize {
        match self {
            Self::Hypothesis | Self::Statement => 1,
            Self::NoEffect | Self::Evidence | Self::Aside => 2,
        }
    }
}

/// How well a denial names a cause, from 0 to 1: the share of its terms that the cause has.
fn naming(kind: DenialKind, terms: &[(&Term, f64)], candidate: &Candidate) -> f64 {
    let fields = &candidate.keys;
    let (mut all, mut named, mut count) = (0.0, 0.0, 0);
    for (term, weight) in terms {
        all += weight;
        if term.is_in(&fields.cause) {
            named += weight;
            count += 1;
        } else if term.is_in(&fields.title) {
            named += weight * TITLE_NAMING;
        }
    }
    if count < kind.least_terms() || all <= 0.0 { 0.0 } else { (named / all).min(1.0) }
}

/// Sets how far each cause is ahead of those some places behind it: near-duplicates of the best one say little.
fn set_leads(ranked: &mut [Ranked<'_>]) {
    let scores: Vec<f64> = ranked.iter().map(|cause| cause.score).collect();
    for (at, cause) in ranked.iter_mut().enumerate() {
        let behind = scores.get(at + PLACES_BEHIND).copied().unwrap_or_default().max(MIN_SCORE);
        cause.features.lead = (cause.score.max(MIN_SCORE) / behind).ln().min(MAX_LEAD);
    }
}

/// How much it counts that a source has a term, by where it has it, the most first.
fn field_weights(fields: &FieldKeys) -> [(&HashSet<String>, f64); 5] {
    [
        (&fields.talk, 1.8),
        (&fields.cause, 1.3),
        (&fields.title, 1.3),
        (&fields.problem, 0.6),
        (&fields.steps, 0.26),
    ]
}

const fn source_factor(candidate: &Candidate) -> f64 {
    match candidate.source {
        Source::Runbook(_) => RUNBOOK_FACTOR,
        Source::Session(_) => 1.0,
    }
}

/// How much a term of a problem tells.
pub(super) fn value(term: &QueryTerm, rarity: &Rarity) -> f64 {
    let factor = match term.term.kind {
        TermKind::Identifier => IDENTIFIER_FACTOR,
        TermKind::Name => NAME_FACTOR,
        TermKind::Word => 1.0,
    };
    rarity.of(&term.term).powf(RARITY_POWER) * term.weight * factor
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
        let terms = candidate.cause_terms.iter().filter(|term| term.kind != TermKind::Name);
        let rare = terms.map(|term| (term, rarity.of(term))).filter(|(_, rare)| *rare >= MIN_RARITY);
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
