//! How sure the playbook is of a cause.

use tierup_common::assessment::Confidence;

/// The least probabilities of the levels: of the answers at `high`, more than nine in ten were right on the cases of
/// `bench/assess` that weights were fitted on.
const HIGH: f64 = 0.7;
const MEDIUM: f64 = 0.5;
/// A cause of which the case denies this share may be right, but not for sure.
const DOUBTED: f64 = 0.1;

/// The level of a cause by its probability, beside the one that no known cause fits.
pub(super) fn level(probability: f64, none: f64, denied: f64) -> Confidence {
    if probability <= none {
        Confidence::Inconclusive
    } else if probability >= HIGH && denied < DOUBTED {
        Confidence::High
    } else if probability >= MEDIUM {
        Confidence::Medium
    } else {
        Confidence::Low
    }
}
