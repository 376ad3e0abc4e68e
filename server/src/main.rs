//! `tierup-server`: the command line of the server.

mod clap_errors;

use std::io::Write;
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
use tierup_server::{Server, admin, log};
use tracing_subscriber::EnvFilter;

/// glibc keeps what a flood took for as long as the process lives; a thread of jemalloc's gives it back.
#[cfg(all(target_os = "linux", feature = "jemalloc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Holds the sessions, handoffs and events of a support team. One folder keeps everything.
#[derive(Parser)]
#[command(name = "tierup-server", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Print one JSON object on standard output
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Make an account and its owner, and the folder if it is not there
    Init {
        /// The folder that holds everything the server keeps
        #[arg(long, value_name = "DIR", env = "TIERUP_SERVER_DATA")]
        data: PathBuf,
        /// The name of the account: your team
        #[arg(long, value_name = "NAME")]
        account: String,
        /// The owner's email address
        #[arg(long, value_name = "EMAIL")]
        owner_email: String,
        /// The owner's name
        #[arg(long, value_name = "NAME")]
        owner_name: String,
    },
    /// Manage the people of an account
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Manage tokens
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Copy everything into one file, while the server runs or not
    Backup {
        /// The folder that the server keeps everything in
        #[arg(long, value_name = "DIR", env = "TIERUP_SERVER_DATA")]
        data: PathBuf,
        /// The file to write; it must not be there yet
        file: PathBuf,
    },
    /// Make a new folder out of a backup
    Restore {
        /// The file that `backup` wrote
        file: PathBuf,
        /// The folder to make
        #[arg(long, value_name = "NEWDIR")]
        data: PathBuf,
    },
    /// Look whether the data is whole and obeys the rules, while the server runs or not
    Check {
        /// The folder that the server keeps everything in
        #[arg(long, value_name = "DIR", env = "TIERUP_SERVER_DATA")]
        data: PathBuf,
    },
    /// Serve
    Serve {
        /// The folder that `init` made
        #[arg(long, value_name = "DIR", env = "TIERUP_SERVER_DATA")]
        data: PathBuf,
        /// A file with settings; flags and the environment win over it
        #[arg(long, value_name = "FILE", env = "TIERUP_SERVER_CONFIG")]
        config: Option<PathBuf>,
        #[command(flatten)]
        settings: Box<Settings>,
    },
}

#[derive(Subcommand)]
enum UserCommand {
    /// Add somebody, and print a token for them
    Add {
        /// The folder that `init` made
        #[arg(long, value_name = "DIR", env = "TIERUP_SERVER_DATA")]
        data: PathBuf,
        /// Their email address
        #[arg(long, value_name = "EMAIL")]
        email: String,
        /// Their name
        #[arg(long, value_name = "NAME")]
        name: String,
        /// What they may do: viewer, engineer, admin or owner
        #[arg(long, value_name = "ROLE")]
        role: Role,
        /// The account, where the folder holds several [default: the one made first]
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
    },
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Make another token for somebody, and print it
    Add {
        /// The folder that `init` made
        #[arg(long, value_name = "DIR", env = "TIERUP_SERVER_DATA")]
        data: PathBuf,
        /// Their email address
        #[arg(long, value_name = "EMAIL")]
        email: String,
    },
}

fn main() -> ExitCode {
    // The original knows which of its arguments are settings.
    let command = ignore_empty_env(Cli::command());
    let matches = command.try_get_matches();
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => clap_errors::redact_error(error, &Cli::command()).exit(),
    };
    let done = match cli.command {
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
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::write_final_line(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// A setting that is empty in the environment is absent: so it is left out in files of variables.
fn ignore_empty_env(command: clap::Command) -> clap::Command {
    let is_empty = |name: &std::ffi::OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    command
        .mut_args(|arg| if arg.get_env().is_some_and(is_empty) { arg.env(None) } else { arg })
        .mut_subcommands(ignore_empty_env)
}

fn init(data: &Path, account: &str, email: &str, name: &str, as_json: bool) -> anyhow::Result<()> {
    let made = admin::init(data, account, email, name)?;
    if as_json {
        print_token(&serde_json::to_string(&made)?)?;
    } else {
        print_token(&made.token)?;
        eprint_line(&format!("This is {name}'s token; it is shown this once."));
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
            "There are several accounts: this user is of {account}, the first. --account picks another."
        ));
    }
    if as_json {
        print_token(&serde_json::to_string(&added)?)?;
    } else {
        print_token(&added.token)?;
        eprint_line(&format!("This is {name}'s token; it is shown this once."));
    }
    Ok(())
}

fn add_token(data: &Path, email: &str, as_json: bool) -> anyhow::Result<()> {
    let added = admin::add_token(data, email)?;
    if as_json {
        print_token(&serde_json::to_string(&added)?)?;
    } else {
        print_token(&added.token)?;
        eprint_line(&format!("This is a token for {email}; it is shown this once."));
    }
    Ok(())
}

fn backup(data: &Path, file: &Path, as_json: bool) -> anyhow::Result<()> {
    let made = admin::backup(data, file)?;
    if as_json {
        print_line(&serde_json::to_string(&made)?)?;
    } else {
        print_line(&format!("{}: {} bytes, checked: {}", made.file, made.bytes, made.contents))?;
    }
    Ok(())
}

fn restore(file: &Path, data: &Path, as_json: bool) -> anyhow::Result<()> {
    let holds = admin::restore(file, data)?;
    if as_json {
        print_line(&serde_json::to_string(&holds)?)?;
    } else {
        print_line(&format!("{}: {holds}", data.display()))?;
        eprint_line(&format!("Next: tierup-server serve --data {}", data.display()));
    }
    Ok(())
}

fn check(data: &Path, as_json: bool) -> anyhow::Result<()> {
    let found = admin::check(data)?;
    if as_json {
        print_line(&serde_json::to_string(&found)?)?;
    } else {
        print_line(&found.to_string())?;
    }
    if !found.is_sound() {
        anyhow::bail!(
            "{}\nhint: stop the server, keep a copy of the folder, and restore the last good backup",
            found.problems.join("\n")
        );
    }
    Ok(())
}

fn serve(data: &Path, config: Option<&Path>, settings: Settings, as_json: bool) -> anyhow::Result<()> {
    let file = config.map(Settings::from_file).transpose()?.unwrap_or_default();
    let settings = settings.or_else(file);
    init_logging(&settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(async {
        // In here, because the pool of connections to a mail server starts a task of its own.
        let config = settings.into_config()?;
        let server = Server::start(data, config, Clock::system()).await?;
        // Listening before anybody is told that it serves, and may be stopped.
        let told_to_stop = shutdown_signal()?;
        let url = server.url();
        let line =
            if as_json { json!({ "listening": url }).to_string() } else { format!("listening on {url}") };
        // Whoever does not read that line keeps nobody from being served.
        tokio::task::spawn_blocking(move || {
            if let Err(error) = print_line(&line) {
                tracing::warn!(error = format!("{error:#}"), "nobody was told where the server listens");
            }
        });
        tracing::info!(url, data = %data.display(), "serving");
        tokio::select! {
            stopped = told_to_stop => stopped?,
            why = server.failed() => return Err(why.into()),
        }
        tracing::info!("stopping");
        server.stop().await;
        Ok(())
    });
    // What still hangs in the system, such as a name that is being looked up, does not keep the process.
    runtime.shutdown_background();
    log::flush();
    served
}

/// Begins to log on standard error.
fn init_logging(settings: &Settings) -> anyhow::Result<()> {
    let wanted = settings.log.as_deref().map_or("info", trim_value);
    let filter = EnvFilter::builder().parse(wanted);
    let filter = filter.context("log: not a filter; use a level, like info, or info,tierup_server=debug")?;
    log::init(filter, settings.log_format.unwrap_or_default()).context("cannot begin to log")
}

/// Prints a line on standard output.
fn print_line(line: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{line}").context("cannot write to standard output")
}

/// Prints what is shown this once.
fn print_token(line: &str) -> anyhow::Result<()> {
    print_line(line)
        .context("the token is made, but nobody saw it; make another with `tierup-server token add`")
}

/// Listens for SIGTERM and SIGINT from now on; what is given back waits for one of them.
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

/// Listens for Ctrl-C from now on; what is given back waits for it.
#[cfg(windows)]
fn told_to_stop() -> anyhow::Result<impl Future<Output = anyhow::Result<()>>> {
    let mut ctrl_c = tokio::signal::windows::ctrl_c().context("cannot listen for Ctrl-C")?;
    Ok(async move {
        ctrl_c.recv().await;
        Ok(())
    })
}
