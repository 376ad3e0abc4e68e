//! `tierup claim`: exactly one wins; the other is told who, and ends with status 9.

use clap::Args;
use tierup_common::id::HandoffRef;

use crate::cli::errand::{self, Errand};
use crate::cli::exit::Exit;

#[derive(Args)]
pub(super) struct Arguments {
    /// Its number, or its id
    #[arg(value_parser = errand::handoff)]
    handoff: HandoffRef,
}

pub(super) async fn run(errand: &Errand, arguments: &Arguments) -> Result<(), Exit> {
    let claimed = errand.api.claim(arguments.handoff).await?;
    let number = claimed.item.number;
    let words = format!("#{number} is yours: {} (its session: h{number})", claimed.item.problem_summary);
    errand.out.tell(&claimed, &words)
}
