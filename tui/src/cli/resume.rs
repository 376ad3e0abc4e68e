//! `tierup resume`: what was parked, or escalated and not claimed, back to its opener.

use clap::Args;
use tierup_common::route;
use tierup_common::session::Session;

use crate::cli::context::{CommandContext, SessionRef};
use crate::cli::error::CliError;

#[derive(Args)]
pub(super) struct ResumeArgs {
    /// Its number, its id, or h42 for the session of handoff 42
    session: SessionRef,
}

pub(super) async fn run(context: &CommandContext, arguments: &ResumeArgs) -> Result<(), CliError> {
    let id = context.resolve_session_id(arguments.session).await?;
    let session: Session = context.post(&route::RESUME.path(&[&id]), None::<&()>).await?;
    let words = format!("session {} is active again: {}", session.item.number, session.item.title());
    context.output.print(&session, &words)
}
