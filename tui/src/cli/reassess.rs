//! `tierup reassess`: runs the assessment of a handoff again.

use clap::Args;
use tierup_common::id::HandoffRef;

use crate::cli::context::CommandContext;
use crate::cli::reference::parse_handoff_ref;
use crate::error::CliError;
use crate::runtime::api::requests;

#[derive(Args)]
pub(super) struct ReassessArgs {
    /// Handoff: its number or id
    #[arg(value_parser = parse_handoff_ref)]
    handoff: HandoffRef,
}

pub(super) async fn run(context: &CommandContext, arguments: &ReassessArgs) -> Result<(), CliError> {
    let handoff = context.api.send(requests::reassess(arguments.handoff)).await?;
    context.output.print(&handoff, &format!("assessing #{} again", handoff.item.number))
}
