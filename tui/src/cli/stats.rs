//! `tierup stats`: queue statistics.

mod report;

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use tierup_common::handoff::{Priority, QueueItem, QueueState};
use tierup_common::response_target::DueState;
use tierup_common::search_query::parse_age;

use crate::cli::context::CommandContext;
use crate::cli::pages;
use crate::cli::stats::report::Grouping;
use crate::error::CliError;
use crate::runtime::api::requests;
use crate::runtime::clock;

/// Handoffs that are counted, at most.
const MAX_HANDOFFS: usize = 100_000;
/// The period of a report, if none is passed.
const DEFAULT_PERIOD: Duration = Duration::from_hours(24 * 30);

#[derive(Args)]
pub(super) struct StatsArgs {
    /// Figures of past escalations, by person or priority
    #[arg(long, value_name = "WHAT")]
    by: Option<Grouping>,
    /// Escalations of how long until now, like 12h, 30d or 8w [default: 30d with --by]
    #[arg(long, value_name = "AGE", value_parser = parse_age)]
    since: Option<Duration>,
}

#[derive(Serialize)]
struct Stats {
    open: usize,
    open_by_priority: BTreeMap<Priority, usize>,
    /// Since the oldest open handoff.
    longest_wait_seconds: Option<u64>,
    claimed: usize,
    /// By the name of the claimer.
    claimed_by: BTreeMap<String, usize>,
    /// From handoff to claim, of the handoffs that are claimed now.
    median_seconds_to_claim: Option<u64>,
    /// Open ones past their response target.
    late: usize,
}

pub(super) async fn run(context: &CommandContext, arguments: &StatsArgs) -> Result<(), CliError> {
    if arguments.by.is_some() || arguments.since.is_some() {
        return report::run(context, arguments.since.unwrap_or(DEFAULT_PERIOD), arguments.by).await;
    }
    let open = fetch_all(context, QueueState::Open).await?;
    let stats = compute_stats(&open, &fetch_all(context, QueueState::Claimed).await?);
    if context.output.is_json() {
        return context.output.print_json(&stats);
    }
    let duration = |seconds: Option<u64>| match seconds {
        Some(seconds) => context.output.format_duration(Duration::from_secs(seconds)),
        None => "-".into(),
    };
    let mut rows = vec![vec!["open".to_owned(), stats.open.to_string()]];
    let priorities = stats.open_by_priority.iter().rev();
    rows.extend(priorities.map(|(priority, count)| vec![format!("open, {priority}"), count.to_string()]));
    rows.push(vec!["longest wait".into(), duration(stats.longest_wait_seconds)]);
    if open.iter().any(|item| item.due_at.is_some()) {
        rows.push(vec!["late".into(), stats.late.to_string()]);
    }
    rows.push(vec!["claimed".into(), stats.claimed.to_string()]);
    let claimers = stats.claimed_by.iter();
    rows.extend(claimers.map(|(name, count)| vec![format!("claimed by {name}"), count.to_string()]));
    rows.push(vec!["median time to claim".into(), duration(stats.median_seconds_to_claim)]);
    context.output.print_table(&["FIGURE", "VALUE"], &rows, "")
}

fn is_late(item: &QueueItem) -> bool {
    matches!(item.due_state(clock::now()), Some(DueState::Missed(_)))
}

async fn fetch_all(context: &CommandContext, state: QueueState) -> Result<Vec<QueueItem>, CliError> {
    let page = pages::fetch_all(&context.api, MAX_HANDOFFS, |size, cursor| {
        requests::queue_page(state, size, cursor)
    });
    Ok(page.await?.items)
}

fn compute_stats(open: &[QueueItem], claimed: &[QueueItem]) -> Stats {
    let mut open_by_priority = BTreeMap::new();
    for item in open {
        *open_by_priority.entry(item.priority).or_default() += 1;
    }
    let mut claimed_by = BTreeMap::new();
    for name in claimed.iter().filter_map(|item| item.claimed_by_name.clone()) {
        *claimed_by.entry(name).or_default() += 1;
    }
    let oldest = open.iter().map(|item| item.created_at).min();
    let mut to_claim: Vec<u64> = claimed
        .iter()
        .filter_map(|item| item.claimed_at.map(|at| at.since(item.created_at).as_secs()))
        .collect();
    to_claim.sort_unstable();
    Stats {
        open: open.len(),
        open_by_priority,
        longest_wait_seconds: oldest.map(|oldest| clock::now().since(oldest).as_secs()),
        claimed: claimed.len(),
        claimed_by,
        late: open.iter().filter(|item| is_late(item)).count(),
        median_seconds_to_claim: to_claim.get(to_claim.len() / 2).copied(),
    }
}
