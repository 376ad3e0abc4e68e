//! `tierup send-back`: returns a handoff to its opener with a question.

use clap::Args;
use clap_complete::ArgValueCandidates;
use tierup_common::id::HandoffRef;

use crate::cli::candidates;
use crate::cli::context::CommandContext;
use crate::cli::reference::parse_handoff_ref;
use crate::error::CliError;
use crate::runtime::api::requests;

#[derive(Args)]
pub(super) struct SendBackArgs {
    /// Handoff: its number or id
    #[arg(value_parser = parse_handoff_ref, add = ArgValueCandidates::new(candidates::current_handoffs))]
    handoff: HandoffRef,
    /// What they should find out; use - to read it from standard input
    #[arg(allow_hyphen_values = true)]
    question: String,
}

pub(super) async fn run(context: &CommandContext, arguments: &SendBackArgs) -> Result<(), CliError> {
    let question = context.read_text(&arguments.question)?;
    let handoff = context.api.send(requests::send_back(arguments.handoff, question)).await?;
    let text = format!("sent #{} back to {}", handoff.item.number, handoff.item.handed_off_by_name);
    context.output.print(&handoff, &text)
}
