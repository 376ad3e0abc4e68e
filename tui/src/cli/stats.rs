//! `tierup stats`: queue statistics.

use std::collections::BTreeMap;

use serde::Serialize;
use tierup_common::handoff::{Priority, QueueItem, QueueState};

use crate::cli::context::CommandContext;
use crate::cli::pages;
use crate::error::CliError;
use crate::runtime::api::requests;
use crate::runtime::clock;

/// Handoffs that are counted, at most.
const MAX_HANDOFFS: usize = 100_000;

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
}

pub(super) async fn run(context: &CommandContext) -> Result<(), CliError> {
    let stats = compute_stats(
        &fetch_all(context, QueueState::Open).await?,
        &fetch_all(context, QueueState::Claimed).await?,
    );
    if context.output.is_json() {
        return context.output.print_json(&stats);
    }
    let duration = |seconds: Option<u64>| match seconds {
        Some(seconds) => context.output.format_duration(std::time::Duration::from_secs(seconds)),
        None => "-".into(),
    };
    let mut rows = vec![vec!["open".to_owned(), stats.open.to_string()]];
    let priorities = stats.open_by_priority.iter().rev();
    rows.extend(priorities.map(|(priority, count)| vec![format!("open, {priority}"), count.to_string()]));
    rows.push(vec!["longest wait".into(), duration(stats.longest_wait_seconds)]);
    rows.push(vec!["claimed".into(), stats.claimed.to_string()]);
    let claimers = stats.claimed_by.iter();
    rows.extend(claimers.map(|(name, count)| vec![format!("claimed by {name}"), count.to_string()]));
    rows.push(vec!["median time to claim".into(), duration(stats.median_seconds_to_claim)]);
    context.output.print_table(&["FIGURE", "VALUE"], &rows, "")
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
        median_seconds_to_claim: to_claim.get(to_claim.len() / 2).copied(),
    }
}
