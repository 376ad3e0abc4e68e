//! `tierup reassess`: runs the assessment of a handoff again.

use std::io::{IsTerminal, stderr, stdin};

use clap::Args;
use clap_complete::ArgValueCandidates;
use tierup_common::assessment::AssessmentStatus;
use tierup_common::id::HandoffRef;

use crate::cli::candidates;
use crate::cli::context::CommandContext;
use crate::cli::input::ask_yes_or_no;
use crate::cli::reference::parse_handoff_ref;
use crate::error::CliError;
use crate::runtime::api::requests;

#[derive(Args)]
pub(super) struct ReassessArgs {
    /// Handoff: its number or id
    #[arg(value_parser = parse_handoff_ref, add = ArgValueCandidates::new(candidates::current_handoffs))]
    handoff: HandoffRef,
    /// Replace a finished assessment without asking
    #[arg(long, short)]
    yes: bool,
}

pub(super) async fn run(context: &CommandContext, arguments: &ReassessArgs) -> Result<(), CliError> {
    // A script is not asked.
    let can_ask = stdin().is_terminal() && stderr().is_terminal() && !context.output.is_json();
    if can_ask && !arguments.yes {
        let item = context.api.send(requests::handoff(arguments.handoff)).await?.item;
        let is_finished = item.assessment_status == AssessmentStatus::Ready;
        let question = format!("Replace the finished assessment of #{}?", item.number);
        if is_finished && !ask_yes_or_no(&question)? {
            return Err(CliError::error("not assessed again"));
        }
    }
    let handoff = context.api.send(requests::reassess(arguments.handoff)).await?;
    context.output.print(&handoff, &format!("assessing #{} again", handoff.item.number))
}
