//! How sure the playbook is of a cause.

use tierup_common::assessment::Confidence;

use crate::assess::playbook::ranking::Features;

/// The least probabilities of the levels, chosen on the same cases: of the answers at `high`, nine in ten are right.
const HIGH: f64 = 0.75;
const MEDIUM: f64 = 0.55;
const LOW: f64 = 0.38;

/// The probability that a cause is right, from what the ranking knows of it: a logistic regression, fitted on the
/// tuning half of the cases of `bench/assess`, also without their right sources, and on its resolved sessions, each
/// without itself.
pub(super) fn probability(features: &Features) -> f64 {
    let log_odds = -1.63 + 3.04 * features.covered + 0.16 * features.lead + 0.95 * features.strongest.ln_1p()
        - 2.2 * features.denied;
    1.0 / (1.0 + (-log_odds).exp())
}

/// The level of a probability.
pub(super) fn level(probability: f64) -> Confidence {
    if probability >= HIGH {
        Confidence::High
    } else if probability >= MEDIUM {
        Confidence::Medium
    } else if probability >= LOW {
        Confidence::Low
    } else {
        Confidence::Inconclusive
    }
}
