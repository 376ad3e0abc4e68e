//! `tierup resolve`: ends a session with its resolution and the suggested steps that worked.

use clap::Args;
use clap_complete::ArgValueCandidates;
use tierup_common::id::{HandoffId, HandoffRef, StepId};
use tierup_common::session::Resolve;

use crate::cli::candidates;
use crate::cli::context::CommandContext;
use crate::cli::outcome;
use crate::cli::reference::{SessionRef, parse_handoff_ref};
use crate::error::CliError;
use crate::runtime::api::requests;
use crate::story::duplicate_resolution;

#[derive(Args)]
pub(super) struct ResolveArgs {
    /// Session: its number or id, or h42 for the session of handoff 42
    #[arg(add = ArgValueCandidates::new(candidates::sessions))]
    session: SessionRef,
    /// The cause and the fix, for the next time; use - to read it from standard input
    #[arg(allow_hyphen_values = true, required_unless_present = "duplicate_of")]
    resolution: Option<String>,
    /// Number in `tierup show` of a suggested step that worked; can be repeated
    #[arg(long, value_name = "NUMBER")]
    worked: Vec<usize>,
    /// Handoff of the same problem: its number or id
    #[arg(long, value_name = "HANDOFF", value_parser = parse_handoff_ref)]
    duplicate_of: Option<HandoffRef>,
}

pub(super) async fn run(context: &CommandContext, arguments: &ResolveArgs) -> Result<(), CliError> {
    let resolution = match (&arguments.resolution, arguments.duplicate_of) {
        (None, Some(original)) => duplicate_resolution(original),
        (text, _) => context.read_text(text.as_deref().unwrap_or_default())?,
    };
    let session = context.fetch_session(arguments.session).await?;
    let worked_step_ids = if arguments.worked.is_empty() {
        Vec::new()
    } else {
        find_steps(context, session.item.handoff_id, &arguments.worked).await?
    };
    let body = Resolve { resolution, worked_step_ids, duplicate_of: arguments.duplicate_of };
    let session = context.api.send(requests::resolve(session.item.id, &body)).await?;
    let text = format!("resolved session {}: {}", session.item.number, session.item.title());
    context.output.print(&session, &text)
}

/// The suggested steps of a handoff with these numbers.
async fn find_steps(
    context: &CommandContext,
    handoff: Option<HandoffId>,
    numbers: &[usize],
) -> Result<Vec<StepId>, CliError> {
    let no_steps = || CliError::usage("this session has no suggested steps").with_hint("leave out --worked");
    let handoff = context.api.send(requests::handoff(handoff.ok_or_else(no_steps)?)).await?;
    numbers.iter().map(|number| outcome::find_step(&handoff, *number)).collect()
}
