//! `tierup queue`: what waits, the most urgent first.

use clap::Args;
use tierup_common::assessment::AssessmentStatus;
use tierup_common::handoff::{HandoffStatus, Priority, QueueItem, QueuePage, QueueState};
use tierup_common::limit;
use tierup_common::route;

use crate::cli::context::CommandContext;
use crate::cli::error::CliError;

#[derive(Args)]
pub(super) struct QueueArgs {
    /// Which handoffs: open, claimed, mine or all
    #[arg(long, value_name = "STATE", default_value = "open")]
    state: QueueState,
    /// Only those of this priority: low, normal, high or urgent
    #[arg(long, value_name = "PRIORITY")]
    priority: Option<Priority>,
    /// Only those in which these words stand
    #[arg(long, short, value_name = "WORDS", allow_hyphen_values = true)]
    query: Option<String>,
    /// At most so many
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 1000)]
    limit: usize,
}

pub(super) async fn run(context: &CommandContext, arguments: &QueueArgs) -> Result<(), CliError> {
    let page = fetch_pages(context, arguments).await?;
    if context.output.is_json() {
        return context.output.print_json(&page);
    }
    let rows: Vec<_> = page.items.iter().map(|item| table_row(context, item)).collect();
    let heads = ["HANDOFF", "PRIORITY", "FROM", "SINCE", "STATE", "ASSESSMENT", "PROBLEM"];
    context.output.print_table(&heads, &rows, "Nothing waits.")
}

/// Pages until there are no more, or enough.
async fn fetch_pages(context: &CommandContext, arguments: &QueueArgs) -> Result<QueuePage, CliError> {
    let mut whole: Option<QueuePage> = None;
    loop {
        let known = whole.as_ref().map_or(0, |page| page.items.len());
        let wanted = arguments.limit.saturating_sub(known).clamp(1, limit::PAGE as usize);
        let mut query = vec![("state", arguments.state.as_str().to_owned()), ("limit", wanted.to_string())];
        query.extend(arguments.priority.map(|priority| ("priority", priority.as_str().to_owned())));
        query.extend(arguments.query.clone().map(|words| ("q", words)));
        query.extend(
            whole.as_ref().and_then(|page| page.next_cursor.clone()).map(|cursor| ("cursor", cursor)),
        );
        let mut page: QueuePage = context.get(&route::ESCALATIONS.path(&[]), &query).await?;
        if let Some(before) = whole.take() {
            let mut items = before.items;
            items.append(&mut page.items);
            // What came first is the oldest that the whole can vouch for.
            page = QueuePage { items, as_of_seq: before.as_of_seq, ..page };
        }
        // A page that brings nothing brings no end either.
        let is_all = page.next_cursor.is_none() || page.items.len() == known;
        if is_all || page.items.len() >= arguments.limit {
            page.items.truncate(arguments.limit);
            return Ok(page);
        }
        whole = Some(page);
    }
}

fn table_row(context: &CommandContext, item: &QueueItem) -> Vec<String> {
    vec![
        item.number.to_string(),
        item.priority.to_string(),
        item.handed_off_by_name.clone(),
        context.format_age(item.created_at),
        status_text(item),
        assessment_text(item).to_owned(),
        item.problem_summary.clone(),
    ]
}

/// Where a handoff stands, with whoever has it.
pub(super) fn status_text(item: &QueueItem) -> String {
    match (&item.claimed_by_name, item.status) {
        (Some(name), HandoffStatus::Claimed) => format!("claimed by {name}"),
        (_, status) => status.to_string(),
    }
}

/// Where its assessment stands; how sure it is, once it is there.
pub(super) fn assessment_text(item: &QueueItem) -> &'static str {
    match (&item.ai_assessment_data, item.assessment_status) {
        (Some(data), AssessmentStatus::Ready) => data.confidence.as_str(),
        (_, AssessmentStatus::NotRequested) => "none",
        (_, status) => status.as_str(),
    }
}
