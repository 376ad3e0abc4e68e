//! Figures, their medians and their targets.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::figures::Program::{Ceiling, Neomutt, Product, Tig};
use crate::load::percentile;

/// The program that a figure belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Program {
    /// The server of this repository.
    Product,
    /// The server that does only the unavoidable work.
    Ceiling,
    /// A console for Git, with as many commits as there are handoffs.
    Tig,
    /// A mail client, with as many messages as there are handoffs.
    Neomutt,
}

/// All figures of all rounds.
#[derive(Default)]
pub struct Figures(BTreeMap<(Program, &'static str), Vec<f64>>);

/// The target of a figure.
enum Target {
    /// At least this many times another figure.
    RatioAtLeast(f64, Program, &'static str),
    /// At most this many times another figure.
    RatioAtMost(f64, Program, &'static str),
    /// At least this.
    Minimum(f64),
    /// At most this. Zero or less means that it was not measured.
    Maximum(f64),
    /// At most this, or zero.
    MaximumOrZero(f64),
    /// Zero in every round.
    AlwaysZero,
    /// None: shown next to the same figure of that program.
    Reference(Program),
}

struct FigureRow {
    title: &'static str,
    unit: &'static str,
    figure: &'static str,
    target: Target,
}

const fn row(title: &'static str, unit: &'static str, figure: &'static str, target: Target) -> FigureRow {
    FigureRow { title, unit, figure, target }
}

/// The rows of the report, in order.
#[rustfmt::skip]
const ROWS: &[FigureRow] = &[
    row("escalate, durable, 16 connections", "/s", "escalate 16", Target::RatioAtLeast(0.5, Ceiling, "create 16")),
    row("… p99", "ms", "escalate 16 p99", Target::RatioAtMost(3.0, Ceiling, "create 16 p99")),
    row("CPU per escalation", "µs", "CPU an escalation", Target::RatioAtMost(2.0, Ceiling, "CPU a create")),
    row("escalate, 1 connection", "/s", "escalate 1", Target::Reference(Ceiling)),
    row("open a session, 16 connections", "/s", "create 16", Target::Reference(Ceiling)),
    row("open a session, 1 connection", "/s", "create 1", Target::Reference(Ceiling)),
    row("claim race, 8 contenders per handoff", "attempts/s", "race", Target::RatioAtLeast(0.7, Ceiling, "race")),
    row("… p99", "ms", "race p99", Target::RatioAtMost(2.0, Ceiling, "race p99")),
    row("CPU per attempt", "µs", "CPU an attempt", Target::RatioAtMost(1.43, Ceiling, "CPU an attempt")),
    row("… races not won exactly once", "", "races not won once", Target::AlwaysZero),
    row("claims of distinct handoffs, 16 connections", "/s", "claim 16", Target::RatioAtLeast(0.6, Ceiling, "claim 16")),
    row("… p99", "ms", "claim 16 p99", Target::Reference(Ceiling)),
    row("CPU per claim", "µs", "CPU a claim", Target::RatioAtMost(1.67, Ceiling, "CPU a claim")),
    row("queue page of 50, 100,000 handoffs stored", "/s", "page of many", Target::RatioAtLeast(1.0, Ceiling, "page of many")),
    row("… beside the cached page", "/s", "page of many", Target::RatioAtLeast(0.4, Ceiling, "cached page")),
    row("… p99", "ms", "page of many p99", Target::Reference(Ceiling)),
    row("CPU per page", "µs", "CPU a page", Target::RatioAtMost(2.5, Ceiling, "CPU a page")),
    row("… beside 1,000 handoffs stored", "/s", "page of many", Target::RatioAtLeast(0.9, Product, "page of few")),
    row("uncached queue page, 100,000 stored", "/s", "fresh page of many", Target::Reference(Ceiling)),
    row("… beside 1,000 handoffs stored", "/s", "fresh page of many", Target::RatioAtLeast(0.9, Product, "fresh page of few")),
    row("fan-out to 1,000 streams, flat out", "deliveries/s", "flat out", Target::RatioAtLeast(0.7, Ceiling, "flat out")),
    row("10 events/s: request → each of 1,000 streams, p50", "ms", "delivery p50", Target::Reference(Ceiling)),
    row("… p99", "ms", "delivery p99", Target::RatioAtMost(1.2, Ceiling, "delivery p99")),
    row("… → the last of 1,000, p50", "ms", "last p50", Target::Reference(Ceiling)),
    row("… p99", "ms", "last p99", Target::RatioAtMost(1.2, Ceiling, "last p99")),
    row("CPU per delivery, 10 events/s", "µs", "CPU a delivery", Target::RatioAtMost(0.97, Ceiling, "CPU a delivery")),
    row("CPU per delivery, flat out", "µs", "CPU a delivery, flat out", Target::Reference(Ceiling)),
    row("events lost, repeated or out of order", "", "wrong", Target::AlwaysZero),
    row("deliveries after more than 1 s", "", "late", Target::AlwaysZero),
    row("memory a stream, 5,000 open", "KiB", "memory a stream", Target::Maximum(12.0)),
    row("… beside the ceiling's", "KiB", "memory a stream", Target::Reference(Ceiling)),
    row("resume: missed events to one reader", "/s", "resume", Target::Minimum(100_000.0)),
    row("claims while 1,000 readers resume", "/s", "claims among 1,000 who resume", Target::RatioAtLeast(0.5, Product, "claims alone")),
    row("… p99", "ms", "claims among p99", Target::Reference(Ceiling)),
    row("start → first response, 100,000 handoffs stored", "ms", "start", Target::Maximum(50.0)),
    row("idle memory, 100,000 handoffs stored", "MiB", "idle memory", Target::Maximum(12.0)),
    row("escalate while the model hangs and SMTP tarpits, 1 connection, p50", "ms", "trouble: escalate 1 p50", Target::RatioAtMost(1.05, Product, "quiet: escalate 1 p50")),
    row("… 16 connections", "/s", "trouble: escalate 16", Target::RatioAtLeast(0.95, Product, "quiet: escalate 16")),
    row("… p99", "ms", "trouble: escalate 16 p99", Target::RatioAtMost(1.05, Product, "quiet: escalate 16 p99")),
    row("console: a step in a list of 10,000, key → last byte of the frame, p50", "ms", "step p50", Target::RatioAtMost(1.0, Neomutt, "step p50")),
    row("… beside tig", "ms", "step p50", Target::Reference(Tig)),
    row("… p99", "ms", "step p99", Target::RatioAtMost(1.0, Neomutt, "step p99")),
    row("… beside tig", "ms", "step p99", Target::Reference(Tig)),
    row("… bytes written", "", "bytes a step", Target::Maximum(1024.0)),
    row("… beside neomutt", "", "bytes a step", Target::Reference(Neomutt)),
    row("… beside tig", "", "bytes a step", Target::Reference(Tig)),
    row("console: start → first paint", "ms", "first paint", Target::Maximum(20.0)),
    row("… beside neomutt", "ms", "first paint", Target::Reference(Neomutt)),
    row("… beside tig", "ms", "first paint", Target::Reference(Tig)),
    row("… → the queue", "ms", "queue", Target::Maximum(90.0)),
    row("… → all 10,000 are in the list, beside neomutt", "ms", "settled", Target::Reference(Neomutt)),
    row("… beside tig", "ms", "settled", Target::Reference(Tig)),
    row("console: an event on a stream → on the screen, p50", "ms", "event to screen p50", Target::Reference(Neomutt)),
    row("… p99", "ms", "event to screen p99", Target::Maximum(16.0)),
    row("console: 1,000 events in a burst, frames per second", "", "frames in a burst", Target::Maximum(62.5)),
    row("console: memory, 10,000 handoffs", "MiB", "console memory", Target::Maximum(20.0)),
    row("… beside neomutt", "MiB", "console memory", Target::Reference(Neomutt)),
    row("… beside tig", "MiB", "console memory", Target::Reference(Tig)),
    row("console: CPU at rest", "%", "console CPU at rest", Target::MaximumOrZero(0.05)),
    row("… wake-ups per second", "", "console wake-ups", Target::MaximumOrZero(0.5)),
    row("console: a session of 5,000 messages opens", "ms", "session opens", Target::Maximum(50.0)),
    row("… a step in it, p50", "ms", "session step p50", Target::RatioAtMost(1.0, Product, "step p50")),
    row("… a step in it, p99", "ms", "session step p99", Target::RatioAtMost(1.0, Product, "step p99")),
];

impl Figures {
    /// Records a figure of this round.
    pub fn record(&mut self, program: Program, figure: &'static str, value: f64) {
        self.0.entry((program, figure)).or_default().push(value);
    }

    fn median(&self, program: Program, figure: &'static str) -> Option<f64> {
        Some(percentile(&mut self.0.get(&(program, figure))?.clone(), 50))
    }

    fn worst(&self, program: Program, figure: &'static str) -> Option<f64> {
        self.0.get(&(program, figure))?.iter().copied().max_by(f64::total_cmp)
    }

    /// The report as a Markdown table.
    pub fn to_markdown(&self) -> String {
        let mut table = String::from(
            "| work | tierup | beside | ratio | target | |\n| --- | --: | --: | --: | --: | --- |\n",
        );
        for row in ROWS {
            let own = match row.target {
                // One bad round is enough to miss this target.
                Target::AlwaysZero => self.worst(Product, row.figure),
                Target::RatioAtLeast(..)
                | Target::RatioAtMost(..)
                | Target::Minimum(_)
                | Target::Maximum(_)
                | Target::MaximumOrZero(_)
                | Target::Reference(_) => self.median(Product, row.figure),
            };
            let Some(own) = own else { continue };
            let reference = match &row.target {
                Target::RatioAtLeast(_, program, figure) | Target::RatioAtMost(_, program, figure) => {
                    self.median(*program, figure)
                }
                Target::Minimum(_) | Target::Maximum(_) | Target::MaximumOrZero(_) | Target::AlwaysZero => {
                    None
                }
                Target::Reference(program) => self.median(*program, row.figure),
            };
            let ratio = reference.map(|beside| own / beside);
            let both = reference.is_some_and(is_measured) && is_measured(own);
            let (target, verdict) = match row.target {
                Target::RatioAtLeast(factor, ..) => {
                    (format!("≥ {factor}"), Some(verdict(both, ratio.is_some_and(|ratio| ratio >= factor))))
                }
                Target::RatioAtMost(factor, ..) => {
                    (format!("≤ {factor}"), Some(verdict(both, ratio.is_some_and(|ratio| ratio <= factor))))
                }
                Target::Minimum(minimum) => {
                    (format!("≥ {}", format_number(minimum)), Some(verdict(is_measured(own), own >= minimum)))
                }
                Target::Maximum(maximum) => {
                    (format!("≤ {}", format_number(maximum)), Some(verdict(is_measured(own), own <= maximum)))
                }
                Target::MaximumOrZero(maximum) => {
                    let measured = own.is_finite() && own >= 0.0;
                    (format!("≤ {}", format_number(maximum)), Some(verdict(measured, own <= maximum)))
                }
                Target::AlwaysZero => ("0".into(), Some(verdict(own.is_finite() && own >= 0.0, own <= 0.0))),
                Target::Reference(_) => (String::new(), None),
            };
            let unit = if row.unit.is_empty() { String::new() } else { format!(", {}", row.unit) };
            let verdict = verdict.unwrap_or_default();
            // Writing to a String cannot fail.
            let _ = writeln!(
                table,
                "| {}{unit} | {} | {} | {} | {target} | {verdict} |",
                row.title,
                format_number(own),
                reference.map(format_number).unwrap_or_default(),
                ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
            );
        }
        table
    }

    /// All figures of all rounds, as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        let all = self.0.iter().map(|((program, figure), values)| {
            serde_json::json!({ "side": program, "figure": figure, "rounds": values })
        });
        all.collect()
    }
}

/// Whether a time, rate or size was measured.
fn is_measured(value: f64) -> bool {
    value.is_finite() && value > 0.0
}

/// The verdict on a figure. An unmeasured figure has not reached its target.
const fn verdict(is_measured: bool, is_reached: bool) -> &'static str {
    match (is_measured, is_reached) {
        (true, true) => "reached",
        (true, false) => "**missed**",
        (false, _) => "**not measured**",
    }
}

/// A number with separators and about three significant digits: `12,345`, `12.3`, `1.23`.
fn format_number(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 || value.fract() == 0.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    let (whole, rest) =
        text.split_once('.').map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    rest.map_or(grouped.clone(), |rest| format!("{grouped}.{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_formatted_for_people() {
        let said = [0.0, 1.234, 12.34, 123.4, 1_234.5, 1_234_567.0].map(format_number);
        assert_eq!(said, ["0", "1.23", "12.3", "123", "1,234", "1,234,567"]);
    }

    #[test]
    fn a_figure_is_compared_with_its_target() {
        let mut figures = Figures::default();
        for value in [9.0, 11.0, 100.0] {
            figures.record(Product, "claim 16", value);
        }
        figures.record(Ceiling, "claim 16", 22.0);
        let table = figures.to_markdown();
        assert!(
            table.contains(
                "| claims of distinct handoffs, 16 connections, /s | 11 | 22 | 0.50 | ≥ 0.6 | **missed** |"
            ),
            "{table}"
        );
    }

    /// The verdict on a figure with these rounds, next to another figure.
    fn verdict_for(
        figure: &'static str,
        rounds: &[f64],
        reference: Option<(Program, &'static str, f64)>,
    ) -> String {
        let mut figures = Figures::default();
        for value in rounds {
            figures.record(Product, figure, *value);
        }
        if let Some((program, figure, value)) = reference {
            figures.record(program, figure, value);
        }
        let table = figures.to_markdown();
        let line = table.lines().nth(2).unwrap_or_else(|| panic!("{figure} is not in {table}"));
        line.trim_end_matches(" |").rsplit("| ").next().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_figure_without_a_measurement_is_not_measured() {
        for nothing in [-0.56, 0.0, f64::NAN] {
            assert_eq!(verdict_for("memory a stream", &[nothing], None), "**not measured**", "{nothing}");
            let beside = Some((Ceiling, "claim 16", nothing));
            assert_eq!(verdict_for("claim 16", &[10.0], beside), "**not measured**", "beside {nothing}");
        }
        assert_eq!(verdict_for("claim 16", &[10.0], None), "**not measured**");
        assert_eq!(verdict_for("resume", &[f64::INFINITY], None), "**not measured**");
        assert_eq!(verdict_for("memory a stream", &[8.0], None), "reached");
        assert_eq!(verdict_for("memory a stream", &[12.5], None), "**missed**");
        assert_eq!(verdict_for("console wake-ups", &[0.0], None), "reached");
        assert_eq!(verdict_for("console wake-ups", &[-1.0], None), "**not measured**");
    }

    #[test]
    fn an_always_zero_target_is_missed_by_a_single_round() {
        assert_eq!(verdict_for("wrong", &[0.0, 0.0, 1.0, 0.0, 0.0], None), "**missed**");
        assert_eq!(verdict_for("wrong", &[0.0; 5], None), "reached");
    }

    #[test]
    fn every_figure_can_miss_its_target() {
        for row in ROWS {
            let (rounds, beside) = match row.target {
                Target::RatioAtLeast(factor, program, figure) => (1.0, Some((program, figure, 2.0 / factor))),
                Target::RatioAtMost(factor, program, figure) => (1.0, Some((program, figure, 0.5 / factor))),
                Target::Minimum(minimum) => (minimum / 2.0, None),
                Target::Maximum(maximum) | Target::MaximumOrZero(maximum) => (maximum * 2.0, None),
                Target::AlwaysZero => (1.0, None),
                Target::Reference(_) => continue,
            };
            let mut figures = Figures::default();
            figures.record(Product, row.figure, rounds);
            if let Some((side, figure, value)) = beside {
                figures.record(side, figure, value);
            }
            assert!(figures.to_markdown().contains("**missed**"), "{}", row.title);
        }
    }
}
