//! `tierup outcome`: records the outcome of a suggested step.

use clap::{Args, ValueEnum};
use clap_complete::ArgValueCandidates;
use tierup_common::assessment::Outcome;
use tierup_common::handoff::Handoff;
use tierup_common::id::{HandoffRef, StepId};

use crate::cli::candidates;
use crate::cli::context::CommandContext;
use crate::cli::reference::parse_handoff_ref;
use crate::error::CliError;
use crate::runtime::api::requests;

#[derive(Args)]
pub(super) struct OutcomeArgs {
    /// Handoff: its number or id
    #[arg(value_parser = parse_handoff_ref, add = ArgValueCandidates::new(candidates::current_handoffs))]
    handoff: HandoffRef,
    /// Number of the step in `tierup show`
    step: usize,
    /// The outcome
    outcome: OutcomeArg,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum OutcomeArg {
    /// It helped
    Worked,
    /// It did not help
    Failed,
    /// Clear the outcome
    Unknown,
}

pub(super) async fn run(context: &CommandContext, arguments: &OutcomeArgs) -> Result<(), CliError> {
    let handoff = context.api.send(requests::handoff(arguments.handoff)).await?;
    let step = find_step(&handoff, arguments.step)?;
    let outcome = match arguments.outcome {
        OutcomeArg::Worked => Some(Outcome::Worked),
        OutcomeArg::Failed => Some(Outcome::Failed),
        OutcomeArg::Unknown => None,
    };
    let label = outcome.map_or("outcome cleared", outcome_text);
    let step = context.api.send(requests::put_step(handoff.item.id, step, outcome)).await?;
    context.output.print(&step, &format!("step {} {label}: {}", arguments.step, step.text))
}

/// An outcome in words.
pub(super) const fn outcome_text(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Worked => "worked",
        Outcome::Failed => "failed",
    }
}

/// The suggested step with this number, counted from 1.
pub(super) fn find_step(handoff: &Handoff, number: usize) -> Result<StepId, CliError> {
    let steps = handoff.item.ai_assessment_data.as_ref().map(|data| data.suggested_steps.as_slice());
    let found = number.checked_sub(1).and_then(|index| steps.unwrap_or_default().get(index));
    found.map(|step| step.id).ok_or_else(|| {
        CliError::usage(format!("there is no step {number}"))
            .with_hint(format!("`tierup show {}` lists the steps", handoff.item.number))
    })
}
