//! The console on the terminal of this process.

use std::io::{self, IsTerminal};

use crate::runtime::activity::Activity;
use crate::runtime::data_dir::DataDir;
use crate::runtime::server_access::ServerAccess;
use crate::runtime::{self, ConsoleSetup, log, terminal};
use crate::settings::{Settings, ThemeSource, is_dumb_terminal};

/// Why the console does not open, or did not stay open.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// Standard input or output is not a terminal.
    #[error("the console needs a terminal\nhint: `tierup --help` lists the commands that work without one")]
    NotATerminal,
    /// `TERM` is `dumb` or empty.
    #[error(
        "the console cannot draw on a dumb terminal (TERM is `dumb` or empty)\nhint: use the commands: `tierup queue`, `tierup watch`, `tierup --help`"
    )]
    DumbTerminal,
    /// The terminal failed.
    #[error(transparent)]
    Terminal(#[from] io::Error),
}

/// Opens the console, until the user leaves.
pub async fn open(
    server_access: ServerAccess,
    data_dir: DataDir,
    settings: Settings,
) -> Result<(), ConsoleError> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(ConsoleError::NotATerminal);
    }
    if is_dumb_terminal(&|name| std::env::var(name).ok()) {
        return Err(ConsoleError::DumbTerminal);
    }
    // A console without a log is better than none.
    let _ = log::init(&data_dir);
    let mut guard = terminal::TerminalGuard::new(settings.mouse_enabled)?;
    if settings.theme_source == ThemeSource::Background {
        terminal::ask_background()?;
    }
    let shutdown = async {
        tokio::select! {
            () = terminal::wait_for_panic() => {}
            () = terminal::wait_for_termination() => {}
            () = terminal::wait_for_hangup() => {}
        }
    };
    let host = terminal::CrosstermHost::new(&settings);
    let setup = ConsoleSetup { server_access, data_dir, settings, activity: Activity::default() };
    Ok(runtime::run(&mut guard.terminal, terminal::events(), shutdown, host, setup).await?)
}
