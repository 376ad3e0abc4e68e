//! How sure an assessment is, and why it must not be taken as it stands. Quiet: a confidence is not an outcome.

use tierup_common::assessment::{Assessment, Confidence, Reservation};

use crate::text::{Safe, TextRole, safe_format};
use crate::theme::Glyphs;
use crate::view::measure::display_width;

/// A reservation in a few words.
pub(super) fn reservation_label(reservation: Reservation<'_>, glyphs: &Glyphs) -> Safe<'static> {
    safe_format!("{} {}", glyphs.reservation(reservation), reservation.label())
}

/// The confidence in at most `columns`, or that the cause is ruled out. The word "confidence" tells it from a priority: where
/// there is no room even for its beginning, there is no label.
pub(super) fn label_for_width(
    assessment: &Assessment,
    glyphs: &Glyphs,
    columns: u16,
) -> Option<(Safe<'static>, TextRole)> {
    if let Some(hypothesis) = assessment.contradicted_by.as_deref() {
        let label = reservation_label(Reservation::Contradicted(hypothesis), glyphs);
        return Some((label, TextRole::Warn));
    }
    let labels = [assessment.confidence.label(), short_label(assessment.confidence)];
    let label = labels.into_iter().find(|label| display_width(label) <= columns)?;
    Some((label.into(), TextRole::Dim))
}

const fn short_label(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "low conf.",
        Confidence::Medium => "med. conf.",
        Confidence::High => "high conf.",
        Confidence::Inconclusive => "inconclusive",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assessment(confidence: Confidence) -> Assessment {
        Assessment { likely_cause: "DNS".into(), confidence, ..Assessment::default() }
    }

    #[test]
    fn a_confidence_is_dim_and_says_that_it_is_one() {
        for (confidence, long, narrow) in [
            (Confidence::High, "high confidence", "high conf."),
            (Confidence::Medium, "medium confidence", "med. conf."),
            (Confidence::Low, "low confidence", "low conf."),
            (Confidence::Inconclusive, "inconclusive", "inconclusive"),
        ] {
            let assessment = assessment(confidence);
            let label = |columns| label_for_width(&assessment, &Glyphs::UNICODE, columns);
            assert_eq!(label(17), Some((long.into(), TextRole::Dim)));
            assert_eq!(label(12), Some((narrow.into(), TextRole::Dim)));
            assert_eq!(label(8), None);
        }
    }

    #[test]
    fn a_ruled_out_cause_has_no_confidence_and_every_reservation_differs_without_colour() {
        let high = assessment(Confidence::High);
        let contradicted = Assessment { contradicted_by: Some("DNS".into()), ..high };
        let label = label_for_width(&contradicted, &Glyphs::UNICODE, 8);
        assert_eq!(label, Some(("✗ cause ruled out".into(), TextRole::Warn)));
        for glyphs in [Glyphs::UNICODE, Glyphs::ASCII] {
            let all = [Reservation::Contradicted(""), Reservation::CutOff, Reservation::Uncited];
            let marks = all.map(|reservation| glyphs.reservation(reservation));
            let outcomes = [glyphs.check, glyphs.dot];
            assert!(marks[0] != marks[1] && marks[1] != marks[2] && marks[0] != marks[2], "{marks:?}");
            assert!(marks.iter().all(|mark| !outcomes.contains(mark)), "{marks:?}");
        }
    }
}
