//! `tierup sessions`: sessions, the newest change first.

use clap::Args;
use tierup_common::search_query::SearchQuery;
use tierup_common::session::{SessionItem, SessionStatus};

use crate::cli::candidates;
use crate::cli::context::CommandContext;
use crate::cli::input::parse_search;
use crate::cli::pages;
use crate::error::CliError;
use crate::runtime::api::requests;

#[derive(Args)]
pub(super) struct SessionsArgs {
    /// Only this status: active, paused, escalated or resolved
    #[arg(long, value_name = "STATUS", value_parser = candidates::one_of(SessionStatus::ALL, SessionStatus::as_str), hide_possible_values = true)]
    status: Option<SessionStatus>,
    /// Only sessions that you opened or work on
    #[arg(long)]
    mine: bool,
    /// Only what matches: words, "exact words", from:sam, by:dana, is:mine, priority:urgent, older:30m, status:resolved
    #[arg(long, short, value_name = "QUERY", allow_hyphen_values = true, value_parser = parse_search)]
    query: Option<SearchQuery>,
    /// Maximum number of sessions
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 50)]
    limit: usize,
}

pub(super) async fn run(context: &CommandContext, arguments: &SessionsArgs) -> Result<(), CliError> {
    let page = pages::fetch_all(&context.api, arguments.limit, |size, cursor| {
        requests::session_page(size, cursor)
            .query("status", arguments.status.map(|status| status.as_str()))
            .query("mine", arguments.mine.then_some(true))
            .query("q", arguments.query.as_ref())
    });
    let page = page.await?;
    if context.output.is_json() {
        return context.output.print_json(&page);
    }
    let rows: Vec<_> = page.items.iter().map(|session| table_row(context, session)).collect();
    let heads = ["SESSION", "STATUS", "ASSIGNEE", "UPDATED", "PROBLEM"];
    context.output.print_table(&heads, &rows, "No sessions")
}

fn table_row(context: &CommandContext, session: &SessionItem) -> Vec<String> {
    vec![
        session.number.to_string(),
        session.status.to_string(),
        session.assignee_name.clone(),
        context.format_age(session.updated_at),
        session.title(),
    ]
}
