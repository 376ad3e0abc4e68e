//! `tierup resolve`: the end of a session, with what it was and which suggested steps worked.

use clap::Args;
use tierup_common::id::{HandoffId, StepId};
use tierup_common::route;
use tierup_common::session::{Resolve, Session};

use crate::cli::errand::{Errand, SessionName};
use crate::cli::exit::Exit;
use crate::cli::outcome;

#[derive(Args)]
pub(super) struct Arguments {
    /// Its number, its id, or h42 for the session of handoff 42
    session: SessionName,
    /// What it was, and what you did: the next one will be found by it; - reads it from standard input
    #[arg(allow_hyphen_values = true)]
    resolution: String,
    /// A suggested step that worked, by its number as `show` has it; may be given again
    #[arg(long, value_name = "NUMBER")]
    worked: Vec<usize>,
}

pub(super) async fn run(errand: &Errand, arguments: &Arguments) -> Result<(), Exit> {
    let resolution = errand.text(&arguments.resolution)?;
    let session = errand.whole_session(arguments.session).await?;
    let worked_step_ids = if arguments.worked.is_empty() {
        Vec::new()
    } else {
        steps(errand, session.item.handoff_id, &arguments.worked).await?
    };
    let body = Resolve { resolution, worked_step_ids };
    let session: Session = errand.post(&route::RESOLVE.path(&[&session.item.id]), Some(&body)).await?;
    let words = format!("session {} is resolved: {}", session.item.number, session.item.title());
    errand.out.tell(&session, &words)
}

/// The steps with these numbers, among those that were suggested for a handoff.
async fn steps(errand: &Errand, handoff: Option<HandoffId>, numbers: &[usize]) -> Result<Vec<StepId>, Exit> {
    let none = || Exit::usage("no steps were suggested for this session").hint("leave out --worked");
    let handoff = errand.handoff(handoff.ok_or_else(none)?.into()).await?;
    numbers.iter().map(|number| outcome::step(&handoff, *number)).collect()
}
