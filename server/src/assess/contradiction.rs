//! Whether the case rules out a likely cause.

use std::collections::HashSet;

use tierup_common::session::{Branch, BranchStatus};

use crate::domain::briefing::Briefing;
use crate::search::words;

/// A cause names a hypothesis if it has this share of the hypothesis's words.
const MIN_OVERLAP: f64 = 0.75;
/// What follows one of these is not what a sentence names: `DNS, not the firewall`.
const NEGATIONS: [&str; 8] = [
    " not ",
    " no longer ",
    " rather than ",
    " instead of ",
    " although ",
    " ruled out",
    "n't ",
    " without ",
];

/// The ruled-out hypotheses of a case.
pub(super) fn ruled_out(briefing: &Briefing) -> impl Iterator<Item = &Branch> {
    briefing.branches.iter().filter(|branch| branch.status == BranchStatus::RuledOut)
}

/// The ruled-out hypothesis that a likely cause names.
pub(super) fn contradicting_branch<'b>(briefing: &'b Briefing, cause: &str) -> Option<&'b Branch> {
    let claimed: HashSet<String> =
        words::sentences(cause).flat_map(|sentence| words::stems(affirmed(sentence))).collect();
    ruled_out(briefing)
        .find(|branch| words::overlap(&words::stems(&branch.hypothesis), &claimed) >= MIN_OVERLAP)
}

/// A sentence up to its first negation.
fn affirmed(sentence: &str) -> &str {
    let lower = sentence.to_ascii_lowercase();
    let end = NEGATIONS.iter().filter_map(|negation| lower.find(negation)).min();
    end.map_or(sentence, |end| &sentence[..end])
}
