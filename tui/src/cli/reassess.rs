//! `tierup reassess`: the assessment once more.

use clap::Args;
use tierup_common::handoff::Handoff;
use tierup_common::id::HandoffRef;
use tierup_common::route;

use crate::cli::context::{self, CommandContext};
use crate::cli::error::CliError;

#[derive(Args)]
pub(super) struct ReassessArgs {
    /// Its number, or its id
    #[arg(value_parser = context::parse_handoff_ref)]
    handoff: HandoffRef,
}

pub(super) async fn run(context: &CommandContext, arguments: &ReassessArgs) -> Result<(), CliError> {
    let handoff: Handoff = context.post(&route::REASSESS.path(&[&arguments.handoff]), None::<&()>).await?;
    context.output.print(&handoff, &format!("#{} is assessed again", handoff.item.number))
}
