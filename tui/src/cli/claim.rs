//! `tierup claim`: exactly one person wins; everyone else is told who, with exit status 9.

use clap::Args;
use clap_complete::ArgValueCandidates;
use tierup_common::id::HandoffRef;

use crate::cli::candidates;
use crate::cli::context::CommandContext;
use crate::cli::reference::parse_handoff_ref;
use crate::error::CliError;
use crate::runtime::api::requests;

#[derive(Args)]
pub(super) struct ClaimArgs {
    /// Handoff: its number or id
    #[arg(value_parser = parse_handoff_ref, add = ArgValueCandidates::new(candidates::open_handoffs))]
    handoff: HandoffRef,
}

pub(super) async fn run(context: &CommandContext, arguments: &ClaimArgs) -> Result<(), CliError> {
    let handoff = context.api.send(requests::claim(arguments.handoff)).await?;
    let number = handoff.item.number;
    let text = format!("claimed #{number}: {} (session h{number})", handoff.item.problem_summary);
    context.output.print(&handoff, &text)
}
