//! `tierup queue`: handoffs, the most urgent first.

use clap::Args;
use tierup_common::assessment::AssessmentStatus;
use tierup_common::handoff::{HandoffStatus, Priority, QueueItem, QueueState};
use tierup_common::search_query::SearchQuery;

use crate::cli::candidates;
use crate::cli::context::CommandContext;
use crate::cli::input::parse_search;
use crate::cli::pages;
use crate::error::CliError;
use crate::runtime::api::requests;

#[derive(Args)]
pub(super) struct QueueArgs {
    /// Which handoffs: open, claimed, mine or all [default: open, or all if the query asks for a status]
    #[arg(long, value_name = "STATE", value_parser = candidates::one_of(QueueState::ALL, QueueState::as_str), hide_possible_values = true)]
    state: Option<QueueState>,
    /// Only this priority: low, normal, high or urgent
    #[arg(long, value_name = "PRIORITY", value_parser = candidates::one_of(Priority::ALL, Priority::as_str), hide_possible_values = true)]
    priority: Option<Priority>,
    /// Only what matches: words, "exact words", from:sam, by:dana, is:mine, priority:urgent, older:30m, status:resolved
    #[arg(long, short, value_name = "QUERY", allow_hyphen_values = true, value_parser = parse_search)]
    query: Option<SearchQuery>,
    /// Maximum number of handoffs
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 1000)]
    limit: usize,
}

pub(super) async fn run(context: &CommandContext, arguments: &QueueArgs) -> Result<(), CliError> {
    let asks_for_status = arguments.query.as_ref().is_some_and(|query| !query.statuses.is_empty());
    let default_state = if asks_for_status { QueueState::All } else { QueueState::Open };
    let state = arguments.state.unwrap_or(default_state);
    let page = pages::fetch_all(&context.api, arguments.limit, |size, cursor| {
        requests::queue_page(state, size, cursor)
            .query("priority", arguments.priority.map(|priority| priority.as_str()))
            .query("q", arguments.query.as_ref())
    });
    let page = page.await?;
    if context.output.is_json() {
        return context.output.print_json(&page);
    }
    let rows: Vec<_> = page.items.iter().map(|item| table_row(context, item)).collect();
    let heads = ["HANDOFF", "PRIORITY", "FROM", "AGE", "STATE", "ASSESSMENT", "PROBLEM"];
    context.output.print_table(&heads, &rows, "No handoffs")
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

/// The status of a handoff, with its claimer.
pub(super) fn status_text(item: &QueueItem) -> String {
    match (&item.claimed_by_name, item.status) {
        (Some(name), HandoffStatus::Claimed) => format!("claimed by {name}"),
        (_, status) => status.to_string(),
    }
}

/// The status of its assessment, or its confidence once it is ready.
fn assessment_text(item: &QueueItem) -> &'static str {
    match (&item.ai_assessment_data, item.assessment_status) {
        (Some(data), AssessmentStatus::Ready) => data.confidence.as_str(),
        (_, AssessmentStatus::NotRequested) => "none",
        (_, status) => status.as_str(),
    }
}
