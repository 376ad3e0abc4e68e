//! The command line.

mod arguments;
mod assign;
mod candidates;
mod change;
mod claim;
mod clap_errors;
mod completions;
mod connect;
mod console;
mod context;
mod diagnostics;
mod doctor;
mod export;
mod hand_off;
mod handover;
mod history;
mod input;
mod login;
mod logout;
mod new;
mod options;
mod outcome;
mod output;
mod pages;
mod queue;
mod reassess;
mod reference;
mod release;
mod resolve;
mod resume;
mod runbook;
mod say;
mod send_back;
mod sessions;
mod settings;
mod show;
mod similar;
mod stats;
mod timeline;
mod tried;
mod watch;
mod whoami;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use clap_complete::CompleteEnv;

use crate::cli::arguments::{Cli, Command};
use crate::cli::context::CommandContext;
use crate::cli::options::Options;
use crate::error::CliError;
use crate::runtime::api::ApiError;
use crate::text::login_input::has_userinfo;

/// Runs the command that the arguments name. Exit statuses are stable: see `docs/CONSOLE.md`.
pub fn main() -> ExitCode {
    // Answers a shell that asks for completions, and ends.
    CompleteEnv::with_factory(arguments::command).var(completions::SHELL_VARIABLE).complete();
    let args: Vec<OsString> = std::env::args_os().collect();
    let parsed = arguments::command().try_get_matches_from(&args);
    let mut cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return clap_errors::report_clap_error(&error, &Cli::command(), &args),
    };
    if let Some(error) = clap_errors::ambiguous_value_error(&Cli::command(), &args) {
        return diagnostics::report(&error);
    }
    cli.options.after_double_dash = clap_errors::after_double_dash(&Cli::command(), &args).to_vec();
    let threads = worker_threads(cli.command.as_ref());
    let runtime =
        match tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return diagnostics::report(&CliError::error(format!("cannot start: {error}"))),
        };
    let done = runtime.block_on(run(&cli.options, cli.command));
    // Does not wait for requests that are still under way.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => diagnostics::report(&error),
    }
}

/// Threads beside the main one. Each has a memory arena of its own, so there are few.
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
    // Before anything can print it.
    if options.server.as_deref().is_some_and(has_userinfo) {
        return Err(ApiError::AddressHasUserinfo.into());
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
        Some(Command::Change(arguments)) => change::run(&context().await?, &arguments).await,
        Some(Command::Release(arguments)) => release::run(&context().await?, &arguments).await,
        Some(Command::Assign(arguments)) => assign::run(&context().await?, &arguments).await,
        Some(Command::Handover(arguments)) => handover::run(&context().await?, &arguments).await,
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
        Some(Command::Runbook(arguments)) => runbook::run(&context().await?, &arguments).await,
        Some(Command::Similar(arguments)) => similar::run(&context().await?, &arguments).await,
        Some(Command::Timeline(arguments)) => timeline::run(&context().await?, &arguments).await,
        Some(Command::Export(arguments)) => export::run(&context().await?, &arguments).await,
        Some(Command::Sessions(arguments)) => sessions::run(&context().await?, &arguments).await,
        Some(Command::Watch(arguments)) => watch::run(&context().await?, &arguments).await,
        Some(Command::Stats(arguments)) => stats::run(&context().await?, &arguments).await,
        Some(Command::Doctor) => doctor::run(options).await,
        Some(Command::Completions(arguments)) => completions::print_completions(&arguments),
        Some(Command::Man(arguments)) => completions::print_manual(&arguments, Cli::command()),
        #[cfg(feature = "demo")]
        Some(Command::Demo { script }) => {
            Box::pin(crate::demo::run(script, settings::load(&options.console)?)).await
        }
    }
}
