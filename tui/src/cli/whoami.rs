//! `tierup whoami`: the logged-in user.

use crate::cli::context::CommandContext;
use crate::error::CliError;
use crate::runtime::api::requests;

pub(super) async fn run(context: &CommandContext) -> Result<(), CliError> {
    let me = context.api.send(requests::me()).await?;
    let text = format!(
        "{} <{}>, {} of {}, on {}",
        me.user.name,
        me.user.email,
        me.user.role,
        me.account_name,
        context.api.server_url()
    );
    context.output.print(&me, &text)
}
