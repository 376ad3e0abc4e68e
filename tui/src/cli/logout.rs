//! `tierup logout`: the token ends on the server, and is forgotten here.

use clap::Args;
use serde_json::json;
use tierup_common::problem::Code;
use tierup_common::route;

use crate::cli::errand::Errand;
use crate::cli::exit::{Exit, wrong};
use crate::cli::{Options, connect};
use crate::event::Failure;
use crate::runtime::files::Files;

#[derive(Args)]
pub(super) struct Arguments {
    /// Forget the token on this machine, and let it work elsewhere
    #[arg(long)]
    only_here: bool,
}

pub(super) async fn run(options: &Options, arguments: &Arguments) -> Result<(), Exit> {
    let errand = Errand::new(options).await?;
    let ended: Result<(), Failure> = if arguments.only_here {
        Ok(())
    } else {
        errand.api.change(reqwest::Method::POST, &route::LOGOUT.path(&[]), None::<&()>).await
    };
    let files = Files::of_platform().map_err(wrong)?;
    connect::vault(options, &files).forget().await.map_err(wrong)?;
    match ended {
        Ok(()) => {}
        // One that no longer works has ended already.
        Err(Failure::Problem(problem)) if problem.code() == Some(Code::Unauthenticated) => {}
        Err(failure) => {
            let hint = "it is forgotten here, but works until it expires; an admin can end it";
            return Err(Exit::from(failure).hint(hint));
        }
    }
    errand
        .out
        .tell(&json!({"server": errand.api.server()}), &format!("Logged out of {}", errand.api.server()))
}
