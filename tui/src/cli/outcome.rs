//! `tierup outcome`: what came of a suggested step.

use clap::{Args, ValueEnum};
use tierup_common::assessment::{Outcome, Step};
use tierup_common::handoff::{Handoff, PutStep};
use tierup_common::id::{HandoffRef, StepId};
use tierup_common::route;

use crate::cli::errand::{self, Errand};
use crate::cli::exit::Exit;

#[derive(Args)]
pub(super) struct Arguments {
    /// Its number, or its id
    #[arg(value_parser = errand::handoff)]
    handoff: HandoffRef,
    /// The step, by its number as `show` has it
    step: usize,
    /// What came of it
    outcome: Came,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Came {
    /// It helped
    Worked,
    /// It did not help
    Failed,
    /// Nothing is known of it: takes a mark back
    Unknown,
}

pub(super) async fn run(errand: &Errand, arguments: &Arguments) -> Result<(), Exit> {
    let handoff = errand.handoff(arguments.handoff).await?;
    let step = step(&handoff, arguments.step)?;
    let (outcome, word) = match arguments.outcome {
        Came::Worked => (Some(Outcome::Worked), "worked"),
        Came::Failed => (Some(Outcome::Failed), "did not work"),
        Came::Unknown => (None, "has no mark"),
    };
    let path = route::STEP.path(&[&handoff.item.id, &step]);
    let step: Step = errand.put(&path, &PutStep { outcome }).await?;
    errand.out.tell(&step, &format!("step {} {word}: {}", arguments.step, step.text))
}

/// The step with this number, among those that were suggested for a handoff.
pub(super) fn step(handoff: &Handoff, number: usize) -> Result<StepId, Exit> {
    let steps = handoff.item.ai_assessment_data.as_ref().map(|data| data.suggested_steps.as_slice());
    let found = number.checked_sub(1).and_then(|place| steps.unwrap_or_default().get(place));
    found.map(|step| step.id).ok_or_else(|| {
        Exit::usage(format!("there is no step {number}"))
            .hint(format!("`tierup show {}` numbers them", handoff.item.number))
    })
}
