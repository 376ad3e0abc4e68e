//! `tierup`: the console.

use crate::cli::connect::{self, ResolvedLogin};
use crate::cli::options::Options;
use crate::cli::settings;
use crate::error::CliError;
use crate::runtime::console;
use crate::runtime::data_dir::DataDir;
use crate::runtime::server_access::ServerAccess;

pub(super) async fn run(options: &Options) -> Result<(), CliError> {
    let data_dir = DataDir::platform_default().map_err(CliError::from_display)?;
    let settings = settings::load(&options.console)?;
    let credentials = connect::credential_store(options, &data_dir);
    let ResolvedLogin { server, token } = connect::resolve_login(options, &data_dir).await?;
    let server_access = match (server, token) {
        (Some(server), Some(token)) => {
            ServerAccess::from_api(connect::client_with_token(options, &server, token)?, credentials)
        }
        (server, _) => ServerAccess {
            api: None,
            server_url: server,
            credentials,
            response_timeout: connect::response_timeout(options),
        },
    };
    console::open(server_access, data_dir, settings).await.map_err(CliError::from_display)
}
