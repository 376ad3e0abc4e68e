//! `tierup resolve`: the end of a session, with what it was and which suggested steps worked.

use clap::Args;
use tierup_common::id::{HandoffId, StepId};
use tierup_common::route;
use tierup_common::session::{Resolve, Session};

use crate::cli::context::{CommandContext, SessionRef};
use crate::cli::error::CliError;
use crate::cli::outcome;

#[derive(Args)]
pub(super) struct ResolveArgs {
    /// Its number, its id, or h42 for the session of handoff 42
    session: SessionRef,
    /// What it was, and what you did: the next one will be found by it; - reads it from standard input
    #[arg(allow_hyphen_values = true)]
    resolution: String,
    /// A suggested step that worked, by its number as `show` has it; may be given again
    #[arg(long, value_name = "NUMBER")]
    worked: Vec<usize>,
}

pub(super) async fn run(context: &CommandContext, arguments: &ResolveArgs) -> Result<(), CliError> {
    let resolution = context.read_text(&arguments.resolution)?;
    let session = context.fetch_session(arguments.session).await?;
    let worked_step_ids = if arguments.worked.is_empty() {
        Vec::new()
    } else {
        find_steps(context, session.item.handoff_id, &arguments.worked).await?
    };
    let body = Resolve { resolution, worked_step_ids };
    let session: Session = context.post(&route::RESOLVE.path(&[&session.item.id]), Some(&body)).await?;
    let words = format!("session {} is resolved: {}", session.item.number, session.item.title());
    context.output.print(&session, &words)
}

/// The steps with these numbers, among those that were suggested for a handoff.
async fn find_steps(
    context: &CommandContext,
    handoff: Option<HandoffId>,
    numbers: &[usize],
) -> Result<Vec<StepId>, CliError> {
    let none = || CliError::usage("no steps were suggested for this session").with_hint("leave out --worked");
    let handoff = context.fetch_handoff(handoff.ok_or_else(none)?.into()).await?;
    numbers.iter().map(|number| outcome::find_step(&handoff, *number)).collect()
}
