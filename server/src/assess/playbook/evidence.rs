//! How much the terms that a problem shares with known causes tell.

use std::collections::HashSet;

use crate::assess::playbook::candidate::{Candidate, FieldKeys};
use crate::assess::playbook::problem::Problem;
use crate::search::rarity::{QueryTerm, Rarity};
use crate::search::terms::{Term, TermKind};

// Fitted like the weights of `ranking.rs`.

/// The power of rarity: one rare word tells more than several that half of all texts have.
const RARITY_POWER: f64 = 1.52;
/// How much more an identifier tells than a word.
const IDENTIFIER_FACTOR: f64 = 2.0;
/// The same of a name or a number.
const NAME_FACTOR: f64 = 0.94;
/// How much a term counts less that only people's talk has, and that a source has in its title or description.
const TALK_IN_DESCRIPTION: f64 = 0.47;
/// Terms that are more common than this say nothing about which cause is meant.
pub(super) const MIN_RARITY: f64 = 0.3;
/// The terms of a problem that tell the most.
const LEADING_TERMS: usize = 12;

/// How much each term of a problem tells, by its place in [`Problem::terms`].
#[derive(Clone, Debug)]
pub(super) struct Values(Vec<f64>);

impl Values {
    pub(super) fn new(problem: &Problem, rarity: &Rarity) -> Self {
        Self(problem.terms.iter().map(|term| value(term, rarity)).collect())
    }

    /// With less for the terms that causes share which are ruled out: `factors` from 0 to 1.
    pub(super) fn scaled(&self, factors: &[f64]) -> Self {
        Self(self.0.iter().zip(factors).map(|(value, factor)| value * factor).collect())
    }

    /// The most telling terms among those that any source has, and how much they tell together.
    pub(super) fn leading(&self, problem: &Problem, rarity: &Rarity) -> (Vec<usize>, f64) {
        let known = |at: &usize| rarity.is_indexed(&problem.terms[*at]);
        let mut leading: Vec<usize> =
            (0..self.0.len()).filter(|at| self.0[*at] > 0.0).filter(known).collect();
        leading.sort_by(|one, other| self.0[*other].total_cmp(&self.0[*one]));
        leading.truncate(LEADING_TERMS);
        let sum = leading.iter().map(|at| self.0[*at]).sum();
        (leading, sum)
    }

    /// The share of words, by how much they would tell, that no source has.
    pub(super) fn unknown_share(&self, problem: &Problem, rarity: &Rarity) -> f64 {
        let words = problem.terms.iter().zip(&self.0).filter(|(term, _)| term.term.kind == TermKind::Word);
        let (mut all, mut unknown) = (0.0, 0.0);
        for (term, value) in words {
            all += value;
            unknown += if rarity.is_indexed(term) { 0.0 } else { *value };
        }
        if all > 0.0 { unknown / all } else { 0.0 }
    }
}

/// How much a term of a problem tells.
pub(super) fn value(term: &QueryTerm, rarity: &Rarity) -> f64 {
    let factor = match term.term.kind {
        TermKind::Identifier => IDENTIFIER_FACTOR,
        TermKind::Name => NAME_FACTOR,
        TermKind::Word => 1.0,
    };
    let rare = rarity.of(&term.term);
    if rare < MIN_RARITY { 0.0 } else { rare.powf(RARITY_POWER) * term.weight * factor }
}

/// The terms of a problem that a source has, each with how much it counts by where it has it.
#[derive(Clone, Debug)]
pub(super) struct Shared(Vec<(usize, f64)>);

impl Shared {
    pub(super) fn new(problem: &Problem, candidate: &Candidate) -> Self {
        let fields = field_weights(&candidate.keys);
        let weight = |term: &QueryTerm| {
            let having = fields.iter().filter(|(keys, ..)| term.term.is_in(keys));
            having
                .map(
                    |(_, weight, describes)| {
                        if term.is_talk && *describes { weight * TALK_IN_DESCRIPTION } else { *weight }
                    },
                )
                .fold(0.0, f64::max)
        };
        let terms = problem.terms.iter().enumerate().map(|(at, term)| (at, weight(term)));
        Self(terms.filter(|(_, weight)| *weight > 0.0).collect())
    }

    /// The places of the terms.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|(at, _)| *at)
    }

    /// How much all of them tell.
    pub(super) fn evidence(&self, values: &Values) -> f64 {
        self.0.iter().map(|(at, weight)| values.0[*at] * weight).sum()
    }

    /// How much those tell that only people's talk has.
    pub(super) fn talk_evidence(&self, problem: &Problem, values: &Values) -> f64 {
        let talk = self.0.iter().filter(|(at, _)| problem.terms[*at].is_talk);
        talk.map(|(at, weight)| values.0[*at] * weight).sum()
    }

    /// The share of the leading terms that the source has.
    pub(super) fn covered(&self, values: &Values, (leading, sum): &(Vec<usize>, f64)) -> f64 {
        let shared = self.places().filter(|at| leading.contains(at));
        if *sum > 0.0 { shared.map(|at| values.0[at]).sum::<f64>() / sum } else { 0.0 }
    }

    /// The terms, the most telling first.
    pub(super) fn terms<'p>(&self, problem: &'p Problem, values: &Values) -> Vec<&'p QueryTerm> {
        let mut places: Vec<usize> = self.places().filter(|at| values.0[*at] > 0.0).collect();
        places.sort_by(|one, other| values.0[*other].total_cmp(&values.0[*one]));
        places.into_iter().map(|at| &problem.terms[at]).collect()
    }
}

/// How much it counts that a source has a term in each of its parts, and whether the part describes the problem.
fn field_weights(fields: &FieldKeys) -> [(&HashSet<String>, f64, bool); 5] {
    [
        (&fields.title, 1.61, true),
        (&fields.talk, 1.1, false),
        (&fields.problem, 1.0, true),
        (&fields.cause, 0.86, false),
        (&fields.steps, 0.29, false),
    ]
}

/// The share of terms that something has, by the square of their rarity.
pub(super) fn share_in<'t>(
    terms: impl IntoIterator<Item = &'t Term>,
    rarity: &Rarity,
    has: impl Fn(&Term) -> bool,
) -> f64 {
    let (mut all, mut shared) = (0.0, 0.0);
    for term in terms {
        let weight = rarity.of(term).powi(2);
        all += weight;
        shared += if has(term) { weight } else { 0.0 };
    }
    if all > 0.0 { shared / all } else { 0.0 }
}
