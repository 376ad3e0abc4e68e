//! `tierup resume`: what was parked, or escalated and not claimed, back to its opener.

use clap::Args;
use tierup_common::route;
use tierup_common::session::Session;

use crate::cli::errand::{Errand, SessionName};
use crate::cli::exit::Exit;

#[derive(Args)]
pub(super) struct Arguments {
    /// Its number, its id, or h42 for the session of handoff 42
    session: SessionName,
}

pub(super) async fn run(errand: &Errand, arguments: &Arguments) -> Result<(), Exit> {
    let id = errand.session(arguments.session).await?;
    let session: Session = errand.post(&route::RESUME.path(&[&id]), None::<&()>).await?;
    let words = format!("session {} is active again: {}", session.item.number, session.item.title());
    errand.out.tell(&session, &words)
}
