//! `tierup outcome`: what came of a suggested step.

use clap::{Args, ValueEnum};
use tierup_common::assessment::{Outcome, Step};
use tierup_common::handoff::{Handoff, PutStep};
use tierup_common::id::{HandoffRef, StepId};
use tierup_common::route;

use crate::cli::context::{self, CommandContext};
use crate::cli::error::CliError;

#[derive(Args)]
pub(super) struct OutcomeArgs {
    /// Its number, or its id
    #[arg(value_parser = context::parse_handoff_ref)]
    handoff: HandoffRef,
    /// The step, by its number as `show` has it
    step: usize,
    /// What came of it
    outcome: OutcomeArg,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum OutcomeArg {
    /// It helped
    Worked,
    /// It did not help
    Failed,
    /// Nothing is known of it: takes a mark back
    Unknown,
}

pub(super) async fn run(context: &CommandContext, arguments: &OutcomeArgs) -> Result<(), CliError> {
    let handoff = context.fetch_handoff(arguments.handoff).await?;
    let step = find_step(&handoff, arguments.step)?;
    let (outcome, word) = match arguments.outcome {
        OutcomeArg::Worked => (Some(Outcome::Worked), "worked"),
        OutcomeArg::Failed => (Some(Outcome::Failed), "did not work"),
        OutcomeArg::Unknown => (None, "has no mark"),
    };
    let path = route::STEP.path(&[&handoff.item.id, &step]);
    let step: Step = context.put(&path, &PutStep { outcome }).await?;
    context.output.print(&step, &format!("step {} {word}: {}", arguments.step, step.text))
}

/// The step with this number, among those that were suggested for a handoff.
pub(super) fn find_step(handoff: &Handoff, number: usize) -> Result<StepId, CliError> {
    let steps = handoff.item.ai_assessment_data.as_ref().map(|data| data.suggested_steps.as_slice());
    let found = number.checked_sub(1).and_then(|place| steps.unwrap_or_default().get(place));
    found.map(|step| step.id).ok_or_else(|| {
        CliError::usage(format!("there is no step {number}"))
            .with_hint(format!("`tierup show {}` numbers them", handoff.item.number))
    })
}
