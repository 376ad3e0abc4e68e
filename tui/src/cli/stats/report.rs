//! The report of a period: figures by person or priority, with bars and sparklines on a terminal.

use std::time::Duration;

use clap::ValueEnum;
use tierup_common::stats::{Figures, Percentiles, StatsReport};
use tierup_common::time::format_ago_short;

use crate::cli::context::CommandContext;
use crate::error::CliError;
use crate::runtime::api::requests;
use crate::runtime::clock;

/// Columns of the longest bar.
const BAR_WIDTH: u64 = 20;

/// What the figures of a report are grouped by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(in crate::cli) enum Grouping {
    /// The person who claimed
    Person,
    /// The priority
    Priority,
}

/// Fetches the report of this long until now and prints it.
pub(super) async fn run(
    context: &CommandContext,
    since: Duration,
    grouping: Option<Grouping>,
) -> Result<(), CliError> {
    let now = context.api.server_now();
    let offset_minutes = clock::local_zone().utc_offset(now) / 60;
    let report = context.api.send(requests::stats(now.minus(since), offset_minutes)).await?;
    if context.output.is_json() {
        return context.output.print_json(&report);
    }
    if context.output.is_terminal() {
        print_summary(context, &report, since)?;
    }
    let (head, rows) = match grouping {
        Some(Grouping::Person) => {
            let row =
                |row: &tierup_common::stats::PersonFigures| (row.person.name.clone(), row.figures.clone());
            ("PERSON", report.by_person.iter().map(row).collect())
        }
        Some(Grouping::Priority) => {
            let row =
                |row: &tierup_common::stats::PriorityFigures| (row.priority.to_string(), row.figures.clone());
            ("PRIORITY", report.by_priority.iter().map(row).collect())
        }
        None => ("", vec![("all".to_owned(), report.all.clone())]),
    };
    print_rows(context, head, &rows)
}

/// The lines above the table: totals, and how they spread over hours and days.
fn print_summary(context: &CommandContext, report: &StatsReport, since: Duration) -> Result<(), CliError> {
    let Figures { escalated, claimed, resolved, missed, .. } = report.all;
    let late = if missed > 0 { format!(", {missed} late") } else { String::new() };
    let cut = if report.is_complete { "" } else { "; the oldest are not counted" };
    let facts = format!("{escalated} escalated, {claimed} claimed, {resolved} resolved{late}{cut}");
    context.output.print_heading(&format!("The last {}: {facts}", format_ago_short(since)))?;
    let levels = levels(context.output.is_ascii());
    let hours: Vec<Option<u64>> = report.arrivals_by_hour.iter().copied().map(Some).collect();
    context.output.print_line(&format!("arrivals by hour, 0 to 23    {}", sparkline(&hours, levels)))?;
    let days: Vec<Option<u64>> = report.days.iter().map(|day| day.p50_seconds_to_claim).collect();
    let days = newest(&days, context.output.columns().saturating_sub(30));
    let longest = days.iter().flatten().max().copied();
    let longest = longest.map(|seconds| format!("  at most {}", duration_text(seconds))).unwrap_or_default();
    context
        .output
        .print_line(&format!("time to claim by day (p50)   {}{longest}", sparkline(days, levels)))?;
    context.output.print_text("")
}

fn print_rows(context: &CommandContext, head: &str, rows: &[(String, Figures)]) -> Result<(), CliError> {
    let most = rows.iter().map(|(_, figures)| figures.escalated).max().unwrap_or(0);
    let has_bars = context.output.is_terminal();
    let block = if context.output.is_ascii() { "#" } else { "█" };
    let cells = |(name, figures): &(String, Figures)| {
        let (to_claim, to_resolve) = (figures.to_claim, figures.to_resolve);
        let mut cells = vec![name.clone()];
        let counts = [figures.escalated, figures.claimed, figures.resolved, figures.missed];
        cells.extend(counts.map(|count| count.to_string()));
        for percentiles in [to_claim, to_resolve] {
            let seconds =
                percentiles.map(|Percentiles { p50_seconds, p95_seconds }| [p50_seconds, p95_seconds]);
            let texts = seconds.map(|seconds| {
                seconds.map(|seconds| context.output.format_duration(Duration::from_secs(seconds)))
            });
            cells.extend(texts.unwrap_or(["-".into(), "-".into()]));
        }
        if has_bars {
            cells.push(block.repeat(bar_length(figures.escalated, most)));
        }
        cells
    };
    let table: Vec<Vec<String>> = rows.iter().map(cells).collect();
    let mut heads =
        vec![head, "ALL", "CLAIMED", "RESOLVED", "LATE", "CLAIM p50", "p95", "RESOLVE p50", "p95"];
    if has_bars {
        heads.push("");
    }
    context.output.print_table(&heads, &table, "No escalations")
}

fn bar_length(count: u64, most: u64) -> usize {
    let length = (count * BAR_WIDTH).div_ceil(most.max(1));
    usize::try_from(length).unwrap_or(0)
}

/// The glyphs of a sparkline, the lowest first.
const fn levels(is_ascii: bool) -> [char; 8] {
    if is_ascii {
        ['_', '.', ':', '-', '=', '+', '*', '#']
    } else {
        ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
    }
}

/// One glyph for each value, as high as it is beside the highest; a blank where there is none.
fn sparkline(values: &[Option<u64>], levels: [char; 8]) -> String {
    let most = values.iter().flatten().max().copied().unwrap_or(0).max(1);
    let glyph = |value: &Option<u64>| match value {
        None => ' ',
        Some(value) => {
            let level = (value * (levels.len() as u64 - 1)).div_ceil(most);
            levels[usize::try_from(level).unwrap_or(0).min(levels.len() - 1)]
        }
    };
    values.iter().map(glyph).collect()
}

/// The last values, as many as fit.
fn newest<T>(values: &[T], columns: usize) -> &[T] {
    &values[values.len().saturating_sub(columns)..]
}

/// A duration for people.
fn duration_text(seconds: u64) -> String {
    if seconds < 60 { "1m".into() } else { format_ago_short(Duration::from_secs(seconds)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_is_as_high_as_its_highest_value() {
        let values = [Some(0), Some(1), Some(50), None, Some(100)];
        assert_eq!(sparkline(&values, levels(false)), "▁▂▅ █");
        assert_eq!(sparkline(&values, levels(true)), "_.= #");
        assert_eq!(sparkline(&[Some(0), None], levels(false)), "▁ ");
        assert_eq!(sparkline(&[Some(u64::MAX / 8)], levels(false)), "█");
        assert_eq!(newest(&[1, 2, 3], 2), [2, 3]);
    }

    #[test]
    fn the_longest_bar_is_of_the_highest_count_and_none_vanishes() {
        assert_eq!([bar_length(200, 200), bar_length(100, 200), bar_length(1, 200)], [20, 10, 1]);
        assert_eq!([bar_length(0, 200), bar_length(0, 0)], [0, 0]);
    }
}
