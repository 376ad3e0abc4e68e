//! `tierup-server`: the command line of the server.

mod clap_errors;
mod progress_bar;

use std::convert::Infallible;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use serde_json::json;
use tierup_common::trim::trim_value;
use tierup_common::user::Role;
use tierup_server::clock::Clock;
use tierup_server::config::Settings;
use tierup_server::log::eprint_line;
use tierup_server::progress::Progress;
use tierup_server::{Server, admin, log};
use tracing_subscriber::EnvFilter;

use crate::progress_bar::ProgressBar;

/// Returns memory to the system after a burst; glibc would keep it.
#[cfg(all(target_os = "linux", feature = "jemalloc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Server for the sessions, handoffs and events of a support team, all kept in one folder
#[derive(Parser)]
#[command(name = "tierup-server", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Print one JSON object to standard output
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Create an account with its owner, and the folder if it does not exist
    Init {
        /// The server's data folder
        #[arg(long, value_name = "DIR", env = "TIERUP_SERVER_DATA")]
        data: PathBuf,
        /// The name of the account, usually your team
        #[arg(long, value_name = "NAME")]
        account: String,
        /// The owner's email address
        #[arg(long, value_name = "EMAIL")]
        owner_email: String,
        /// The owner's name
        #[arg(long, value_name = "NAME")]
        owner_name: String,
    },
    /// Manage users
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Manage tokens
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Back up the folder to one file; the server may be running
    Backup {
        /// The server's data folder
        #[arg(long, value_name = "DIR", env = "TIERUP_SERVER_DATA")]
        data: PathBuf,
        /// The file to create
        file: PathBuf,
    },
    /// Create a folder from a backup
    Restore {
        /// The backup file
        file: PathBuf,
        /// The folder to create
        #[arg(long, value_name = "NEWDIR")]
        data: PathBuf,
    },
    /// Check the integrity of the data; the server may be running
    Check {
        /// The server's data folder
        #[arg(long, value_name = "DIR", env = "TIERUP_SERVER_DATA")]
        data: PathBuf,
    },
    /// Run the server
    Serve {
        /// The data folder that `init` created
        #[arg(long, value_name = "DIR", env = "TIERUP_SERVER_DATA")]
        data: PathBuf,
        /// A settings file; flags and environment variables override it
        #[arg(long, value_name = "FILE", env = "TIERUP_SERVER_CONFIG")]
        config: Option<PathBuf>,
        #[command(flatten)]
        settings: Box<Settings>,
    },
}

#[derive(Subcommand)]
enum UserCommand {
    /// Add a user, and print a token for them
    Add {
        /// The data folder that `init` created
        #[arg(long, value_name = "DIR", env = "TIERUP_SERVER_DATA")]
        data: PathBuf,
        /// The user's email address
        #[arg(long, value_name = "EMAIL")]
        email: String,
        /// The user's name
        #[arg(long, value_name = "NAME")]
        name: String,
        /// The role: viewer, engineer, admin or owner
        #[arg(long, value_name = "ROLE")]
        role: Role,
        /// The account, if the folder holds several [default: the first one created]
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
    },
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Create and print another token for a user
    Add {
        /// The data folder that `init` created
        #[arg(long, value_name = "DIR", env = "TIERUP_SERVER_DATA")]
        data: PathBuf,
        /// The user's email address
        #[arg(long, value_name = "EMAIL")]
        email: String,
    },
}

fn main() -> ExitCode {
    // Build the command again: this one has lost the variables that are empty.
    let command = ignore_empty_env(Cli::command());
    let matches = command.try_get_matches();
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => clap_errors::redact_error(error, &Cli::command()).exit(),
    };
    let result = match cli.command {
        Command::Init { data, account, owner_email, owner_name } => {
            init(&data, &account, &owner_email, &owner_name, cli.json)
        }
        Command::User { command: UserCommand::Add { data, email, name, role, account } } => {
            add_user(&data, account.as_deref(), &email, &name, role, cli.json)
        }
        Command::Token { command: TokenCommand::Add { data, email } } => add_token(&data, &email, cli.json),
        Command::Backup { data, file } => backup(&data, &file, cli.json),
        Command::Restore { file, data } => restore(&file, &data, cli.json),
        Command::Check { data } => check(&data, cli.json),
        Command::Serve { data, config, settings } => serve(&data, config.as_deref(), *settings, cli.json),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::write_final_line(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Ignores empty environment variables, so that an env file can leave settings blank.
fn ignore_empty_env(command: clap::Command) -> clap::Command {
    let is_empty = |name: &std::ffi::OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    command
        .mut_args(|arg| if arg.get_env().is_some_and(is_empty) { arg.env(None) } else { arg })
        .mut_subcommands(ignore_empty_env)
}

fn init(data: &Path, account: &str, email: &str, name: &str, as_json: bool) -> anyhow::Result<()> {
    let created = admin::init(data, account, email, name)?;
    if as_json {
        print_token(&serde_json::to_string(&created)?)?;
    } else {
        print_token(&created.token)?;
        eprint_line(&format!("This is {name}'s token. It is shown only once."));
        eprint_line(&format!("Next: tierup-server serve --data {}", data.display()));
    }
    Ok(())
}

fn add_user(
    data: &Path,
    account: Option<&str>,
    email: &str,
    name: &str,
    role: Role,
    as_json: bool,
) -> anyhow::Result<()> {
    let added = admin::add_user(data, account, email, name, role)?;
    if let Some(account) = &added.chosen_account {
        eprint_line(&format!(
            "The folder holds several accounts; the user was added to {account}, the first one. Choose another with --account."
        ));
    }
    if as_json {
        print_token(&serde_json::to_string(&added)?)?;
    } else {
        print_token(&added.token)?;
        eprint_line(&format!("This is {name}'s token. It is shown only once."));
    }
    Ok(())
}

fn add_token(data: &Path, email: &str, as_json: bool) -> anyhow::Result<()> {
    let added = admin::add_token(data, email)?;
    if as_json {
        print_token(&serde_json::to_string(&added)?)?;
    } else {
        print_token(&added.token)?;
        eprint_line(&format!("This is a token for {email}. It is shown only once."));
    }
    Ok(())
}

fn backup(data: &Path, file: &Path, as_json: bool) -> anyhow::Result<()> {
    let bar = ProgressBar::default();
    let backup = admin::backup_with_progress(data, file, &|progress| bar.show(progress))?;
    drop(bar);
    if as_json {
        print_line(&serde_json::to_string(&backup)?)?;
    } else {
        print_line(&format!("{}: {} bytes, checked: {}", backup.file, backup.bytes, backup.contents))?;
    }
    Ok(())
}

fn restore(file: &Path, data: &Path, as_json: bool) -> anyhow::Result<()> {
    let bar = ProgressBar::default();
    let report = admin::restore_with_progress(file, data, &|progress| bar.show(progress))?;
    drop(bar);
    if as_json {
        print_line(&serde_json::to_string(&report)?)?;
    } else {
        print_line(&format!("{}: {report}", data.display()))?;
        eprint_line(&format!("Next: tierup-server serve --data {}", data.display()));
    }
    Ok(())
}

fn check(data: &Path, as_json: bool) -> anyhow::Result<()> {
    let bar = ProgressBar::default();
    bar.show(Progress::Checking);
    let report = admin::check(data)?;
    drop(bar);
    if as_json {
        print_line(&serde_json::to_string(&report)?)?;
    } else {
        print_line(&report.to_string())?;
    }
    if !report.is_sound() {
        anyhow::bail!(
            "{}\nhint: stop the server, keep a copy of the folder, and restore the last good backup",
            report.problems.join("\n")
        );
    }
    Ok(())
}

fn serve(data: &Path, config: Option<&Path>, settings: Settings, as_json: bool) -> anyhow::Result<()> {
    let file = config.map(Settings::from_file).transpose()?.unwrap_or_default();
    let settings = settings.or_else(file);
    init_logging(&settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        // In here, because the mail server's connection pool spawns a task.
        let config = settings.into_config()?;
        let server = Server::start(data, config, Clock::system()).await?;
        // Listen for signals before anybody learns that the server is up.
        let shutdown = shutdown_signal()?;
        let url = server.url();
        let line =
            if as_json { json!({ "listening": url }).to_string() } else { format!("listening on {url}") };
        // Do not wait for the reader of standard output.
        tokio::task::spawn_blocking(move || {
            if let Err(error) = print_line(&line) {
                tracing::warn!(error = format!("{error:#}"), "cannot print the address");
            }
        });
        tracing::info!(url, data = %data.display(), "serving");
        let index_bar = async {
            if std::io::stderr().is_terminal() {
                progress_bar::show_index(server.subscribe_index_progress()).await;
            }
            std::future::pending::<Infallible>().await
        };
        tokio::select! {
            received = shutdown => received?,
            cause = server.failed() => return Err(cause.into()),
            never = index_bar => match never {},
        }
        tracing::info!("stopping");
        server.stop().await;
        Ok(())
    });
    // Do not wait for blocking system calls, such as a name lookup.
    runtime.shutdown_background();
    log::flush();
    result
}

/// Starts logging to standard error.
fn init_logging(settings: &Settings) -> anyhow::Result<()> {
    let wanted = settings.log.as_deref().map_or("info", trim_value);
    let filter = EnvFilter::builder().parse(wanted);
    let filter = filter.context(
        "log: not a filter\nhint: use a level like info, or filters like info,tierup_server=debug",
    )?;
    log::init(filter, settings.log_format.unwrap_or_default()).context("cannot start logging")
}

/// Prints a line to standard output.
fn print_line(line: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{line}").context("cannot write to standard output")
}

/// Prints a token, which cannot be shown again.
fn print_token(line: &str) -> anyhow::Result<()> {
    print_line(line).context(
        "the token was created but could not be printed\nhint: create another with `tierup-server token add`",
    )
}

/// Starts listening for SIGTERM and SIGINT; the future resolves when one arrives.
#[cfg(unix)]
fn shutdown_signal() -> anyhow::Result<impl Future<Output = anyhow::Result<()>>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut int = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
        Ok(())
    })
}

/// Starts listening for Ctrl-C; the future resolves when it is pressed.
#[cfg(windows)]
fn shutdown_signal() -> anyhow::Result<impl Future<Output = anyhow::Result<()>>> {
    let mut ctrl_c = tokio::signal::windows::ctrl_c().context("cannot listen for Ctrl-C")?;
    Ok(async move {
        ctrl_c.recv().await;
        Ok(())
    })
}
