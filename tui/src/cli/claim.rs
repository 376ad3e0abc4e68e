//! `tierup claim`: exactly one wins; the other is told who, and ends with status 9.

use clap::Args;
use tierup_common::id::HandoffRef;

use crate::cli::context::{self, CommandContext};
use crate::cli::error::CliError;

#[derive(Args)]
pub(super) struct ClaimArgs {
    /// Its number, or its id
    #[arg(value_parser = context::parse_handoff_ref)]
    handoff: HandoffRef,
}

pub(super) async fn run(context: &CommandContext, arguments: &ClaimArgs) -> Result<(), CliError> {
    let claimed = context.api.claim(arguments.handoff).await?;
    let number = claimed.item.number;
    let words = format!("#{number} is yours: {} (its session: h{number})", claimed.item.problem_summary);
    context.output.print(&claimed, &words)
}
