//! `tierup timeline`: what happened in a session, in order.

use clap::Args;
use serde_json::json;

use crate::cli::context::CommandContext;
use crate::cli::history;
use crate::cli::reference::SessionRef;
use crate::error::CliError;
use crate::post_mortem::{happenings, one_line};
use crate::runtime::clock;

#[derive(Args)]
pub(super) struct TimelineArgs {
    /// Session: its number or id, or h42 for the session of handoff 42
    session: SessionRef,
    /// Only the newest ones
    #[arg(long, short = 'n', value_name = "COUNT")]
    last: Option<usize>,
}

pub(super) async fn run(context: &CommandContext, arguments: &TimelineArgs) -> Result<(), CliError> {
    let history = history::fetch(context, arguments.session).await?;
    let mut all = happenings(&history.session.conversation_messages, &history.events);
    if let Some(last) = arguments.last {
        all.drain(..all.len().saturating_sub(last));
    }
    if context.output.is_json() {
        return context.output.print_json(&json!({"items": all}));
    }
    let zone = clock::local_zone();
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|it| {
            let what = if it.text.is_empty() {
                it.what.clone()
            } else {
                format!("{}: {}", it.what, one_line(&it.text))
            };
            vec![context.output.format_moment(it.at, &zone), it.who.clone(), what]
        })
        .collect();
    context.output.print_table(&["WHEN", "WHO", "WHAT"], &rows, "Nothing happened yet")
}
