//! `tierup sessions`: sessions, the newest first.

use clap::Args;
use tierup_common::limit;
use tierup_common::route;
use tierup_common::session::{SessionItem, SessionPage, SessionStatus};

use crate::cli::context::CommandContext;
use crate::cli::error::CliError;

#[derive(Args)]
pub(super) struct SessionsArgs {
    /// Only those that are: active, paused, escalated or resolved
    #[arg(long, value_name = "STATUS")]
    status: Option<SessionStatus>,
    /// Only those that you opened or work on
    #[arg(long)]
    mine: bool,
    /// Only those in which these words stand
    #[arg(long, short, value_name = "WORDS", allow_hyphen_values = true)]
    query: Option<String>,
    /// At most so many
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 50)]
    limit: usize,
}

pub(super) async fn run(context: &CommandContext, arguments: &SessionsArgs) -> Result<(), CliError> {
    let page = fetch_pages(context, arguments).await?;
    if context.output.is_json() {
        return context.output.print_json(&page);
    }
    let rows: Vec<_> = page.items.iter().map(|session| table_row(context, session)).collect();
    let heads = ["SESSION", "STATUS", "WITH", "CHANGED", "PROBLEM"];
    context.output.print_table(&heads, &rows, "There are no such sessions.")
}

/// Pages until there are no more, or enough.
async fn fetch_pages(context: &CommandContext, arguments: &SessionsArgs) -> Result<SessionPage, CliError> {
    let mut whole = SessionPage { items: Vec::new(), next_cursor: None };
    loop {
        let known = whole.items.len();
        let wanted = arguments.limit.saturating_sub(known).clamp(1, limit::PAGE as usize);
        let mut query = vec![("limit", wanted.to_string())];
        query.extend(arguments.status.map(|status| ("status", status.as_str().to_owned())));
        query.extend(arguments.mine.then(|| ("mine", "true".to_owned())));
        query.extend(arguments.query.clone().map(|words| ("q", words)));
        query.extend(whole.next_cursor.take().map(|cursor| ("cursor", cursor)));
        let page: SessionPage = context.get(&route::SESSIONS.path(&[]), &query).await?;
        whole.items.extend(page.items);
        whole.next_cursor = page.next_cursor;
        // A page that brings nothing brings no end either.
        let is_all = whole.next_cursor.is_none() || whole.items.len() == known;
        if is_all || whole.items.len() >= arguments.limit {
            whole.items.truncate(arguments.limit);
            return Ok(whole);
        }
    }
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
