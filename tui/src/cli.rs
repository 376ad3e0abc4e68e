//! The command line: what is asked for, of which server, as whom.

mod assign;
mod claim;
mod clap_errors;
mod completions;
mod connect;
mod console;
mod context;
mod doctor;
mod error;
mod hand_off;
mod login;
mod logout;
mod new;
mod outcome;
mod output;
mod queue;
mod reassess;
mod release;
mod resolve;
mod resume;
mod say;
mod send_back;
mod sessions;
mod settings;
mod show;
mod stats;
mod tried;
mod watch;
mod whoami;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use secrecy::{ExposeSecret, SecretString};
use tierup_common::trim::trim_value;

use crate::cli::context::CommandContext;
use crate::runtime::api::ApiError;
use crate::text::login_input::has_userinfo;

pub use console::open_console;
pub use error::{CliError, cli_error};

/// Escalations in the terminal: see them arrive, read them in ten seconds, claim them, work on them.
///
/// Without a command it opens the console.
#[derive(Parser)]
#[command(name = "tierup", version, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What every command takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Options of every command")]
struct Options {
    /// The server, like `http://127.0.0.1:7890`; otherwise the one of the last log-in
    #[arg(long, global = true, value_name = "URL", env = "TIERUP_SERVER")]
    server: Option<String>,
    /// The token to come with; otherwise the one of the last log-in
    #[arg(long, global = true, value_name = "TOKEN", env = "TIERUP_TOKEN", hide_env_values = true)]
    token: Option<SecretString>,
    /// Answer in JSON
    #[arg(long, global = true)]
    json: bool,
    /// Wait at most so long for an answer
    #[arg(long, global = true, value_name = "SECONDS", env = "TIERUP_TIMEOUT", default_value_t = 15)]
    timeout: u64,
    /// Where a log-in keeps its token: in the keyring of the system if there is one, or never there
    #[arg(long, global = true, value_name = "WHEN", env = "TIERUP_KEYRING", default_value = "auto")]
    keyring: KeyringMode,
    #[command(flatten)]
    console: settings::ConsoleOptions,
    /// What stands behind `--`: text, whatever it looks like
    #[arg(skip)]
    after_double_dash: Vec<OsString>,
}

impl Options {
    /// The same, without what came along when they were copied. What is empty then was not said.
    fn trimmed(&self) -> Self {
        let said = |raw: &str| Some(trim_value(raw)).filter(|text| !text.is_empty()).map(str::to_owned);
        Self {
            server: self.server.as_deref().and_then(said),
            token: self.token.as_ref().and_then(|token| said(token.expose_secret())).map(SecretString::from),
            ..self.clone()
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum KeyringMode {
    /// Where there is one
    Auto,
    /// Never: in a file
    Off,
}

impl KeyringMode {
    const fn is_enabled(self) -> bool {
        matches!(self, Self::Auto)
    }
}

#[derive(Subcommand)]
enum Command {
    /// Remember a server and a token for the next time
    Login(login::LoginArgs),
    /// End the token in use, and forget it
    Logout(logout::LogoutArgs),
    /// Who am I, and where?
    Whoami,
    /// List what waits, the most urgent first
    Queue(queue::QueueArgs),
    /// Show a handoff, or a session
    Show(show::ShowArgs),
    /// Claim a handoff: exactly one wins
    Claim(claim::ClaimArgs),
    /// Give a claim back to the queue
    Release(release::ReleaseArgs),
    /// Pass a handoff to a named person
    Assign(assign::AssignArgs),
    /// Run the assessment of a handoff again
    Reassess(reassess::ReassessArgs),
    /// Say what came of a suggested step
    Outcome(outcome::OutcomeArgs),
    /// Note what might be the cause, or what became of it
    Tried(tried::TriedArgs),
    /// Return a handoff to whoever handed it off, with a question
    SendBack(send_back::SendBackArgs),
    /// Open a session about a problem
    New(new::NewArgs),
    /// Say something in a session
    Say(say::SayArgs),
    /// Put a session aside, privately
    Park(hand_off::ParkArgs),
    /// Pass a session to the team's queue
    Escalate(hand_off::EscalateArgs),
    /// Take back what was parked, or escalated and not claimed
    Resume(resume::ResumeArgs),
    /// End a session: say what it was
    Resolve(resolve::ResolveArgs),
    /// List sessions, the newest first
    Sessions(sessions::SessionsArgs),
    /// Print events as they happen, one JSON object a line
    Watch(watch::WatchArgs),
    /// How the queue is doing, in a few figures
    Stats,
    /// Where everything is, how the server and the terminal are, and what is wrong
    Doctor,
    /// Print the completions of a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual
    Man(completions::ManArgs),
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
    let args: Vec<OsString> = std::env::args_os().collect();
    let mut cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return clap_errors::report_clap_error(&error, &Cli::command(), &args),
    };
    if let Some(exit) = clap_errors::ambiguous_value_error(&Cli::command(), &args) {
        return exit.report();
    }
    cli.options.after_double_dash = clap_errors::after_double_dash(&Cli::command(), &args).to_vec();
    let threads = worker_threads(cli.command.as_ref());
    let runtime =
        match tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return CliError::error(format!("cannot start: {error}")).report(),
        };
    let done = runtime.block_on(run(&cli.options, cli.command));
    // What still waits for a server that does not answer is not waited for.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => exit.report(),
    }
}

/// Threads beside the one that paints. Each keeps memory of its own.
fn worker_threads(command: Option<&Command>) -> usize {
    #[cfg(feature = "demo")]
    if matches!(command, Some(Command::Demo { .. })) {
        return 2;
    }
    let _ = command;
    1
}

async fn run(options: &Options, command: Option<Command>) -> Result<(), CliError> {
    let options = &options.trimmed();
    // Before anything can show it.
    if options.server.as_deref().is_some_and(has_userinfo) {
        return Err(cli_error(ApiError::AddressHasUserinfo));
    }
    let context = async || CommandContext::new(options).await;
    match command {
        None => console::run(options).await,
        Some(Command::Login(arguments)) => login::run(options, &arguments).await,
        Some(Command::Logout(arguments)) => logout::run(options, &arguments).await,
        Some(Command::Whoami) => whoami::run(&context().await?).await,
        Some(Command::Queue(arguments)) => queue::run(&context().await?, &arguments).await,
        Some(Command::Show(arguments)) => show::run(&context().await?, &arguments).await,
        Some(Command::Claim(arguments)) => claim::run(&context().await?, &arguments).await,
        Some(Command::Release(arguments)) => release::run(&context().await?, &arguments).await,
        Some(Command::Assign(arguments)) => assign::run(&context().await?, &arguments).await,
        Some(Command::Reassess(arguments)) => reassess::run(&context().await?, &arguments).await,
        Some(Command::Outcome(arguments)) => outcome::run(&context().await?, &arguments).await,
        Some(Command::Tried(arguments)) => tried::run(&context().await?, &arguments).await,
        Some(Command::SendBack(arguments)) => send_back::run(&context().await?, &arguments).await,
        Some(Command::New(arguments)) => new::run(&context().await?, &arguments).await,
        Some(Command::Say(arguments)) => say::run(&context().await?, &arguments).await,
        Some(Command::Park(arguments)) => hand_off::park(&context().await?, &arguments).await,
        Some(Command::Escalate(arguments)) => hand_off::escalate(&context().await?, &arguments).await,
        Some(Command::Resume(arguments)) => resume::run(&context().await?, &arguments).await,
        Some(Command::Resolve(arguments)) => resolve::run(&context().await?, &arguments).await,
        Some(Command::Sessions(arguments)) => sessions::run(&context().await?, &arguments).await,
        Some(Command::Watch(arguments)) => watch::run(&context().await?, &arguments).await,
        Some(Command::Stats) => stats::run(&context().await?).await,
        Some(Command::Doctor) => doctor::run(options).await,
        Some(Command::Completions(arguments)) => completions::print_completions(&arguments),
        Some(Command::Man(arguments)) => completions::print_manual(&arguments),
        #[cfg(feature = "demo")]
        Some(Command::Demo { script }) => crate::demo::run(script, settings::load(&options.console)?).await,
    }
}
