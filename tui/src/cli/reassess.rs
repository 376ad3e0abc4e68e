//! `tierup reassess`: the assessment once more.

use clap::Args;
use tierup_common::handoff::Handoff;
use tierup_common::id::HandoffRef;
use tierup_common::route;

use crate::cli::errand::{self, Errand};
use crate::cli::exit::Exit;

#[derive(Args)]
pub(super) struct Arguments {
    /// Its number, or its id
    #[arg(value_parser = errand::handoff)]
    handoff: HandoffRef,
}

pub(super) async fn run(errand: &Errand, arguments: &Arguments) -> Result<(), Exit> {
    let handoff: Handoff = errand.post(&route::REASSESS.path(&[&arguments.handoff]), None::<&()>).await?;
    errand.out.tell(&handoff, &format!("#{} is assessed again", handoff.item.number))
}
