//! `tierup release`: puts a claimed handoff back in the queue.

use clap::Args;
use tierup_common::id::HandoffRef;

use crate::cli::context::CommandContext;
use crate::cli::reference::parse_handoff_ref;
use crate::error::CliError;
use crate::runtime::api::requests;

#[derive(Args)]
pub(super) struct ReleaseArgs {
    /// Handoff: its number or id
    #[arg(value_parser = parse_handoff_ref)]
    handoff: HandoffRef,
    /// Reason, for the next person; use - to read it from standard input
    #[arg(allow_hyphen_values = true)]
    reason: String,
}

pub(super) async fn run(context: &CommandContext, arguments: &ReleaseArgs) -> Result<(), CliError> {
    let reason = context.read_text(&arguments.reason)?;
    let handoff = context.api.send(requests::release(arguments.handoff, reason)).await?;
    context.output.print(&handoff, &format!("released #{}", handoff.item.number))
}
