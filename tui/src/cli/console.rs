//! `tierup`: the console.

use std::io::IsTerminal;

use crate::cli::connect::{self, ResolvedLogin};
use crate::cli::error::{CliError, api_error, cli_error};
use crate::cli::{Options, settings};
use crate::runtime::activity::Activity;
use crate::runtime::api::ApiClient;
use crate::runtime::data_dir::DataDir;
use crate::runtime::{self, ConsoleSetup, ServerAccess, log, terminal};
use crate::settings::{Settings, is_dumb_terminal};

pub(super) async fn run(options: &Options) -> Result<(), CliError> {
    let data_dir = DataDir::platform_default().map_err(cli_error)?;
    let settings = settings::load(&options.console)?;
    let credentials = connect::credential_store(options, &data_dir);
    let ResolvedLogin { server, token } = connect::resolve_login(options, &data_dir).await?;
    let api = match (&server, token) {
        (Some(server), Some(token)) => Some(
            ApiClient::new(server, token)
                .map_err(|error| api_error(&error))?
                .with_timeout(connect::response_timeout(options)),
        ),
        (None, _) | (_, None) => None,
    };
    let server_access = match api {
        Some(api) => ServerAccess::from_api(api, credentials),
        None => ServerAccess {
            api: None,
            server_url: server,
            credentials,
            response_timeout: connect::response_timeout(options),
        },
    };
    open_console(server_access, data_dir, settings).await
}

/// Opens the console on this terminal, until the user leaves.
pub async fn open_console(
    server_access: ServerAccess,
    data_dir: DataDir,
    settings: Settings,
) -> Result<(), CliError> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err(CliError::error("the console needs a terminal")
            .with_hint("`tierup --help` lists the commands that work without one"));
    }
    if is_dumb_terminal(&|name| std::env::var(name).ok()) {
        return Err(CliError::error(
            "the console cannot be painted here: this terminal says that it is dumb (TERM is `dumb`, or empty)",
        )
        .with_hint(
            "open it in a terminal, or use the commands: `tierup queue`, `tierup watch`, `tierup --help`",
        ));
    }
    // A console without a log is better than none.
    let _ = log::init(&data_dir);
    let mut guard = terminal::TerminalGuard::new(settings.mouse_enabled).map_err(cli_error)?;
    let shutdown = async {
        tokio::select! {
            () = terminal::wait_for_panic() => {}
            () = terminal::wait_for_termination() => {}
            () = terminal::wait_for_hangup() => {}
        }
    };
    let host = terminal::CrosstermHost::new(&settings);
    let setup = ConsoleSetup { server_access, data_dir, settings, activity: Activity::default() };
    let ran = runtime::run(&mut guard.terminal, terminal::events(), shutdown, host, setup).await;
    drop(guard);
    ran.map_err(cli_error)
}
