//! What was found, the median of the rounds, beside what is wanted.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::figures::Side::{Ceiling, Neomutt, Product, Tig};
use crate::load::percentile;

/// Whose figure it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The server of this repository.
    Product,
    /// The one that does nothing but what the work needs.
    Ceiling,
    /// A console for Git, on as many commits as there are handoffs.
    Tig,
    /// A mail client, on as many messages as there are handoffs.
    Neomutt,
}

/// Every figure of every round.
#[derive(Default)]
pub struct Figures(BTreeMap<(Side, &'static str), Vec<f64>>);

/// What is wanted of a figure.
enum Goal {
    /// At least so many times that figure of that side.
    AtLeast(f64, Side, &'static str),
    /// At most so many times that figure of that side.
    AtMost(f64, Side, &'static str),
    /// At least so much.
    Least(f64),
    /// At most so much. What cannot be nothing was not measured if it is nothing, or less.
    Most(f64),
    /// At most so much, and nothing is as good as can be.
    Little(f64),
    /// Not once, in any round.
    Never,
    /// Nothing: it is there to be known, beside the same figure of that side.
    Known(Side),
}

struct Line {
    work: &'static str,
    unit: &'static str,
    figure: &'static str,
    goal: Goal,
}

const fn line(work: &'static str, unit: &'static str, figure: &'static str, goal: Goal) -> Line {
    Line { work, unit, figure, goal }
}

/// One line a figure, in the order of the report.
#[rustfmt::skip]
const TABLE: &[Line] = &[
    line("escalate, durable, 16 connections", "/s", "escalate 16", Goal::AtLeast(0.5, Ceiling, "create 16")),
    line("… p99", "ms", "escalate 16 p99", Goal::AtMost(3.0, Ceiling, "create 16 p99")),
    line("CPU an escalation", "µs", "CPU an escalation", Goal::AtMost(2.0, Ceiling, "CPU a create")),
    line("escalate, 1 connection", "/s", "escalate 1", Goal::Known(Ceiling)),
    line("open a session, 16 connections", "/s", "create 16", Goal::Known(Ceiling)),
    line("open a session, 1 connection", "/s", "create 1", Goal::Known(Ceiling)),
    line("claim race, 8 contenders a handoff", "attempts/s", "race", Goal::AtLeast(0.7, Ceiling, "race")),
    line("… p99", "ms", "race p99", Goal::AtMost(2.0, Ceiling, "race p99")),
    line("CPU an attempt", "µs", "CPU an attempt", Goal::AtMost(1.43, Ceiling, "CPU an attempt")),
    line("… races not won exactly once", "", "races not won once", Goal::Never),
    line("claims of distinct handoffs, 16 connections", "/s", "claim 16", Goal::AtLeast(0.6, Ceiling, "claim 16")),
    line("… p99", "ms", "claim 16 p99", Goal::Known(Ceiling)),
    line("CPU a claim", "µs", "CPU a claim", Goal::AtMost(1.67, Ceiling, "CPU a claim")),
    line("queue page of 50, 100,000 handoffs kept", "/s", "page of many", Goal::AtLeast(1.0, Ceiling, "page of many")),
    line("… beside the cached page", "/s", "page of many", Goal::AtLeast(0.4, Ceiling, "cached page")),
    line("… p99", "ms", "page of many p99", Goal::Known(Ceiling)),
    line("CPU a page", "µs", "CPU a page", Goal::AtMost(2.5, Ceiling, "CPU a page")),
    line("… beside 1,000 handoffs kept", "/s", "page of many", Goal::AtLeast(0.9, Product, "page of few")),
    line("queue page never asked for before, 100,000 kept", "/s", "fresh page of many", Goal::Known(Ceiling)),
    line("… beside 1,000 handoffs kept", "/s", "fresh page of many", Goal::AtLeast(0.9, Product, "fresh page of few")),
    line("fan-out to 1,000 streams, flat out", "deliveries/s", "flat out", Goal::AtLeast(0.7, Ceiling, "flat out")),
    line("10 events/s: asked for → on each of 1,000 streams, p50", "ms", "delivery p50", Goal::Known(Ceiling)),
    line("… p99", "ms", "delivery p99", Goal::AtMost(1.2, Ceiling, "delivery p99")),
    line("… → on the last of 1,000, p50", "ms", "last p50", Goal::Known(Ceiling)),
    line("… p99", "ms", "last p99", Goal::AtMost(1.2, Ceiling, "last p99")),
    line("CPU a delivery, 10 events/s", "µs", "CPU a delivery", Goal::AtMost(0.97, Ceiling, "CPU a delivery")),
    line("CPU a delivery, flat out", "µs", "CPU a delivery, flat out", Goal::Known(Ceiling)),
    line("events lost, twice or out of order", "", "wrong", Goal::Never),
    line("deliveries after more than 1 s", "", "late", Goal::Never),
    line("memory a stream, 5,000 open", "KiB", "memory a stream", Goal::Most(12.0)),
    line("… beside the ceiling's", "KiB", "memory a stream", Goal::Known(Ceiling)),
    line("resume: missed events to one reader", "/s", "resume", Goal::Least(100_000.0)),
    line("claims while 1,000 readers resume", "/s", "claims among 1,000 who resume", Goal::AtLeast(0.5, Product, "claims alone")),
    line("… p99", "ms", "claims among p99", Goal::Known(Ceiling)),
    line("start → first answer, 100,000 handoffs kept", "ms", "start", Goal::Most(50.0)),
    line("idle memory, 100,000 handoffs kept", "MiB", "idle memory", Goal::Most(12.0)),
    line("escalate while the model hangs and SMTP tarpits, 1 connection, p50", "ms", "trouble: escalate 1 p50", Goal::AtMost(1.05, Product, "quiet: escalate 1 p50")),
    line("… 16 connections", "/s", "trouble: escalate 16", Goal::AtLeast(0.95, Product, "quiet: escalate 16")),
    line("… p99", "ms", "trouble: escalate 16 p99", Goal::AtMost(1.05, Product, "quiet: escalate 16 p99")),
    line("console: a step in a list of 10,000, key → last byte of its frame, p50", "ms", "step p50", Goal::AtMost(1.0, Neomutt, "step p50")),
    line("… beside tig", "ms", "step p50", Goal::Known(Tig)),
    line("… p99", "ms", "step p99", Goal::AtMost(1.0, Neomutt, "step p99")),
    line("… beside tig", "ms", "step p99", Goal::Known(Tig)),
    line("… bytes written", "", "bytes a step", Goal::Most(1024.0)),
    line("… beside neomutt", "", "bytes a step", Goal::Known(Neomutt)),
    line("… beside tig", "", "bytes a step", Goal::Known(Tig)),
    line("console: start → first paint", "ms", "first paint", Goal::Most(20.0)),
    line("… beside neomutt", "ms", "first paint", Goal::Known(Neomutt)),
    line("… beside tig", "ms", "first paint", Goal::Known(Tig)),
    line("… → the queue", "ms", "queue", Goal::Most(90.0)),
    line("… → all 10,000 are in the list, beside neomutt", "ms", "settled", Goal::Known(Neomutt)),
    line("… beside tig", "ms", "settled", Goal::Known(Tig)),
    line("console: an event on a stream → on the screen, p50", "ms", "event to screen p50", Goal::Known(Neomutt)),
    line("… p99", "ms", "event to screen p99", Goal::Most(16.0)),
    line("console: 1,000 events in a burst, frames a second", "", "frames in a burst", Goal::Most(62.5)),
    line("console: memory, 10,000 handoffs", "MiB", "console memory", Goal::Most(20.0)),
    line("… beside neomutt", "MiB", "console memory", Goal::Known(Neomutt)),
    line("… beside tig", "MiB", "console memory", Goal::Known(Tig)),
    line("console: CPU at rest", "%", "console CPU at rest", Goal::Little(0.05)),
    line("… wake-ups a second", "", "console wake-ups", Goal::Little(0.5)),
    line("console: a session of 5,000 messages opens", "ms", "session opens", Goal::Most(50.0)),
    line("… a step in it, p50", "ms", "session step p50", Goal::AtMost(1.0, Product, "step p50")),
    line("… a step in it, p99", "ms", "session step p99", Goal::AtMost(1.0, Product, "step p99")),
];

impl Figures {
    /// Notes a figure of this round.
    pub fn note(&mut self, side: Side, figure: &'static str, value: f64) {
        self.0.entry((side, figure)).or_default().push(value);
    }

    fn median(&self, side: Side, figure: &'static str) -> Option<f64> {
        Some(percentile(&mut self.0.get(&(side, figure))?.clone(), 50))
    }

    fn worst(&self, side: Side, figure: &'static str) -> Option<f64> {
        self.0.get(&(side, figure))?.iter().copied().max_by(f64::total_cmp)
    }

    /// The report, as a table in Markdown.
    pub fn table(&self) -> String {
        let mut table = String::from(
            "| work | tierup | beside | ratio | target | |\n| --- | --: | --: | --: | --: | --- |\n",
        );
        for line in TABLE {
            let own = match line.goal {
                // What must never be is not made good by the other rounds.
                Goal::Never => self.worst(Product, line.figure),
                Goal::AtLeast(..)
                | Goal::AtMost(..)
                | Goal::Least(_)
                | Goal::Most(_)
                | Goal::Little(_)
                | Goal::Known(_) => self.median(Product, line.figure),
            };
            let Some(own) = own else { continue };
            let beside = match &line.goal {
                Goal::AtLeast(_, side, figure) | Goal::AtMost(_, side, figure) => self.median(*side, figure),
                Goal::Least(_) | Goal::Most(_) | Goal::Little(_) | Goal::Never => None,
                Goal::Known(side) => self.median(*side, line.figure),
            };
            let ratio = beside.map(|beside| own / beside);
            let both = beside.is_some_and(is_measured) && is_measured(own);
            let (target, verdict) = match line.goal {
                Goal::AtLeast(factor, ..) => {
                    (format!("≥ {factor}"), Some(verdict(both, ratio.is_some_and(|ratio| ratio >= factor))))
                }
                Goal::AtMost(factor, ..) => {
                    (format!("≤ {factor}"), Some(verdict(both, ratio.is_some_and(|ratio| ratio <= factor))))
                }
                Goal::Least(least) => {
                    (format!("≥ {}", number(least)), Some(verdict(is_measured(own), own >= least)))
                }
                Goal::Most(most) => {
                    (format!("≤ {}", number(most)), Some(verdict(is_measured(own), own <= most)))
                }
                Goal::Little(most) => {
                    let measured = own.is_finite() && own >= 0.0;
                    (format!("≤ {}", number(most)), Some(verdict(measured, own <= most)))
                }
                Goal::Never => ("0".into(), Some(verdict(own.is_finite() && own >= 0.0, own <= 0.0))),
                Goal::Known(_) => (String::new(), None),
            };
            let unit = if line.unit.is_empty() { String::new() } else { format!(", {}", line.unit) };
            let said = verdict.unwrap_or_default();
            // Writing to a String cannot fail.
            let _ = writeln!(
                table,
                "| {}{unit} | {} | {} | {} | {target} | {said} |",
                line.work,
                number(own),
                beside.map(number).unwrap_or_default(),
                ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
            );
        }
        table
    }

    /// Every figure of every round, as JSON.
    pub fn raw(&self) -> serde_json::Value {
        let all = self.0.iter().map(|((side, figure), values)| {
            serde_json::json!({ "side": side, "figure": figure, "rounds": values })
        });
        all.collect()
    }
}

/// Whether something was found at all: times, rates and sizes are more than nothing.
fn is_measured(value: f64) -> bool {
    value.is_finite() && value > 0.0
}

/// What is said of a figure. One that was not measured has reached nothing.
const fn verdict(is_measured: bool, is_reached: bool) -> &'static str {
    match (is_measured, is_reached) {
        (true, true) => "reached",
        (true, false) => "**missed**",
        (false, _) => "**not measured**",
    }
}

/// A number as people write it: `12,345`, `12.3`, `1.23`.
fn number(value: f64) -> String {
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
    fn numbers_are_written_as_people_write_them() {
        let said = [0.0, 1.234, 12.34, 123.4, 1_234.5, 1_234_567.0].map(number);
        assert_eq!(said, ["0", "1.23", "12.3", "123", "1,234", "1,234,567"]);
    }

    #[test]
    fn a_figure_is_held_against_its_target() {
        let mut figures = Figures::default();
        for value in [9.0, 11.0, 100.0] {
            figures.note(Product, "claim 16", value);
        }
        figures.note(Ceiling, "claim 16", 22.0);
        let table = figures.table();
        assert!(
            table.contains(
                "| claims of distinct handoffs, 16 connections, /s | 11 | 22 | 0.50 | ≥ 0.6 | **missed** |"
            ),
            "{table}"
        );
    }

    /// What is said of a figure with these rounds, and this beside it.
    fn said(figure: &'static str, rounds: &[f64], beside: Option<(Side, &'static str, f64)>) -> String {
        let mut figures = Figures::default();
        for value in rounds {
            figures.note(Product, figure, *value);
        }
        if let Some((side, figure, value)) = beside {
            figures.note(side, figure, value);
        }
        let table = figures.table();
        let line = table.lines().nth(2).unwrap_or_else(|| panic!("{figure} is not in {table}"));
        line.trim_end_matches(" |").rsplit("| ").next().unwrap_or_default().to_owned()
    }

    #[test]
    fn what_was_not_measured_has_reached_nothing() {
        for nothing in [-0.56, 0.0, f64::NAN] {
            assert_eq!(said("memory a stream", &[nothing], None), "**not measured**", "{nothing}");
            let beside = Some((Ceiling, "claim 16", nothing));
            assert_eq!(said("claim 16", &[10.0], beside), "**not measured**", "beside {nothing}");
        }
        assert_eq!(said("claim 16", &[10.0], None), "**not measured**");
        assert_eq!(said("resume", &[f64::INFINITY], None), "**not measured**");
        assert_eq!(said("memory a stream", &[8.0], None), "reached");
        assert_eq!(said("memory a stream", &[12.5], None), "**missed**");
        assert_eq!(said("console wake-ups", &[0.0], None), "reached");
        assert_eq!(said("console wake-ups", &[-1.0], None), "**not measured**");
    }

    #[test]
    fn what_must_never_be_is_missed_by_one_round() {
        assert_eq!(said("wrong", &[0.0, 0.0, 1.0, 0.0, 0.0], None), "**missed**");
        assert_eq!(said("wrong", &[0.0; 5], None), "reached");
    }

    #[test]
    fn every_figure_can_miss_its_target() {
        for line in TABLE {
            let (rounds, beside) = match line.goal {
                Goal::AtLeast(factor, side, figure) => (1.0, Some((side, figure, 2.0 / factor))),
                Goal::AtMost(factor, side, figure) => (1.0, Some((side, figure, 0.5 / factor))),
                Goal::Least(least) => (least / 2.0, None),
                Goal::Most(most) | Goal::Little(most) => (most * 2.0, None),
                Goal::Never => (1.0, None),
                Goal::Known(_) => continue,
            };
            let mut figures = Figures::default();
            figures.note(Product, line.figure, rounds);
            if let Some((side, figure, value)) = beside {
                figures.note(side, figure, value);
            }
            assert!(figures.table().contains("**missed**"), "{}", line.work);
        }
    }
}
