//! `tierup send-back`: a handoff back to whoever handed it off, with a question.

use clap::Args;
use tierup_common::handoff::{Handoff, SendBack};
use tierup_common::id::HandoffRef;
use tierup_common::route;

use crate::cli::errand::{self, Errand};
use crate::cli::exit::Exit;

#[derive(Args)]
pub(super) struct Arguments {
    /// Its number, or its id
    #[arg(value_parser = errand::handoff)]
    handoff: HandoffRef,
    /// What they should find out; - reads it from standard input
    #[arg(allow_hyphen_values = true)]
    question: String,
}

pub(super) async fn run(errand: &Errand, arguments: &Arguments) -> Result<(), Exit> {
    let body = SendBack { question: errand.text(&arguments.question)? };
    let handoff: Handoff = errand.post(&route::SEND_BACK.path(&[&arguments.handoff]), Some(&body)).await?;
    let words = format!("#{} is back with {}", handoff.item.number, handoff.item.handed_off_by_name);
    errand.out.tell(&handoff, &words)
}
