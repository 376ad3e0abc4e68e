//! `tierup release`: a claim back into the queue.

use clap::Args;
use tierup_common::handoff::{Handoff, Release};
use tierup_common::id::HandoffRef;
use tierup_common::route;

use crate::cli::errand::{self, Errand};
use crate::cli::exit::Exit;

#[derive(Args)]
pub(super) struct Arguments {
    /// Its number, or its id
    #[arg(value_parser = errand::handoff)]
    handoff: HandoffRef,
    /// Why, for whoever picks it up next; - reads it from standard input
    #[arg(allow_hyphen_values = true)]
    reason: String,
}

pub(super) async fn run(errand: &Errand, arguments: &Arguments) -> Result<(), Exit> {
    let body = Release { reason: errand.text(&arguments.reason)? };
    let handoff: Handoff = errand.post(&route::RELEASE.path(&[&arguments.handoff]), Some(&body)).await?;
    errand.out.tell(&handoff, &format!("#{} is back in the queue", handoff.item.number))
}
