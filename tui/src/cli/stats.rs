//! `tierup stats`: how the queue is doing, in a few figures.

use std::collections::BTreeMap;

use serde::Serialize;
use tierup_common::handoff::{Priority, QueueItem, QueuePage, QueueState};
use tierup_common::limit;
use tierup_common::route;

use crate::cli::context::CommandContext;
use crate::cli::error::CliError;
use crate::runtime::clock;

/// Pages that are looked at, at most.
const MAX_PAGES: usize = 500;

/// The figures.
#[derive(Serialize)]
struct Stats {
    /// Waiting to be claimed.
    open: usize,
    /// The same, by priority.
    open_by_priority: BTreeMap<Priority, usize>,
    /// How long the one that has waited longest has waited, in seconds.
    longest_wait_seconds: Option<u64>,
    /// Claimed, and not ended.
    claimed: usize,
    /// The same, by whoever works on them.
    claimed_by: BTreeMap<String, usize>,
    /// From hand-off to claim, in seconds, for what is claimed now: the one in the middle.
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
    let span = |seconds: Option<u64>| match seconds {
        Some(seconds) => context.output.format_duration(std::time::Duration::from_secs(seconds)),
        None => "-".into(),
    };
    let mut rows = vec![vec!["open".to_owned(), stats.open.to_string()]];
    let priorities = stats.open_by_priority.iter().rev();
    rows.extend(priorities.map(|(priority, count)| vec![format!("open, {priority}"), count.to_string()]));
    rows.push(vec!["longest wait".into(), span(stats.longest_wait_seconds)]);
    rows.push(vec!["claimed".into(), stats.claimed.to_string()]);
    let people = stats.claimed_by.iter();
    rows.extend(people.map(|(name, count)| vec![format!("claimed by {name}"), count.to_string()]));
    rows.push(vec!["median time to claim".into(), span(stats.median_seconds_to_claim)]);
    context.output.print_table(&["FIGURE", "VALUE"], &rows, "")
}

async fn fetch_all(context: &CommandContext, state: QueueState) -> Result<Vec<QueueItem>, CliError> {
    let (mut items, mut cursor): (Vec<QueueItem>, Option<String>) = (Vec::new(), None);
    for _ in 0..MAX_PAGES {
        let mut query = vec![("state", state.as_str().to_owned()), ("limit", limit::PAGE.to_string())];
        query.extend(cursor.take().map(|cursor| ("cursor", cursor)));
        let page: QueuePage = context.get(&route::ESCALATIONS.path(&[]), &query).await?;
        items.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    Ok(items)
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
    let since = open.iter().map(|item| item.created_at).min();
    let mut to_claim: Vec<u64> = claimed
        .iter()
        .filter_map(|item| item.claimed_at.map(|at| at.since(item.created_at).as_secs()))
        .collect();
    to_claim.sort_unstable();
    Stats {
        open: open.len(),
        open_by_priority,
        longest_wait_seconds: since.map(|since| clock::now().since(since).as_secs()),
        claimed: claimed.len(),
        claimed_by,
        median_seconds_to_claim: to_claim.get(to_claim.len() / 2).copied(),
    }
}
