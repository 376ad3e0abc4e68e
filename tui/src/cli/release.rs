//! `tierup release`: a claim back into the queue.

use clap::Args;
use tierup_common::handoff::{Handoff, Release};
use tierup_common::id::HandoffRef;
use tierup_common::route;

use crate::cli::context::{self, CommandContext};
use crate::cli::error::CliError;

#[derive(Args)]
pub(super) struct ReleaseArgs {
    /// Its number, or its id
    #[arg(value_parser = context::parse_handoff_ref)]
    handoff: HandoffRef,
    /// Why, for whoever picks it up next; - reads it from standard input
    #[arg(allow_hyphen_values = true)]
    reason: String,
}

pub(super) async fn run(context: &CommandContext, arguments: &ReleaseArgs) -> Result<(), CliError> {
    let body = Release { reason: context.read_text(&arguments.reason)? };
    let handoff: Handoff = context.post(&route::RELEASE.path(&[&arguments.handoff]), Some(&body)).await?;
    context.output.print(&handoff, &format!("#{} is back in the queue", handoff.item.number))
}
