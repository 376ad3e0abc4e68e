//! `tierup resume`: takes back a session that is parked, or escalated and not claimed.

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::cli::candidates;
use crate::cli::context::CommandContext;
use crate::cli::reference::SessionRef;
use crate::error::CliError;
use crate::runtime::api::requests;

#[derive(Args)]
pub(super) struct ResumeArgs {
    /// Session: its number or id, or h42 for the session of handoff 42
    #[arg(add = ArgValueCandidates::new(candidates::sessions))]
    session: SessionRef,
}

pub(super) async fn run(context: &CommandContext, arguments: &ResumeArgs) -> Result<(), CliError> {
    let id = context.resolve_session_id(arguments.session).await?;
    let session = context.api.send(requests::resume(id)).await?;
    let text = format!("resumed session {}: {}", session.item.number, session.item.title());
    context.output.print(&session, &text)
}
