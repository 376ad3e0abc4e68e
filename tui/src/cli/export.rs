//! `tierup export`: a session as the draft of a post-mortem.

use clap::Args;

use crate::cli::context::CommandContext;
use crate::cli::history;
use crate::cli::reference::SessionRef;
use crate::error::CliError;
use crate::post_mortem::PostMortem;
use crate::runtime::api::requests;
use crate::runtime::clock;

#[derive(Args)]
pub(super) struct ExportArgs {
    /// Session: its number or id, or h42 for the session of handoff 42
    session: SessionRef,
    /// Print Markdown (the default; --json prints the same as data)
    #[arg(long)]
    md: bool,
}

pub(super) async fn run(context: &CommandContext, arguments: &ExportArgs) -> Result<(), CliError> {
    if arguments.md && context.output.is_json() {
        return Err(CliError::usage("--md and --json exclude each other").with_hint("leave out one of them"));
    }
    let history = history::fetch(context, arguments.session).await?;
    let session = &history.session;
    let latest = match &session.escalation_package {
        Some(package) => Some(context.api.send(requests::handoff(package.handoff_id)).await?),
        None => None,
    };
    let data = latest.and_then(|handoff| handoff.item.ai_assessment_data);
    let steps = data.map(|data| data.suggested_steps).unwrap_or_default();
    let post_mortem = PostMortem::new(&session.item, &session.conversation_messages, &history.events, &steps);
    if context.output.is_json() {
        context.output.print_json(&post_mortem)
    } else {
        context.output.print_text(&post_mortem.markdown(&clock::local_zone()))
    }
}
