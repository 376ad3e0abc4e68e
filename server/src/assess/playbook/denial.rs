//! What a case says against each known cause.

use crate::assess::playbook::candidate::Candidate;
use crate::assess::playbook::evidence::{MIN_RARITY, share_in};
use crate::assess::playbook::problem::{Denial, DenialKind};
use crate::search::rarity::Rarity;
use crate::search::terms::{Term, TermKind};
use crate::search::words;

// Fitted like the weights of `ranking.rs`.

/// A term that many of the near causes have names the subject, not a cause: the power of its own share.
const OWN_POWER: f64 = 1.19;
/// How much it counts that a denial names the title of a source and not its cause.
const TITLE_NAMING: f64 = 2.0;
/// How much of a denial's terms that no near cause has still count: `Jana says it is not the password`.
const OTHER_TERMS: f64 = 0.52;
/// How much the share of the denial counts that the cause has, and the share of the cause that the denial has.
const SHARE_OF_DENIAL: f64 = 0.56;
const SHARE_OF_CAUSE: f64 = 0.31;
/// A denial that names a cause by less names it by that much less surely.
const LEAST_NAMED: f64 = 0.2;
/// Where a denial begins to name a cause, and how steeply it does from there.
const NAMED_HYPOTHESIS: f64 = 0.45;
const NAMED: f64 = 0.4;
const STEEPNESS: f64 = 15.7;
/// How much all denials count.
const DENIAL_POWER: f64 = 1.87;

impl DenialKind {
    /// How much a denial speaks against the cause that it names.
    const fn strength(self) -> f64 {
        match self {
            Self::Hypothesis => 0.86,
            Self::Statement => 0.95,
            Self::NoEffect => 0.6,
            Self::Evidence => 0.4,
            Self::Aside => 0.2,
        }
    }

    /// The terms that denial and cause must share.
    const fn least_terms(self) -> usize {
        match self {
            Self::Hypothesis | Self::Statement => 1,
            Self::NoEffect | Self::Evidence | Self::Aside => 2,
        }
    }

    const fn threshold(self) -> f64 {
        match self {
            Self::Hypothesis => NAMED_HYPOTHESIS,
            Self::Statement | Self::NoEffect | Self::Evidence | Self::Aside => NAMED,
        }
    }
}

/// A denial, and how much each of its terms tells the near causes apart.
pub(super) struct TellingDenial<'d> {
    pub(super) denial: &'d Denial,
    terms: Vec<(&'d Term, f64)>,
    total: f64,
}

impl<'d> TellingDenial<'d> {
    pub(super) fn new(denial: &'d Denial, near: &[&Candidate], rarity: &Rarity) -> Self {
        let mut total = 0.0;
        let mut terms = Vec::new();
        for term in denial.terms.iter().filter(|term| term.kind != TermKind::Name) {
            let rare = rarity.of(term);
            if rare < MIN_RARITY {
                continue;
            }
            let having = near.iter().filter(|candidate| term.is_in(&candidate.keys.cause)).count();
            // The only cause there is, is the one that is meant.
            let own = if near.len() <= 1 { 1.0 } else { (1.0 - words::share(having, near.len())).max(0.001) };
            let weight = rare * own.powf(OWN_POWER);
            let is_theirs = near.iter().any(|candidate| {
                let keys = &candidate.keys;
                [&keys.title, &keys.cause, &keys.steps].iter().any(|keys| term.is_in(keys))
            });
            total += if is_theirs { weight } else { weight * OTHER_TERMS };
            terms.push((term, weight));
        }
        Self { denial, terms, total }
    }

    /// How surely the denial names the cause of a source, from 0 to 1.
    /// `head` are the telling terms of the first sentence of its cause.
    pub(super) fn naming(&self, candidate: &Candidate, head: &[&Term], rarity: &Rarity) -> f64 {
        let (mut named, mut count) = (0.0, 0);
        for (term, weight) in &self.terms {
            if term.is_in(&candidate.keys.cause) {
                named += weight;
                count += 1;
            } else if term.is_in(&candidate.keys.title) {
                named += weight * TITLE_NAMING;
            }
        }
        if count < self.denial.kind.least_terms() {
            return 0.0;
        }
        let share = if self.total > 0.0 { (named / self.total).min(1.0) } else { 0.0 };
        // Words that tell no causes apart name none.
        let share = share * (named / LEAST_NAMED).min(1.0);
        let in_denial = |term: &Term| {
            self.denial.terms.iter().any(|denied| denied.keys.iter().any(|key| term.keys.contains(key)))
        };
        let named =
            SHARE_OF_DENIAL * share + SHARE_OF_CAUSE * share_in(head.iter().copied(), rarity, in_denial);
        if named <= 0.0 {
            return 0.0;
        }
        1.0 / (1.0 + (STEEPNESS * (self.denial.kind.threshold() - named.min(1.0))).exp())
    }

    /// The logarithm of what is left of a cause that the denial names this surely.
    pub(super) fn log_left(&self, naming: f64) -> f64 {
        (1.0 - 0.98 * self.denial.kind.strength() * naming).ln() * DENIAL_POWER
    }
}
