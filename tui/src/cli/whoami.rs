//! `tierup whoami`: who the token belongs to.

use crate::cli::context::CommandContext;
use crate::cli::error::CliError;

pub(super) async fn run(context: &CommandContext) -> Result<(), CliError> {
    let me = context.api.me().await?;
    let words = format!(
        "{} <{}>, {} of {}, on {}",
        me.user.name,
        me.user.email,
        me.user.role,
        me.account_name,
        context.api.server_url()
    );
    context.output.print(&me, &words)
}
