//! `tierup logout`: the token ends on the server, and is forgotten here.

use clap::Args;
use serde_json::json;
use tierup_common::problem::Code;
use tierup_common::route;

use crate::cli::context::CommandContext;
use crate::cli::error::{CliError, cli_error};
use crate::cli::{Options, connect};
use crate::event::CallError;
use crate::runtime::data_dir::DataDir;

#[derive(Args)]
pub(super) struct LogoutArgs {
    /// Forget the token on this machine, and let it work elsewhere
    #[arg(long)]
    only_here: bool,
}

pub(super) async fn run(options: &Options, arguments: &LogoutArgs) -> Result<(), CliError> {
    let context = CommandContext::new(options).await?;
    let logged_out: Result<(), CallError> = if arguments.only_here {
        Ok(())
    } else {
        context.api.mutate(reqwest::Method::POST, &route::LOGOUT.path(&[]), None::<&()>).await
    };
    let data_dir = DataDir::platform_default().map_err(cli_error)?;
    connect::credential_store(options, &data_dir).remove_token().await.map_err(cli_error)?;
    match logged_out {
        Ok(()) => {}
        // One that no longer works has ended already.
        Err(CallError::Problem(problem)) if problem.code() == Some(Code::Unauthenticated) => {}
        Err(failure) => {
            let hint = "it is forgotten here, but works until it expires; an admin can end it";
            return Err(CliError::from(failure).with_hint(hint));
        }
    }
    context.output.print(
        &json!({"server": context.api.server_url()}),
        &format!("Logged out of {}", context.api.server_url()),
    )
}
