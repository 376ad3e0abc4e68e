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

#[cfg(test)]
mod tests {
    use tierup_common::id::BranchId;

    use super::*;
    use crate::domain::tests::at;

    #[test]
    fn a_cause_is_contradicted_by_the_hypothesis_that_it_names() {
        let branch = |hypothesis: &str, status| Branch {
            id: BranchId::new(at(0)),
            hypothesis: hypothesis.into(),
            status,
            evidence: None,
            updated_at: at(0),
        };
        let briefing = Briefing {
            title: String::new(),
            intake: String::new(),
            notes: String::new(),
            branches: vec![
                branch("The firewall drops UDP 4500", BranchStatus::Open),
                branch("The machine certificate has expired", BranchStatus::RuledOut),
            ],
            messages: Vec::new(),
            ..Briefing::default()
        };
        for (cause, is_contradicted) in [
            ("An expired machine certificate on gw2.", true),
            ("The gateway is slow. Its machine certificates expired.", true),
            ("The firewall drops UDP 4500.", false),
            ("The gateway does not trust the machine certificate's new issuer.", false),
            ("The issuer changed; it is not that the machine certificate expired.", false),
        ] {
            assert_eq!(contradicting_branch(&briefing, cause).is_some(), is_contradicted, "{cause}");
        }
    }
}
