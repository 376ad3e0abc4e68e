//! `tierup logout`: revokes the token on the server, and forgets it here.

use clap::Args;
use serde_json::json;
use tierup_common::problem::Code;

use crate::cli::connect;
use crate::cli::context::CommandContext;
use crate::cli::options::Options;
use crate::error::CliError;
use crate::event::CallError;
use crate::runtime::api::requests;
use crate::runtime::data_dir::DataDir;

#[derive(Args)]
pub(super) struct LogoutArgs {
    /// Forget the token without revoking it
    #[arg(long)]
    only_here: bool,
}

pub(super) async fn run(options: &Options, arguments: &LogoutArgs) -> Result<(), CliError> {
    let context = CommandContext::new(options).await?;
    let revoked = if arguments.only_here { Ok(()) } else { context.api.send(requests::log_out()).await };
    let data_dir = DataDir::platform_default().map_err(CliError::from_display)?;
    connect::credential_store(options, &data_dir).remove_token().await.map_err(CliError::from_display)?;
    match revoked {
        Ok(()) => {}
        // The token had already ended.
        Err(CallError::Problem(problem)) if problem.code() == Some(Code::Unauthenticated) => {}
        Err(failure) => {
            let hint = "the token is forgotten here, but works until it expires; an admin can revoke it";
            return Err(CliError::from(failure).with_hint(hint));
        }
    }
    let server = context.api.server_url();
    context.output.print(&json!({"server": server}), &format!("Logged out of {server}"))
}
