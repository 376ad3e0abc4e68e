//! The report: the table, calibration, and every failure with its reason.

use std::fmt::Write as _;

use crate::dataset::{Case, Kind};
use crate::scores::Scores;
use crate::verdict::Verdict;

/// A row of the table: a figure with what it must reach, and what we aim for.
struct Row {
    title: &'static str,
    value: fn(&Scores) -> Option<f64>,
    must: Bound,
    aim: Bound,
    /// Whether it is a share, printed with two digits.
    is_share: bool,
}

#[derive(Clone, Copy)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }
}

const fn share(title: &'static str, value: fn(&Scores) -> Option<f64>, must: Bound, aim: Bound) -> Row {
    Row { title, value, must, aim, is_share: true }
}

const fn count(title: &'static str, value: fn(&Scores) -> Option<f64>, must: f64, aim: f64) -> Row {
    Row { title, value, must: Bound::AtMost(must), aim: Bound::AtMost(aim), is_share: false }
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
const ROWS: &[Row] = &[
    share("right cause first", |it| it.right, Bound::AtLeast(0.82), Bound::AtLeast(0.92)),
    share("right source among three", |it| it.right_source, Bound::AtLeast(0.93), Bound::AtLeast(0.98)),
    count("ruled-out cause named", |it| Some(it.ruled_out as f64), 2.0, 0.0),
    share(
        "`inconclusive` where nothing fits",
        |it| it.inconclusive_unanswered,
        Bound::AtLeast(0.85),
        Bound::AtLeast(0.95),
    ),
    share(
        "`inconclusive` where something fits",
        |it| it.inconclusive_answered,
        Bound::AtMost(0.09),
        Bound::AtMost(0.03),
    ),
    count("tried steps suggested anew", |it| Some(it.suggested_anew as f64), 3.0, 0.0),
    count("untried steps marked as tried", |it| Some(it.wrongly_tried as f64), 3.0, 0.0),
    share("right, of high confidence", |it| it.high_right, Bound::AtLeast(0.93), Bound::AtLeast(0.98)),
    count("took, p95, ms", |it| Some(it.took_p95_ms as f64), 50.0, 20.0),
    count("took, the first, ms", |it| Some(it.took_first_ms as f64), 50.0, 20.0),
];

/// The least share of right causes among the hard cases.
const HARD_MUST: f64 = 0.77;

/// The table of scores: all cases, and by kind.
pub fn table(verdicts: &[(&Case, Verdict)]) -> String {
    let of_kind = |kind: Kind| {
        let of_kind: Vec<_> = verdicts.iter().filter(|(case, _)| case.kind == kind).cloned().collect();
        Scores::of(&of_kind)
    };
    let all = Scores::of(verdicts);
    let kinds = [Kind::SameWords, Kind::OtherWords, Kind::Trap, Kind::Unanswered].map(of_kind);
    // Writing to a String cannot fail.
    let mut text = String::from(
        "| | all | same words | other words | trap | unanswered | must | aim | |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let [same, other, trap, unanswered] = kinds.each_ref().map(|scores| scores.cases);
    let _ = writeln!(text, "| cases | {} | {same} | {other} | {trap} | {unanswered} | | | |", all.cases);
    for row in ROWS {
        let _ = write!(text, "| {} |", row.title);
        for scores in std::iter::once(&all).chain(&kinds) {
            let value = (row.value)(scores);
            let _ = write!(text, " {} |", value.map_or_else(String::new, |value| row.format(value)));
        }
        let holds = (row.value)(&all).is_none_or(|value| row.must.holds(value));
        let mark = if holds { "" } else { "missed" };
        let _ = writeln!(text, " {} | {} | {mark} |", row.format_bound(row.must), row.format_bound(row.aim));
    }
    text.push_str(&calibration(&all));
    text
}

/// The figures that miss what they must reach, a line each.
pub fn missed(verdicts: &[(&Case, Verdict)]) -> Vec<String> {
    let all = Scores::of(verdicts);
    let traps: Vec<_> = verdicts.iter().filter(|(case, _)| case.kind == Kind::Trap).cloned().collect();
    let missed = ROWS.iter().filter_map(|row| {
        let value = (row.value)(&all)?;
        let bound = row.format_bound(row.must);
        (!row.must.holds(value)).then(|| format!("{}: {}, not {bound}", row.title, row.format(value)))
    });
    let hard = Scores::of(&traps).right.filter(|value| *value < HARD_MUST);
    let hard = hard.map(|value| format!("right cause first in traps: {value:.2}, not ≥ {HARD_MUST:.2}"));
    missed.chain(hard).collect()
}

impl Row {
    fn format(&self, value: f64) -> String {
        if self.is_share { format!("{value:.2}") } else { format!("{value:.0}") }
    }

    fn format_bound(&self, bound: Bound) -> String {
        match bound {
            Bound::AtLeast(value) => format!("≥ {}", self.format(value)),
            Bound::AtMost(value) => format!("≤ {}", self.format(value)),
        }
    }
}

fn calibration(scores: &Scores) -> String {
    let mut text = String::from(
        "\n| confidence | answers | right | share | coverage up to here | risk up to here |\n\
         | --- | --- | --- | --- | --- | --- |\n",
    );
    for level in &scores.calibration {
        let share = crate::scores::ratio(level.right, level.answers);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {:.2} | {} |",
            level.confidence,
            level.answers,
            level.right,
            format_share(share),
            level.coverage,
            format_share(level.risk),
        );
    }
    let _ = writeln!(text, "\nexpected calibration error: {}", format_share(scores.calibration_error));
    text
}

fn format_share(value: Option<f64>) -> String {
    value.map_or_else(|| "–".into(), |value| format!("{value:.2}"))
}

/// Every failure with its reason.
pub fn failures(verdicts: &[(&Case, Verdict)]) -> String {
    let mut text = String::new();
    for (case, verdict) in verdicts {
        let Some(reason) = verdict.failure(case) else { continue };
        let confidence = verdict.confidence.map_or("failed", |confidence| confidence.label());
        let _ = writeln!(text, "{} ({}): {reason}\n    {confidence}: {}", case.name, case.form, verdict.said);
    }
    text
}
