//! `tierup release`: puts a claimed handoff back in the queue.

use clap::Args;
use clap_complete::ArgValueCandidates;
use tierup_common::handoff::HandoffStatus;
use tierup_common::id::HandoffRef;

use crate::cli::candidates;
use crate::cli::context::CommandContext;
use crate::cli::reference::parse_handoff_ref;
use crate::error::CliError;
use crate::runtime::api::requests;

#[derive(Args)]
pub(super) struct ReleaseArgs {
    /// Handoff: its number or id
    #[arg(value_parser = parse_handoff_ref, add = ArgValueCandidates::new(candidates::own_handoffs))]
    handoff: HandoffRef,
    /// Reason, for the next person; use - to read it from standard input
    #[arg(allow_hyphen_values = true)]
    reason: String,
}

pub(super) async fn run(context: &CommandContext, arguments: &ReleaseArgs) -> Result<(), CliError> {
    let reason = context.read_text(&arguments.reason)?;
    let before = context.api.send(requests::handoff(arguments.handoff)).await?;
    let handoff = context.api.send(requests::release(before.item.id, reason)).await?;
    let number = handoff.item.number;
    // An admin may release what waits, which changes nothing.
    let text = if before.item.status == HandoffStatus::Open {
        format!("#{number} is in the queue already: nobody had claimed it")
    } else {
        format!("released #{number}")
    };
    context.output.print(&handoff, &text)
}
