//! The command line: what is asked for, of which server, as whom.

mod claim;
mod connect;
mod console;
mod exit;
mod login;
mod settings;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tierup_common::id::HandoffRef;

pub use console::open as open_console;
pub use exit::{Exit, wrong};

/// Escalations in the terminal: see them arrive, read them in ten seconds, claim them, work on them.
#[derive(Parser)]
#[command(name = "tierup", version)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What every command takes.
#[derive(Args, Clone, Debug)]
struct Options {
    /// The server, like `http://127.0.0.1:7890`; otherwise the one of the last log-in
    #[arg(long, global = true, value_name = "URL", env = "TIERUP_SERVER")]
    server: Option<String>,
    /// The token to come with; otherwise the one of the last log-in
    #[arg(long, global = true, value_name = "TOKEN", env = "TIERUP_TOKEN", hide_env_values = true)]
    token: Option<secrecy::SecretString>,
    #[command(flatten)]
    console: settings::ConsoleOptions,
}

#[derive(Subcommand)]
enum Command {
    /// Remember a server and a token for the next time
    Login,
    /// Claim a handoff
    Claim {
        /// Its number, or its id
        handoff: HandoffRef,
    },
    /// See it all at work, with a scripted team, on this machine alone
    #[cfg(feature = "demo")]
    Demo {
        /// Tell the story as lines instead of opening the console
        #[arg(long)]
        script: bool,
    },
}

/// Does what the arguments say. The exit status is stable: see `docs/CONSOLE.md`.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Exit::error(format!("cannot start: {error}")).report(),
    };
    let done = runtime.block_on(async {
        match cli.command {
            None => console::run(&cli.options).await,
            Some(Command::Login) => login::run(&cli.options).await,
            Some(Command::Claim { handoff }) => claim::run(&cli.options, handoff).await,
            #[cfg(feature = "demo")]
            Some(Command::Demo { script }) => match settings::load(&cli.options.console) {
                Ok(settings) => crate::demo::run(script, settings).await,
                Err(exit) => Err(exit),
            },
        }
    });
    // What still waits for a server that does not answer is not waited for.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => exit.report(),
    }
}
