//! `tierup send-back`: a handoff back to whoever handed it off, with a question.

use clap::Args;
use tierup_common::handoff::{Handoff, SendBack};
use tierup_common::id::HandoffRef;
use tierup_common::route;

use crate::cli::context::{self, CommandContext};
use crate::cli::error::CliError;

#[derive(Args)]
pub(super) struct SendBackArgs {
    /// Its number, or its id
    #[arg(value_parser = context::parse_handoff_ref)]
    handoff: HandoffRef,
    /// What they should find out; - reads it from standard input
    #[arg(allow_hyphen_values = true)]
    question: String,
}

pub(super) async fn run(context: &CommandContext, arguments: &SendBackArgs) -> Result<(), CliError> {
    let body = SendBack { question: context.read_text(&arguments.question)? };
    let handoff: Handoff = context.post(&route::SEND_BACK.path(&[&arguments.handoff]), Some(&body)).await?;
    let words = format!("#{} is back with {}", handoff.item.number, handoff.item.handed_off_by_name);
    context.output.print(&handoff, &words)
}
