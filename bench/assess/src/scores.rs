//! Sums up verdicts.

use serde::Serialize;
use tierup_common::assessment::Confidence;

use crate::dataset::{Case, Kind};
use crate::verdict::{CauseVerdict, Verdict};

/// Confidence levels from the surest to the least sure, each with the share of right answers that it promises.
pub const PROMISED: [(Confidence, f64); 3] =
    [(Confidence::High, 0.95), (Confidence::Medium, 0.75), (Confidence::Low, 0.5)];

/// The figures of some verdicts. Shares are from 0 to 1, and none where there is nothing to divide by.
#[derive(Clone, Debug, Serialize)]
pub struct Scores {
    /// The number of cases.
    pub cases: usize,
    /// Right cause first, of the cases that have an answer.
    pub right: Option<f64>,
    /// Right cause among three sources, of the same.
    pub right_source: Option<f64>,
    /// Answers that name a cause which the case rules out.
    pub ruled_out: usize,
    /// `inconclusive` where nothing fits.
    pub inconclusive_unanswered: Option<f64>,
    /// `inconclusive` where something fits.
    pub inconclusive_answered: Option<f64>,
    /// Tried steps suggested anew.
    pub suggested_anew: usize,
    /// Untried steps marked as tried.
    pub wrongly_tried: usize,
    /// Right answers of those with high confidence.
    pub high_right: Option<f64>,
    /// Each level: its answers, and the share of right ones.
    pub calibration: Vec<Level>,
    /// Expected calibration error: the mean distance of a level's share from what it promises, by number of answers.
    pub calibration_error: Option<f64>,
    /// The time of an assessment in milliseconds: 95th percentile.
    pub took_p95_ms: u64,
    /// The same of the first one.
    pub took_first_ms: u64,
}

/// The answers of one confidence level.
#[derive(Clone, Debug, Serialize)]
pub struct Level {
    /// The level.
    pub confidence: Confidence,
    /// Answers at this level.
    pub answers: usize,
    /// The right ones among them.
    pub right: usize,
    /// The share of all cases answered at this level or a surer one.
    pub coverage: f64,
    /// The share of wrong answers among those.
    pub risk: Option<f64>,
}

impl Scores {
    /// The scores of verdicts, in the order in which the cases were assessed.
    pub fn of(verdicts: &[(&Case, Verdict)]) -> Self {
        let is_answered = |(case, _): &&(&Case, Verdict)| case.kind != Kind::Unanswered;
        let (answered, unanswered): (Vec<_>, Vec<_>) = verdicts.iter().partition(is_answered);
        let share = |of: &[&(&Case, Verdict)], counts: &dyn Fn(&Verdict) -> bool| {
            ratio(of.iter().filter(|(_, verdict)| counts(verdict)).count(), of.len())
        };
        let is_inconclusive = |verdict: &Verdict| verdict.cause == CauseVerdict::Inconclusive;
        let calibration = levels(verdicts);
        let high = &calibration[0];
        let mut took: Vec<u64> = verdicts.iter().map(|(_, verdict)| verdict.took_ms).collect();
        let took_first_ms = took.first().copied().unwrap_or_default();
        took.sort_unstable();
        Self {
            cases: verdicts.len(),
            right: share(&answered, &|verdict| verdict.cause == CauseVerdict::Right),
            right_source: share(&answered, &|verdict| verdict.has_right_source),
            ruled_out: verdicts.iter().filter(|(_, it)| it.cause == CauseVerdict::RuledOut).count(),
            inconclusive_unanswered: share(&unanswered, &is_inconclusive),
            inconclusive_answered: share(&answered, &is_inconclusive),
            suggested_anew: verdicts.iter().map(|(_, verdict)| verdict.suggested_anew.len()).sum(),
            wrongly_tried: verdicts.iter().map(|(_, verdict)| verdict.wrongly_tried.len()).sum(),
            high_right: ratio(high.right, high.answers),
            calibration_error: calibration_error(&calibration),
            calibration,
            took_p95_ms: took.get(took.len() * 95 / 100).copied().unwrap_or_default(),
            took_first_ms,
        }
    }
}

fn levels(verdicts: &[(&Case, Verdict)]) -> Vec<Level> {
    let (mut surer, mut surer_right) = (0, 0);
    let mut levels = Vec::new();
    for (confidence, _) in PROMISED {
        let at_level = verdicts.iter().filter(|(_, verdict)| verdict.confidence == Some(confidence));
        let answers = at_level.clone().count();
        let right = at_level.filter(|(case, verdict)| verdict.is_right(case)).count();
        surer += answers;
        surer_right += right;
        levels.push(Level {
            confidence,
            answers,
            right,
            coverage: ratio(surer, verdicts.len()).unwrap_or_default(),
            risk: ratio(surer - surer_right, surer),
        });
    }
    levels
}

fn calibration_error(levels: &[Level]) -> Option<f64> {
    let answers: usize = levels.iter().map(|level| level.answers).sum();
    let distances = levels.iter().zip(PROMISED).map(|(level, (_, promised))| {
        let distance = ratio(level.right, level.answers).map_or(0.0, |share| (share - promised).abs());
        distance * ratio(level.answers, answers).unwrap_or_default()
    });
    (answers > 0).then(|| distances.sum())
}

/// A share; none of nothing.
#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 cases")]
pub(crate) fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
